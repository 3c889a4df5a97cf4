"""A grid of layers as a figure for a paper: the viewer's pictures, titles, colour bars and class legend."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from vizlab.errors import InputError
from vizlab.report.colouring import Range, Settings, class_lookup, lookup, pixels_of, range_of
from vizlab.report.layers import Entry, Values, entries, values_of
from vizlab.report.material import Material, Traces, document_of
from vizlab.report.saving import Width, inches
from vizlab.rgbd import RGBDImage
from vizlab.tasks import VOID
from vizlab.views.document import Document
from vizlab.views.formatting import in_form, percent, with_unit
from vizlab.views.layers import PHOTOGRAPH
from vizlab.views.palettes import Palette, hex_of

TITLE_POINTS, SMALL_POINTS = 7.0, 6.0
GAP, TITLE, BAR, TICKS, LINE = 0.06, 0.15, 0.06, 0.13, 0.135
"""Inches: between cells, of a title, of a colour bar, of its numbers, of a line of the legend."""
HIGHEST = 60.0
OVER_PHOTOGRAPH = 0.78
"""So much of a site's map covers the photograph, as in the viewer, unless another opacity is given."""
MOST_CLASSES = 24
DIRECTIONS = "right red, up green, towards blue"


@dataclass(frozen=True, eq=False)
class _Cell:
    entry: Entry
    values: Values
    range: Range
    pixels: np.ndarray

    @property
    def has_bar(self) -> bool:
        return self.entry["kind"] in ("scalar", "signed")

    @property
    def note(self) -> str:
        """What stands in place of a colour bar."""
        if self.entry["kind"] == "normals":
            return DIRECTIONS
        if self.entry["kind"] != "mask" or not np.isfinite(self.values.array).any():
            return ""
        return f"{percent(float(np.nanmean(self.values.array)))} of the known pixels"


def figure(
    source: Document | Material | Traces,
    cells: Sequence[str],
    *,
    columns: int = 0,
    width: Width = "double",
    rgbd: RGBDImage | None = None,
    palette: Palette = "voc",
    ranges: Settings | None = None,
    opacity: float = 1.0,
    zoom: tuple[float, float, float] = (1.0, 0.5, 0.5),
) -> Figure:
    """The layers `cells` (keys as in a document; "*|semseg" for those of all networks) side by side.

    `source` is a document, or traces and with `rgbd` their picture. `columns` of them stand in a row (0: as many as
    there are, four at most); `width` is that of the whole figure: "single" (3.5 in), "double" (7.16 in) or inches.
    Layers of one row share a colour range unless `ranges` says otherwise; `opacity` is theirs over the photograph,
    `zoom` as in the viewer: how many times larger than whole, and what share of width and height is in the middle.
    Values that a network has once per cell are drawn as cells. Raises InputError.
    """
    document = document_of(source, rgbd)
    found = [_cell(document, entry, palette, ranges) for entry in entries(document, cells)]
    if columns < 0 or not 0 <= opacity <= 1 or not zoom[0] >= 1:
        raise InputError("A figure has 0 or more columns, an opacity of 0 to 1 and a zoom of 1 or more.")
    return _drawn(document, found, min(columns or 4, len(found)), inches(width), palette, opacity, zoom)


def _cell(document: Document, entry: Entry, palette: Palette, ranges: Settings | None) -> _Cell:
    values, shown = values_of(document, entry), range_of(document, entry, ranges)
    return _Cell(entry, values, shown, pixels_of(document, entry, values.array, shown, palette))


