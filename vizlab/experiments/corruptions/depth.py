"""How a depth sensor fails. Depth is HxW float32 metres, NaN where unknown: what is lost is unknown, never 0 m."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.experiments.corruptions.corruption import Level, scaled_pixels
from vizlab.rgbd import RGBDImage
from vizlab.rgbd.kinect import NOISE, RANGE, disparity_noise, disparity_of, millimetres_of, quantised

Depth = NDArray[np.float32]
STEP = 1.1
"""From one side of a step in depth to the other, distances are so many times as large."""
_NAN = np.float32(np.nan)


def missing(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Depth:
    """A `share` of the known pixels unknown, each by chance."""
    depth = _depth(rgbd)
    return np.where(random.random(depth.shape) < level["share"], _NAN, depth)


def holes(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Depth:
    """Unknown within `reach` pixels (of 480) of a step in depth, and where colour is darker than `grey` (of 255)."""
    depth = _depth(rgbd)
    lost = _near(steps(depth), scaled_pixels(level["reach"], depth.shape[0]))
    if rgbd.colour is not None:
        lost |= cv2.cvtColor(rgbd.colour, cv2.COLOR_RGB2GRAY) < level["grey"]
    return np.where(lost, _NAN, depth)


def steps(depth: Depth) -> NDArray[np.bool_]:
    """HxW, true where the known distances among a pixel and its eight neighbours differ by `STEP` times or more."""
    known, square = np.isfinite(depth), np.ones((3, 3), np.uint8)
    far = cv2.dilate(np.where(known, depth, 0).astype(np.float32), square)
    near = cv2.erode(np.where(known, depth, np.inf).astype(np.float32), square)
    return np.asarray(far / np.float32(STEP) >= near)


def _near(marked: NDArray[np.bool_], reach: float) -> NDArray[np.bool_]:
    """True within `reach` pixels of what is marked."""
    if not marked.any():
        return marked
    return np.asarray(cv2.distanceTransform((~marked).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= reach)


def noise(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Depth:
    """The Kinect's noise of disparity, `times` as strong: in metres it grows with the square of the distance.

    Unknown where the sensor would then see something beyond its range, and beyond all that the picture has.
    """
    depth = _depth(rgbd)
    error = disparity_noise((depth.shape[0], depth.shape[1]), random, NOISE * level["times"])
    measured = millimetres_of(disparity_of(depth) + error) / np.float32(1000)
    farthest = max(RANGE[1], float(np.nanmax(depth)))
    return np.where(measured > farthest, _NAN, measured).astype(np.float32)


def disparity_steps(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Depth:
    """Disparity in steps of `pixels`; a disparity below one step counts as one."""
    per_pixel = 1 / level["pixels"]
    known = quantised(disparity_of(_depth(rgbd)), per_pixel)
    return np.asarray(millimetres_of(np.maximum(known, np.float32(level["pixels"]))) / 1000, np.float32)


def scaled(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Depth:
    """Every distance times `factor`."""
    return np.asarray(_depth(rgbd) * np.float32(level["factor"]), np.float32)


def shifted(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Depth:
    """Depth `pixels` (of 480) to the right of colour, one at least; what nothing was moved to is unknown."""
    depth = _depth(rgbd)
    width = depth.shape[1]
    by = min(max(1, round(scaled_pixels(level["pixels"], depth.shape[0]))), width - 1)
    moved = np.full_like(depth, np.nan)
    moved[:, by:] = depth[:, : width - by]
    return moved


def _depth(rgbd: RGBDImage) -> Depth:
    assert rgbd.depth is not None
    return rgbd.depth
