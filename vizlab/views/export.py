"""Panels and grids as files for papers: PNG, SVG or PDF, with colour bars and legends. No global pyplot state."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from vizlab.errors import InputError
from vizlab.replacing import replacing
from vizlab.views.palettes import colormap
from vizlab.views.panels import ColourBar, EmptyCell, Grid, Panel, percent

FORMATS = (".png", ".svg", ".pdf")
COLUMN_INCHES = 2.6
LEGEND_ROWS = 8


def save_figure(panel_or_grid: Panel | Grid, path: str | Path, dpi: int = 200) -> Path:
    """Write a panel or a grid; the format follows the name's ending (.png, .svg, .pdf). Raises InputError."""
    target = Path(path)
    ending = target.suffix.lower()
    if ending not in FORMATS:
        raise InputError(f"'{target.name}' ends in '{target.suffix}'; expected one of {', '.join(FORMATS)}.")
    figure = panel_figure(panel_or_grid) if isinstance(panel_or_grid, Panel) else grid_figure(panel_or_grid)
    # Without dates two runs write the same file.
    metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(ending, {})
    with replacing(target, InputError) as file:
        figure.savefig(file, format=ending[1:], dpi=dpi, bbox_inches="tight", metadata=metadata)
    return target


def panel_figure(panel: Panel) -> Figure:
    """One panel, 5 inches wide."""
    height = 5 * panel.image.shape[0] / panel.image.shape[1]
    figure = Figure(figsize=(5, height + 1), layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, panel, title=panel.title)
    _add_legend(figure, axes, panel)
    axes.set_xlabel(panel.caption, fontsize=8, wrap=True)
    return figure


def grid_figure(grid: Grid) -> Figure:
    """Rows of tasks under columns of models; one colour bar or legend per row, at its right."""
    rows, columns = len(grid.rows), len(grid.columns)
    aspect = next(
        (c.image.shape[0] / c.image.shape[1] for _, row in grid.rows for c in row if isinstance(c, Panel)), 0.75
    )
    size = (COLUMN_INCHES * columns + 1.6, (COLUMN_INCHES * aspect + 0.35) * rows + 0.4)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for row, (task, cells) in enumerate(grid.rows):
        for column, cell in enumerate(cells):
            _draw(axes[row, column], cell, grid.columns[column] if row == 0 else "", aspect)
        axes[row, 0].set_ylabel(task, fontsize=10)
        shown = [c for c in cells if isinstance(c, Panel)]
        if shown:
            _add_legend(figure, axes[row, :], shown[0])
    figure.supxlabel(grid.note, fontsize=7)
    return figure


def _draw(axes: Axes, cell: Panel | EmptyCell, title: str, aspect: float = 0.75) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(title, fontsize=10)
    if isinstance(cell, Panel):
        axes.imshow(cell.image, interpolation="nearest")
        axes.set_xlabel(_wrapped(cell.caption), fontsize=6.5)
        return
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_box_aspect(aspect)
    axes.text(
        0.5,
        0.5,
        _wrapped(cell.sentence, 28),
        ha="center",
        va="center",
        fontsize=8,
        color="#606060",
        transform=axes.transAxes,
    )


def _add_legend(figure: Figure, axes: Axes | np.ndarray, panel: Panel) -> None:
    if isinstance(panel.legend, ColourBar):
        bar = panel.legend
        mappable = ScalarMappable(Normalize(bar.low, bar.high), ListedColormap(colormap(bar.colormap) / 255))
        drawn = figure.colorbar(mappable, ax=axes, fraction=0.05, pad=0.01, aspect=25)
        drawn.set_label(f"{bar.label} [{bar.unit}]" if bar.unit else bar.label, fontsize=8)
        drawn.ax.tick_params(labelsize=8)
    elif panel.legend:
        last = axes if isinstance(axes, Axes) else axes[-1]
        patches = [
            Patch(color=item.colour, label=item.label if item.share is None else f"{item.label} {percent(item.share)}")
            for item in panel.legend[:LEGEND_ROWS]
        ]
        last.legend(handles=patches, loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=7, frameon=False)


def _wrapped(text: str, width: int = 52) -> str:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return "\n".join([*lines, line])