def _drawn(
    document: Document, cells: Sequence[_Cell], columns: int, width: float, palette: Palette, opacity: float,
    zoom: tuple[float, float, float],
) -> Figure:  # fmt: skip
    """Everything at its place in inches, so that the figure is exactly as wide as was asked."""
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    picture = document.manifest["picture"]["size"]
    side = (width - GAP * (columns - 1)) / columns
    tall = side * picture[0] / picture[1]
    feet = [_foot(row) for row in rows]
    legend = _legend_items(document, cells, palette)
    per_line = max(1, int(width / 1.0))
    low = LINE * math.ceil(len(legend) / per_line) + (GAP if legend else 0)
    height = sum(TITLE + tall + foot + GAP for foot in feet) + low
    if height > HIGHEST:
        raise InputError(f"The figure would be {height:.0f} inches high, {HIGHEST:g} at most; give it more columns.")
    drawing = Figure(figsize=(width, height))
    photograph = document.layers.get(_photograph(document) or "")
    top = height
    for row, foot in zip(rows, feet, strict=True):
        top -= TITLE + tall
        for column, cell in enumerate(row):
            left = column * (side + GAP)
            axes = drawing.add_axes((left / width, top / height, side / width, tall / height))
            _picture(axes, cell, document, None if photograph is None else photograph.values, opacity, zoom)
            _title(drawing, cell, document, left, top + tall + 0.03, side)
            _bar(drawing, document, cell, (left, top - GAP / 2, side))
        top -= foot + GAP
    _legend(drawing, legend, per_line)
    return drawing


def _foot(row: Sequence[_Cell]) -> float:
    return BAR + TICKS if any(cell.has_bar for cell in row) else TICKS if any(cell.note for cell in row) else 0.0


def _photograph(document: Document) -> str | None:
    return next((e["values"]["id"] for e in document.manifest["layers"] if e["key"] == PHOTOGRAPH), None)


def _picture(
    axes: Axes, cell: _Cell, document: Document, photograph: np.ndarray | None, opacity: float,
    zoom: tuple[float, float, float],
) -> None:  # fmt: skip
    """The layer where its cells look, over the photograph as far as it lets it through."""
    height, width = document.manifest["picture"]["size"]
    share = OVER_PHOTOGRAPH if cell.entry["site"] and opacity == 1 and photograph is not None else opacity
    if photograph is not None and cell.entry["key"] != PHOTOGRAPH and (share < 1 or cell.entry["kind"] == "mask"):
        axes.imshow(photograph, extent=(0, width, height, 0), interpolation="nearest")
    rows, columns = cell.pixels.shape[:2]
    whole = cell.entry["key"] == PHOTOGRAPH
    reach = (width, height) if whole else (columns * cell.values.cell[1], rows * cell.values.cell[0])
    axes.imshow(cell.pixels, extent=(0, reach[0], reach[1], 0), interpolation="nearest", alpha=None if whole else share)
    (left, right), (top, bottom) = (_seen(side, zoom[0], at) for side, at in ((width, zoom[1]), (height, zoom[2])))
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="auto")
    axes.axis("off")
    axes.set_label(cell.entry["key"])


def _seen(side: int, times: float, middle: float) -> tuple[float, float]:
    """The part of a side that is in sight; never beyond its ends."""
    half = 0.5 / times
    at = min(max(middle, half), 1 - half)
    return side * (at - half), side * (at + half)


def title_of(document: Document, entry: Entry) -> str:
    """A layer's name among others: its network first, then its site."""
    networks = document.manifest["networks"]
    network = next((one for one in networks if entry["group"] == one["name"]), None)
    if network is not None:
        sites = {site["name"]: site["short"] for site in (network["flow"] or {"sites": ()})["sites"]}
        site = f"site {sites[entry['site']]}, " if entry["site"] in sites else ""
        return f"{network['title']} · {site}{entry['title']}"
    own = next((one for one in networks if entry["group"].startswith(one["name"])), None)
    return entry["title"] if own is None else f"{own['title']}{entry['group'][len(own['name']) :]} · {entry['title']}"


