"""Task affinities as charts: distillation shares and gates by scale, pixel affinity against distance."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.mti_net.numbers import distillation_sites, scale_shares
from vizlab.views.figures import matrix_multiples, multiples_height, styled
from vizlab.views.outside import THUMBNAIL
from vizlab.views.palettes import coloured
from vizlab.views.panels import ColourBar, Panel, fitted, number


def affinity_shares(trace: FusionTrace) -> go.Figure:
    """Target x source share of every distillation unit, finest scale first, for this picture."""
    shares = scale_shares(trace)
    figure = matrix_multiples(
        [s.stage for s in shares], [s.share for s in shares], shares[0].targets, shares[0].sources,
        low=-1, high=1, colours="diverging", bar_title="share", columns=2,
    )  # fmt: skip
    notes = [
        "This picture; each row sums to 1. Finest scale first; feature propagation has no share.",
        "What a site mixes, not what reaches the output.",
    ]
    return styled(
        figure,
        "Who tells whom, scale by scale",
        notes,
        multiples_height(len(shares), len(shares[0].targets), columns=2),
        headings=True,
    )


def gate_panels(trace: FusionTrace) -> tuple[Panel, ...]:
    """The mean gate of every message, finest scale first, then by target and source; all on one range.

    `key` is "gate/SITE/TARGET/SOURCE".
    """
    sites = [s for s in distillation_sites(trace) if s.gates is not None]
    low, high = _gate_range(sites)
    return tuple(
        _gate_panel(trace, site, target, source, low, high)
        for site in sites
        for target in range(len(site.site.targets))
        for source in range(len(site.site.sources))
        if site.site.targets[target] != site.site.sources[source]
    )


def _gate_range(sites: Sequence[SiteTrace]) -> tuple[float, float]:
    known = [g[np.isfinite(g)] for s in sites if (g := s.gates) is not None]
    values = np.concatenate(known) if known else np.array([0.0, 1.0])
    low, high = np.percentile(values, [1, 99])
    low, high = np.floor(low * 20) / 20, np.ceil(high * 20) / 20
    return float(low), float(max(high, low + 0.05))


def _gate_panel(trace: FusionTrace, site: SiteTrace, target: int, source: int, low: float, high: float) -> Panel:
    assert site.gates is not None
    values = site.gates[target, source]
    sender, receiver = site.site.sources[source], site.site.targets[target]
    image = coloured(fitted(values, trace.framing.picture, THUMBNAIL), low, high, "viridis")
    title = f"{site.site.stage}: {sender} → {receiver}"
    caption = f"Mean gate {number(float(np.nanmean(values)))}: bright lets more of {sender} through."
    key = f"gate/{site.site.name}/{receiver}/{sender}"
    return Panel(image, title, caption, ColourBar(low, high, "", "viridis", "gate"), key)
