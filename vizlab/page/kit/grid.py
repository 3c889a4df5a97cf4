"""Pictures in rows and columns as HTML: tasks down, networks across, what is empty put to use."""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from vizlab.page.kit.html import panel_figure, shared_legend, tag, words
from vizlab.page.kit.images import NETWORK_SIDE
from vizlab.views import ColourBar, EmptyCell, Grid, Panel
from vizlab.views.panels import Cell

ROWS = {
    "semseg": "classes",
    "human_parts": "human parts",
    "sal": "saliency",
    "depth": "depth",
    "depth error": "depth error",
    "normals": "normals",
    "edge": "edges",
    "image": "pictures",
}
"""What rows of tasks are called."""
MIN_ASIDE = 2
"""A free corner is used from so many columns on."""


def grid_table(grid: Grid, row_titles: dict[str, str], aside: str = "", side: int = NETWORK_SIDE) -> str:
    """Rows of pictures, at most `side` pixels long, under common headings; label maps of a row share one legend.

    `aside` is HTML for the corner at the lower right where the last columns have no picture from some row on; without
    such a corner it goes below.
    """
    width = len(grid.columns)
    free_row, free_column = _free_corner(grid) if aside else (len(grid.rows), width)
    if width - free_column < MIN_ASIDE:
        free_row, free_column = len(grid.rows), width
    placed = [_at(words("", "vz-corner"), 1, 1)]
    placed += [_at(words(title, "vz-column"), 1, 2 + i) for i, title in enumerate(grid.columns)]
    line, aside_line = 2, 2
    for index, (task, cells) in enumerate(grid.rows):
        if index == free_row:
            aside_line = line
        shown = cells[:free_column] if index >= free_row else cells
        lines = _row(row_titles.get(task, task), shown, line, side)
        placed += lines
        line += 1 + _has_labels(shown)
    inside = free_row < len(grid.rows)
    if inside:
        # One line more than the pictures need: it stretches where the aside is longer than they are.
        css = f"grid-row:{aside_line} / {line + 1};grid-column:{free_column + 2} / span {width - free_column}"
        placed.append(tag("aside", aside, "vz-aside", style=css))
    table = tag("div", "".join(placed), "vz-grid", style=f"--columns:{width};--lines:{line - 1}")
    return table if inside else table + aside


def reference_first(grid: Grid) -> Grid:
    """The same grid with the reference in front and networks of fewer tasks at the end, so that gaps lie together."""
    missing = [sum(isinstance(cells[i], EmptyCell) for _, cells in grid.rows) for i in range(len(grid.columns))]
    order = sorted(range(len(grid.columns)), key=lambda i: (grid.columns[i] != "reference", missing[i]))
    rows = tuple((task, tuple(cells[i] for i in order)) for task, cells in grid.rows)
    return Grid(tuple(grid.columns[i] for i in order), rows, note=grid.note)


def _row(title: str, cells: Sequence[Cell], line: int, side: int) -> list[str]:
    """A row's title and cells on `line`, the legend of its label maps on the next."""
    placed, at = [_at(words(title, "vz-row"), line, 1)], 2
    for cell, same in groupby(cells, _sentence_or_cell):
        width = len(list(same))
        placed.append(_at(_cell(cell, side), line, at, width))
        at += width
    if _has_labels(cells):
        legend = shared_legend([cell for cell in cells if isinstance(cell, Panel)])
        placed.append(_at(tag("div", legend, "vz-row-legend"), line + 1, 2, len(cells)))
    return placed


def _has_labels(cells: Sequence[Cell]) -> bool:
    return any(isinstance(cell, Panel) and isinstance(cell.legend, tuple) for cell in cells)


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
    return panel_figure(cell, side, legend=isinstance(cell.legend, ColourBar))