def _title(drawing: Figure, cell: _Cell, document: Document, left: float, bottom: float, side: float) -> None:
    width, height = drawing.get_size_inches()
    text = title_of(document, cell.entry)
    points = min(TITLE_POINTS, TITLE_POINTS * side / (len(text) * 0.057))  # a letter is about 0.057 in wide at 7 pt
    if points < 5:
        points, text = 5.0, text[: max(4, int(side / 0.041) - 1)] + "…"
    drawing.text(left / width, bottom / height, text, fontsize=points, va="bottom", ha="left")


def _bar(drawing: Figure, document: Document, cell: _Cell, place: tuple[float, float, float]) -> None:
    """The colours with both ends and the unit, or a note; `place` is left, top and width in inches."""
    width, height = drawing.get_size_inches()
    left, top, side = place
    style: dict[str, Any] = {"fontsize": SMALL_POINTS, "va": "top"}
    if not cell.has_bar:
        drawing.text(left / width, top / height, cell.note, **style)
        return
    axes = drawing.add_axes((left / width, (top - BAR) / height, side / width, BAR / height))
    axes.imshow(lookup(document, cell.range.colormap)[None], aspect="auto", interpolation="nearest")
    axes.axis("off")
    axes.set_label(f"colours of {cell.entry['key']}")
    low, high = _ends(cell)
    line = (top - BAR - 0.015) / height
    drawing.text(left / width, line, low, ha="left", **style)
    drawing.text((left + side) / width, line, high, ha="right", **style)


def _ends(cell: _Cell) -> tuple[str, str]:
    """What stands at a bar's ends, with the unit at the upper one; an arrow where values lie beyond."""
    shown, unit, values = cell.range, cell.entry["unit"], cell.values.array
    digits = min(cell.entry["digits"], 1 if shown.high - shown.low >= 10 else 2)
    low, high = (in_form(end, f".{digits}f") for end in (shown.low, shown.high))
    known = values[np.isfinite(values)]
    below, above = bool((known < shown.low).any()), bool((known > shown.high).any())
    return ("◂ " if below else "") + low, with_unit(high, unit) + (" ▸" if above else "")


def _legend_items(document: Document, cells: Sequence[_Cell], palette: Palette) -> list[tuple[str, str]]:
    """Names and colours of all classes on show, those that are largest anywhere first; what is too many is counted."""
    largest: dict[int, float] = {}
    for cell in cells:
        if cell.entry["kind"] == "classes":
            counts = np.bincount(cell.values.array.ravel(), minlength=256) / cell.values.array.size
            largest = {i: max(largest.get(i, 0.0), float(counts[i])) for i in {*largest, *np.flatnonzero(counts)}}
    order = sorted(largest, key=lambda index: (-largest[index], index))
    names, table = document.manifest["classes"]["names"], class_lookup(document, palette)
    called = lambda i: "void" if i == VOID else names[i] if i < len(names) else f"class {i}"  # noqa: E731
    items = [(called(i), hex_of(table[i])) for i in order[:MOST_CLASSES]]
    rest = len(order) - len(items)
    return [*items, (f"+{rest} smaller", "none")] if rest else items


def _legend(drawing: Figure, items: Sequence[tuple[str, str]], per_line: int) -> None:
    """Line by line from left to right, at the bottom."""
    if not items:
        return
    lines = math.ceil(len(items) / per_line)
    order = [row * per_line + column for column in range(per_line) for row in range(lines)]
    blank = ("", "none")
    filled = [*items, *[blank] * (per_line * lines - len(items))]
    patches = [Patch(facecolor=filled[i][1], label=filled[i][0]) for i in order]  # matplotlib fills columns first
    drawing.legend(
        handles=patches, loc="lower left", ncols=per_line, mode="expand", frameon=False, fontsize=SMALL_POINTS,
        borderaxespad=0, borderpad=0, handlelength=1, handleheight=0.8, columnspacing=0.6, handletextpad=0.4,
        labelspacing=0.35, bbox_to_anchor=(0, 0, 1, 0.1),
    )  # fmt: skip
