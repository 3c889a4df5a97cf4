"""Pixel affinity as a chart: how well two tasks agree on which pixels belong together, against distance. Any method."""

from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Literal

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.core.trace import FusionTrace
from vizlab.measures.affinity_maps import AFFINITY_TASKS, UNKNOWN_STRIDE, final_stride
from vizlab.measures.pixel_affinity import (
    DEFAULT_PARAMETERS,
    AffinityParameters,
    PairAgreement,
    trace_affinity,
)
from vizlab.measures.reference import Reference
from vizlab.views.figures import TEXT, styled, this_picture

Statistic = Literal["kappa", "raw", "conditional"]

_STATISTICS = {
    "kappa": ("agreement beyond chance (Cohen's κ)", "κ: 1 is full agreement, 0 is chance."),
    "raw": ("agreeing pairs", "Raw agreement: most near pairs are similar anyway, see κ."),
    "conditional": ("similar given similar", "Solid: second task similar where the first is; dotted: the reverse."),
}
_SCALE_COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#CC79A7")


def pixel_affinity(
    trace: FusionTrace,
    reference: Reference | Mapping[str, np.ndarray] | None = None,
    *,
    statistic: Statistic = "kappa",
    parameters: AffinityParameters = DEFAULT_PARAMETERS,
) -> go.Figure:
    """How well two tasks agree on which pixels belong together, against the distance of the pixels.

    One plot per pair of tasks; lines for the reference, the final predictions and each scale's initial ones, each from
    the distance on at which it has pixels of its own. Distances are in pixels of the network's input.
    """
    agreements = trace_affinity(trace, reference, parameters)
    found = {(a.first, a.second) for a in agreements}
    pairs = [pair for pair in combinations(AFFINITY_TASKS, 2) if pair in found]
    figure = make_subplots(
        rows=1, cols=len(pairs), subplot_titles=[f"{a} – {b}" for a, b in pairs], shared_yaxes=True,
        horizontal_spacing=0.04,
    )  # fmt: skip
    for agreement in agreements:
        column = pairs.index((agreement.first, agreement.second)) + 1
        named = not any(t.legendgroup == agreement.origin for t in figure.data)
        for line in _lines(agreement, statistic, named):
            figure.add_trace(line, 1, column)
    axis, meaning = _STATISTICS[statistic]
    notes = [
        f"{this_picture(trace)}. {meaning}",
        f"{parameters.kernel}×{parameters.kernel} kernel; similar: same class, depth within "
        f"{100 * parameters.depth:.0f} %, normals within {parameters.normals:g}°.",
        *_pixels(trace),
        *_left_out(reference),
    ]
    styled(figure, "Do two tasks group the same pixels?", notes, 320, legend=True, headings=True)
    figure.update_annotations(font={"size": 13, "color": TEXT})
    ticks = [1, 2, 4, 8, 16, 32, 64, 128]
    figure.update_xaxes(type="log", tickvals=ticks, title_text="dilation, input pixels")
    figure.update_yaxes(title_text=axis, col=1)
    return figure


def _pixels(trace: FusionTrace) -> Iterable[str]:
    """Which pixels the axis counts, and from how many on the final predictions are compared."""
    height, width = trace.framing.content
    yield f"Pixels are those of the network's input: it saw this picture at {width}×{height}."
    stride = final_stride(trace)
    if stride is None:
        yield (
            "This trace does not say on which grid the network predicted: final predictions are shown from "
            f"{UNKNOWN_STRIDE} pixels on, since nearer ones may be enlarged from one cell."
        )
    elif stride > 1:
        yield f"The network's final maps have a cell every {stride:g} pixels: what is nearer is only enlarged."


def _left_out(reference: Reference | Mapping[str, np.ndarray] | None) -> Iterable[str]:
    if isinstance(reference, Reference) and reference.dependent:
        yield (
            "The reference's normals are derived from its depth: it has no line for that pair, which would compare "
            "depth with itself."
        )


def _lines(agreement: PairAgreement, statistic: Statistic, named: bool) -> list[go.Scatter]:
    if statistic == "conditional":
        values = [(agreement.given_first, "solid"), (agreement.given_second, "dot")]
    else:
        values = [(agreement.kappa if statistic == "kappa" else agreement.raw, "solid")]
    colour, width = _look(agreement.origin)
    return [
        go.Scatter(
            x=agreement.dilations.astype(np.float32), y=y.astype(np.float32), mode="lines+markers",
            name=agreement.origin if not agreement.origin.startswith("scale") else f"initial, {agreement.origin}",
            legendgroup=agreement.origin, showlegend=named and dash == "solid",
            line={"color": colour, "width": width, "dash": dash}, marker={"size": 6 if width < 3 else 7},
            customdata=agreement.pairs.astype(np.int32),
            hovertemplate=f"{agreement.origin}: {agreement.first} – {agreement.second}<br>dilation %{{x:.3g}} px: "
            "%{y:.3f}<br>%{customdata} pairs<extra></extra>",
        )
        for y, dash in values
    ]  # fmt: skip


def _look(origin: str) -> tuple[str, float]:
    """Colour and width of a line: grey for the reference, vermilion for the result, one colour per scale."""
    if origin == "reference":
        return TEXT, 3
    if origin == "final":
        return "#D55E00", 3
    return _SCALE_COLOURS[int(origin.split()[-1]) % len(_SCALE_COLOURS)], 1.5
