"""The network map as a figure for a paper: streams as lanes, sites as crossings, one scale for all networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from vizlab.errors import InputError
from vizlab.report.map_layout import (
    FOOT,
    FULL,
    THINNEST,
    WIDEST,
    Band,
    Group,
    Lane,
    Measure,
    Place,
    Row,
    band_width,
    bands_of,
    every,
    layout_map,
    opacity_of,
)
from vizlab.report.material import Material, Traces, document_of
from vizlab.report.saving import Width, inches
from vizlab.rgbd import RGBDImage
from vizlab.views.document import Document

PER_INCH = 110.0
"""Pixels of the map in an inch of paper: its letters of 11 pixels are 7 points."""
POINTS = 72 / PER_INCH
NAMES, LEGEND_LINE = 104.0, 15.0
INK, QUIET = "#1a1d21", "#5b6570"
SMALL, NORMAL, TITLE = 9.5, 10.5, 11.5
"""Sizes of letters, pixels."""
WIDTHS: dict[Measure, str] = {
    "share": "width: share of what varies in the receiver's output, in this picture, in the sender's colour",
    "fixed": "width: part of the receiver's channels or weights, the same for every picture, in the sender's colour",
}
NOTHING_MIXES = "nothing mixes here"
NOTHING_FIXED = "no number here is the same for every picture"


def network_map(
    source: Document | Material | Traces,
    *,
    width: Width = "double",
    measure: Measure = "share",
    rgbd: RGBDImage | None = None,
) -> Figure:
    """The map of all networks of `source`, as wide as asked ("single", "double" or inches).

    The width of a crossing is the share of the variance of the receiver's output that came from that sender in this
    picture, or with `measure` "fixed" what the weights alone say; 15 pixels of the page's map stand for 1. Dashed is
    negative, a hollow dot undefined. Raises InputError.
    """
    if measure not in WIDTHS:
        raise InputError(f"The measure is '{str(measure)[:40]}'; expected {' or '.join(WIDTHS)}.")
    networks = document_of(source, rgbd).manifest["networks"]
    wide = inches(width)
    rows = layout_map(networks, wide * PER_INCH - NAMES - 4)
    entries = _legend(networks, rows, measure)
    lines = _lines(entries, wide * PER_INCH)
    top = len(lines) * LEGEND_LINE + 3
    height = top + rows[-1].bottom + 4
    drawing = Figure(figsize=(wide, height / PER_INCH))
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, wide * PER_INCH), ylim=(height, 0))
    axes.axis("off")
    pen = _Pen(axes, NAMES, top)
    for at, line in enumerate(lines):
        _legend_line(_Pen(axes, 0, LEGEND_LINE * at), line)
    for row in rows:
        _row(pen, row, measure)
    return drawing


@dataclass(frozen=True)
class _Pen:
    """Draws in pixels of the plot, whose origin is at `left`, `top`."""

    axes: Axes
    left: float
    top: float

    def text(self, x: float, y: float, words: str, size: float, colour: str = INK, **more: Any) -> None:
        at = (self.left + x, self.top + y)
        self.axes.text(*at, words, fontsize=size * POINTS, color=colour, va="baseline", **more)

    def line(self, x: Sequence[float], y: Sequence[float], **look: Any) -> None:
        moved = [self.left + one for one in x], [self.top + one for one in y]
        self.axes.add_line(Line2D(*moved, solid_capstyle="butt", **look))

    def curve(self, x0: float, y0: float, x1: float, y1: float, label: str = "", **look: Any) -> None:
        """From left to right with level ends."""
        middle = (x0 + x1) / 2
        points = [(self.left + x, self.top + y) for x, y in ((x0, y0), (middle, y0), (middle, y1), (x1, y1))]
        path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        patch = PathPatch(path, fill=False, capstyle="butt", **look)
        patch.set_label(label)
        self.axes.add_patch(patch)

    def dot(self, x: float, y: float, radius: float, **look: Any) -> None:
        self.axes.add_patch(Circle((self.left + x, self.top + y), radius, **look))


def _row(pen: _Pen, row: Row, measure: Measure) -> None:
    names = _Pen(pen.axes, 0, pen.top)
    names.text(1, row.top + 12, _fitted(row.network["title"], NAMES - 4, 6.6), TITLE, fontweight="bold")
    if not row.sites:
        pen.text(8, row.top + 12, NOTHING_MIXES, NORMAL, QUIET, fontstyle="italic")
        return
    for lane in row.lanes:
        names.dot(5, lane.y, 3.6, facecolor=lane.colour, edgecolor="none")
        names.text(14, lane.y + 3.6, _fitted(lane.title, NAMES - 18, 5.9), NORMAL)
        for start, end in lane.parts:
            pen.line((start, end), (lane.y, lane.y), color=lane.colour, alpha=0.42, lw=2.5 * POINTS, zorder=1)
    _stages(pen, row)
    for place in row.sites:
        _site(pen, place, row.lanes, measure)
    _numbers(pen, row)


def _stages(pen: _Pen, row: Row) -> None:
    for index, stage in enumerate(row.stages):
        if index:
            look = {"color": "#d5d9de", "lw": POINTS, "zorder": 0}
            pen.line((stage.left, stage.left), (row.top + 4, row.bottom - FOOT), **look)
        pen.text(stage.left + 4, row.top + 11, _heading(stage), SMALL, QUIET)
    for box in row.beside:
        x = (box.left + 3, box.left + 3, box.right - 3, box.right - 3)
        pen.line(x, (row.top + 3, row.top - 0.5, row.top - 0.5, row.top + 3), color=QUIET, alpha=0.55, lw=POINTS)
        pen.text(box.left - 4, row.top + 3, box.label, SMALL, QUIET, ha="right")


def _heading(stage: Group) -> str:
    """ "stage 5", or "5" where there is room for no more."""
    words, room = stage.label, stage.right - stage.left - 6
    first, _, number = words.partition(" ")
    if number.isdecimal() and first.isalpha() and len(words) * 5.3 > room:
        return number
    return _fitted(words, room, 5.3)


def _site(pen: _Pen, place: Place, lanes: Sequence[Lane], measure: Measure) -> None:
    if place.site.get("apart"):
        return _alone(pen, place, lanes)
    if not place.site["edges"]:
        return _capsule(pen, place, lanes)
    for band in sorted(bands_of(place, lanes, measure), key=lambda one: -one.width):
        _band(pen, place, band)
    return None


def _band(pen: _Pen, place: Place, band: Band) -> None:
    label = f"{place.site['name']}|{band.edge['target']}|{band.edge['source']}|{band.mark}"
    if band.mark == "undefined":
        y = band.level + (-4 if band.start < band.level else 4)
        pen.dot(place.end, y, 3, facecolor="white", edgecolor=band.colour, lw=1.5 * POINTS, zorder=4, label=label)
    if band.mark not in ("band", "negative"):
        return
    if band.width > 2:  # a gap in what lies below, so that crossing bands are told apart
        reach = (place.end - place.start) * 0.24
        share = 0.24
        mid = [_on_curve(place, band, share), _on_curve(place, band, 1 - share)]
        if reach > 1:
            look = {"color": "white", "alpha": 0.8, "lw": (band.width + 1.5) * POINTS, "zorder": 2}
            pen.line([x for x, _ in mid], [y for _, y in mid], **look)
    dashes = {"linestyle": (0, (1.6 / max(1, band.width), 2.2 / max(1, band.width)))} if band.mark == "negative" else {}
    pen.curve(
        place.start, band.start, place.end, band.end, label, edgecolor=band.colour, lw=band.width * POINTS,
        alpha=0.92 * band.opacity, zorder=3, **dashes,
    )  # fmt: skip


def _on_curve(place: Place, band: Band, t: float) -> tuple[float, float]:
    """A point of the band's middle line; t from 0 to 1."""
    middle = (place.start + place.end) / 2
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    across, down = (place.start, middle, middle, place.end), (band.start, band.start, band.end, band.end)
    return sum(w * x for w, x in zip(weights, across, strict=True)), sum(
        w * y for w, y in zip(weights, down, strict=True)
    )


