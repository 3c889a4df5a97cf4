"""NDDR layers as charts: the weight matrix by task blocks, block norms, drift, this picture's shares."""

import numpy as np
from plotly import graph_objects as go

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError, TraceError
from vizlab.methods.nddr_cnn.numbers import MatrixKind, nddr_blocks, nddr_site, pooled_matrix
from vizlab.views.figures import SAME, colour_bar, matrix_multiples, multiples_height, styled
from vizlab.views.palettes import colorscale
from vizlab.views.panels import number

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
    high = float(max(m.max() for m in matrices))
    words = "weights × γ/σ" if scaled else "weights as stored"
    figure = matrix_multiples(
        [b.stage for b in blocks], matrices, blocks[0].tasks, blocks[0].tasks,
        low=0, high=high, colours="cividis", bar_title="norm / √channels",
    )  # fmt: skip
    notes = [
        f"{SAME.capitalize()}; {words}.",
        "Frobenius norm / √channels: 0.9 on the diagonal and 0.1 off it is the assumed start.",
    ]
    return styled(
        figure,
        "How much each task's block weighs",
        notes,
        multiples_height(len(blocks), len(blocks[0].tasks)),
        headings=True,
    )


def nddr_drift(trace: FusionTrace) -> go.Figure:
    """How far every block went from its assumed start, ||W − W0|| / ||W0||, stage by stage."""
    blocks = nddr_blocks(trace)
    matrices = [b.drift for b in blocks]
    high = float(np.nanmax(np.stack(matrices))) or 1.0
    figure = matrix_multiples(
        [b.stage for b in blocks], matrices, blocks[0].tasks, blocks[0].tasks,
        low=0, high=high, colours="magma", bar_title="relative drift",
    )  # fmt: skip
    first = blocks[0]
    notes = [
        f"{SAME.capitalize()}.",
        f"‖W − W₀‖ / ‖W₀‖; the start W₀ ({first.alpha:g} I own, {first.beta:g} I others) is assumed.",
    ]
    return styled(
        figure, "Drift from the initial diagonal", notes, multiples_height(len(blocks), len(first.tasks)), headings=True
    )


def nddr_shares(trace: FusionTrace) -> go.Figure:
    """`share_matrix` of every NDDR layer side by side."""
    blocks = nddr_blocks(trace)
    sites = [trace.sites[b.site] for b in blocks]
    matrices = [s.share for s in sites if s.share is not None]
    if len(matrices) < len(sites):
        raise TraceError("This trace holds no shares; trace the picture again.")
    figure = matrix_multiples(
        [b.stage for b in blocks], matrices, blocks[0].tasks, blocks[0].tasks,
        low=-1, high=1, colours="diverging", bar_title="share",
    )  # fmt: skip
    notes = ["This picture; each row sums to 1. What a site mixes, not what reaches the output."]
    return styled(
        figure,
        "Who contributes to whom, stage by stage",
        notes,
        multiples_height(len(blocks), len(blocks[0].tasks)),
        headings=True,
    )


def matrix(trace: FusionTrace, site: str, show: str = "weight") -> go.Figure:
    """An NDDR layer's matrix by task blocks as Plotly JSON; `show` is weight, scaled or drift."""
    if show not in _KINDS:
        raise InputError(f"show is '{show[:40]}'; expected weight, scaled or drift.")
    return nddr_matrix(trace, site, show=show)  # type: ignore[arg-type]
