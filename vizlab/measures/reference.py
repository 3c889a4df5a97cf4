"""What a prediction is held against, and where it comes from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vizlab.errors import InputError
from vizlab.geometry import NORMALS_METHOD, Intrinsics, derived_normals
from vizlab.rgbd import RGBDImage
from vizlab.tasks import same_classes

DERIVED = "derived from depth"
"""How a note on normals begins that were computed from the reference's own depth."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Reference values in the picture's size, each of which may be missing.

    `depth` HxW float32 metres, NaN unknown; `label` HxW uint8 class index, 255 void; `normals` HxWx3 unit vectors,
    NaN unknown (x right, y down, z forward). `classes` are the names of the label's, where they are said. `notes` say
    per item where it comes from: "sensor", "exact, rendered".

    `human_parts` HxW uint8 index of `HUMAN_PARTS`, `sal` and `edge` HxW uint8, 1 where there is such a thing; 255 void.
    """

    depth: np.ndarray | None = None
    label: np.ndarray | None = None
    normals: np.ndarray | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    human_parts: np.ndarray | None = None
    sal: np.ndarray | None = None
    edge: np.ndarray | None = None

    def __post_init__(self) -> None:
        sizes = {name: value.shape[:2] for name, value in self.maps().items()}
        if len(set(sizes.values())) > 1:
            raise InputError(f"The reference maps differ in size: {sizes}; expected the picture's size for all.")

    def maps(self) -> dict[str, np.ndarray]:
        """What is there, by task name: semseg, depth, normals, human_parts, sal, edge."""
        items = {
            "semseg": self.label,
            "depth": self.depth,
            "normals": self.normals,
            "human_parts": self.human_parts,
            "sal": self.sal,
            "edge": self.edge,
        }
        return {name: value for name, value in items.items() if value is not None}

    def truths(self, classes: tuple[str, ...]) -> dict[str, np.ndarray]:
        """The maps against which a network with these semseg classes can be held: labels of others say nothing."""
        return {
            name: value
            for name, value in self.maps().items()
            if name != "semseg" or same_classes(classes, self.classes)
        }

    @property
    def dependent(self) -> frozenset[tuple[str, str]]:
        """Pairs of maps of which one was computed from the other: to compare them says nothing of either."""
        derived = self.notes.get("normals", "").startswith(DERIVED)
        return frozenset({("depth", "normals")}) if derived else frozenset()

    def completed(self, rgbd: RGBDImage, camera: Intrinsics | None = None) -> "Reference":
        """With what the picture itself offers: its depth, and normals derived from the depth."""
        depth, notes = self.depth, dict(self.notes)
        if depth is None and rgbd.depth is not None:
            depth = rgbd.depth
            notes["depth"] = "uploaded depth"
        normals = self.normals
        if normals is None and depth is not None:
            normals = derived_normals(depth, camera)
            notes["normals"] = f"{DERIVED}, {NORMALS_METHOD}"
            if camera is None:
                notes["normals"] += "; camera assumed"
        return replace(self, depth=depth, normals=normals, notes=notes)
