"""NDDR layers as charts: the weight matrix by task blocks, block norms, drift, this picture's shares."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import InputError, TraceError
from vizlab.measures.effective_rank import ROY_VETTERLI
from vizlab.methods.nddr_cnn.numbers import MatrixKind, NDDRBlocks, nddr_blocks, nddr_site, nddr_sites, pooled_matrix
from vizlab.methods.nddr_cnn.spectra import BlockSpectrum, block_spectra, effective_ranks
from vizlab.views.figures import SAME, TEXT, colour_bar, stage_matrices, stream_title, styled, this_picture
from vizlab.views.palettes import colorscale, stream_colour
from vizlab.views.panels import number
from vizlab.views.shares import NOT_AN_EFFECT

_KINDS = {
    "weight": "weights as stored",
    "scaled": "weights × γ/σ of the norm",
    "drift": "change from the assumed start (0.9 I, 0.1 I)",
}

WIDEST = 1024
"""Blocks of more channels are not decomposed where somebody waits: one of 2,048 takes seconds, a layer has nine."""
POINTS = 129
"""A line over more singular values is drawn through that many of them, the first and the last included."""


def nddr_matrix(trace: FusionTrace, site: str, show: MatrixKind = "weight", saturation: float = 97) -> go.Figure:
    """The layer's matrix, target channels down and source channels across, by task blocks; signed, centred at zero.

    `show`: "weight" as stored, "scaled" by the norm, "drift" from the assumed start. Colours saturate at the
    `saturation`-th percentile of the magnitudes, else the diagonal would leave everything else white.
    """
    found = nddr_site(trace, site)
    matrix = pooled_matrix(found, show)
    end = float(np.percentile(np.abs(matrix.values), saturation)) or matrix.largest or 1.0
    tasks = matrix.tasks
    figure = go.Figure()
    figure.add_heatmap(
        z=matrix.values, x0=0.5, dx=1, y0=0.5, dy=1, zmid=0, zmin=-end, zmax=end, colorscale=colorscale("diverging"),
        colorbar=colour_bar("weight", orientation="h", x=0.5, len=0.5, y=-0.13, yanchor="top"),
        hovertemplate="source cell %{x:.0f}, target cell %{y:.0f}: %{z:.3f}<extra></extra>",
    )  # fmt: skip
    for boundary in range(1, len(tasks)):
        place = boundary * matrix.cells
        figure.add_vline(x=place, line={"color": "#202020", "width": 2})
        figure.add_hline(y=place, line={"color": "#202020", "width": 2})
    pooled = "" if matrix.step == 1 else f" Each cell: the strongest of {matrix.step}×{matrix.step} weights."
    notes = [
        f"{SAME.capitalize()}; {_KINDS[show]}.",
        f"{trace_words(trace)[site].title} a task; colours end at ±{number(end)}, the largest is "
        f"{number(matrix.largest)}.{pooled}",
    ]
    styled(figure, "What each task takes from each", notes, 480, legend=True)
    figure.update_layout(showlegend=False)
    middles = (np.arange(len(tasks)) + 0.5) * matrix.cells
    size = len(matrix.values)
    axis = {"tickvals": middles, "ticktext": list(tasks), "showgrid": False, "zeroline": False}
    figure.update_xaxes(**axis, range=[0, size], title_text="source channels, by task", constrain="domain")
    figure.update_yaxes(
        **axis,
        range=[size, 0],
        title_text="target channels, by task",
        tickangle=-90,
        scaleanchor="x",
        constrain="domain",
    )
    return figure


def nddr_block_norms(trace: FusionTrace, scaled: bool = False) -> go.Figure:
    """Frobenius norm of every task block, stage by stage; `scaled` by the norm's gamma/sigma, as the layer adds it.

    Divided by the square root of the channels, so that stages of different width compare: alpha*I has norm alpha.
    """
    blocks = nddr_blocks(trace)
    matrices = [(b.scaled_norm if scaled else b.norm) / np.sqrt(b.channels) for b in blocks]
    first = blocks[0]
    start = f": the assumed start is {first.alpha:g} on the diagonal and {first.beta:g} off it."
    notes = [
        f"{SAME.capitalize()}; {_KINDS['scaled' if scaled else 'weight']}.",
        f"Frobenius norm / √channels{'.' if scaled else start}",
    ]
    high = float(max(m.max() for m in matrices))
    title = "How much each task's block weighs"
    return stage_matrices(*_places(blocks), matrices, (0, high), "cividis", "norm / √channels", title, notes)


def nddr_drift(trace: FusionTrace, relative: bool = False) -> go.Figure:
    """How far every block went from its assumed start, ||W − W0|| / √channels, stage by stage.

    `relative` divides by the length of each block's own start instead, ||W − W0|| / ||W0||, which makes movements of
    blocks that began small look long.
    """
    blocks = nddr_blocks(trace)
    matrices = [b.relative_drift if relative else b.drift for b in blocks]
    high = float(np.nanmax(np.stack(matrices))) or 1.0
    notes = [f"{SAME.capitalize()}.", *_drift_notes(blocks[0], relative)]
    title = "Drift, relative to each block's start" if relative else "Drift from the initial diagonal"
    bar = "‖W − W₀‖ / ‖W₀‖" if relative else "‖W − W₀‖ / √channels"
    return stage_matrices(*_places(blocks), matrices, (0, high), "magma", bar, title, notes)


def nddr_shares(trace: FusionTrace) -> go.Figure:
    """`share_matrix` of every NDDR layer side by side."""
    blocks = nddr_blocks(trace)
    sites = [trace.sites[b.site] for b in blocks]
    matrices = [s.share for s in sites if s.share is not None]
    if len(matrices) < len(sites):
        raise TraceError(f"The trace of '{trace.model.name}' holds no shares; trace the picture again.")
    end = max(1.0, *(float(np.abs(m[np.isfinite(m)]).max(initial=0)) for m in matrices))
    notes = [f"{this_picture(trace)}; each row sums to 1.", NOT_AN_EFFECT]
    title = "Who contributes to whom, stage by stage"
    return stage_matrices(*_places(blocks), matrices, (-end, end), "diverging", "share", title, notes)


def nddr_effective_ranks(trace: FusionTrace, show: MatrixKind = "weight") -> go.Figure:
    """Effective rank of every block over its channels, target x source, stage by stage; see `BlockSpectrum`.

    Layers of more than `WIDEST` channels a task are left out: decomposing them takes minutes.
    """
    sites = nddr_sites(trace)
    ranks = [_rank_shares(site, show) for site in sites]
    wide = [site.site.stage for site in sites if site.site.channels > WIDEST]
    left_out = [f"Left out, with more than {WIDEST} channels a task: {', '.join(wide)}."] if wide else []
    notes = [
        f"{SAME.capitalize()}; {_KINDS[show]}.",
        f"exp(entropy of the singular values) / channels, {ROY_VETTERLI}: 100 % uses all directions alike.",
        *left_out,
    ]
    stages, tasks = [s.site.stage for s in sites], sites[0].site.targets
    title = "How many directions each block passes on"
    return stage_matrices(
        stages, tasks, ranks, (0, 1), "cividis", "effective rank / channels", title, notes, text=".0%"
    )


def nddr_spectrum(trace: FusionTrace, site: str, show: MatrixKind = "weight") -> go.Figure:
    """Singular values of one layer's blocks, largest first, on a log axis; one plot per target, a line per source.

    A diamond stands at each block's effective rank. Zeros have no place on the axis.
    """
    found = nddr_site(trace, site)
    tasks = found.site.targets
    titles = [f"into {stream_title(trace, task)}" for task in tasks]
    figure = make_subplots(rows=1, cols=len(tasks), shared_yaxes=True, subplot_titles=titles, horizontal_spacing=0.04)
    for one in block_spectra(found, show):
        column, first = tasks.index(one.target) + 1, one.target == tasks[0]
        for line in _spectrum(one, f"from {stream_title(trace, one.source)}", first):
            figure.add_trace(line, 1, column)
    called = f"{trace_words(trace)[site].title} a task"
    notes = [f"{SAME.capitalize()}; {_KINDS[show]}; {called}.", f"Diamonds: effective rank ({ROY_VETTERLI})."]
    styled(figure, "Singular values of each block", notes, 240, legend=True, headings=True)
    figure.update_annotations(font={"size": 13, "color": TEXT})
    figure.update_xaxes(title_text="singular value, by size", range=[0.5, found.site.channels + 0.5])
    figure.update_yaxes(type="log", exponentformat="none", dtick=1)
    figure.update_yaxes(title_text="σ", col=1)
    return figure


def _spectrum(one: BlockSpectrum, title: str, named: bool) -> list[go.Scatter]:
    """The line of a block, through at most `POINTS` values, and its effective rank on it."""
    values, rank, colour = one.singular, one.effective_rank, stream_colour(one.source)
    picked = np.unique(np.linspace(0, len(values) - 1, min(POINTS, len(values))).round().astype(int))
    shown = np.where(values > 0, values, np.nan)[picked].astype(np.float32)
    dash = "solid" if one.source == one.target else "dot"
    line = go.Scatter(
        x=(picked + 1).astype(np.float32), y=shown, mode="lines", name=title, legendgroup=title, showlegend=named,
        line={"color": colour, "width": 2, "dash": dash},
        hovertemplate=f"{one.source} → {one.target}: σ<sub>%{{x:.0f}}</sub> = %{{y:.3g}}<extra></extra>",
    )  # fmt: skip
    if not np.isfinite(rank):
        return [line]
    height = float(np.interp(rank, np.arange(1, len(values) + 1), values))
    mark = go.Scatter(
        x=[rank], y=[height], mode="markers", legendgroup=title, showlegend=False, name="effective rank",
        marker={"symbol": "diamond", "size": 9, "color": colour},
        hovertemplate=f"{one.source} → {one.target}: effective rank {rank:.1f} of {len(values)}<extra></extra>",
    )  # fmt: skip
    return [line, mark]


def _rank_shares(site: SiteTrace, show: MatrixKind) -> np.ndarray:
    tasks = len(site.site.targets)
    if site.site.channels > WIDEST:
        return np.full((tasks, tasks), np.nan, np.float32)
    return effective_ranks(site, show) / np.float32(site.site.channels)


def _places(blocks: Sequence[NDDRBlocks]) -> tuple[list[str], tuple[str, ...]]:
    """The stages, and the tasks of all of them."""
    return [block.stage for block in blocks], blocks[0].tasks


def _drift_notes(first: NDDRBlocks, relative: bool) -> list[str]:
    start = f"the start W₀ ({first.alpha:g} I own, {first.beta:g} I others) is assumed."
    if not relative:
        return [f"‖W − W₀‖ / √channels, root mean square over channels of how far the weights into one went; {start}"]
    notes = [f"‖W − W₀‖ / ‖W₀‖; {start}"]
    if first.beta and first.alpha != first.beta:
        notes.append(
            f"The same movement shows {abs(first.alpha / first.beta):.3g} times as large off the diagonal as on it."
        )
    return notes


def matrix(trace: FusionTrace, site: str, show: str = "weight") -> go.Figure:
    """An NDDR layer's matrix by task blocks as Plotly JSON; `show` is weight, scaled or drift."""
    if show not in _KINDS:
        raise InputError(f"show is '{show[:40]}'; expected weight, scaled or drift.")
    return nddr_matrix(trace, site, show=show)  # type: ignore[arg-type]
