"""What stands in for a modality that is gone: a mean picture, or another one, both of the bundled scenes.

The replacement decides what a missing modality seems to cost, so there are two, side by side and named. Depth of
0 m would be a distance, and depth that is unknown everywhere has nothing to be filled from: `RGBDImage` refuses it.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.bundled import folder
from vizlab.errors import InputError
from vizlab.experiments.corruptions.corruption import Level
from vizlab.rgbd import RGBDImage, fill_unknown, read_rgbd

MEAN = "the mean of the other bundled scenes"
OTHER = "another bundled scene"


def mean_colour(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> NDArray[np.uint8]:
    """The mean colour of all bundled scenes but this one, pixel by pixel (HxWx3)."""
    return np.asarray(np.round(np.mean([_colour(s, rgbd.size) for s in others(rgbd)], axis=0)), np.uint8)


def mean_depth(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> NDArray[np.float32]:
    """The mean depth of all bundled scenes but this one, pixel by pixel (HxW metres), their holes filled."""
    return np.asarray(np.mean([_depth(s, rgbd.size) for s in others(rgbd)], axis=0), np.float32)


def other_colour(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> NDArray[np.uint8]:
    """The colour of a bundled scene that is not this one, chosen by chance (HxWx3)."""
    return np.asarray(np.round(_colour(_one(rgbd, random), rgbd.size)), np.uint8)


def other_depth(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> NDArray[np.float32]:
    """The depth of a bundled scene that is not this one, chosen by chance, its holes filled (HxW metres)."""
    return _depth(_one(rgbd, random), rgbd.size)


def others(rgbd: RGBDImage) -> list[RGBDImage]:
    """The bundled scenes without those that share colour or depth with `rgbd`."""
    found = [scene for scene in _scenes() if not (_same(scene.colour, rgbd.colour) or _same(scene.depth, rgbd.depth))]
    if not found:
        raise InputError(f"Nothing can stand in for a missing modality: {folder('scenes')} holds no other scene.")
    return found


def _same(one: NDArray | None, other: NDArray | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _one(rgbd: RGBDImage, random: np.random.Generator) -> RGBDImage:
    found = others(rgbd)
    return found[int(random.integers(len(found)))]


@lru_cache(maxsize=1)
def _scenes() -> tuple[RGBDImage, ...]:
    """Every bundled scene as networks see it, in the order of their names; some 25 megabytes."""
    places = sorted(path.parent for path in folder("scenes").glob("*/scene.json"))
    return tuple(read_rgbd(place / "rgb.jpg", place / "depth.png", depth_unit="mm") for place in places)


def _colour(scene: RGBDImage, size: tuple[int, int]) -> NDArray[np.float32]:
    assert scene.colour is not None
    return covering(scene.colour.astype(np.float32), size, cv2.INTER_LINEAR)


def _depth(scene: RGBDImage, size: tuple[int, int]) -> NDArray[np.float32]:
    assert scene.depth is not None
    return covering(fill_unknown(scene.depth)[0], size, cv2.INTER_NEAREST_EXACT)


def covering(values: NDArray[np.float32], size: tuple[int, int], how: int) -> NDArray[np.float32]:
    """`values` (HxW or HxWxC) scaled uniformly to cover `size` (H, W), and cut to its middle."""
    height, width = size
    scale = max(height / values.shape[0], width / values.shape[1])
    rows, columns = (max(side, round(n * scale)) for side, n in zip(size, values.shape, strict=False))
    large = np.asarray(cv2.resize(values, (columns, rows), interpolation=how), np.float32)
    top, left = (rows - height) // 2, (columns - width) // 2
    return large[top : top + height, left : left + width]
