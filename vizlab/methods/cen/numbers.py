"""Channel exchange (CEN): which channels are replaced, by weights alone, and how that depends on the threshold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.cen.network import THRESHOLD
from vizlab.methods.parts.kinds import sites_of

LITTLE = 0.01
"""Below this share of exchanged channels a view says that little is exchanged."""
ALIKE = 0.9
"""From this correlation on, a view says that the streams' gammas look alike."""


@dataclass(frozen=True)
class SiteExchange:
    """One direction at one site; counts of channels. `source` is "a+b" where the others' mean is taken.

    A channel is exchanged where the target's |gamma| is below the threshold. `dead` counts those among them where the
    giver's |gamma| (of several givers: everyone's) is below it too: a channel next to nothing is replaced by another.
    """

    site: str
    stage: str
    target: str
    source: str
    channels: int
    exchanged: int
    eligible: int
    exchanged_eligible: int
    dead: int

    @property
    def fraction(self) -> float:
        """Exchanged share of all channels of the target, 0..1."""
        return self.exchanged / self.channels

    @property
    def eligible_fraction(self) -> float:
        """Exchanged share of the channels that training pushes towards zero, 0..1; NaN where there are none."""
        return self.exchanged_eligible / self.eligible if self.eligible else math.nan


@dataclass(frozen=True)
class ExchangeSummary:
    """What a network exchanges, the same for every picture.

    `fraction` and `eligible_fraction` over all sites and directions; `correlation` of the streams' |gamma| within
    sites (channel-weighted mean over sites and stream pairs, -1..1); `statement` one to three sentences.
    """

    threshold: float
    sites: tuple[SiteExchange, ...]
    fraction: float
    eligible_fraction: float
    correlation: float
    statement: str

    @property
    def exchanged(self) -> int:
        """Exchanged channels of all sites and directions."""
        return sum(row.exchanged for row in self.sites)

    @property
    def dead(self) -> int:
        """Those of them that bring nothing."""
        return sum(row.dead for row in self.sites)

    @property
    def little(self) -> bool:
        return self.fraction < LITTLE

    @property
    def alike(self) -> bool:
        return self.correlation >= ALIKE


@dataclass(frozen=True)
class ThresholdCurve:
    """Exchanged shares as a function of the threshold, for a preview that asks no server.

    `thresholds` (N,) ascending; `targets` T names; `sites` K names; `fraction` and `eligible_fraction` (T, N) over
    all sites; `per_site` (K, T, N) share of all channels; `dead` (N,) share of all channels, the same for every target,
    whose exchange brings nothing. All float32, 0..1.
    """

    thresholds: np.ndarray
    targets: tuple[str, ...]
    sites: tuple[str, ...]
    fraction: np.ndarray
    eligible_fraction: np.ndarray
    per_site: np.ndarray
    dead: np.ndarray
    current: float


def exchange_sites(trace: FusionTrace) -> tuple[SiteTrace, ...]:
    """The channel-exchange sites in network order; raises TraceError if there are none."""
    return sites_of(trace, ("exchange",), "exchanges no channels", "a CEN")


def threshold_of(trace: FusionTrace) -> float:
    """The |gamma| below which this run exchanged; the released code's 0.02 where the trace does not say."""
    return trace.model.settings.get("threshold", THRESHOLD)


def exchange_summary(trace: FusionTrace) -> ExchangeSummary:
    """Exchanged shares per site and direction as this run used them, and a sentence on what to make of them."""
    sites = exchange_sites(trace)
    rows = tuple(_row(site, t) for site in sites for t in range(len(site.site.targets)))
    channels, eligible = sum(r.channels for r in rows), sum(r.eligible for r in rows)
    fraction = sum(r.exchanged for r in rows) / channels
    eligible_fraction = sum(r.exchanged_eligible for r in rows) / max(1, eligible)
    correlation = gamma_correlation(sites)
    statement = _statement(trace, rows, fraction, eligible_fraction, correlation)
    return ExchangeSummary(threshold_of(trace), rows, fraction, eligible_fraction, correlation, statement)


def dead_swaps(site: SiteTrace) -> np.ndarray:
    """(C,) bool: channels that every stream gives away, so that each gets one whose scale is below the threshold.

    They are the same for every target.
    """
    return np.asarray(site.weights["exchanged"].all(0))


