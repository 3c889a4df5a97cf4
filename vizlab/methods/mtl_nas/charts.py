"""The connections of MTL-NAS as charts: what each weighs, and what it carries in this picture."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from vizlab.core.trace import FusionTrace
from vizlab.methods.mtl_nas.numbers import SOURCES, Connections, connections
from vizlab.views.figures import SAME, matrix_multiples, stream_title, styled, this_picture
from vizlab.views.shares import NOT_AN_EFFECT

ROW = 24
"""Pixels of one stage."""
_CLOSED = "× where a connection is closed; nothing where there is none, at the start of a block."


def connection_weights(trace: FusionTrace) -> go.Figure:
    """Each block's part of the norms of its row, stage by stage; one plot per target."""
    found = connections(trace)
    notes = [f"{SAME.capitalize()}; block norms, the batch norm's scale included.", _CLOSED]
    matrices = [one.weight for one in found]
    return _drawn(trace, found, matrices, (0, 1), "cividis", "weight", "What each connection weighs", notes)


def connection_shares(trace: FusionTrace) -> go.Figure:
    """Each connection's share of what varies in the target's output, stage by stage; one plot per target."""
    found = connections(trace)
    matrices = [one.share for one in found]
    end = max(1.0, *(float(np.abs(m[np.isfinite(m)]).max(initial=0)) for m in matrices))
    notes = [f"{this_picture(trace)}; each row sums to 1. {_CLOSED}", NOT_AN_EFFECT]
    return _drawn(trace, found, matrices, (-end, end), "diverging", "share", "What each connection carries", notes)


def _drawn(
    trace: FusionTrace,
    found: Sequence[Connections],
    matrices: Sequence[np.ndarray],
    ends: tuple[float, float],
    colours: str,
    bar: str,
    title: str,
    notes: Sequence[str],
) -> go.Figure:
    titles = [f"into {stream_title(trace, one.target)}" for one in found]
    stages, (low, high) = found[0].stages, ends
    figure = matrix_multiples(titles, matrices, stages, SOURCES, low=low, high=high, colours=colours, bar_title=bar)
    for drawn, one in zip(figure.data, found, strict=True):
        drawn.text = [
            ["×" if said and not is_open else said for said, is_open in zip(*row, strict=True)]
            for row in zip(drawn.text, one.is_open, strict=True)
        ]
    figure.update_yaxes(title_text="after", col=1)
    figure.update_xaxes(title_text="from")
    return styled(figure, title, notes, ROW * len(stages), headings=True)
