"""What a view shows beside charts: pictures with a title, a sentence and a legend, and grids of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vizlab.core.framing import Framing
from vizlab.views.formatting import number as number
from vizlab.views.formatting import percent as percent
from vizlab.views.palettes import colorscale

MAX_SIDE = 640
"""Panels are drawn at most this long (pixels): the page shows them smaller, and a 25-megapixel picture stays light."""


@dataclass(frozen=True)
class LegendItem:
    """One colour of a label map; `share` of the pixels, 0..1, or None."""

    label: str
    colour: str
    share: float | None = None


@dataclass(frozen=True)
class ColourBar:
    """`low`..`high` in `unit` (may be empty) on the map `colormap` (see palettes.colormap); `label` says of what."""

    low: float
    high: float
    unit: str
    colormap: str
    label: str

    def stops(self, count: int = 16) -> list[tuple[float, str]]:
        """Positions 0..1 and hex colours, for a CSS gradient."""
        return colorscale(self.colormap, count)


def range_bar(maps: Sequence[np.ndarray], colormap: str, label: str) -> ColourBar:
    """The 1st to the 99th percentile of all finite values of maps of 0..1, to the next twentieth."""
    values = np.concatenate([values.ravel() for values in maps])
    low, high = np.percentile(values[np.isfinite(values)], [1, 99])
    low, high = float(np.floor(low * 20) / 20), float(np.ceil(high * 20) / 20)
    return ColourBar(low, max(high, low + 0.05), "", colormap, label)


Legend = tuple[LegendItem, ...] | ColourBar | None


@dataclass(frozen=True, eq=False)
class Panel:
    """`image` HxWx3 uint8 RGB in the picture's aspect; `caption` one sentence; `key` stable between runs."""

    image: np.ndarray
    title: str
    caption: str = ""
    legend: Legend = None
    key: str = ""

    def __post_init__(self) -> None:
        self.image.setflags(write=False)


@dataclass(frozen=True)
class EmptyCell:
    """A place in a grid that holds nothing, and why."""

    sentence: str


Cell = Panel | EmptyCell


@dataclass(frozen=True, eq=False)
class Grid:
    """`columns` titles; `rows` (task, one cell per column); `groups` (heading, number of columns) over the columns.

    `note` is a sentence about all of it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    groups: tuple[tuple[str, int], ...] = ()
    note: str = ""


def reduced(values: np.ndarray, side: int = MAX_SIDE, smooth: bool = False) -> np.ndarray:
    """`values` (HxW or HxWx3) with its longer side at most `side`; nearest, or by area if `smooth`."""
    scale = side / max(values.shape[:2])
    if scale >= 1:
        return values
    size = (max(1, round(values.shape[1] * scale)), max(1, round(values.shape[0] * scale)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA if smooth else cv2.INTER_NEAREST_EXACT))


def fitted(image: np.ndarray, picture: tuple[int, int], side: int, smooth: bool = False) -> np.ndarray:
    """An image or map brought to the aspect of `picture` (H, W), its longer side `side` pixels."""
    scale = side / max(picture)
    size = (max(1, round(picture[1] * scale)), max(1, round(picture[0] * scale)))
    method = cv2.INTER_LINEAR if smooth else cv2.INTER_NEAREST_EXACT
    return np.asarray(cv2.resize(np.ascontiguousarray(image), size, interpolation=method))


def placed(
    values: np.ndarray, framing: Framing, grid: tuple[int, int] | None, side: int, smooth: bool = False
) -> np.ndarray:
    """A map (h, w) of a network's cells at the aspect of the picture, its longer side `side`, each cell where it looks.

    `values` are the cells that show the picture, `grid` the rows and columns of the whole map: the last ones may show
    the picture in part, and are cut off at its edge. What is beyond the last cell, less than half of one, is drawn as
    that. Without `grid` (a trace that does not know it) the cells are spread evenly over the picture. `smooth` blends
    neighbouring cells between their centres.
    """
    scale = side / max(framing.picture)
    cells = framing.cell(grid) if grid else tuple(p / n for p, n in zip(framing.picture, values.shape, strict=True))
    drawn = values
    for axis, (picture, cell) in enumerate(zip(framing.picture, cells, strict=True)):
        count = max(1, round(picture * scale))
        places = (np.arange(count) + 0.5) * picture / count / cell  # of the pixels' centres, in cells
        drawn = (_blended if smooth else _nearest)(np.moveaxis(drawn, axis, -1), places)
        drawn = np.moveaxis(drawn, -1, axis)
    return np.ascontiguousarray(drawn)


def _nearest(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Of the last axis, the cells at these places; cell i reaches from i to i + 1."""
    return np.asarray(values[..., np.minimum(places.astype(int), values.shape[-1] - 1)])


def _blended(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The same, linear between the cells' centres and constant beyond the first and the last."""
    last = values.shape[-1] - 1
    at = np.clip(places - 0.5, 0, last)
    low = at.astype(int)
    part = (at - low).astype(np.float32)
    return np.asarray(values[..., low] * (1 - part) + values[..., np.minimum(low + 1, last)] * part)
