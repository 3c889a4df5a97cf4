"""Cross-stream shares as charts: site by site along the network, and target x source at one site. Any method."""

import numpy as np
from plotly import graph_objects as go

from vizlab.core.method import Method
from vizlab.core.registry import methods
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.views.figures import (
    matrix_multiples,
    multiples_height,
    row_height,
    site_axis,
    stream_title,
    styled,
    this_picture,
    undefined_note,
)
from vizlab.views.palettes import stream_colour

NOT_AN_EFFECT = "A share is not an effect: cutting a site with a large share can change little."


def cross_share_profile(trace: FusionTrace) -> go.Figure:
    """The share of each target that came from other streams, site by site, for this picture; any method.

    Before the activation that follows; where a share after it is defined, too, that is the dotted line.
    """
    sites = list(trace.sites.values())
    names = [words.label for words in trace_words(trace).values()]
    figure = go.Figure()
    for target in dict.fromkeys(t for s in sites for t in s.site.targets):
        values, title = np.array([_cross_share(s, target) for s in sites], np.float32), stream_title(trace, target)
        figure.add_scatter(
            y=np.arange(len(sites)), x=values, cliponaxis=False, connectgaps=False,
            mode="lines+markers", name=f"to {title}",
            line={"color": stream_colour(target), "width": 2}, marker={"size": 7},
            hovertemplate=f"%{{y}}: %{{x:.1%}} of {title} came from other streams<extra></extra>",
        )  # fmt: skip
        if any(s.share_after is not None for s in sites):
            figure.add_scatter(
                y=np.arange(len(sites)), x=np.array([_share_after(s, target) for s in sites], np.float32),
                mode="lines+markers", name=f"to {title}, after the activation", cliponaxis=False, connectgaps=False,
                line={"color": stream_colour(target), "width": 1.5, "dash": "dot"},
                marker={"size": 6, "symbol": "circle-open"},
                hovertemplate=f"%{{y}}: %{{x:.1%}} of {title} after the activation<extra></extra>",
            )  # fmt: skip
    notes = [
        f"{this_picture(trace)}. What one site mixes, not what reaches the output: residual paths go around it.",
        NOT_AN_EFFECT,
        f"Sites, top to bottom: {order_words(trace)}.",
        *undefined_note(trace),
    ]
    styled(figure, "Cross-stream share, site by site", notes, row_height(len(sites)) * len(sites), legend=True)
    figure.update_yaxes(**site_axis(names), title_text="site")
    figure.update_xaxes(
        title_text="share from other streams, before any activation",
        tickformat=".0%",
        rangemode="tozero",
        zeroline=True,
    )
    return figure


def order_words(trace: FusionTrace) -> str:
    """In which order the sites of the trace's network stand, in the words of its method."""
    found = methods().get(trace.model.family)
    return Method.order_words if found is None else found.order_words


def _cross_share(site: SiteTrace, target: str) -> float:
    if target not in site.site.targets:
        return float("nan")
    return float(site.cross_share[site.site.targets.index(target)])


def _share_after(site: SiteTrace, target: str) -> float:
    if site.share_after is None or target not in site.site.targets:
        return float("nan")
    return float(site.share_after[site.site.targets.index(target)])


def share_matrix(trace: FusionTrace, site: str) -> go.Figure:
    """This picture's cross-stream shares at one site of any method: rows targets, columns sources, rows sum to 1."""
    found = _site(trace, site)
    assert found.share is not None
    end = max(1.0, float(np.nanmax(np.abs(found.share))) if np.isfinite(found.share).any() else 1.0)
    figure = matrix_multiples(
        [trace_words(trace)[site].title], [found.share], found.site.targets, found.site.sources,
        low=-end, high=end, colours="diverging", bar_title="share",
    )  # fmt: skip
    notes = [f"{this_picture(trace)}; each row sums to 1. Negative: the source works against the rest.", NOT_AN_EFFECT]
    return styled(figure, "Who contributes to whom", notes, multiples_height(1, len(found.site.targets)), headings=True)


def _site(trace: FusionTrace, name: str) -> SiteTrace:
    if name not in trace.sites:
        raise TraceError(f"There is no site '{name}' in this trace; it has {', '.join(trace.sites)}.")
    site = trace.sites[name]
    if not site.site.additive:
        why = "mixes its streams, not as a sum" if site.site.sources else "is sent nothing by other streams"
        raise TraceError(f"Site '{name}' {why}: no share is defined; choose another site.")
    if site.share is None:
        raise TraceError(f"This trace holds no share of site '{name}'; trace the picture again.")
    return site
