"""Alphas of cross-stitch units: what each task takes of each, how far that varies between channels, and its drift."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.measures.effective_rank import effective_rank
from vizlab.methods.cross_stitch.network import ALPHA, BETA, PER_CHANNEL, PER_EDGE
from vizlab.methods.parts.kinds import sites_of

UNMOVED = 0.005
"""A network none of whose drifts is as large is said to have learnt hardly anything: all would be written 0.00."""


@dataclass(frozen=True, eq=False)
class UnitAlphas:
    """One cross-stitch unit, target x source, float32; the same for every picture.

    `alpha` (T, T, C) as stored; `mean` (T, T) over channels; `start` (T, T) the initial alphas, which are assumed;
    `drift` (T, T) mean over channels of |alpha - start|, in alpha's own unit, so that a start at zero is no exception.
    """

    site: str
    stage: str
    tasks: tuple[str, ...]
    alpha: np.ndarray
    mean: np.ndarray
    start: np.ndarray
    drift: np.ndarray

    @property
    def channels(self) -> int:
        return int(self.alpha.shape[-1])


@dataclass(frozen=True)
class Extreme:
    """Where a number is largest: from `source` to `target` after `stage`."""

    stage: str
    target: str
    source: str
    value: float

    @property
    def place(self) -> str:
        """In words, "semseg → depth after layer3"."""
        return f"{self.source} → {self.target} after {self.stage}"


def cross_stitch_sites(trace: FusionTrace) -> tuple[SiteTrace, ...]:
    """The cross-stitch units in network order; raises TraceError if there are none."""
    return sites_of(trace, (PER_CHANNEL, PER_EDGE), "has no cross-stitch unit", "a cross-stitch network")


def unit_alphas(trace: FusionTrace, alpha: float = ALPHA, beta: float = BETA) -> tuple[UnitAlphas, ...]:
    """Every unit's alphas. A file does not say where they began: `alpha` for own channels, `beta` for others."""
    return tuple(_alphas(site, alpha, beta) for site in cross_stitch_sites(trace))


def unit_at(trace: FusionTrace, site: str) -> UnitAlphas:
    """The unit of that site name; raises TraceError if there is none."""
    units = {unit.site: unit for unit in unit_alphas(trace)}
    if site not in units:
        raise TraceError(f"There is no cross-stitch unit '{site}'; this network has {', '.join(units)}.")
    return units[site]


def strongest(units: Sequence[UnitAlphas]) -> Extreme | None:
    """The largest mean alpha, by its magnitude, between two tasks; None for a network of a single task."""
    between = [(unit, np.where(np.eye(len(unit.tasks)), np.nan, unit.mean)) for unit in units]
    return None if len(units[0].tasks) < 2 else _largest(between)


def farthest(units: Sequence[UnitAlphas]) -> Extreme:
    """The largest drift of any pair, own channels included."""
    return _largest([(unit, unit.drift) for unit in units])


@dataclass(frozen=True)
class ChannelAlpha:
    """The alpha with which `target` takes `source`'s channel of that index."""

    target: str
    source: str
    channel: int
    alpha: float


def effective_ranks(unit: UnitAlphas) -> np.ndarray:
    """(T, T) float32: of each target from each source. A block is diagonal: its singular values are its |alpha|."""
    tasks = range(len(unit.tasks))
    return np.array([[effective_rank(np.abs(unit.alpha[t, s])) for s in tasks] for t in tasks], np.float32)


def strongest_channels(unit: UnitAlphas, target: str, sources: Sequence[str], count: int) -> tuple[ChannelAlpha, ...]:
    """The `count` alphas of the largest magnitude into `target` from any of `sources`, largest first.

    Of equal ones the first by source, then by channel.
    """
    for name in (target, *sources):
        if name not in unit.tasks:
            raise TraceError(f"Unit '{unit.site}' has no task '{name[:60]}'; it has {', '.join(unit.tasks)}.")
    chosen = np.stack([unit.alpha[unit.tasks.index(target), unit.tasks.index(source)] for source in sources])
    order = np.argsort(-np.abs(chosen), axis=None, kind="stable")[:count]
    places = zip(*np.unravel_index(order, chosen.shape), strict=True)
    return tuple(ChannelAlpha(target, sources[int(s)], int(c), float(chosen[s, c])) for s, c in places)


def statement(trace: FusionTrace) -> str:
    """What the alphas say in one or two sentences."""
    units = unit_alphas(trace)
    far, most = farthest(units), strongest(units)
    start = f"assumed start ({ALPHA:g} own, {BETA:g} others)"
    if far.value < UNMOVED:
        return f"Nowhere are alphas {UNMOVED:g} or more from their {start}, on average over channels: hardly learnt."
    moved = f"Farthest from the {start}: {far.place}, off by {far.value:.2f} on average over its channels."
    if most is None:
        return moved
    return f"Strongest between tasks: {most.place}, mean alpha {signed(most.value)}. {moved}"


def row_sentence(site: SiteTrace, target: int) -> str:
    """What one target takes, by its mean alphas: "Mean alpha: 0.88 own, 0.12 from depth."."""
    means = [signed(float(value)) for value in site.weights["alpha"][target].mean(1)]
    others = [f"{means[s]} from {name}" for s, name in enumerate(site.site.sources) if s != target]
    return f"Mean alpha: {', '.join([f'{means[target]} own', *others])}."


def signed(value: float) -> str:
    """Two digits, with a real minus; what rounds to nothing has no sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _alphas(site: SiteTrace, alpha: float, beta: float) -> UnitAlphas:
    values = site.weights["alpha"]
    own = np.eye(len(values), dtype=np.float32)
    start = own * np.float32(alpha) + (1 - own) * np.float32(beta)
    drift = np.abs(values - start[..., None]).mean(-1)
    return UnitAlphas(site.site.name, site.site.stage, site.site.targets, values, values.mean(-1), start, drift)


def _largest(found: Sequence[tuple[UnitAlphas, np.ndarray]]) -> Extreme:
    """The entry of the largest magnitude; NaN counts as nothing."""
    unit, matrix = max(found, key=lambda one: float(np.nanmax(np.abs(one[1]))))
    target, source = np.unravel_index(int(np.nanargmax(np.abs(matrix))), matrix.shape)
    return Extreme(unit.stage, unit.tasks[target], unit.tasks[source], float(matrix[target, source]))
