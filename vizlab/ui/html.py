"""Small pieces of the page as HTML text; whatever comes from a user or a file is escaped here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from vizlab.ui.images import NETWORK_SIDE, data_uri
from vizlab.views import ColourBar, EmptyCell, Grid, LegendItem, Panel
from vizlab.views.panels import Cell, Legend, number, percent

CHIPS = 8
"""A legend beside pictures lists at most so many classes."""
MIN_ASIDE = 2
"""A free corner is used from so many columns on."""


@dataclass(frozen=True)
class Source:
    """Where a definition stands: a paper, the place in it, and its address."""

    text: str
    url: str


def tag(name: str, content: str, css: str = "", **attributes: str) -> str:
    """One element; `content` is HTML, attribute values are escaped here, `data_x` is written data-x."""
    given = {"class": css, **attributes} if css else attributes
    written = "".join(f' {key.strip("_").replace("_", "-")}="{escape(value)}"' for key, value in given.items())
    return f"<{name}{written}>{content}</{name}>"


def words(text: str, css: str = "") -> str:
    """Plain text, escaped, in a span."""
    return tag("span", escape(text), css)


def badge(text: str, kind: str = "quiet", tip: str = "") -> str:
    """A short remark that stays in sight: `kind` quiet or warn."""
    return tag("span", escape(text), f"vz-badge vz-{kind}", title=tip) if tip else words(text, f"vz-badge vz-{kind}")


def note(sentence: str, source: Source | None = None, badges: Iterable[str] = ()) -> str:
    """What to look for, and where the definition comes from."""
    link = ""
    if source is not None:
        link = " " + tag("a", escape(source.text), "vz-source", href=source.url, target="_blank", rel="noreferrer")
    return tag("p", escape(sentence) + link + "".join(f" {b}" for b in badges), "vz-note")


def heading(title: str, sentence: str = "", source: Source | None = None, badges: Iterable[str] = ()) -> str:
    """A panel's head: its title and remarks, one sentence, its source."""
    head = tag("div", tag("h3", escape(title)) + "".join(badges), "vz-heading")
    return head + (note(sentence, source) if sentence else "")


def alert(sentence: str) -> str:
    """An error: the sentence as it stands."""
    return tag("div", words("!", "vz-alert-mark") + words(sentence), "vz-alert", role="alert")


def empty_state(title: str, sentences: Sequence[str]) -> str:
    """What a tab shows when there is nothing to show, and how to change that."""
    return tag("div", tag("h3", escape(title)) + "".join(tag("p", escape(s)) for s in sentences), "vz-empty")


def picture(panel: Panel, max_side: int = NETWORK_SIDE) -> str:
    """The panel's image; a click enlarges it in the browser."""
    height, width = panel.image.shape[:2]
    return (
        f'<img src="{data_uri(panel.image, max_side)}" width="{width}" height="{height}" '
        f'alt="{escape(panel.title)}" data-enlarge tabindex="0" decoding="async">'
    )


def panel_figure(panel: Panel, max_side: int = NETWORK_SIDE, title: bool = True, legend: bool = True) -> str:
    """A picture with its title, sentence and legend."""
    lines = []
    if title:
        lines.append(words(panel.title, "vz-title"))
    if legend:
        lines.append(legend_of(panel.legend))
    if panel.caption:
        lines.append(words(panel.caption, "vz-caption"))
    return tag("figure", picture(panel, max_side) + tag("figcaption", "".join(lines)), "vz-panel")


def legend_of(legend: Legend) -> str:
    """Chips for classes, a bar with its numbers for maps."""
    if legend is None:
        return ""
    return colour_bar(legend) if isinstance(legend, ColourBar) else chips(legend)


def chips(items: Sequence[LegendItem], limit: int = CHIPS) -> str:
    """Colour, name and share of the first `limit` classes."""
    parts = []
    for item in items[:limit]:
        share = "" if item.share is None else " " + percent(item.share)
        swatch = tag("i", "", style=f"background:{item.colour}")
        parts.append(tag("span", f"{swatch}{escape(item.label)}{share}", "vz-chip"))
    return tag("span", "".join(parts), "vz-chips")


def colour_bar(bar: ColourBar) -> str:
    """Low, the colours, high and unit."""
    stops = ", ".join(f"{colour} {at:.1%}" for at, colour in bar.stops())
    ramp = tag("i", "", style=f"background:linear-gradient(90deg, {stops})")
    ends = words(number(bar.low)), words(number(bar.high, bar.unit))
    return tag("span", f"{ends[0]}{ramp}{ends[1]}", "vz-bar", title=bar.label)


