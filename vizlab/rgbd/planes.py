"""What planes in a picture give away about the numbers of a depth map.

Rooms and streets are made of planes. Over a plane, 1/z is affine in image coordinates, z the depth along the optical
axis of a pinhole camera. So, whatever the unit: in maps of inverse depth the numbers themselves are straight along
rows and columns, not their reciprocals; in maps of ray length r the reciprocal is straight only after it is multiplied
by r/z, which follows from the field of view. Floors and tables, besides, come nearer towards the lower edge.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float64]

FIELDS_OF_VIEW = (45, 50, 55, 60, 65, 70, 75, 80, 85, 90)
"""Degrees across the width that rays are tried with."""
_STRAIGHT = 0.004  # of the median reciprocal: a window less bent than this is a plane's
_FEWEST = 50  # windows
_SMALLEST = 90  # pixels: in a smaller map a ray's length and depth are too much alike


def looks_inverse(values: Map) -> bool:
    """Whether `values` (HxW, NaN unknown) look like inverse depth or disparity: larger where things are nearer.

    Both signs must agree: the numbers, not their reciprocals, are the straighter ones, and they grow downwards.
    """
    small = _reduced(values, 80)
    if small is None:
        return False
    straighter = _reciprocal_is_straighter(small)
    return bool(straighter < 0.495 and _growth_downwards(small) > 0.05)


def ray_field_of_view(values: Map) -> int | None:
    """The horizontal field of view, in degrees, with which `values` (HxW, NaN unknown) look like lengths of rays.

    None if they look like depth along the axis, or nothing can be said.
    """
    if min(values.shape) < _SMALLEST:
        return None
    small = _reduced(values, 120)
    if small is None:
        return None
    reach = max(small.shape) // 10
    plain = _straight_share(1 / small, reach)
    shares = {fov: _straight_share(ray_over_depth(small.shape, fov) / small, reach) for fov in FIELDS_OF_VIEW}
    best = max(shares, key=lambda fov: shares[fov])
    return best if shares[best] > max(1.15 * plain, 0.03) else None


def ray_over_depth(size: Sequence[int], field_of_view: float) -> Map:
    """(h, w): a ray's length over its depth, r/z, for a centred pinhole camera; `field_of_view` in degrees across w."""
    height, width = size
    focal = width / 2 / np.tan(np.radians(field_of_view / 2))
    y, x = np.mgrid[:height, :width]
    return np.sqrt(1 + ((x + 0.5 - width / 2) / focal) ** 2 + ((y + 0.5 - height / 2) / focal) ** 2)


def _reduced(values: Map, height: int) -> Map | None:
    """About `height` rows by nearest samples, over the median; None if none of them is known.

    What is a million times as near or as far as the median becomes unknown: no scene has it.
    """
    rows = min(height, values.shape[0])
    columns = max(1, round(values.shape[1] * rows / values.shape[0]))
    small = cv2.resize(values, (columns, rows), interpolation=cv2.INTER_NEAREST)
    known = ~np.isnan(small)
    if not known.any():
        return None
    with np.errstate(over="ignore"):
        small = small / np.median(small[known])
    return np.where((small > 1e-6) & (small < 1e6), small, np.nan)


def _windows(values: Map, reach: int) -> tuple[Map, Map]:
    """First and second differences over windows of 2 `reach` + 1 pixels, along columns and along rows."""
    first, second = [], []
    for turned in (values, values.T):
        before, middle, after = turned[: -2 * reach], turned[reach:-reach], turned[2 * reach :]
        first.append(np.abs(after - before).ravel())
        second.append(np.abs(before - 2 * middle + after).ravel())
    return np.concatenate(first), np.concatenate(second)


def _reciprocal_is_straighter(values: Map) -> float:
    """The share of slanted windows without a jump in which 1/value is; 0.5 where nothing can be said."""
    shares = []
    for reach in (4, 8):
        if min(values.shape) <= 2 * reach:
            continue
        first, second = _windows(values, reach)
        first_of_reciprocal, second_of_reciprocal = _windows(1 / values, reach)
        smooth = (second < first / 2) & (second_of_reciprocal < first_of_reciprocal / 2) & (first > 0.08)
        if smooth.sum() >= _FEWEST:
            bent = second[smooth] / first[smooth]
            shares.append(float(np.mean(bent > second_of_reciprocal[smooth] / first_of_reciprocal[smooth])))
    return float(np.mean(shares)) if shares else 0.5


def _growth_downwards(values: Map) -> float:
    """The logarithm of the median of the lowest third over that of the highest; 0 where one is unknown."""
    third = max(1, values.shape[0] // 3)
    low, high = values[-third:], values[:third]
    if np.isnan(low).all() or np.isnan(high).all():
        return 0.0
    return float(np.log(np.nanmedian(low) / np.nanmedian(high)))


def _straight_share(reciprocal: Map, reach: int) -> float:
    """The share of windows over which `reciprocal` is straight."""
    if reach < 4 or min(reciprocal.shape) <= 2 * reach:
        return 0.0
    _, second = _windows(reciprocal, reach)
    known = ~np.isnan(second)
    return float(np.mean(second[known] < _STRAIGHT)) if known.sum() >= _FEWEST else 0.0
