"""Estimates one by one: picked, compared, written. What two of them say of each other is decided by their intervals."""

import math

import numpy as np

from vizlab.measures.ranks import ranks
from vizlab.study.survey.intervals import Estimate, rank_correlation, sums


def at(estimate: Estimate, place: int) -> Estimate:
    """One of an estimate's figures, of those along its last axis."""
    parts = (estimate.value, estimate.low, estimate.high, estimate.resampled)
    return Estimate(*(part[..., place] for part in parts))


def even(first: Estimate, second: Estimate) -> bool:
    """Whether their intervals overlap."""
    return bool(first.low <= second.high and second.low <= first.high)


def against(estimate: Estimate, number: float = 0.0) -> int:
    """1 where the interval is above a number, -1 where it is below, 0 where the number is within, or not known."""
    return int(estimate.low > number) - int(estimate.high < number)


def apart(first: Estimate, second: Estimate) -> int:
    """1 where the first is the larger one and their intervals are apart, -1 where the smaller, 0 where they are "
    "even."""
    return 0 if even(first, second) else 1 if first.value > second.value else -1


def total(estimate: Estimate) -> Estimate:
    """The sum of an estimate's figures."""
    return combined(estimate.value.sum(), estimate.resampled.sum(-1))


def words(estimate: Estimate, form: str = ".2f", factor: float = 1.0) -> str:
    """ "0.72 [0.60, 0.81]"; a dash where it is not known."""
    ends = [factor * float(np.asarray(x)) for x in (estimate.value, estimate.low, estimate.high)]
    if not all(map(math.isfinite, ends)):
        return "–"
    value, low, high = (number(x, form) for x in ends)
    return f"{value} [{low}, {high}]"


def number(value: float, form: str = ".2f") -> str:
    """Formatted, without a minus before a zero, and alike on machines that differ in the last bits of a sum."""
    text = f"{round(value, 9):{form}}"
    return text.removeprefix("-") if not any(c in "123456789" for c in text) else text


def combined(value: float | np.ndarray, resampled: np.ndarray) -> Estimate:
    return Estimate.of(np.asarray(value), resampled)


def correlation(first: Estimate, second: Estimate | np.ndarray) -> Estimate:
    """Spearman's over what stands along the last axis, such as edges; in each resample, too."""
    if isinstance(second, np.ndarray):
        pair = second, np.broadcast_to(second, first.resampled.shape)
    else:
        pair = second.value, second.resampled
    return combined(rank_correlation(first.value, pair[0]), rank_correlation(first.resampled, pair[1]))


def over_pictures(first: np.ndarray, second: np.ndarray, draws: np.ndarray) -> Estimate:
    """(E,) rank correlations over pictures of two rows (n, E), each ranked once among all pictures; NaN if constant."""
    a, b = (ranks(rows.T).T for rows in (first, second))
    whole = np.ones((1, len(a)))
    return combined(_weighted(a, b, whole)[0], _weighted(a, b, draws))


def _weighted(a: np.ndarray, b: np.ndarray, draws: np.ndarray) -> np.ndarray:
    total = draws.sum(1)[:, None]
    mean_a, mean_b = sums(a, draws) / total, sums(b, draws) / total
    cross = sums(a * b, draws) / total - mean_a * mean_b
    spread = (sums(a * a, draws) / total - mean_a**2) * (sums(b * b, draws) / total - mean_b**2)
    return np.divide(cross, np.sqrt(np.maximum(spread, 0)), out=np.full(cross.shape, np.nan), where=spread > 1e-6)


def median(estimate: Estimate) -> Estimate:
    """The median along the last axis of what is known."""
    known = np.isfinite(estimate.value) & np.isfinite(estimate.resampled).all(0)
    if not known.any():
        nothing = np.full(len(estimate.resampled), np.nan)
        return combined(np.nan, nothing)
    return combined(np.median(estimate.value[known]), np.median(estimate.resampled[:, known], axis=-1))
