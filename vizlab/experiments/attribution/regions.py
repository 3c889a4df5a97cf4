"""Which pixels of the picture a target is the mean over: a pixel, a box, a polygon, or a predicted segment."""

from collections.abc import Sequence

import cv2
import numpy as np

from vizlab.errors import InputError

Point = tuple[float, float]
"""Column and row of a pixel, (x, y), counted from the top left."""


def pixel(size: tuple[int, int], at: Point) -> np.ndarray:
    """HxW bool, True at the one pixel that holds `at`; raises InputError if that is outside the picture."""
    x, y = _inside(size, at)
    mask = np.zeros(size, bool)
    mask[y, x] = True
    return mask


def box(size: tuple[int, int], corner: Point, opposite: Point) -> np.ndarray:
    """HxW bool, True from one corner to the other, both included."""
    (x0, y0), (x1, y1) = _inside(size, corner), _inside(size, opposite)
    mask = np.zeros(size, bool)
    mask[min(y0, y1) : max(y0, y1) + 1, min(x0, x1) : max(x0, x1) + 1] = True
    return mask


def polygon(size: tuple[int, int], corners: Sequence[Point]) -> np.ndarray:
    """HxW bool, True within the closed line through three or more `corners`, and on it."""
    if len(corners) < 3:
        raise InputError(f"The region has {len(corners)} corners; expected three or more, or a box of two.")
    points = np.array([_inside(size, corner) for corner in corners], np.int32)
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [points], (1,))
    return mask.astype(bool)


def segment(labels: np.ndarray, at: Point) -> np.ndarray:
    """HxW bool: the pixels of `labels` (HxW class indices) of the class at `at` that hang together with it.

    Pixels hang together over sides and corners (OpenCV's 8-connected components).
    """
    x, y = _inside(labels.shape[:2], at)
    _, parts = cv2.connectedComponents((labels == labels[y, x]).astype(np.uint8), connectivity=8)
    return np.asarray(parts == parts[y, x])


def checked(region: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """`region`, if it is an HxW bool mask of that size with some pixel in it; raises InputError otherwise."""
    if not isinstance(region, np.ndarray) or region.dtype != np.bool_ or region.shape != size:
        found = f"{region.dtype} of {region.shape}" if isinstance(region, np.ndarray) else type(region).__name__
        raise InputError(f"The region is {found}; expected a bool mask of the picture's size, {size[0]}x{size[1]}.")
    if not region.any():
        raise InputError("The region has no pixel; expected one or more to take the mean over.")
    return region


def _inside(size: tuple[int, int], at: Point) -> tuple[int, int]:
    height, width = size
    x, y = int(np.floor(at[0])), int(np.floor(at[1]))
    if not (0 <= x < width and 0 <= y < height):
        raise InputError(
            f"({at[0]:g}, {at[1]:g}) is no pixel of a picture of {width}x{height}; expected x,y within it."
        )
    return x, y
