"""The bundled scenes: folders of pictures beside a scene.json that says how to read them.

A scene's folder holds rgb.jpg, depth.png (16-bit millimetres as a Kinect gives them, 0 = hole), depth_exact.png
(16-bit, 1/5000 m), label.png (8-bit, NYU40 classes from 0, 255 void), normals.png (8-bit, (n + 1) / 2 * 255, channels
x, y, z in the camera frame: x right, y down, z forward) and scene.json; some also texture.jpg and light.jpg, the
surfaces without light and the light without their texture. `vizlab.scenes.making` writes them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.bundled import folder as bundled_folder
from vizlab.errors import InputError
from vizlab.geometry import Intrinsics
from vizlab.scenes.catalogue import CATALOGUE

EXACT_UNITS_PER_METRE = 5000
"""depth_exact.png counts in 0.2 mm, which reaches 13.1 m; TUM RGB-D uses the same unit."""
FORMAT = 1
NORMAL_STEPS = 255
DOMAINS = ("texture", "light")
"""Further pictures of a scene, as image translation takes them (`Rendering.domains`)."""

FOLDER = bundled_folder("scenes")
"""Where the bundled scenes lie."""


@dataclass(frozen=True)
class Scene:
    """One scene on disk. Its pictures are read when first asked for; shapes and units as in `Rendering`."""

    name: str
    title: str
    kind: str
    folder: Path
    size: tuple[int, int]
    seed: int
    spp: int
    intrinsics: Intrinsics
    classes: tuple[str, ...]

    @property
    def rgb_path(self) -> Path:
        """The colour picture, JPEG."""
        return self.folder / "rgb.jpg"

    @property
    def depth_path(self) -> Path:
        """Sensor-like depth, 16-bit PNG in millimetres, 0 = hole."""
        return self.folder / "depth.png"

    @property
    def exact_depth_path(self) -> Path:
        """Exact depth, 16-bit PNG in 1/5000 m."""
        return self.folder / "depth_exact.png"

    @property
    def label_path(self) -> Path:
        """NYU40 classes, 8-bit PNG, 255 void."""
        return self.folder / "label.png"

    @property
    def normals_path(self) -> Path:
        """Normals, 8-bit PNG, (n + 1) / 2 * 255."""
        return self.folder / "normals.png"

    @property
    def domain_paths(self) -> dict[str, Path]:
        """Further pictures of the same view by name, JPEG; of `DOMAINS`, those that are there."""
        paths = {name: self.folder / f"{name}.jpg" for name in DOMAINS}
        return {name: path for name, path in paths.items() if path.is_file()}

    @cached_property
    def rgb(self) -> NDArray[np.uint8]:
        """HxWx3 uint8, sRGB."""
        return self._read(self.rgb_path, cv2.IMREAD_COLOR)[..., ::-1].copy()

    @cached_property
    def sensor_depth(self) -> NDArray[np.float32]:
        """HxW float32, metres as a Kinect gives them, NaN in its holes."""
        raw = self._read(self.depth_path, cv2.IMREAD_UNCHANGED)
        return np.where(raw > 0, raw / np.float32(1000), np.float32(np.nan)).astype(np.float32)

    @cached_property
    def depth(self) -> NDArray[np.float32]:
        """HxW float32, exact z-depth in metres (to 0.1 mm), NaN where nothing was hit."""
        raw = self._read(self.exact_depth_path, cv2.IMREAD_UNCHANGED)
        return np.where(raw > 0, raw / np.float32(EXACT_UNITS_PER_METRE), np.float32(np.nan)).astype(np.float32)

    @cached_property
    def label(self) -> NDArray[np.uint8]:
        """HxW uint8, indices into `NYU40_CLASSES`, 255 void."""
        return self._read(self.label_path, cv2.IMREAD_UNCHANGED)

    @cached_property
    def normals(self) -> NDArray[np.float32]:
        """HxWx3 float32 unit vectors facing the camera: x right, y down, z forward."""
        coded = self._read(self.normals_path, cv2.IMREAD_COLOR)[..., ::-1].astype(np.float32)
        vectors = coded * (2 / NORMAL_STEPS) - 1
        return (vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)).astype(np.float32)

    def _read(self, path: Path, mode: int) -> Any:
        image = cv2.imread(str(path), mode)
        if image is None:
            raise InputError(f"Scene {self.name!r} is incomplete: {path} is missing or no picture; render it again.")
        if image.shape[:2] != self.size:
            raise InputError(f"{path} is {image.shape[1]}x{image.shape[0]}, but scene.json says "
                             f"{self.size[1]}x{self.size[0]}; render the scene again.")  # fmt: skip
        return image


def list_scenes(folder: Path | None = None) -> list[str]:
    """Names of the bundled scenes (or of those in another folder): in the catalogue's order, others sorted after it."""
    rank = {name: index for index, name in enumerate(CATALOGUE)}
    found = (path.parent.name for path in (folder or FOLDER).glob("*/scene.json"))
    return sorted(found, key=lambda name: (rank.get(name, len(rank)), name))


def load_scene(name: str, folder: Path | None = None) -> Scene:
    """A bundled scene by name; needs no renderer."""
    root = folder or FOLDER
    known = list_scenes(root)
    if name not in known:
        found = ", ".join(known) if known else f"none in {root}"
        raise InputError(f"There is no scene called {name!r}; there are: {found}.")
    record = root / name / "scene.json"
    try:
        facts = json.loads(record.read_text(encoding="utf-8"))
        height, width = int(facts["height"]), int(facts["width"])
        lens = facts["intrinsics"]
        camera = Intrinsics(lens["fx"], lens["fy"], lens["cx"], lens["cy"], (height, width))
        return Scene(
            name, facts["title"], facts.get("kind", name), root / name, (height, width), facts["seed"], facts["spp"],
            camera, tuple(facts["classes"]),
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as err:
        raise InputError(f"{record} is damaged ({err}); render the scene again.") from err
