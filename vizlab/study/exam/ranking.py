"""Whether a score ranks objects as it should: area under the ROC curve and rank correlation, with intervals.

Scores belong to objects, intervals to pictures: a resample that has a picture twice has its objects twice. `picture`
(n,) is the place of each object's picture, `draws` (R, N) how often a resample has each of N pictures (see
`survey.intervals.draw`). Objects without a score are left out.
"""

import numpy as np

from vizlab.study.survey.intervals import Estimate


def auc(scores: np.ndarray, positive: np.ndarray, picture: np.ndarray, draws: np.ndarray) -> Estimate:
    """How often one of `positive` (n,) bool has a higher score than one of the others; ties count half. 0..1.

    NaN where one of the two kinds is missing.
    """
    known = np.isfinite(scores)
    up, down = known & positive, known & ~positive
    above = np.sign(scores[up][:, None] - scores[down][None, :]) / 2 + 0.5
    everything = np.ones((1, draws.shape[1]))
    parts = [_area(above, times[:, picture[up]], times[:, picture[down]]) for times in (everything, draws)]
    return Estimate.of(parts[0][0], parts[1])


def _area(above: np.ndarray, up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(R,) of objects that are there `up` (R, P) and `down` (R, Q) times."""
    won = ((up @ above) * down).sum(1)
    pairs = up.sum(1) * down.sum(1)
    return np.divide(won, pairs, out=np.full(won.shape, np.nan), where=pairs > 0)


def spearman(scores: np.ndarray, truth: np.ndarray, picture: np.ndarray, draws: np.ndarray) -> Estimate:
    """Spearman's rank correlation of scores and `truth` (n,), -1..1; equal values share the mean of their ranks.

    NaN where one of them does not vary.
    """
    known = np.isfinite(scores)
    rows = scores[known], truth[known].astype(float)
    everything = np.ones((1, draws.shape[1]))
    parts = [_correlation(*rows, times[:, picture[known]]) for times in (everything, draws)]
    return Estimate.of(parts[0][0], parts[1])


def _correlation(first: np.ndarray, second: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(R,) of values that are there `times` (R, n) each."""
    a, b = weighted_ranks(first, times), weighted_ranks(second, times)
    total = np.maximum(times.sum(1, keepdims=True), 1)
    a, b = (ranks - (times * ranks).sum(1, keepdims=True) / total for ranks in (a, b))
    size = np.sqrt((times * a**2).sum(1) * (times * b**2).sum(1))
    # A constant's deviations are rounding alone.
    varies = size > 1e-9 * total[:, 0]
    return np.divide((times * a * b).sum(1), size, out=np.full(size.shape, np.nan), where=varies)


def weighted_ranks(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(R, n): the rank of each value among all, where value i is there `times[r, i]` times; ties share their mean."""
    unique, group = np.unique(values, return_inverse=True)
    counts = times @ (group[:, None] == np.arange(len(unique)))
    before = counts.cumsum(1) - counts
    return (before + (counts + 1) / 2)[:, group]
