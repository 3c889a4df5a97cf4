"""Masks of an MTAN as charts: where and of which channels tasks select, and how alike two tasks do."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.core.site_words import stage_words
from vizlab.core.trace import FusionTrace
from vizlab.methods.mtan.numbers import KEPT, LayerMasks, Over, layer_masks
from vizlab.views.figures import TEXT, stage_matrices, stream_title, styled, this_picture
from vizlab.views.outside import THUMBNAIL
from vizlab.views.palettes import coloured, stream_colour
from vizlab.views.panels import ColourBar, Grid, Panel, placed, range_bar

MASK = "mask, mean over channels"
BINS = 20
"""Of the histogram of channels, over 0..1."""
OVER: dict[Over, str] = {
    "values": "all channels and pixels",
    "channels": "channels, of their means over pixels",
    "pixels": "pixels, of their means over channels",
}
"""What masks are compared over, in words."""
NO_SHARE = "Tasks send each other nothing here: two masks may be alike, but neither is made of the other."


def mask_panels(trace: FusionTrace) -> Grid:
    """Rows: tasks; columns: stages. Each mask's mean over channels, cell by cell, all on one range.

    Panel keys are "mask/SITE/TASK".
    """
    layers = layer_masks(trace)
    bar = mask_bar(layers)
    tasks = layers[0].tasks
    rows = tuple((task, tuple(_panel(trace, layer, t, bar) for layer in layers)) for t, task in enumerate(tasks))
    return Grid(tuple(stage_words(layer.stage) for layer in layers), rows)


def mask_bar(layers: Sequence[LayerMasks]) -> ColourBar:
    """The range of all mean masks."""
    return range_bar([layer.maps for layer in layers], "viridis", MASK)


def mask_overlaps(trace: FusionTrace, over: Over = "values") -> go.Figure:
    """Task x task correlation of masks, stage by stage; signed, centred at zero."""
    layers = layer_masks(trace)
    tasks = [stream_title(trace, task) for task in layers[0].tasks]
    notes = [f"{this_picture(trace)}. Pearson’s correlation over {OVER[over]}.", NO_SHARE]
    figure = stage_matrices(
        [layer.stage for layer in layers], tasks, [layer.alike(over) for layer in layers], (-1, 1), "diverging",
        "correlation", "How alike do tasks select?", notes,
    )  # fmt: skip
    figure.update_xaxes(title_text="")
    figure.update_yaxes(title_text="")
    return figure


def mask_channels(trace: FusionTrace) -> go.Figure:
    """How many channels have a mean mask of what size: one plot for each stage, a line for each task."""
    layers = layer_masks(trace)
    columns = min(3, len(layers))
    rows = -(-len(layers) // columns)
    titles = [f"{stage_words(layer.stage)}, {layer.channels.shape[1]} channels" for layer in layers]
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=titles, shared_yaxes=True, shared_xaxes=True,
        horizontal_spacing=0.05, vertical_spacing=0.3 / rows,
    )  # fmt: skip
    for index, layer in enumerate(layers):
        row, column = index // columns + 1, index % columns + 1
        for t, task in enumerate(layer.tasks):
            figure.add_trace(_steps(layer.channels[t], stream_title(trace, task), task, shown=index == 0), row, column)
        figure.add_vline(x=KEPT, line={"color": TEXT, "dash": "dot", "width": 1}, opacity=0.7, row=row, col=column)
    figure.update_xaxes(range=[0, 1], tickvals=[0, 0.5, 1])
    for column in range(1, columns + 1):
        figure.update_xaxes(title_text="mean mask", row=rows, col=column)
    highest = max(float(np.max(line.y)) for line in figure.data)
    figure.update_yaxes(tickformat=".0%", range=[0, 1.05 * highest])
    for row in range(1, rows + 1):
        figure.update_yaxes(title_text="channels", row=row, col=1)
    notes = [f"{this_picture(trace)}; means over pixels, in steps of {1 / BINS:g}.", f"Dotted: {KEPT:g}, half open."]
    styled(figure, "Which part of a channel do tasks keep?", notes, 170 * rows, legend=True, headings=True)
    figure.update_annotations(font={"size": 13, "color": TEXT})
    return figure


def _steps(channels: np.ndarray, title: str, task: str, shown: bool) -> go.Scatter:
    """The share of the channels (C,) in each bin, as a line of steps."""
    counts, edges = np.histogram(channels, BINS, (0, 1))
    shares = (counts / len(channels)).astype(np.float32)
    return go.Scatter(
        x=edges.astype(np.float32), y=np.append(shares, shares[-1]), mode="lines", name=title, legendgroup=title,
        showlegend=shown, line={"color": stream_colour(task), "width": 2, "shape": "hv"},
        hovertemplate=f"{task}: %{{y:.0%}} of the channels from %{{x:.2f}} on<extra></extra>",
    )  # fmt: skip


def _panel(trace: FusionTrace, layer: LayerMasks, task: int, bar: ColourBar) -> Panel:
    drawn = placed(layer.maps[task], trace.framing, layer.grid, THUMBNAIL)
    name = layer.tasks[task]
    kept, channels = int(layer.kept[task]), layer.channels.shape[1]
    return Panel(
        coloured(drawn, bar.low, bar.high, bar.colormap),
        f"{name}, {stage_words(layer.stage)}",
        f"Mean {layer.means[task]:.2f}; keeps {kept} of {channels} channels.",
        key=f"mask/{layer.site}/{name}",
    )
