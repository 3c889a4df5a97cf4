"""Depth maps as sensors and data sets write them, of made-up rooms, table tops and streets, by their definitions."""

from functools import cache

import numpy as np

from benchmarks.rooms import rooms

FOCAL, BASELINE = 575.0, 0.075  # of a Kinect v1: pixels and metres


@cache
def _room(size: tuple[int, int], seed: int) -> np.ndarray:
    return next(iter(rooms(1, size, seed)))


def room(size: tuple[int, int] = (120, 160), seed: int = 0) -> np.ndarray:
    """HxW metres, float64, none unknown."""
    return _room(size, seed).copy()


def box(size: tuple[int, int] = (120, 160), field_of_view: float = 60, far: float = 6.0) -> np.ndarray:
    """Depth (HxW, metres) within a box: 1 m to the floor, 1.6 m to the ceiling, 2 m to each side, `far` ahead.

    Along the ray (x, y, 1) a plane at distance d below is met at z = d/y, beside it at d/|x|.
    """
    focal = size[1] / 2 / np.tan(np.radians(field_of_view / 2))
    y, x = (np.mgrid[: size[0], : size[1]] + 0.5 - np.array(size)[:, None, None] / 2) / focal
    return np.minimum.reduce([np.where(y > 0, 1, 1.6) / np.abs(y), 2 / np.abs(x), np.full(size, far)])


def desk(size: tuple[int, int] = (120, 160)) -> np.ndarray:
    """A table from 0.6 m at the lower edge to 2 m at the upper: 1/z is affine in the row and the column."""
    rows, columns = np.mgrid[: size[0], : size[1]] / np.array(size)[:, None, None]
    return 1 / (1 / 2 + (1 / 0.6 - 1 / 2) * rows + 0.1 * columns)


def table_top(size: tuple[int, int] = (120, 160)) -> np.ndarray:
    """Things on a table from 0.3 to 0.9 m away, a little bent so that no number is missing."""
    rows, columns = np.mgrid[: size[0], : size[1]] / np.array(size)[:, None, None]
    return 1 / (1 / 0.9 + (1 / 0.35 - 1 / 0.9) * rows) * (1 - 0.1 * np.exp(-60 * (columns - 0.5) ** 2))


def street(size: tuple[int, int] = (64, 208)) -> np.ndarray:
    """A road 1.65 m below the camera between house fronts 8 m to both sides; NaN in the sky."""
    focal = 0.58 * size[1]
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    with np.errstate(divide="ignore"):
        road = 1.65 * focal / (y - 0.47 * size[0])
        fronts = 8 * focal / np.abs(x - size[1] / 2)
    depth = np.where(road > 0, np.minimum(road, fronts), fronts)
    return np.where((depth > 200) | ((road <= 0) & (y < 0.2 * size[0])), np.nan, depth)


def kinect(metres: np.ndarray) -> np.ndarray:
    """As a Kinect v1 sees it: disparities in eighths of a pixel, and a shadow at the left edge."""
    measured = FOCAL * BASELINE / (np.round(8 * FOCAL * BASELINE / metres) / 8)
    measured[:, : metres.shape[1] // 40] = np.nan
    return measured


def counts(metres: np.ndarray, per_metre: float, nothing: int = 0) -> np.ndarray:
    """`metres` (NaN unknown) as uint16, `per_metre` to one; `nothing` where unknown."""
    numbers = np.round(np.nan_to_num(metres) * per_metre).clip(0, 65535)
    return np.where(np.isnan(metres), nothing, numbers).astype(np.uint16)


def sparse(metres: np.ndarray, share: float = 0.05) -> np.ndarray:
    """What a laser leaves: `share` of the pixels."""
    return np.where(np.random.default_rng(0).uniform(size=metres.shape) < share, metres, np.nan)


def with_hole(metres: np.ndarray) -> np.ndarray:
    """A window in the upper right corner, of a sixteenth of the picture, unknown."""
    holed = metres.copy()
    holed[: metres.shape[0] // 4, -metres.shape[1] // 4 :] = np.nan
    return holed