def shared_legend(panels: Sequence[Panel]) -> str:
    """One legend for a row of label maps: the classes of all of them, by their largest share."""
    largest: dict[str, LegendItem] = {}
    for item in (i for p in panels if isinstance(p.legend, tuple) for i in p.legend):
        if item.label not in largest or (item.share or 0) > (largest[item.label].share or 0):
            largest[item.label] = item
    ordered = sorted(largest.values(), key=lambda i: -(i.share or 0))
    return chips([LegendItem(i.label, i.colour) for i in ordered if "other class" not in i.label], limit=16)


def grid_table(grid: Grid, row_titles: dict[str, str], aside: str = "", side: int = NETWORK_SIDE) -> str:
    """Rows of pictures under common headings; classes of a row share one legend under it.

    `aside` is HTML for the corner that stays empty where the last columns have no picture from some row on; without
    such a corner it goes below.
    """
    free_row, free_column = _free_corner(grid)
    corner = bool(aside) and len(grid.columns) - free_column >= MIN_ASIDE and free_row < len(grid.rows)
    placed = [_at(words("", "vz-corner"), 1, 1)]
    placed += [_at(words(title, "vz-column"), 1, 2 + i) for i, title in enumerate(grid.columns)]
    line = 2
    for index, (task, cells) in enumerate(grid.rows):
        shown = cells[:free_column] if corner and index >= free_row else cells
        start = line
        placed.append(_at(words(row_titles.get(task, task), "vz-row"), line, 1))
        at = 2
        for cell, same in groupby(shown, _sentence_or_cell):
            width = len(list(same))
            placed.append(_at(_cell(cell, side), line, at, width))
            at += width
        line += 1
        label_maps = [c for c in shown if isinstance(c, Panel) and isinstance(c.legend, tuple)]
        if label_maps:
            placed.append(_at(tag("div", shared_legend(label_maps), "vz-row-legend"), line, 2, len(shown)))
            line += 1
        if corner and index == free_row:
            aside_start = start
    if corner:
        span = f"{aside_start} / {line + 1}"
        css = f"grid-row:{span};grid-column:{free_column + 2} / span {len(grid.columns) - free_column}"
        placed.append(tag("aside", aside, "vz-aside", style=css))
    # A last, stretching row takes what the aside is longer than the pictures beside it.
    style = f"--columns:{len(grid.columns)};--lines:{line - 1}"
    table = tag("div", "".join(placed), "vz-grid", style=style)
    return table if corner else table + aside


def reference_first(grid: Grid) -> Grid:
    """The same grid with the reference in front and networks of fewer tasks at the end, so that gaps lie together."""
    missing = [sum(isinstance(cells[i], EmptyCell) for _, cells in grid.rows) for i in range(len(grid.columns))]
    order = sorted(range(len(grid.columns)), key=lambda i: (grid.columns[i] != "reference", missing[i]))
    rows = tuple((task, tuple(cells[i] for i in order)) for task, cells in grid.rows)
    return Grid(tuple(grid.columns[i] for i in order), rows)


def _free_corner(grid: Grid) -> tuple[int, int]:
    """The first row and column of the largest corner at the lower right without a picture."""
    best, place = 0, (len(grid.rows), len(grid.columns))
    for row in range(1, len(grid.rows)):
        free = min(_trailing_gaps(cells) for _, cells in grid.rows[row:])
        if free * (len(grid.rows) - row) > best:
            best, place = free * (len(grid.rows) - row), (row, len(grid.columns) - free)
    return place


def _trailing_gaps(cells: Sequence[Cell]) -> int:
    count = 0
    for cell in reversed(cells):
        if not isinstance(cell, EmptyCell):
            break
        count += 1
    return count


def _at(content: str, row: int, column: int, width: int = 1) -> str:
    """`content` in a box at that place of the grid."""
    return tag("div", content, "vz-at", style=f"grid-row:{row};grid-column:{column} / span {width}")


def _sentence_or_cell(cell: Cell) -> Cell | str:
    """Neighbours that are empty for the same reason are drawn as one."""
    return cell.sentence if isinstance(cell, EmptyCell) else cell


def _cell(cell: Cell | str, side: int) -> str:
    if isinstance(cell, str):
        return tag("div", escape(cell), "vz-cell-empty")
    assert isinstance(cell, Panel)
    return panel_figure(cell, side, title=False, legend=isinstance(cell.legend, ColourBar))