def threshold_curve(trace: FusionTrace, thresholds: np.ndarray | None = None) -> ThresholdCurve:
    """Exchanged shares at `thresholds` (N,), by default 0 and 100 values from 1e-4 to 1, evenly spaced in log."""
    sites = exchange_sites(trace)
    grid = np.concatenate([[0.0], np.geomspace(1e-4, 1, 100)]) if thresholds is None else np.sort(thresholds)
    targets = sites[0].site.targets
    below = np.stack([[_count_below(s.weights["gamma"][t], grid) for t in range(len(targets))] for s in sites])
    eligible = np.stack(
        [
            [_count_below(s.weights["gamma"][t][s.weights["eligible"][t]], grid) for t in range(len(targets))]
            for s in sites
        ]
    )
    dead = sum(_count_below(np.abs(s.weights["gamma"]).max(0), grid) for s in sites)
    channels = np.array([s.site.channels for s in sites])
    eligible_channels = sum(s.weights["eligible"].sum(1) for s in sites)
    return ThresholdCurve(
        thresholds=grid.astype(np.float32),
        targets=targets,
        sites=tuple(s.site.name for s in sites),
        fraction=(below.sum(0) / channels.sum()).astype(np.float32),
        eligible_fraction=(eligible.sum(0) / np.maximum(1, eligible_channels)[:, None]).astype(np.float32),
        per_site=(below / channels[:, None, None]).astype(np.float32),
        dead=(dead / channels.sum()).astype(np.float32),
        current=threshold_of(trace),
    )


def gamma_correlation(sites: tuple[SiteTrace, ...]) -> float:
    """Pearson correlation of |gamma| between streams over the channels of a site, channel-weighted over sites.

    Correlating within sites keeps the difference of scale between sites from passing for likeness. Equal gammas
    count as 1 even where they do not vary; other constant gammas are left out. NaN if nothing is left.
    """
    values, weights = [], []
    for site in sites:
        gamma = np.abs(site.weights["gamma"].astype(np.float64))
        for a in range(len(gamma)):
            for b in range(a):
                values.append(_correlation(gamma[a], gamma[b]))
                weights.append(gamma.shape[1])
    known = ~np.isnan(values)
    return float(np.average(np.array(values)[known], weights=np.array(weights)[known])) if known.any() else math.nan


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if np.allclose(a, b):
        return 1.0
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _row(site: SiteTrace, target: int) -> SiteExchange:
    exchanged, eligible = site.weights["exchanged"][target], site.weights["eligible"][target]
    name = site.site.targets[target]
    return SiteExchange(
        site=site.site.name,
        stage=site.site.stage,
        target=name,
        source="+".join(s for s in site.site.sources if s != name),
        channels=site.site.channels,
        exchanged=int(exchanged.sum()),
        eligible=int(eligible.sum()),
        exchanged_eligible=int((exchanged & eligible).sum()),
        dead=int(dead_swaps(site).sum()),
    )


def _count_below(gamma: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    # Compared in float32 with strict "<", as the network compares.
    return np.searchsorted(np.sort(np.abs(gamma)), thresholds.astype(np.float32), side="left")


def _statement(
    trace: FusionTrace, rows: Sequence[SiteExchange], fraction: float, eligible: float, correlation: float
) -> str:
    threshold = threshold_of(trace)
    if not trace.changes.get("cross", True):
        return "The exchange was switched off for this run."
    sentences = [
        f"{100 * fraction:.1f} % of all channels ({100 * eligible:.1f} % of the eligible ones) are exchanged below "
        f"{threshold:g}."
    ]
    if fraction < LITTLE:
        sentences = [f"Little is exchanged: {100 * fraction:.1f} % of all channels lie below {threshold:g}."]
    sentences += _of_dead(rows, threshold)
    if correlation >= ALIKE:
        sentences.append(f"The streams' gammas look alike (r = {correlation:.2f}): training hardly drove them apart.")
    return " ".join(sentences)


def _of_dead(rows: Sequence[SiteExchange], threshold: float) -> list[str]:
    """A sentence on exchanges that bring nothing, if there are any."""
    dead, exchanged = sum(row.dead for row in rows), sum(row.exchanged for row in rows)
    if not dead:
        return []
    givers = "every giver's scale is" if any("+" in row.source for row in rows) else "the giver's scale is"
    return [f"{dead:,} of these {exchanged:,} exchanges are dead: {givers} below {threshold:g}, too."]
