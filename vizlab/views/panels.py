"""What a view shows beside charts: pictures with a title, a sentence and a legend, and grids of them."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

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
    """`columns` titles; `rows` (task, one cell per column); `groups` (heading, number of columns) over the columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    groups: tuple[tuple[str, int], ...] = ()


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


def number(value: float, unit: str = "") -> str:
    """Three significant digits and the unit; an en dash for what is undefined."""
    if not math.isfinite(value):
        return "–"
    digits = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(digits, 6)}f}"
    return f"{text} {unit}" if unit else text


def percent(value: float) -> str:
    """A share 0..1 in percent, three digits at most."""
    if not math.isfinite(value):
        return "–"
    return f"{value:.0%}" if abs(value) >= 0.1 or value == 0 else f"{value:.1%}"
