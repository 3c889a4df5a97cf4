"""The folder layout that training and evaluation read.

rgb/ID.jpg       8-bit colour
depth/ID.png     16-bit, millimetres, 0 = unknown
label40/ID.png   8-bit, classes 0-39, 255 = void
train.txt, test.txt   one ID a line
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vizlab.errors import DataError
from vizlab.geometry import KINECT_V1, normals_from_depth

FILES = {"rgb": "jpg", "depth": "png", "label40": "png"}


@dataclass(frozen=True)
class Sample:
    """One picture: colour HxWx3 uint8 (RGB), depth HxW float32 metres (NaN unknown), label HxW uint8 (255 void).

    `normals` HxWx3 float32 are derived from the depth, never measured (see `geometry.NORMALS_METHOD`).
    """

    name: str
    colour: np.ndarray
    depth: np.ndarray
    label: np.ndarray
    normals: np.ndarray


class RGBDFolder:
    """One split of a data folder, read from disk sample by sample."""

    def __init__(self, root: Path, split: str, limit: int | None = None) -> None:
        listing = root / f"{split}.txt"
        if not listing.is_file():
            raise DataError(
                f"'{root}' holds no {split}.txt. Expected a data folder with rgb/, depth/, label40/, train.txt and "
                "test.txt; give its path with --data."
            )
        self.root, self.names = root, listing.read_text().split()[:limit]
        missing = [
            f"{kind}/{name}.{suffix}"
            for kind, suffix in FILES.items()
            for name in self.names
            if not (root / kind / f"{name}.{suffix}").is_file()
        ]
        if missing:
            raise DataError(f"'{root}' lacks {len(missing)} of the files its {split}.txt names, first {missing[0]}.")

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Sample]:
        return (self.read(index) for index in range(len(self)))

    def read(self, index: int) -> Sample:
        name = self.names[index]
        colour = cv2.cvtColor(self._image("rgb", name, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        depth = self._image("depth", name, cv2.IMREAD_UNCHANGED).astype(np.float32) / 1000
        depth[depth == 0] = np.nan
        label = self._image("label40", name, cv2.IMREAD_UNCHANGED)
        normals = normals_from_depth(depth, KINECT_V1.scaled_to(depth.shape))
        return Sample(name, colour, depth, label, normals)

    def _image(self, kind: str, name: str, mode: int) -> np.ndarray:
        path = self.root / kind / f"{name}.{FILES[kind]}"
        image = cv2.imread(str(path), mode)
        if image is None:
            raise DataError(f"'{kind}/{path.name}' cannot be read as an image; replace the file.")
        return image
