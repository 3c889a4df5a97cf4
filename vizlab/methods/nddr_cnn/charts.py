"""NDDR layers as charts: the weight matrix by task blocks, block norms, drift, this picture's shares."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError, TraceError
from vizlab.methods.nddr_cnn.numbers import MatrixKind, NDDRBlocks, nddr_blocks, nddr_site, pooled_matrix
from vizlab.views.figures import SAME, colour_bar, matrix_multiples, multiples_height, styled, this_picture
from vizlab.views.palettes import colorscale
from vizlab.views.panels import number
from vizlab.views.shares import NOT_AN_EFFECT

_KINDS = {
    "weight": "weights as stored",
    "scaled": "weights × γ/σ of the norm",
    "drift": "change from the assumed start (0.9 I, 0.1 I)",
}


def nddr_matrix(trace: FusionTrace, site: str, show: MatrixKind = "weight", saturation: float = 97) -> go.Figure:
    """The layer's matrix, target channels down and source channels across, by task blocks; signed, centred at zero.

    `show`: "weight" as stored, "scaled" by the norm, "drift" from the assumed start. Colours saturate at the
    `saturation`-th percentile of the magnitudes, else the diagonal would leave everything else white.
    """
    found = nddr_site(trace, site)
    matrix = pooled_matrix(found, show)
    end = float(np.percentile(np.abs(matrix.values), saturation)) or matrix.largest or 1.0
    tasks, channels = matrix.tasks, found.site.channels
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
        f"{channels} channels a task; colours end at ±{number(end)}, the largest is {number(matrix.largest)}.{pooled}",
    ]
    styled(figure, f"{site}: what each task takes from each", notes, 480, legend=True)
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
    return _stages(blocks, matrices, (0, high), "cividis", "norm / √channels", title, notes)


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
    return _stages(blocks, matrices, (0, high), "magma", bar, title, notes)


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
    return _stages(blocks, matrices, (-end, end), "diverging", "share", title, notes)


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


def _stages(
    blocks: Sequence[NDDRBlocks],
    matrices: Sequence[np.ndarray],
    ends: tuple[float, float],
    colours: str,
    bar: str,
    title: str,
    notes: Sequence[str],
) -> go.Figure:
    """One target x source matrix for each stage on one colour scale."""
    tasks = blocks[0].tasks
    figure = matrix_multiples(
        [b.stage for b in blocks], matrices, tasks, tasks, low=ends[0], high=ends[1], colours=colours, bar_title=bar
    )
    return styled(figure, title, notes, multiples_height(len(blocks), len(tasks)), headings=True)


def matrix(trace: FusionTrace, site: str, show: str = "weight") -> go.Figure:
    """An NDDR layer's matrix by task blocks as Plotly JSON; `show` is weight, scaled or drift."""
    if show not in _KINDS:
        raise InputError(f"show is '{show[:40]}'; expected weight, scaled or drift.")
    return nddr_matrix(trace, site, show=show)  # type: ignore[arg-type]
