"""Where an object is in its picture, and what that alone would say of its need: a control that sees no picture."""

from collections.abc import Iterable

import cv2
import numpy as np

from vizlab.scenes.exam.needs import DEPTH, RGB
from vizlab.study.exam.explanations import contrast
from vizlab.study.exam.folder import Asked, ExamPicture

GRID = (24, 32)
"""Rows and columns of the cells to which pictures are brought, whatever their size."""


def centre(region: np.ndarray) -> tuple[float, float]:
    """The mean row and column of a region (HxW bool), as shares of the picture's height and width, 0 at top left."""
    rows, columns = np.nonzero(region)
    height, width = region.shape
    return float((rows.mean() + 0.5) / height), float((columns.mean() + 0.5) / width)


def by_place(pictures: Iterable[ExamPicture]) -> list[float]:
    """For every object that is asked about, in order, which modality is needed where it is in all the other pictures.

    That is the contrast (-1 all colour, 1 all depth) of how much of what needs colour, and of what needs depth, lies
    within its outline in them, as shares of all that there is of either; NaN where nothing does. One picture is read at
    a time.
    """
    outlines, needed = [], []
    for picture in pictures:
        outlines.append([_cells(one.region) for one in picture.asked])
        needed.append([_of(picture.asked, need) for need in (RGB, DEPTH)])
    maps = np.array(needed, float).reshape(-1, 2, *GRID)
    total, found = maps.sum(0), []
    for own, regions in zip(maps, outlines, strict=True):
        others = total - own
        # As shares of either kind: the picture that is left out has more of the one than of the other.
        amounts = np.maximum(others.sum((1, 2), keepdims=True), 1e-12)
        rgb, depth = others / amounts
        found += [float(contrast(np.sum(region * rgb), np.sum(region * depth))) for region in regions]
    return found


def _of(asked: Iterable[Asked], need: int) -> np.ndarray:
    """GRID: the share of each cell that belongs to objects which were built to need that, and do."""
    return sum((_cells(one.region) for one in asked if one.kind == need), np.zeros(GRID))


def _cells(region: np.ndarray) -> np.ndarray:
    """GRID: the share of each cell that lies in a region (HxW bool)."""
    return cv2.resize(region.astype(np.float32), GRID[::-1], interpolation=cv2.INTER_AREA).astype(float)
