"""Exchanged shares as charts: per site, against the threshold, and what one picture makes of them."""

import numpy as np
from plotly import graph_objects as go

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.methods.cen import numbers
from vizlab.methods.cen.channels import exchange_site, gamma_likeness, likeness_words
from vizlab.methods.cen.ledger import DEAD
from vizlab.methods.cen.numbers import exchange_sites, exchange_summary, threshold_of
from vizlab.views.figures import (
    SAME,
    TEXT,
    row_height,
    senders_title,
    site_axis,
    stream_title,
    styled,
)
from vizlab.views.palettes import stream_colour
from vizlab.views.shares import order_words


def exchange_fractions(trace: FusionTrace) -> go.Figure:
    """Exchanged share per site and direction: bars over all channels, diamonds over the eligible ones."""
    sites, summary = exchange_sites(trace), exchange_summary(trace)
    called = trace_words(trace)
    names, places = [called[s.site.name].label for s in sites], np.arange(len(sites))
    figure = go.Figure()
    for target in sites[0].site.targets:
        rows = [r for r in summary.sites if r.target == target]
        senders = senders_title(trace, target, sites[0].site.sources)
        label, colour = f"{senders} → {stream_title(trace, target)}", stream_colour(target)
        counts = np.array([[r.exchanged, r.channels, r.exchanged_eligible, r.eligible, r.dead] for r in rows], np.int32)
        figure.add_bar(
            y=places, x=np.array([r.fraction for r in rows]), orientation="h", name=label, marker_color=colour,
            customdata=counts, offsetgroup=target, legendgroup=target,
            hovertemplate=f"%{{y}}: {label}<br>%{{customdata[0]}} of %{{customdata[1]}} channels "
            "(%{x:.1%}), %{customdata[4]} of them dead<extra></extra>",
        )  # fmt: skip
        figure.add_scatter(
            y=places, x=np.array([r.eligible_fraction for r in rows]), mode="markers", name=f"{label}, of eligible",
            marker={"symbol": "diamond-open", "size": 8, "color": colour, "line": {"width": 2}}, customdata=counts,
            legendgroup=target, offsetgroup=target, orientation="h", cliponaxis=False,
            hovertemplate=f"%{{y}}: {label}<br>%{{customdata[2]}} of %{{customdata[3]}} eligible channels "
            "(%{x:.1%})<extra></extra>",
        )  # fmt: skip
    notes = [SAME.capitalize() + "; colour: the stream that receives.", summary.statement]
    height = row_height(len(sites)) * len(sites) * max(2, len(sites[0].site.targets)) // 2  # 11 pixels a bar
    styled(figure, "Exchanged share of each site's channels", notes, height, legend=True)
    figure.update_layout(barmode="group", bargap=0.25, scattermode="group")
    figure.update_yaxes(**site_axis(names), title_text=f"site, {order_words(trace)}")
    figure.update_xaxes(title_text="exchanged channels", tickformat=".0%", rangemode="tozero")
    return figure


def threshold_curve(trace: FusionTrace) -> go.Figure:
    """Exchanged share against the threshold, all channels and the eligible ones; the current threshold is marked.

    A grey line is what is exchanged for a channel whose own scale is below the threshold, too, in every stream alike.
    """
    curve = numbers.threshold_curve(trace)
    figure = go.Figure()
    shown = slice(1, None)  # zero has no place on a log axis, and exchanges nothing
    for index, target in enumerate(curve.targets):
        title = stream_title(trace, target)
        for values, words, dash in (
            (curve.fraction, "all channels", "solid"),
            (curve.eligible_fraction, "eligible", "dot"),
        ):
            figure.add_scatter(
                x=curve.thresholds[shown], y=values[index][shown], mode="lines", name=f"to {title}, {words}",
                line={"color": stream_colour(target), "dash": dash, "width": 2},
                hovertemplate=f"threshold %{{x:.3g}}<br>%{{y:.1%}} exchanged to {title} ({words})<extra></extra>",
            )  # fmt: skip
    figure.add_scatter(
        x=curve.thresholds[shown], y=curve.dead[shown], mode="lines", name="dead, to each",
        line={"color": DEAD, "width": 2}, hovertemplate="threshold %{x:.3g}<br>%{y:.1%} dead<extra></extra>",
    )  # fmt: skip
    if curve.current > 0:
        figure.add_vline(x=curve.current, line={"color": TEXT, "width": 1.5, "dash": "dash"})
        figure.add_annotation(
            x=np.log10(curve.current), y=1, yref="paper", yanchor="bottom", showarrow=False,
            text=f"now {curve.current:g}", font={"color": TEXT, "size": 12},
        )  # fmt: skip
    styled(figure, "Exchanged share against the threshold", [SAME.capitalize() + "."], 260, legend=True, headings=True)
    ticks = [1e-4, 1e-3, 1e-2, 1e-1, 1]
    figure.update_xaxes(type="log", title_text="threshold on |γ|", tickvals=ticks, ticktext=[f"{t:g}" for t in ticks])
    figure.update_yaxes(title_text="exchanged channels", tickformat=".0%", range=[0, 1.02])
    return figure


def gamma_curves(trace: FusionTrace, site: str) -> go.Figure:
    """|gamma| of one site's channels, each stream's sorted from small to large, on a log axis with the threshold.

    Across: the share of the channels that lie at or below. What is smaller than a hundredth of the threshold (without
    one, of the median) is drawn there. How alike the streams' gammas are, channel by channel, is said above.
    """
    found, threshold = exchange_site(trace, site), threshold_of(trace)
    gamma = np.sort(np.abs(found.weights["gamma"]), axis=1).astype(np.float32)
    floor = np.float32((threshold or float(np.median(gamma)) or 1.0) / 100)
    share = ((np.arange(found.site.channels) + 1) / found.site.channels).astype(np.float32)
    figure = go.Figure()
    for values, stream in zip(gamma, found.site.targets, strict=True):
        title = stream_title(trace, stream)
        figure.add_scatter(
            x=share, y=np.maximum(values, floor), customdata=values, mode="lines", name=title,
            line={"color": stream_colour(stream), "width": 2, "shape": "vh"},
            hovertemplate=f"%{{x:.1%}} of {title}’s channels have |γ| of %{{customdata:.3g}} or less<extra></extra>",
        )  # fmt: skip
    if threshold > 0:
        figure.add_hline(y=threshold, line={"color": TEXT, "width": 1.5, "dash": "dash"})
    below = [f"What lies under {floor:.2g} is drawn there."] if gamma.min() < floor else []
    dashed = [f"Dashed: the threshold, {threshold:g}."] if threshold > 0 else []
    notes = [
        f"{SAME.capitalize()}; {trace_words(trace)[site].title}.",
        likeness_words(gamma_likeness(found)),
        *dashed,
        *below,
    ]
    styled(figure, "|γ| of one site, sorted", notes, 260, legend=True)
    figure.update_xaxes(
        title_text=f"share of {found.site.channels} channels", tickformat=".0%", range=[0, 1.02], dtick=0.25
    )
    figure.update_yaxes(type="log", title_text="|γ|", exponentformat="none", dtick=1)
    return figure
