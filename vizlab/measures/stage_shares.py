"""How much the streams of a network take from each other, stage by stage."""

import math
from dataclasses import dataclass

import numpy as np

from vizlab.core.trace import FusionTrace


@dataclass(frozen=True)
class StageShare:
    """`mean` over the `defined` of `pairs`: a pair is one target at one site of the stage.

    A pair's number is its cross-stream share, 1 - own share: at most 1, below 0 where others work against the stream
    itself. It is undefined where a site does not add, or a target does not vary; `mean` is NaN where no pair has one.
    """

    mean: float
    defined: int
    pairs: int

    @property
    def left_out(self) -> int:
        """How many pairs have no share."""
        return self.pairs - self.defined


def stage_shares(trace: FusionTrace) -> dict[str, StageShare]:
    """The share of each stage in the network's order, every site and target weighing the same."""
    by_stage: dict[str, list[np.ndarray]] = {}
    for site in trace.sites.values():
        by_stage.setdefault(site.site.stage, []).append(site.cross_share)
    return {stage: _mean_of(np.concatenate(shares)) for stage, shares in by_stage.items()}


def _mean_of(shares: np.ndarray) -> StageShare:
    defined = shares[np.isfinite(shares)].astype(np.float64)
    mean = float(defined.mean()) if defined.size else math.nan
    return StageShare(mean, int(defined.size), int(shares.size))