def _alone(pen: _Pen, place: Place, lanes: Sequence[Lane]) -> None:
    """A site at which nobody sends: a mark of its own on every lane that takes part."""
    for lane in lanes:
        if lane.stream in place.site["targets"]:
            pen.dot(place.x, lane.y, 4, facecolor="white", edgecolor=QUIET, lw=1.25 * POINTS, zorder=4)


def _capsule(pen: _Pen, place: Place, lanes: Sequence[Lane]) -> None:
    """A site that mixes its streams, not as a sum: one shape over all lanes that take part."""
    parts = [lane.y for lane in lanes if lane.stream in place.site["targets"]]
    half = min(6.0, (place.right - place.left) / 3)
    corner = (pen.left + place.x - half, pen.top + parts[0] - half)
    style = f"round,pad=0,rounding_size={half}"
    look: dict[str, Any] = {"facecolor": "white", "edgecolor": QUIET, "lw": 1.25 * POINTS, "zorder": 4}
    box = FancyBboxPatch(corner, 2 * half, parts[-1] - parts[0] + 2 * half, boxstyle=style, **look)
    pen.axes.add_patch(box)


def _numbers(pen: _Pen, row: Row) -> None:
    """Each site's place in the order; every so many where they would touch."""
    longest = max(len(place.site["short"]) for place in row.sites)
    step = every(min(place.right - place.left for place in row.sites), longest * 5.8 + 2)
    for place in row.sites[::step]:
        pen.text(place.x, row.bottom - 2.5, place.site["short"], SMALL, QUIET, ha="center")


