"""Cross-stream shares as charts: site by site along the network, and target x source at one site. Any method."""

import numpy as np
from plotly import graph_objects as go

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.views.figures import (
    matrix_multiples,
    multiples_height,
    row_height,
    short_names,
    site_axis,
    stream_title,
    styled,
    undefined_note,
)
from vizlab.views.palettes import stream_colour


def cross_share_profile(trace: FusionTrace) -> go.Figure:
    """The share of each target that came from other streams, site by site, for this picture; any method."""
    sites = list(trace.sites.values())
    names = short_names([s.site.name for s in sites])
    figure = go.Figure()
    for target in dict.fromkeys(t for s in sites for t in s.site.targets):
        values, title = np.array([_cross_share(s, target) for s in sites], np.float32), stream_title(trace, target)
        figure.add_scatter(
            y=np.arange(len(sites)), x=values, cliponaxis=False, connectgaps=False,
            mode="lines+markers", name=f"to {title}",
            line={"color": stream_colour(target), "width": 2}, marker={"size": 7},
            hovertemplate=f"%{{y}}: %{{x:.1%}} of {title} came from other streams<extra></extra>",
        )  # fmt: skip
    notes = [
        "This picture. What one site mixes, not what reaches the output: residual paths go around it.",
        *undefined_note(sites),
    ]
    styled(figure, "Cross-stream share, site by site", notes, row_height(len(sites)) * len(sites), legend=True)
    figure.update_yaxes(**site_axis(names), title_text="site, input to output")
    figure.update_xaxes(title_text="share from other streams", tickformat=".0%", rangemode="tozero", zeroline=True)
    return figure


def _cross_share(site: SiteTrace, target: str) -> float:
    if target not in site.site.targets:
        return float("nan")
    return float(site.cross_share[site.site.targets.index(target)])


def share_matrix(trace: FusionTrace, site: str) -> go.Figure:
    """This picture's cross-stream shares at one site of any method: rows targets, columns sources, rows sum to 1."""
    found = _site(trace, site)
    assert found.share is not None
    end = max(1.0, float(np.nanmax(np.abs(found.share))) if np.isfinite(found.share).any() else 1.0)
    figure = matrix_multiples(
        [site], [found.share], found.site.targets, found.site.sources,
        low=-end, high=end, colours="diverging", bar_title="share",
    )  # fmt: skip
    notes = ["This picture; each row sums to 1. Negative: the source works against the rest."]
    return styled(figure, "Who contributes to whom", notes, multiples_height(1, len(found.site.targets)), headings=True)


def _site(trace: FusionTrace, name: str) -> SiteTrace:
    if name not in trace.sites:
        raise TraceError(f"There is no site '{name}' in this trace; it has {', '.join(trace.sites)}.")
    site = trace.sites[name]
    if site.share is None:
        raise TraceError(f"Site '{name}' mixes all tasks, not as a sum: no share is defined; choose another site.")
    return site
