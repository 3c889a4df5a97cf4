"""The connections of MTL-NAS: which are open, what each weighs, and what it carries in one picture."""

from dataclasses import dataclass

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.mtl_nas.network import KIND, REACH
from vizlab.methods.parts.concatenating import block_norms
from vizlab.methods.parts.kinds import sites_of
from vizlab.views.formatting import percent_words

SOURCES = ("own", "same stage", "one before", "two before")
"""Of what a task's features after one stage are made: its own, and the other task's of up to three stages."""


@dataclass(frozen=True, eq=False)
class Connections:
    """Of one target, stage by stage: arrays (stages, 4) by `SOURCES`, NaN (False) where there is no such connection.

    `weight` is a block's norm over the sum of those of the open ones, `share` that of this picture, `is_open` bool.
    """

    target: str
    stages: tuple[str, ...]
    weight: np.ndarray
    share: np.ndarray
    is_open: np.ndarray


def connections(trace: FusionTrace) -> tuple[Connections, ...]:
    """Of every target in the network's order; raises TraceError if the trace is of another method."""
    sites = sites_of(trace, (KIND,), "has no connections that a search chose", "an MTL-NAS")
    targets = dict.fromkeys(site.site.targets[0] for site in sites)
    return tuple(_of([s for s in sites if s.site.targets[0] == target]) for target in targets)


def open_weights(site: SiteTrace) -> np.ndarray:
    """(S,) float64: the norm of each source's block, 0 where its connection is closed."""
    return np.where(site.weights["open"][0], block_norms(site, 0), 0)


def statement(trace: FusionTrace) -> str:
    """How many connections are open, and which of them carries most, in two sentences."""
    found = connections(trace)
    counts = [int(one.is_open[:, 1:].sum()) for one in found]
    whole = sum(int(np.isfinite(one.weight[:, 1:]).sum()) for one in found)
    into = " and ".join(f"{count} into {one.target}" for count, one in zip(counts, found, strict=True))
    said = f"{sum(counts)} of {whole} connections are open: {into}."
    carried = [np.where(np.isfinite(one.share[:, 1:]), one.share[:, 1:], -np.inf) for one in found]
    index = max(range(len(found)), key=lambda i: float(carried[i].max()))
    most = float(carried[index].max())
    if not 0 < most < np.inf:
        return said
    stage, source = np.unravel_index(int(carried[index].argmax()), carried[index].shape)
    one, place = found[index], SOURCES[1 + int(source)]
    where = f"into {one.target} after {one.stages[int(stage)]} ({place})"
    return f"{said} The one {where} carries most: {percent_words(most)} of what varies there in this picture."


def _of(sites: list[SiteTrace]) -> Connections:
    weight, share = (np.full((len(sites), 1 + REACH), np.nan, np.float32) for _ in range(2))
    is_open = np.zeros(weight.shape, bool)
    for row, site in enumerate(sites):
        # A site's sources are its own, then the other's stages from the earliest to its own.
        places = [0, *range(len(site.site.sources) - 1, 0, -1)]
        norms = open_weights(site)
        weight[row, places] = norms / norms.sum() if norms.sum() > 0 else np.nan
        share[row, places] = np.nan if site.share is None else site.share[0]
        is_open[row, places] = site.weights["open"][0]
    stages = tuple(site.site.stage for site in sites)
    return Connections(sites[0].site.targets[0], stages, weight, share, is_open)
