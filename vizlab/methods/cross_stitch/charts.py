"""Cross-stitch units as charts: alphas by stage, target and source, their spread over channels, drift, and shares."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.methods.cross_stitch.network import ALPHA, BETA
from vizlab.methods.cross_stitch.numbers import UnitAlphas, cross_stitch_sites, unit_alphas, unit_at
from vizlab.views.figures import SAME, TEXT, stage_matrices, stream_title, styled, this_picture
from vizlab.views.palettes import stream_colour
from vizlab.views.shares import NOT_AN_EFFECT

CURVE_POINTS = 129
"""A curve over more channels than these is drawn through that many of them, the smallest and largest included."""

_START = f"the assumed start, {ALPHA:g} own and {BETA:g} others"


def cross_stitch_alphas(trace: FusionTrace) -> go.Figure:
    """Mean alpha over channels, target x source, stage by stage; signed, centred at zero."""
    units = unit_alphas(trace)
    end = float(max(np.abs(unit.mean).max() for unit in units)) or 1.0
    notes = [f"{SAME.capitalize()}.", f"Mean over a unit's channels; {_START}."]
    return stage_matrices(
        *_places(units), [u.mean for u in units], (-end, end), "diverging", "mean α", "What each task takes", notes
    )


def cross_stitch_drift(trace: FusionTrace) -> go.Figure:
    """Mean |alpha - start| over channels, target x source, stage by stage."""
    units = unit_alphas(trace)
    high = float(max(unit.drift.max() for unit in units)) or 1.0
    notes = [
        f"{SAME.capitalize()}.",
        f"Mean over channels of |α − α₀|; {_START}. A network that began elsewhere drifted differently.",
    ]
    return stage_matrices(
        *_places(units), [u.drift for u in units], (0, high), "magma", "|α − α₀|", "How far alphas moved", notes
    )


def cross_stitch_shares(trace: FusionTrace) -> go.Figure:
    """`share_matrix` of every unit side by side, for this picture."""
    shares = [site.share for site in cross_stitch_sites(trace) if site.share is not None]
    units = unit_alphas(trace)
    if len(shares) < len(units):
        raise TraceError(f"The trace of '{trace.model.name}' holds no shares; trace the picture again.")
    known = np.concatenate([np.abs(share[np.isfinite(share)]) for share in shares])
    end = float(known.max(initial=1.0))
    notes = [f"{this_picture(trace)}; each row sums to 1.", NOT_AN_EFFECT]
    return stage_matrices(
        *_places(units), shares, (-end, end), "diverging", "share", "Who contributes to whom, stage by stage", notes
    )


def cross_stitch_spread(trace: FusionTrace) -> go.Figure:
    """How alphas differ between channels: a box for each stage, target and source; one plot per target."""
    units = unit_alphas(trace)
    tasks = units[0].tasks
    figure = make_subplots(
        rows=len(tasks), cols=1, shared_xaxes=True, shared_yaxes="all", vertical_spacing=0.18 / len(tasks),
        subplot_titles=[f"into {stream_title(trace, task)}" for task in tasks],
    )  # fmt: skip
    for row in range(len(tasks)):
        for column, source in enumerate(tasks):
            title = f"from {stream_title(trace, source)}"
            figure.add_trace(_boxes(units, row, column, title), row + 1, 1)
        _start_lines(figure, row + 1, 1)
        figure.update_yaxes(title_text="α", row=row + 1, col=1)
    notes = [
        f"{SAME.capitalize()}.",
        f"Box: quartiles over channels; whiskers: the smallest and the largest. Dotted: {_START}.",
    ]
    height = 190 * len(tasks)
    styled(figure, "Do channels agree?", notes, height, legend=True, headings=True, boxmode="group")
    figure.update_annotations(font={"size": 13, "color": TEXT})
    return figure


def cross_stitch_channels(trace: FusionTrace, site: str) -> go.Figure:
    """One unit's alphas, sorted, against the share of its channels that lie below; one plot per target."""
    unit = unit_at(trace, site)
    titles = [f"into {stream_title(trace, task)}" for task in unit.tasks]
    figure = make_subplots(rows=1, cols=len(titles), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.04)
    for row, target in enumerate(unit.tasks):
        for column, source in enumerate(unit.tasks):
            line = _curve(unit.alpha[row, column], f"from {stream_title(trace, source)}", source, shown=row == 0)
            line.update(hovertemplate=f"{source} → {target}: %{{y:.3f}} at %{{x:.0%}} of the channels<extra></extra>")
            figure.add_trace(line, 1, row + 1)
        _start_lines(figure, 1, row + 1)
    notes = [f"{SAME.capitalize()}.", f"Dotted: {_START}."]
    styled(figure, f"{unit.stage}: alphas, channel by channel", notes, 300, legend=True, headings=True)
    figure.update_annotations(font={"size": 13, "color": TEXT})
    figure.update_xaxes(tickvals=[0.25, 0.5, 0.75], tickformat=".0%", range=[0, 1])
    figure.update_xaxes(title_text=f"{unit.channels} channels, sorted", col=len(titles) // 2 + 1)
    figure.update_yaxes(title_text="α", col=1)
    return figure


def _places(units: Sequence[UnitAlphas]) -> tuple[list[str], tuple[str, ...]]:
    """The stages, and the tasks of all of them."""
    return [unit.stage for unit in units], units[0].tasks


def _boxes(units: Sequence[UnitAlphas], target: int, source: int, title: str) -> go.Box:
    """The five numbers of every stage's box, computed here: the page need not carry every channel."""
    numbers = np.stack([np.quantile(u.alpha[target, source], [0, 0.25, 0.5, 0.75, 1]) for u in units], axis=1)
    low, first, median, third, high = numbers.astype(np.float32)
    colour = stream_colour(units[0].tasks[source])
    return go.Box(
        x=[u.stage for u in units], lowerfence=low, q1=first, median=median, q3=third, upperfence=high,
        name=title, legendgroup=title, offsetgroup=title, showlegend=target == 0,
        line={"color": colour, "width": 1.5}, fillcolor="rgba(0,0,0,0)", boxpoints=False,
    )  # fmt: skip


def _curve(alpha: np.ndarray, title: str, source: str, shown: bool) -> go.Scatter:
    """Alphas (C,) from small to large; x is each one's place, 0..1."""
    ordered = np.sort(alpha).astype(np.float32)
    picked = np.unique(np.linspace(0, len(ordered) - 1, min(CURVE_POINTS, len(ordered))).round().astype(int))
    places = (picked / max(1, len(ordered) - 1)).astype(np.float32)
    look = {"color": stream_colour(source), "width": 2}
    return go.Scatter(
        x=places, y=ordered[picked], mode="lines", name=title, legendgroup=title, showlegend=shown, line=look
    )


def _start_lines(figure: go.Figure, row: int, column: int) -> None:
    for value in (ALPHA, BETA):
        figure.add_hline(y=value, line={"color": TEXT, "dash": "dot", "width": 1}, opacity=0.7, row=row, col=column)
