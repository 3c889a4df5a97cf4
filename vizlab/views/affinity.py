"""Task affinities as charts: distillation shares and gates by scale, pixel affinity against distance."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.analysis.affinity import distillation_sites, scale_shares
from vizlab.analysis.pixel_affinity import (
    AFFINITY_TASKS,
    DEFAULT_PARAMETERS,
    AffinityParameters,
    PairAgreement,
    trace_affinity,
)
from vizlab.analysis.reference import Reference
from vizlab.tracing import FusionTrace, SiteTrace
from vizlab.views.figures import TEXT, matrix_multiples, multiples_height, styled
from vizlab.views.outside import THUMBNAIL
from vizlab.views.palettes import coloured
from vizlab.views.panels import ColourBar, Panel, fitted, number

Statistic = Literal["kappa", "raw", "conditional"]

_STATISTICS = {
    "kappa": ("agreement beyond chance (Cohen's κ)", "κ: 1 is full agreement, 0 is chance."),
    "raw": ("agreeing pairs", "Raw agreement: most near pairs are similar anyway, see κ."),
    "conditional": ("similar given similar", "Solid: second task similar where the first is; dotted: the reverse."),
}
_SCALE_COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#CC79A7")


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


def pixel_affinity(
    trace: FusionTrace,
    reference: Reference | Mapping[str, np.ndarray] | None = None,
    *,
    statistic: Statistic = "kappa",
    parameters: AffinityParameters = DEFAULT_PARAMETERS,
) -> go.Figure:
    """How well two tasks agree on which pixels belong together, against the distance of the pixels.

    One plot per pair of tasks; lines for the reference, the final predictions and each scale's initial ones.
    """
    maps = reference.maps() if isinstance(reference, Reference) else reference
    agreements = trace_affinity(trace, maps, parameters)
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
        f"This picture. {meaning}",
        f"{parameters.kernel}×{parameters.kernel} kernel; similar: same class, depth within "
        f"{parameters.depth:.0%}, normals within {parameters.normals:g}°.",
    ]
    styled(figure, "Do two tasks group the same pixels?", notes, 320, legend=True, headings=True)
    figure.update_annotations(font={"size": 13, "color": TEXT})
    ticks = [1, 2, 4, 8, 16, 32, 64, 128]
    figure.update_xaxes(type="log", tickvals=ticks, title_text="dilation, pixels")
    figure.update_yaxes(title_text=axis, col=1)
    return figure


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
