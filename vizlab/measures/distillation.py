"""Distillation between tasks: who sends how much to whom, unit by unit, and through which gate."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError


@dataclass(frozen=True, eq=False)
class UnitShare:
    """One distillation unit for one picture. `share` (T, S), rows sum to 1; `gate` (T, S) mean gate, NaN for itself."""

    site: str
    stage: str
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    share: np.ndarray
    gate: np.ndarray


@dataclass(frozen=True, eq=False)
class Message:
    """What one task sends to another at one unit: `conv(F) * sigmoid(conv'(F))`, F the source's features.

    `gate` (h, w) the sigmoid, mean over channels, in (0, 1); `strength` (h, w) float32, the root mean square over
    channels of the message, its mean included, relative to the root mean square over channels and pixels of all that
    the target then has, or None in traces saved before it was kept; `share` of the target's variance, NaN where
    undefined.
    """

    site: str
    stage: str
    target: str
    source: str
    gate: np.ndarray
    strength: np.ndarray | None
    share: float

    @property
    def mean_gate(self) -> float:
        """Over pixels and channels, in (0, 1)."""
        return float(self.gate.mean())

    @property
    def correlation(self) -> float:
        """Pearson's, of strength and gate over pixels, in [-1, 1]; NaN where one is unknown or the same everywhere."""
        return math.nan if self.strength is None else correlation(self.strength, self.gate)


def distillation_sites(trace: FusionTrace) -> tuple[SiteTrace, ...]:
    """The distillation units from the finest scale to the coarsest; raises TraceError if there are none."""
    sites = [s for s in trace.sites.values() if s.site.kind == "distillation"]
    if not sites:
        raise TraceError(
            f"'{trace.model.name}' ({trace.model.family}) has no distillation unit; this view needs a trace of "
            "a network whose tasks send each other gated messages."
        )
    return tuple(sorted(sites, key=lambda s: s.site.stage))


def unit_shares(trace: FusionTrace) -> tuple[UnitShare, ...]:
    """Shares and mean gates of every unit, finest scale first."""
    return tuple(_unit_share(site) for site in distillation_sites(trace))


def messages(trace: FusionTrace) -> tuple[Message, ...]:
    """Every message, finest scale first, then by target and source; none of a unit whose tasks were cut apart."""
    return tuple(message for site in distillation_sites(trace) for message in _messages(site))


def statement(trace: FusionTrace) -> str:
    """Which message has the largest share of what its receiver has, in a sentence; that there is none where so."""
    known = [message for message in messages(trace) if not math.isnan(message.share)]
    if not known:
        return "No shares of messages are known in this run."
    most = max(known, key=lambda message: message.share)
    several = len({message.site for message in known}) > 1
    at, there = (f" at {most.stage}", " there") if several else ("", "")
    return (
        f"The strongest message goes from {most.source} to {most.target}{at}: {100 * most.share:.1f} % of the variance "
        f"of what {most.target} then has{there}."
    )


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's correlation of two maps of one size over their pixels; NaN where one is the same everywhere."""
    a, b = (x.astype(np.float64) - x.mean(dtype=np.float64) for x in (first, second))
    size = math.sqrt(float((a * a).sum()) * float((b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else math.nan


def _messages(site: SiteTrace) -> Iterable[Message]:
    if site.gates is None:
        return
    name, stage = site.site.name, site.site.stage
    for t, target in enumerate(site.site.targets):
        for s, source in enumerate(site.site.sources):
            if source != target:
                strength = None if site.received is None else site.received[t, s].astype(np.float32)
                share = math.nan if site.share is None else float(site.share[t, s])
                yield Message(name, stage, target, source, site.gates[t, s], strength, share)


def _unit_share(site: SiteTrace) -> UnitShare:
    shape = (len(site.site.targets), len(site.site.sources))
    unknown = np.full(shape, np.nan, np.float32)
    share = unknown if site.share is None else site.share
    gate = unknown if site.gates is None else site.gates.mean((2, 3))
    return UnitShare(site.site.name, site.site.stage, site.site.targets, site.site.sources, share, gate)
