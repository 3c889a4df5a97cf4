"""What the task blocks of an NDDR layer do: how many directions they pass on, and which channels they join most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.trace import SiteTrace
from vizlab.errors import TraceError
from vizlab.measures.effective_rank import effective_rank, singular_values
from vizlab.methods.nddr_cnn.numbers import MatrixKind, layer_blocks


@dataclass(frozen=True, eq=False)
class BlockSpectrum:
    """One block, `target` from `source`: its singular values (C,) float64, largest first; the same for every picture.

    `effective_rank` 1..C (Roy and Vetterli 2007), NaN for a block of zeros.
    """

    target: str
    source: str
    singular: np.ndarray

    @property
    def effective_rank(self) -> float:
        return effective_rank(self.singular)


@dataclass(frozen=True)
class ChannelPair:
    """One weight of a layer: from `source`'s channel `giver` into `target`'s channel `taker`."""

    target: str
    taker: int
    source: str
    giver: int
    weight: float


def block_spectra(site: SiteTrace, kind: MatrixKind = "weight") -> tuple[BlockSpectrum, ...]:
    """Of every block of a layer, by target, then by source."""
    blocks, tasks = layer_blocks(site, kind), site.site.targets
    return tuple(
        BlockSpectrum(target, source, singular_values(blocks[t, s]))
        for t, target in enumerate(tasks)
        for s, source in enumerate(tasks)
    )


def effective_ranks(site: SiteTrace, kind: MatrixKind = "weight") -> np.ndarray:
    """(T, T) float32, target x source."""
    tasks = len(site.site.targets)
    return np.array([one.effective_rank for one in block_spectra(site, kind)], np.float32).reshape(tasks, tasks)


def strongest_pairs(
    site: SiteTrace, target: str, sources: Sequence[str], count: int, kind: MatrixKind = "weight"
) -> tuple[ChannelPair, ...]:
    """The `count` weights of the largest magnitude into `target` from any of `sources`, largest first.

    Of equal ones the first by source, then by taker and giver.
    """
    tasks = site.site.targets
    for name in (target, *sources):
        if name not in tasks:
            raise TraceError(f"Layer '{site.site.name}' has no task '{name[:60]}'; it has {', '.join(tasks)}.")
    block = layer_blocks(site, kind)[tasks.index(target)]
    chosen = np.stack([block[tasks.index(source)] for source in sources])
    order = np.argsort(-np.abs(chosen), axis=None, kind="stable")[:count]
    return tuple(
        ChannelPair(target, int(taker), sources[int(s)], int(giver), float(chosen[s, taker, giver]))
        for s, taker, giver in zip(*np.unravel_index(order, chosen.shape), strict=True)
    )
