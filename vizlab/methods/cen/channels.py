"""One site's channels: their groups as in figure 3 of CEN, what each stream had and got, how alike the gammas are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.measures.ranks import ranks
from vizlab.methods.cen.groups import group_codes
from vizlab.methods.cen.numbers import dead_swaps, exchange_sites

Ordering = Literal["gamma", "got", "change", "index"]


@dataclass(frozen=True, eq=False)
class ChannelGroup:
    """Channels that the same streams exchange: `exchanged` names these streams, none for channels that all keep.

    `channels` (N,) are indices. `features` (S, h, w) float32 is their mean feature map in each stream before the
    exchange, for this picture; None in traces saved before it was kept.
    """

    exchanged: tuple[str, ...]
    channels: np.ndarray
    features: np.ndarray | None


@dataclass(frozen=True)
class Likeness:
    """How alike the |gamma| of two streams are over a site's channels: correlations -1..1, NaN where one is constant.

    `spearman` is Pearson's correlation of their ranks, ties at their mean rank.
    """

    first: str
    second: str
    pearson: float
    spearman: float


@dataclass(frozen=True, eq=False)
class Channels:
    """The C channels of one target at a site, by index.

    `gamma` (S, C) |gamma| of every stream; `exchanged`, `dead` and `eligible` (C,) bool; `had` and `got` (C,) float32
    the mean square over this picture of what the stream had and of what it goes on with, equal where nothing was
    exchanged, NaN in traces saved before they were kept.
    """

    target: str
    streams: tuple[str, ...]
    gamma: np.ndarray
    exchanged: np.ndarray
    dead: np.ndarray
    eligible: np.ndarray
    had: np.ndarray
    got: np.ndarray

    def ordered(self, by: Ordering = "gamma") -> np.ndarray:
        """(C,) indices: by the target's |gamma|, smallest first; by `got`, by got / had, largest first; or as stored.

        Where they tie by index; unknown ones last.
        """
        return np.argsort(self._keys(by), kind="stable")

    def _keys(self, by: Ordering) -> np.ndarray:
        if by == "gamma":
            return np.asarray(self.gamma[self.streams.index(self.target)])
        if by == "index":
            return np.arange(len(self.had))
        with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 is unknown, and comes last
            return -self.got if by == "got" else -self.got / self.had


def exchange_site(trace: FusionTrace, name: str) -> SiteTrace:
    """The exchange site of that name; raises TraceError if there is none."""
    known = {s.site.name: s for s in exchange_sites(trace)}
    if name not in known:
        raise TraceError(f"There is no exchange site '{name}'; this network has {', '.join(known)}.")
    return known[name]


def most_exchanging(trace: FusionTrace) -> str:
    """The name of the site that exchanges the largest share of its channels, dead ones aside; the first of equals."""
    alive = {s.site.name: float((s.weights["exchanged"] & ~dead_swaps(s)).mean()) for s in exchange_sites(trace)}
    return max(alive, key=lambda name: alive[name])


def channel_groups(site: SiteTrace) -> tuple[ChannelGroup, ...]:
    """The groups that have channels: exchanged in one stream, in more, and last those that every stream keeps."""
    codes = group_codes(site.weights["exchanged"])
    known = list(np.unique(codes))
    features = site.extras.get("features")
    streams = site.site.targets
    groups = []
    for code in sorted(known, key=lambda c: (c == 0, int(c).bit_count(), c)):
        found = None if features is None else features[:, known.index(code)].astype(np.float32)
        names = tuple(stream for s, stream in enumerate(streams) if code >> s & 1)
        groups.append(ChannelGroup(names, np.flatnonzero(codes == code), found))
    return tuple(groups)


def channels_of(site: SiteTrace, target: str) -> Channels:
    """Every channel of one target; raises TraceError if the site has no such target."""
    targets = site.site.targets
    if target not in targets:
        raise TraceError(f"Site '{site.site.name}' has no target '{target[:60]}'; it has {', '.join(targets)}.")
    row = targets.index(target)
    exchanged = site.weights["exchanged"][row]
    unknown = np.full(site.site.channels, np.nan, np.float32)
    got = unknown if site.power is None else site.power[row]
    had = site.extras["had"][row] if "had" in site.extras else unknown
    return Channels(
        target=target,
        streams=site.site.targets,
        gamma=np.abs(site.weights["gamma"]),
        exchanged=exchanged,
        dead=dead_swaps(site),
        eligible=site.weights["eligible"][row],
        had=np.where(exchanged, had, got),
        got=got,
    )


def gamma_likeness(site: SiteTrace) -> tuple[Likeness, ...]:
    """Of every two streams, in their order."""
    gamma = np.abs(site.weights["gamma"].astype(np.float64))
    ranked = ranks(gamma)
    return tuple(
        Likeness(
            site.site.targets[a], site.site.targets[b], _pearson(gamma[a], gamma[b]), _pearson(ranked[a], ranked[b])
        )
        for a, b in combinations(range(len(gamma)), 2)
    )


def _pearson(a: np.ndarray, b: np.ndarray) -> float:
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def likeness_words(found: Sequence[Likeness]) -> str:
    """Both correlations of every pair: "|γ| of rgb and depth: correlation 0.10, of their ranks 0.20."."""
    words = [
        f"{one.first} and {one.second}: correlation {_signed(one.pearson)}, of their ranks {_signed(one.spearman)}."
        for one in found
    ]
    return " ".join(f"|γ| of {text}" for text in words)


def _signed(value: float) -> str:
    """Two digits with a real minus; an en dash for what is undefined."""
    return "–" if math.isnan(value) else f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
