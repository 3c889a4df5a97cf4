"""Intervals by bootstrap over pictures: whole pictures are drawn again, since pixels of one are not independent.

Every function takes rows (n, ...), one for each picture, and `draws` (R, n), how often each of R resamples has each
picture; all that is compared is to be drawn alike. An interval holds the middle 95 % of the resamples (percentiles).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vizlab.measures import ranks

LEVEL = 95.0
"""Percent of the resamples within an interval."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """`value` of all pictures, `low` and `high` the ends of its interval; arrays of one shape. NaN: undefined.

    `resampled` (R, ...) are the values of the resamples, of which differences can be taken.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    resampled: np.ndarray

    @classmethod
    def of(cls, value: np.ndarray, resampled: np.ndarray) -> "Estimate":
        """With the percentiles of `resampled` (R, ...), those aside in which it is undefined."""
        value = np.asarray(value, float)
        if not value.size:  # percentiles of nothing cannot be unpacked
            return cls(value, value, value, resampled)
        known = np.isfinite(resampled)
        ends = [(100 - LEVEL) / 2, (100 + LEVEL) / 2]
        if known.all():  # many times faster than nanpercentile, which goes one by one
            low, high = np.percentile(resampled, ends, axis=0)
            return cls(value, low, high, resampled)
        nothing = ~known.any(0)
        filled = np.where(nothing, 0.0, resampled)  # nanpercentile warns where there is nothing
        low, high = np.nanpercentile(np.where(np.isfinite(filled), filled, np.nan), ends, axis=0)
        return cls(value, np.where(nothing, np.nan, low), np.where(nothing, np.nan, high), resampled)

    def minus(self, other: "Estimate") -> "Estimate":
        """The difference of two estimates over the same draws, paired picture by picture."""
        return Estimate.of(self.value - other.value, self.resampled - other.resampled)


def draw(pictures: int, resamples: int = 1000, seed: int = 0) -> np.ndarray:
    """(R, n) float64: how often each picture is in each resample; each row adds up to n."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(pictures, np.full(pictures, 1 / pictures), size=resamples).astype(float)


def mean(rows: np.ndarray, draws: np.ndarray) -> Estimate:
    """The mean over pictures, those aside where a row is NaN."""
    known = np.isfinite(rows)
    return ratio(np.where(known, rows, 0), known, draws)


def ratio(above: np.ndarray, below: np.ndarray, draws: np.ndarray) -> Estimate:
    """The quotient of two sums over pictures, each of rows (n, ...)."""
    whole = np.ones((1, len(above)))
    return Estimate.of(_quotient(whole, above, below)[0], _quotient(draws, above, below))


def _quotient(draws: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    top, bottom = sums(above, draws), sums(below, draws)
    return np.divide(top, bottom, out=np.full(np.broadcast(top, bottom).shape, np.nan), where=bottom != 0)


def sums(rows: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """(R, ...): the rows (n, ...) added up in each resample, in float64."""
    return np.tensordot(draws, rows.astype(float), axes=1)


def rmse(squares: np.ndarray, pixels: np.ndarray, draws: np.ndarray) -> Estimate:
    """Root mean square over all pixels of the set, of sums of `squares` over `pixels` of each picture."""
    found = ratio(squares, pixels, draws)
    return Estimate.of(np.sqrt(found.value), np.sqrt(found.resampled))


def miou(counts: np.ndarray, draws: np.ndarray) -> Estimate:
    """mIoU in percent over the classes that occur, of `counts` (n, ..., 3, K) pixels (see `scores.COUNTS`)."""
    whole = np.ones((1, len(counts)))
    return Estimate.of(_miou(sums(counts, whole))[0], _miou(sums(counts, draws)))


def iou(counts: np.ndarray, draws: np.ndarray) -> Estimate:
    """(..., K) IoU of each class in percent, NaN where it does not occur."""
    whole = np.ones((1, len(counts)))
    return Estimate.of(_iou(sums(counts, whole))[0], _iou(sums(counts, draws)))


def accuracy(counts: np.ndarray, draws: np.ndarray) -> Estimate:
    """Percent of the labelled pixels that are named rightly."""
    found = ratio(counts[..., 0, :].sum(-1), counts[..., 1, :].sum(-1), draws)
    return Estimate.of(100 * found.value, 100 * found.resampled)


def _iou(counts: np.ndarray) -> np.ndarray:
    hit, labelled, predicted = (counts[..., i, :] for i in range(3))
    return 100 * np.divide(hit, labelled + predicted - hit, out=np.full(hit.shape, np.nan), where=labelled > 0)


def _miou(counts: np.ndarray) -> np.ndarray:
    each = _iou(counts)
    present = np.isfinite(each)
    total = np.where(present, each, 0).sum(-1)
    return np.divide(total, present.sum(-1), out=np.full(total.shape, np.nan), where=present.any(-1))


def spearman(first: np.ndarray, second: np.ndarray, draws: np.ndarray) -> Estimate:
    """Rank correlation over edges of the means over pictures of `first` and `second` (n, E)."""
    a, b = mean(first, draws), mean(second, draws)
    return Estimate.of(np.asarray(rank_correlation(a.value, b.value)), rank_correlation(a.resampled, b.resampled))


def spearman_with_position(rows: np.ndarray, position: np.ndarray, draws: np.ndarray) -> Estimate:
    """Rank correlation over edges of the means of `rows` (n, E) with where they stand, `position` (E,)."""
    a = mean(rows, draws)
    return Estimate.of(np.asarray(rank_correlation(a.value, position)), rank_correlation(a.resampled, position))


def partial_spearman(first: np.ndarray, second: np.ndarray, position: np.ndarray, draws: np.ndarray) -> Estimate:
    """As `spearman`, with what both have in common with `position` (E,) taken out."""
    a, b = mean(first, draws), mean(second, draws)
    return Estimate.of(
        np.asarray(partial_rank_correlation(a.value, b.value, position)),
        partial_rank_correlation(a.resampled, b.resampled, position),
    )


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Spearman's along the last axis, over what is known of both; NaN where one of them does not vary."""
    first, second = np.broadcast_arrays(first, second)
    known = np.isfinite(first).all(tuple(range(first.ndim - 1))) & np.isfinite(second).all(
        tuple(range(second.ndim - 1))
    )
    return ranks.rank_correlation(first[..., known], second[..., known])


def partial_rank_correlation(first: np.ndarray, second: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Spearman's of two with the third held: (r_ab - r_ac r_bc) / sqrt((1 - r_ac²)(1 - r_bc²)); NaN where 1."""
    ab, ac, bc = rank_correlation(first, second), rank_correlation(first, given), rank_correlation(second, given)
    rest = np.sqrt((1 - ac**2) * (1 - bc**2))
    return np.divide(ab - ac * bc, rest, out=np.full(np.shape(rest), np.nan), where=rest > 1e-9)


def bands(values: np.ndarray, count: int = 3) -> list[tuple[str, np.ndarray]]:
    """Pictures in `count` bands of about equal number by `values` (n,): ("LOW to HIGH", which (n,) bool) each.

    Fewer bands where values repeat; pictures whose value is unknown are in none.
    """
    known = np.isfinite(values)
    if not known.any():
        return []
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, count + 1)))
    if len(edges) == 1:
        return [(f"{edges[0]:.3g}", known)]
    found = []
    for place, (low, high) in enumerate(pairwise(edges)):
        upper = values <= high if place == len(edges) - 2 else values < high
        found.append((f"{low:.3g} to {high:.3g}", known & (values >= low) & upper))
    return [(label, which) for label, which in found if which.any()]
