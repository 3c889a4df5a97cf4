"""Sensor faults: regions where a picture's colour or depth is lost, and what then shows an object, if anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vizlab.scenes.exam import needs
from vizlab.scenes.textures import Image

RGB, DEPTH = 1, 2
"""Bits of the fault map; both broken is 3."""
Look = Literal["black", "white", "grey", "hole"]
_LOOKS: tuple[Look, ...] = ("black", "white", "grey")
_VALUES = {"black": 0, "white": 255, "grey": 128}


@dataclass(frozen=True)
class Broken:
    """A rectangle of pixels (bottom and right outside of it) in which a modality (`RGB` or `DEPTH`) holds nothing."""

    modality: int
    top: int
    left: int
    bottom: int
    right: int
    look: Look

    @property
    def window(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)


def draw_faults(rng: np.random.Generator, fault: str, number: NDArray[np.uint8]) -> list[Broken]:
    """Break what `fault` names ("rgb", "depth", "rgb and depth", or nothing), each over one object of the map `number`.

    The region is the object's bounding rectangle, a little wider, or a band of the whole picture through it.
    """
    names = ["rgb", "depth"] if fault == "rgb and depth" else [fault] if fault else []
    present = np.unique(number[number > 0])
    broken = []
    for name, which in zip(names, rng.permutation(present), strict=False):
        look = _LOOKS[int(rng.integers(3))]
        top, left, bottom, right = _around(rng, number == which)
        modality = RGB if name == "rgb" else DEPTH
        broken.append(Broken(modality, top, left, bottom, right, look if modality == RGB else "hole"))
    return broken


def _around(rng: np.random.Generator, mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Top, left, bottom, right."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    margin = rng.integers(1, max(height // 16, 2), 4)
    top, bottom = max(int(rows[0] - margin[0]), 0), min(int(rows[-1] + 1 + margin[1]), height)
    left, right = max(int(columns[0] - margin[2]), 0), min(int(columns[-1] + 1 + margin[3]), width)
    band = rng.random()
    if band < 0.2:
        top, bottom = 0, height
    elif band < 0.4:
        left, right = 0, width
    return top, left, bottom, right


def fault_map(broken: list[Broken], size: tuple[int, int]) -> NDArray[np.uint8]:
    """HxW: 0 nothing, 1 colour, 2 depth, 3 both broken."""
    faults = np.zeros(size, np.uint8)
    for one in broken:
        faults[one.window] |= one.modality
    return faults


def broken_rgb(rgb: Image, broken: list[Broken]) -> Image:
    """The picture HxWx3 with its broken regions under- or overexposed, or of an even grey."""
    rgb = rgb.copy()
    for one in broken:
        if one.modality == RGB:
            rgb[one.window] = _VALUES[one.look]
    return rgb


def broken_depth(depth: NDArray[np.uint16], broken: list[Broken]) -> NDArray[np.uint16]:
    """The depth HxW with holes (0)."""
    depth = depth.copy()
    for one in broken:
        if one.modality == DEPTH:
            depth[one.window] = 0
    return depth


def needs_after(need: NDArray[np.uint8], fault: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The need map, HxW, once the faults are there: what needed the lost modality can no longer be told."""
    none, rgb, depth = needs.NONE, needs.RGB, needs.DEPTH
    table = np.array(
        [
            [0, 1, 2, 3, 4, 5],
            [0, none, depth, none, depth, none],
            [0, rgb, none, none, rgb, none],
            [0, none, none, none, none, none],
        ],
        np.uint8,
    )
    return table[fault, need]
