"""The exchange ledger: |gamma| of every channel at every site, with the threshold as a break in the colours."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.cen.numbers import dead_swaps, exchange_sites, exchange_summary, threshold_of
from vizlab.views.figures import SAME, TEXT, colour_bar, row_height, site_axis, stream_title, styled
from vizlab.views.palettes import hex_of

Order = Literal["index", "sorted"]

# ColorBrewer's PuOr with a jump at the threshold: orange is exchanged, purple is kept. Grey is neither.
_BELOW = ((127, 59, 8), (253, 184, 99))
_ABOVE = ((208, 204, 230), (45, 0, 75))
DEAD = "#808080"
_DECADES_BELOW = 1.7
"""How far below the threshold the colours begin; smaller values have the first colour."""


@dataclass(frozen=True)
class _Ledger:
    """What all rows share: sites, their labels, the streams' titles, the threshold and the largest |gamma|."""

    sites: tuple[SiteTrace, ...]
    names: tuple[str, ...]
    streams: tuple[str, ...]
    order: Order
    threshold: float
    top: float


def exchange_ledger(trace: FusionTrace, order: Order = "index") -> go.Figure:
    """|gamma| of every channel (across) at every site (down, network order), one map per stream.

    Orange lies below the threshold and is replaced by the other stream's channel, or by the mean of the others'; grey
    lies below it, too, but what comes in its place does so as well, and brings nothing. Each row spans its site's
    channels, whatever their number; a frame marks the part that training pushes to zero. `sorted` sorts within that
    part and the rest.
    The colours of |gamma| are `layout.coloraxis`, so that a page can move the threshold with `ledger_colorscale`; the
    grey marks are those of the run.
    """
    sites, summary, threshold = exchange_sites(trace), exchange_summary(trace), threshold_of(trace)
    top = max(2 * threshold, *(float(np.abs(s.weights["gamma"]).max()) for s in sites))
    streams = tuple(stream_title(trace, name) for name in sites[0].site.targets)
    ledger = _Ledger(sites, tuple(trace_words(trace)[s.site.name].label for s in sites), streams, order, threshold, top)
    height = row_height(len(sites)) * len(sites)
    gap = 44
    plot_height = len(streams) * height + (len(streams) - 1) * gap
    figure = make_subplots(rows=len(streams), cols=1, shared_xaxes=True, vertical_spacing=gap / plot_height)
    for index, stream in enumerate(streams):
        for run in _runs(sites):
            figure.add_traces(_rows(ledger, run, index), index + 1, 1)
        _label(figure, sites[0], index, stream)
    figure.add_trace(_bar(threshold, top), 1, 1)
    words = "in index order" if order == "index" else "sorted by |γ| within the eligible part and the rest"
    framed = "Framed: eligible, pushed towards 0 in training."
    grey = ["Grey: exchanged for a channel whose own scale is below the threshold, too."] if summary.dead else []
    notes = [SAME.capitalize() + ".", summary.statement, framed, *grey]
    styled(
        figure,
        "|γ| of every channel, site by site",
        notes,
        plot_height,
        headings=True,
        coloraxis=_coloraxis(threshold, top),
        coloraxis2={"cmin": 0, "cmax": 1, "colorscale": [[0, "rgba(0,0,0,0)"], [1, DEAD]], "showscale": False},
    )
    figure.update_yaxes(**site_axis(ledger.names), showgrid=False)
    figure.update_xaxes(range=[0, 1], showgrid=False, tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    figure.update_xaxes(title_text=f"channels of the site, {words}", row=len(streams), col=1)
    return figure


def ledger_colorscale(threshold: float, top: float) -> list[list[float | str]]:
    """Plotly colour scale for |gamma| in [0, top] that is logarithmic in |gamma| and jumps at `threshold` (< top)."""
    stops = _stops(threshold, top)
    scale: list[list[float | str]] = [[value / top, colour] for value, colour in stops]
    scale[-1][0] = 1.0
    return [[0.0, stops[0][1]], *scale]


def _coloraxis(threshold: float, top: float) -> dict[str, Any]:
    return {"cmin": 0, "cmax": top, "colorscale": ledger_colorscale(threshold, top), "showscale": False}


def _stops(threshold: float, top: float) -> list[tuple[float, str]]:
    """Values of |gamma| from where the colours begin to `top`, and their colours; two at the threshold."""
    if threshold <= 0:
        return _ramp(top / 1000, top, *_ABOVE)
    return [*_ramp(threshold / 10**_DECADES_BELOW, threshold, *_BELOW), *_ramp(threshold, top, *_ABOVE)]


def _ramp(
    start: float, end: float, first: Sequence[int], last: Sequence[int], count: int = 8
) -> list[tuple[float, str]]:
    """Values evenly spaced in log, and their colours."""
    colours = np.linspace(first, last, count).round()
    return [(float(v), hex_of(c)) for v, c in zip(np.geomspace(start, end, count), colours, strict=True)]


def _runs(sites: Sequence[SiteTrace]) -> list[list[int]]:
    """Consecutive sites of equal width: one heat map draws them all."""
    return [list(group) for _, group in groupby(range(len(sites)), key=lambda i: sites[i].site.channels)]


def _rows(ledger: _Ledger, run: Sequence[int], stream: int) -> list[go.Heatmap]:
    """The map of these sites and, over it, the marks of dead exchanges, if there are any."""
    sites = [ledger.sites[i] for i in run]
    channels, name = sites[0].site.channels, ledger.streams[stream]
    gamma = np.stack([np.abs(s.weights["gamma"][stream]) for s in sites]).astype(np.float32)
    index = np.stack([_order(s, stream, ledger.order) for s in sites])
    place = {"y0": run[0], "dy": 1, "x0": 0.5 / channels, "dx": 1 / channels}
    map_ = go.Heatmap(
        z=np.take_along_axis(gamma, index, axis=1),
        customdata=index.astype(np.uint16),
        coloraxis="coloraxis",
        hovertemplate=f"%{{y}} · {name} · channel %{{customdata}} of {channels}<br>"
        f"|γ| %{{z:.3g}} (exchanged if below {ledger.threshold:g})<extra></extra>",
        **place,
    )
    dead = np.take_along_axis(np.stack([dead_swaps(s) for s in sites]), index, axis=1).astype(np.uint8)
    marks = go.Heatmap(z=dead, coloraxis="coloraxis2", hoverinfo="skip", name="dead", **place)
    return [map_, marks] if dead.any() else [map_]


def _order(site: SiteTrace, stream: int, order: Order) -> np.ndarray:
    """Channel numbers from left to right; eligible channels stay where the frame marks them."""
    result = np.arange(site.site.channels)
    if order == "sorted":
        gamma, eligible = np.abs(site.weights["gamma"][stream]), site.weights["eligible"][stream]
        for group in (eligible, ~eligible):
            places = np.flatnonzero(group)
            result[places] = places[np.argsort(gamma[places], kind="stable")]
    return result


def _label(figure: go.Figure, site: SiteTrace, stream: int, name: str) -> None:
    """The stream's name over its map, and a bracket over the channels that training pushes to zero."""
    suffix = "" if stream == 0 else str(stream + 1)
    note = {"xref": f"x{suffix}", "yref": f"y{suffix} domain", "y": 1, "showarrow": False, "yanchor": "bottom"}
    places = np.flatnonzero(site.weights["eligible"][stream])
    start = places[0] / site.site.channels if places.size else 0.0
    end = (places[-1] + 1) / site.site.channels if places.size else 0.0
    free = 1.0 if start == 0 else 0.0
    figure.add_annotation(text=f"<b>{name}</b>", x=free, xanchor="right" if free else "left", font_size=13, **note)
    if places.size:
        figure.add_annotation(text="eligible", x=(start + end) / 2, **note)
        figure.add_shape(
            type="rect", x0=start, x1=end, y0=0, y1=1, xref=f"x{suffix}", yref=f"y{suffix} domain",
            line={"color": TEXT, "width": 2},
        )  # fmt: skip


def _bar(threshold: float, top: float) -> go.Scatter:
    """An invisible marker that carries a logarithmic colour bar, which a heat map of linear numbers cannot have."""
    stops = _stops(threshold, top)
    low, high = np.log10(stops[0][0]), np.log10(top)
    scale = [[float((np.log10(value) - low) / (high - low)), colour] for value, colour in stops]
    scale[0][0], scale[-1][0] = 0.0, 1.0
    decades = 10.0 ** np.arange(np.ceil(low), np.floor(high) + 1)
    ticks = {d: f"{d:g}" for d in decades if threshold <= 0 or abs(np.log10(d / threshold)) > 0.15}
    if threshold > 0:
        ticks[threshold] = f"<b>{threshold:g}</b>"
    bar = colour_bar("|γ|", len=0.9, tickvals=np.log10(list(ticks)).tolist(), ticktext=list(ticks.values()))
    bar["title"]["side"] = "top"
    marker = {"color": [low], "cmin": low, "cmax": high, "colorscale": scale, "showscale": True, "colorbar": bar}
    return go.Scatter(x=[None], y=[None], mode="markers", hoverinfo="skip", showlegend=False, marker=marker)
