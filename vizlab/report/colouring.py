"""From values to colours, as the viewer colours them: `page/web/src/colour.ts` and `ranges.ts`, pixel for pixel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from vizlab.errors import InputError, one_line
from vizlab.report.layers import Entry
from vizlab.tasks import VOID
from vizlab.views.document import Document
from vizlab.views.palettes import UNKNOWN_GREY, Palette

Mode = Literal["auto", "row", "lock"]
MASK = (213, 94, 0)
"""Where a mask holds."""
MASK_UNKNOWN = (128, 128, 128, 90)


@dataclass(frozen=True)
class Range:
    """`low`..`high` on the map `colormap`."""

    low: float
    high: float
    colormap: str


@dataclass(frozen=True)
class Setting:
    """How the layers of one row are coloured; the ends count where they are locked, an empty map is the layer's own."""

    mode: Mode = "row"
    low: float = 0.0
    high: float = 1.0
    colormap: str = ""


Settings = Mapping[str, Setting]
"""By row; a layer without a row is one of its own, under its key."""


def row_of(entry: Entry) -> str:
    """The row whose range a layer may share."""
    return entry["row"] or entry["key"]


def range_of(document: Document, entry: Entry, settings: Settings | None = None) -> Range:
    """The colour range of a layer. By itself a row shares its range, so that its pictures compare."""
    setting = (settings or {}).get(row_of(entry), Setting())
    colours = setting.colormap or entry["colormap"]
    if setting.mode == "lock":
        return Range(setting.low, setting.high, colours)
    if setting.mode == "auto":
        return Range(entry["low"], entry["high"], colours)
    row = [other for other in document.manifest["layers"] if row_of(other) == row_of(entry)]
    return Range(min(other["low"] for other in row), max(other["high"] for other in row), colours)


def read_settings(text: str) -> dict[str, Setting]:
    """Ranges as the page's address has them: ROW~MODE~LOW~HIGH~COLOURS, with ";" between rows. Raises InputError."""
    found = {}
    for one in filter(None, text.split(";")):
        parts = one.split("~")
        try:
            row, mode, low, high, colours = parts
            if mode not in ("auto", "row", "lock"):
                raise ValueError(mode)
            found[row] = Setting(cast(Mode, mode), float(low), float(high), colours)
        except ValueError as err:
            raise InputError(
                f"The range '{one_line(one, 60)}' cannot be read; expected ROW~auto, row or lock~LOW~HIGH~COLOURS."
            ) from err
    return found


def lookup(document: Document, name: str) -> np.ndarray:
    """(256, 3) uint8, a map of colours as the document has it. Raises InputError where it has none of that name."""
    known = document.manifest["colormaps"]
    if name not in known:
        raise InputError(f"There are no colours called '{one_line(name, 40)}'; known: {', '.join(known)}.")
    return np.frombuffer(bytes.fromhex(known[name]), np.uint8).reshape(-1, 3)


def class_lookup(document: Document, palette: Palette) -> np.ndarray:
    """(256, 3) uint8 by class index; what has no name, and void, is black. Raises InputError for another palette."""
    known = document.manifest["classes"]["palettes"]
    if palette not in known:
        raise InputError(f"There is no palette '{one_line(palette, 40)}'; known: {', '.join(known)}.")
    table = np.zeros((256, 3), np.uint8)
    for index, text in enumerate(known[palette]):
        table[index] = tuple(bytes.fromhex(text.removeprefix("#")))
    table[VOID] = 0
    return table


def pixels_of(
    document: Document, entry: Entry, values: np.ndarray, shown: Range, palette: Palette = "voc"
) -> np.ndarray:
    """(h, w, 4) uint8: one pixel of RGBA for every value."""
    kind = entry["kind"]
    if kind in ("scalar", "signed"):
        return _opaque(_numbers(values, lookup(document, shown.colormap), shown))
    if kind == "classes":
        return _opaque(class_lookup(document, palette)[values])
    if kind == "normals":
        return _opaque(_directions(values))
    return _mask(values) if kind == "mask" else _opaque(values)


def _numbers(values: np.ndarray, table: np.ndarray, shown: Range) -> np.ndarray:
    """Below and above the range the end colours, unknown grey."""
    last = len(table) - 1
    scale = last / (shown.high - shown.low if shown.high > shown.low else 1)
    at = (np.nan_to_num(values.astype(np.float64), nan=shown.low) - shown.low) * scale + 0.5
    image = table[np.clip(at, 0, last).astype(int)]
    image[np.isnan(values)] = UNKNOWN_GREY
    return image


def _directions(values: np.ndarray) -> np.ndarray:
    """Unit vectors (x right, y down, z forward): red faces right, green up, blue the camera."""
    parts = np.nan_to_num(values.astype(np.float64)) * (1, -1, -1)
    image = np.clip(np.floor((parts + 1) * 127.5 + 0.5), 0, 255).astype(np.uint8)
    image[np.isnan(values).any(-1)] = UNKNOWN_GREY
    return image


def _mask(values: np.ndarray) -> np.ndarray:
    image = np.zeros((*values.shape, 4), np.uint8)
    image[np.nan_to_num(values) > 0] = (*MASK, 255)
    image[np.isnan(values)] = MASK_UNKNOWN
    return image


def _opaque(image: np.ndarray) -> np.ndarray:
    return np.dstack([image, np.full(image.shape[:2], 255, np.uint8)])
