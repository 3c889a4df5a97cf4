"""Token exchange as charts: the share of tokens given up block by block, how scores spread, and the threshold."""

import numpy as np
from plotly import graph_objects as go

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.methods.token_fusion.numbers import block_tokens, scores_of, stream_tokens, threshold_of, token_sites
from vizlab.views.figures import TEXT, row_height, site_axis, stream_title, styled, this_picture
from vizlab.views.formatting import whose
from vizlab.views.palettes import stream_colour
from vizlab.views.shares import order_words

LEAST = 1e-4
"""Scores below this are drawn there: a trace keeps them in 16 bits, and a logarithm has no zero."""


def token_shares(trace: FusionTrace) -> go.Figure:
    """The share of its tokens that each stream gave up, block by block, in this picture."""
    sites, rows = token_sites(trace), block_tokens(trace)
    called = trace_words(trace)
    names, places = [called[site.site.name].label for site in sites], np.arange(len(sites))
    figure = go.Figure()
    for target in sites[0].site.targets:
        own = [row for row in rows if row.target == target]
        title = stream_title(trace, target)
        counts = np.array([[row.given_up, row.tokens, row.both] for row in own], np.int32)
        figure.add_bar(
            y=places, x=np.array([row.share for row in own], np.float32), orientation="h", name=f"{title} gives up",
            marker_color=stream_colour(target), customdata=counts,
            hovertemplate=f"%{{y}}: {title} gave up %{{customdata[0]}} of %{{customdata[1]}} tokens (%{{x:.1%}}), "
            "%{customdata[2]} of them where the other did, too<extra></extra>",
        )  # fmt: skip
    counted = [f"{stream_title(trace, s.target)} {s.given_up:,} of {s.tokens:,}" for s in stream_tokens(trace)]
    notes = [f"{this_picture(trace)}; colour: the stream that gives up.", f"Over all blocks: {', '.join(counted)}."]
    height = row_height(len(sites)) * len(sites)
    styled(figure, "Share of each block's tokens given up", notes, max(120, height), legend=True)
    figure.update_layout(barmode="group", bargap=0.25)
    figure.update_yaxes(**site_axis(names), title_text=f"site, {order_words(trace)}")
    figure.update_xaxes(title_text="tokens given up", tickformat=".0%", rangemode="tozero")
    return figure


def token_score_spread(trace: FusionTrace) -> go.Figure:
    """How the scores of a block's tokens spread in this picture: a box for each block and stream, on a log axis."""
    sites, called = token_sites(trace), trace_words(trace)
    names = [called[site.site.name].label for site in sites]
    figure = go.Figure()
    for index, target in enumerate(sites[0].site.targets):
        spread = np.stack([_five(scores_of(trace, site.site.name)[index]) for site in sites], axis=1)
        low, first, median, third, high = np.maximum(spread, LEAST)
        figure.add_box(
            y=np.arange(len(sites)), lowerfence=low, q1=first, median=median, q3=third, upperfence=high,
            orientation="h", name=f"{whose(stream_title(trace, target))} scores", offsetgroup=target, boxpoints=False,
            line={"color": stream_colour(target), "width": 1.5}, fillcolor="rgba(0,0,0,0)",
        )  # fmt: skip
    threshold = threshold_of(trace)
    if threshold >= LEAST:
        figure.add_vline(x=threshold, line={"color": TEXT, "width": 1.5, "dash": "dash"})
    dashed = [f"Dashed: the threshold, {threshold:g}; what lies left of it is given up."] if threshold >= LEAST else []
    notes = [f"{this_picture(trace)}. Box: quartiles over tokens; whiskers: the smallest and the largest.", *dashed]
    height = row_height(len(sites)) * len(sites)
    styled(figure, "How tokens are scored", notes, max(120, height), legend=True)
    figure.update_layout(boxmode="group")
    figure.update_yaxes(**site_axis(names), title_text=f"site, {order_words(trace)}")
    ticks = [1e-4, 1e-3, 1e-2, 1e-1, 1]
    figure.update_xaxes(
        type="log", title_text="score", tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks], range=[-4.1, 0.05]
    )
    return figure


def _five(scores: np.ndarray) -> np.ndarray:
    """(5,) float32: the smallest, the quartiles and the largest."""
    return np.quantile(scores.astype(np.float32), [0, 0.25, 0.5, 0.75, 1]).astype(np.float32)
