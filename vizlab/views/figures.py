"""How every chart looks: transparent, neutral greys that read on dark and light, arrays small."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.core.preprocess import MODALITIES
from vizlab.core.site_words import stage_words, trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.views.contrast import ink_on, mixed
from vizlab.views.formatting import in_form
from vizlab.views.palettes import colorscale

TEXT, LINE = "#808080", "rgba(128,128,128,0.25)"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
FONT_SIZE, TITLE_SIZE = 12, 15
NOTE_WIDTH = 60
"""Characters per line of small print: Plotly does not wrap, and a phone is 390 pixels wide."""
SAME = "weights only: the same for every picture"
TOOLS = ("zoom", "pan", "select", "lasso", "zoomin", "zoomout", "autoscale", "resetscale")
"""Left out of the bar over a chart, where it would cover the title: drag zooms, a double click resets."""
TOP, BOTTOM, LEGEND, LINE_HEIGHT = 44, 58, 48, 20
"""Pixels: title alone; x axis with its title; two lines of legend under it; a line of small print.

Plotly sets the lines under a title 1.3 em of the title's own size apart, however small they are.
"""


def styled(
    figure: go.Figure,
    title: str,
    notes: Sequence[str],
    plot_height: int,
    *,
    legend: bool = False,
    headings: bool = False,
    **layout: Any,
) -> go.Figure:
    """Give a figure its title, the notes as small print under it, its size and colours.

    `plot_height` pixels of plot area; `legend` makes room under the x axis, `headings` over the plots.
    """
    lines = [line for note in notes for line in textwrap.wrap(note, NOTE_WIDTH)]
    small = "".join(f"<br><span style='font-size:{FONT_SIZE}px'>{line}</span>" for line in lines)
    top = TOP + LINE_HEIGHT * len(lines) + (24 if headings else 0)
    bottom = BOTTOM + (LEGEND if legend else 0)
    bare = {"remove": TOOLS, "bgcolor": "rgba(0,0,0,0)", "color": TEXT}
    heading = {
        "text": f"<b>{title}</b>{small}", "font": {"size": TITLE_SIZE}, "pad": {"l": 8, "t": 20},
        "x": 0, "xref": "container", "xanchor": "left", "y": 1, "yref": "container", "yanchor": "top",
    }  # fmt: skip
    placed = {"orientation": "h", "x": 0, "xref": "container", "y": 0, "yref": "container", "yanchor": "bottom"}
    figure.update_layout(
        title=heading,
        height=top + plot_height + bottom,
        font={"family": FONT, "size": FONT_SIZE, "color": TEXT},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 16, "t": top, "b": bottom},
        hoverlabel={"font": {"family": FONT, "size": FONT_SIZE}},
        template="none",
        showlegend=legend,
        modebar=bare,
        legend={**placed, "font": {"size": FONT_SIZE}},
    )
    figure.update_layout(**layout)
    axis = {"gridcolor": LINE, "zerolinecolor": LINE, "linecolor": LINE, "automargin": True}
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(**axis, title={"font": {"size": FONT_SIZE}, "standoff": 8})
    return figure


def short_names(names: Sequence[str]) -> list[str]:
    """Each dotted site name cut after the first parts that tell it from the others: features.7, layer3.1."""
    split = [name.split(".") for name in names]
    for depth in range(1, max(map(len, split)) + 1):
        cut = [".".join(parts[:depth]) for parts in split]
        if len(set(cut)) == len(cut):
            return cut
    return list(names)


def stream_title(trace: FusionTrace, stream: str) -> str:
    """How a stream is written: "semseg from rgb" for TASK/INPUT, "depth task" for a task that an input could be."""
    task, _, source = stream.partition("/")
    if source:
        return f"{task} from {source}"
    is_task = len(trace.model.tasks) > 1
    return f"{stream} task" if is_task and stream in MODALITIES else stream


def senders_title(trace: FusionTrace, target: str, streams: Sequence[str]) -> str:
    """What an exchanged channel of `target` is taken from: the other stream, or the mean of all others."""
    others = [stream_title(trace, stream) for stream in streams if stream != target]
    return others[0] if len(others) == 1 else f"the mean of the {len(others)} others"


def site_axis(names: Sequence[str]) -> dict[str, Any]:
    """A y axis with one line per site, in network order from top to bottom; sites stand at 0, 1, 2, ...

    Numbers with aliases rather than categories: plotly.js 3.3 cannot draw two heat maps on one category axis.
    """
    places = list(range(len(names)))
    alias = {str(place): name for place, name in zip(places, names, strict=True)}
    return {"tickvals": places, "labelalias": alias, "range": [len(names) - 0.5, -0.5], "zeroline": False}


def row_height(count: int) -> int:
    """Pixels per site so that 12-pixel labels never touch, and few sites do not look lost."""
    return 18 if count > 20 else 22


def matrix_multiples(
    titles: Sequence[str],
    matrices: Sequence[np.ndarray],
    targets: Sequence[str],
    sources: Sequence[str],
    *,
    low: float,
    high: float,
    colours: str,
    bar_title: str,
    text: str = ".2f",
    columns: int = 3,
) -> go.Figure:
    """Small target x source matrices with their numbers, all on one colour scale.

    Each number is black or white, whichever stands out more from its cell.
    """
    columns = min(columns, len(matrices))
    rows = -(-len(matrices) // columns)
    figure = make_subplots(
        rows=rows, cols=columns, subplot_titles=list(titles), horizontal_spacing=0.12 / columns + 0.06,
        vertical_spacing=min(0.5, 0.36 / rows), shared_yaxes=True,
    )  # fmt: skip
    for index, matrix in enumerate(matrices):
        figure.add_heatmap(
            z=matrix.astype(np.float32), x=list(sources), y=list(targets), coloraxis="coloraxis",
            text=_on_cells(matrix, low, high, colours, text), texttemplate="%{text}", textfont_size=FONT_SIZE,
            xgap=1, ygap=1, hoverongaps=False,
            hovertemplate=f"{titles[index]}<br>%{{x}} → %{{y}}: %{{z:{text}}}<extra></extra>",
            row=index // columns + 1, col=index % columns + 1,
        )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(showgrid=False)
    for row in range(1, rows + 1):
        figure.update_yaxes(title_text="target", row=row, col=1)
    for column in range(1, columns + 1):
        last = max(i for i in range(len(matrices)) if i % columns == column - 1) // columns + 1
        figure.update_xaxes(title_text="source", row=last, col=column)
    figure.update_annotations(font={"size": 13, "color": TEXT})
    bar = colour_bar(bar_title, len=0.9)
    figure.update_layout(coloraxis={"cmin": low, "cmax": high, "colorscale": colorscale(colours), "colorbar": bar})
    return figure


def stage_matrices(
    stages: Sequence[str],
    tasks: Sequence[str],
    matrices: Sequence[np.ndarray],
    ends: tuple[float, float],
    colours: str,
    bar: str,
    title: str,
    notes: Sequence[str],
    text: str = ".2f",
) -> go.Figure:
    """One target x source matrix of `tasks` for each stage, on one colour scale over `ends`, low and high."""
    named = [stage_words(stage) for stage in stages]
    low, high = ends
    figure = matrix_multiples(
        named, matrices, tasks, tasks, low=low, high=high, colours=colours, bar_title=bar, text=text
    )
    return styled(figure, title, notes, multiples_height(len(stages), len(tasks)), headings=True)


def _on_cells(matrix: np.ndarray, low: float, high: float, colours: str, form: str) -> list[list[str]]:
    """The numbers as Plotly's markup; nothing where there is none."""
    scale, span = [colour for _, colour in colorscale(colours)], (high - low) or 1.0

    def written(value: float) -> str:
        if not np.isfinite(value):
            return ""
        return f"<span style='color:{ink_on(mixed(scale, (value - low) / span))}'>{in_form(value, form)}</span>"

    return [[written(value) for value in row] for row in matrix.astype(float).tolist()]


