"""Rank correlation, ties sharing their mean rank."""

import numpy as np


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation of two arrays of one shape, -1..1; NaN where either is constant or not finite."""
    a, b = first.ravel(), second.ravel()
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    x, y = ranks(a), ranks(b)
    x, y = x - x.mean(), y - y.mean()
    size = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size > 0 else float("nan")


def ranks(values: np.ndarray) -> np.ndarray:
    """(N,) float64: the place of each in ascending order, from 1; equal values have the mean of their places."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]