def _fitted(text: str, pixels: float, per_letter: float) -> str:
    letters = max(2, int(pixels / per_letter))
    return text if len(text) <= letters else f"{text[: letters - 1]}…"


@dataclass(frozen=True)
class _Entry:
    """`words` of the legend behind a sample: the width of a band (negative: dashed), "dot", "capsule", or none."""

    words: str
    sample: float | str | None = None

    @property
    def room(self) -> float:
        return len(self.words) * 5.3 + (28 if self.sample is not None else 0) + 14


def _legend(networks: Sequence[dict], rows: Sequence[Row], measure: Measure) -> list[_Entry]:
    """The scale, and the marks that this map has."""
    edges = [edge for row in rows for place in row.sites for edge in place.site["edges"]]
    values = [edge[measure] for edge in edges]
    known = [value for value in values if value is not None]
    found = [_Entry("input → output"), _Entry(WIDTHS[measure]), _Entry("10 %", 0.1), _Entry("50 %", 0.5)]
    if any(opacity_of(value) < 1 for value in values):
        found.append(_Entry(f"fainter: under {100 * THINNEST / FULL:.0f} %"))
    if any(value < 0 for value in known):
        found.append(_Entry("negative", -0.3))
    if measure == "share" and None in values:
        found.append(_Entry("undefined", "dot"))
    if any(abs(value) * FULL > WIDEST for value in known):
        found.append(_Entry(f"drawn to {100 * WIDEST / FULL:.0f} % at most"))
    bare = [place.site for row in rows for place in row.sites if not place.site["edges"]]
    if any(not site.get("apart") for site in bare):
        found.append(_Entry("not a sum", "capsule"))
    if any(site.get("apart") for site in bare):
        found.append(_Entry("nothing is sent", "dot"))
    return found + ([_Entry(words) for words in _without_fixed(networks)] if measure == "fixed" else [])


def _without_fixed(networks: Sequence[dict]) -> list[str]:
    return [
        f"{one['title']}: {NOTHING_FIXED}"
        for one in networks
        if one["flow"] and one["flow"]["sites"]
        and all(edge["fixed"] is None for site in one["flow"]["sites"] for edge in site["edges"])
    ]  # fmt: skip


def _lines(entries: Sequence[_Entry], width: float) -> list[list[_Entry]]:
    """Entries in lines that fit; one that is longer than a line is broken between words."""
    lines: list[list[_Entry]] = [[]]
    for entry in (part for whole in entries for part in _broken(whole, width)):
        if lines[-1] and sum(one.room for one in lines[-1]) + entry.room > width:
            lines.append([])
        lines[-1].append(entry)
    return lines


def _broken(entry: _Entry, width: float) -> list[_Entry]:
    if entry.room <= width or " " not in entry.words:
        return [entry]
    words, first = entry.words.split(), ""
    while words and _Entry(f"{first} {words[0]}").room <= width:
        first = f"{first} {words.pop(0)}".strip()
    return [_Entry(first, entry.sample), *_broken(_Entry(" ".join(words)), width)] if words and first else [entry]


def _legend_line(pen: _Pen, line: Sequence[_Entry]) -> None:
    x = 1.0
    for entry in line:
        _sample(pen, x, entry.sample)
        pen.text(x + (25 if entry.sample is not None else 0), 10, entry.words, NORMAL - 1, QUIET)
        x += entry.room


def _sample(pen: _Pen, x: float, sample: float | str | None) -> None:
    if sample == "dot":
        pen.dot(x + 12, 7, 3, facecolor="white", edgecolor=QUIET, lw=1.5 * POINTS)
    elif sample == "capsule":
        box = FancyBboxPatch((pen.left + x + 9, pen.top + 1), 6, 11, boxstyle="round,pad=0,rounding_size=3",
                             facecolor="white", edgecolor=QUIET, lw=1.25 * POINTS)  # fmt: skip
        pen.axes.add_patch(box)
    elif isinstance(sample, float):
        wide = band_width(sample)
        dashes: dict[str, Any] = {"linestyle": (0, (1.6 / wide, 2.2 / wide))} if sample < 0 else {}
        pen.curve(x, 7, x + 20, 7, edgecolor=QUIET, lw=wide * POINTS, **dashes)