def colour_bar(title: str, **placed: Any) -> dict[str, Any]:
    """A thin colour bar with its title in the small font."""
    heading = {"text": title, "side": "right", "font": {"size": FONT_SIZE}}
    return {"title": heading, "thickness": 10, "outlinewidth": 0, **placed}


def multiples_height(count: int, targets: int, columns: int = 3) -> int:
    """Pixels for the plot area of `matrix_multiples`."""
    rows = -(-count // min(columns, count))
    return rows * max(120, 44 * targets) + (rows - 1) * 76


def this_picture(trace: FusionTrace) -> str:
    """How a note begins whose numbers depend on the picture: they also depend on the precision."""
    precision = trace.environment.get("precision")
    return f"This picture, in {precision}" if precision else "This picture"


def undefined_note(trace: FusionTrace) -> list[str]:
    """For each reason why sites have no share, a line naming them."""
    by_reason: dict[str, list[str]] = {}
    for name, words in trace_words(trace).items():
        if reason := _undefined(trace.sites[name]):
            by_reason.setdefault(reason, []).append(f"site {words.short}")
    listed = {r: ", ".join(names) if len(names) <= 3 else f"{len(names)} sites" for r, names in by_reason.items()}
    return [f"Gaps: {names} – {reason}." for reason, names in listed.items()]


def _undefined(site: SiteTrace) -> str:
    """Why the site has no share at all; nothing where it has one."""
    if not site.site.additive:
        return "not additive, so no share is defined" if site.site.sources else "nothing comes from another stream"
    if site.share is None:
        return "not in this trace"
    return "" if np.isfinite(site.share).any() else "no variation, so no share is defined"
