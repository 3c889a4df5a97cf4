"""Ranks and their correlation (Spearman 1904); equal values share the mean of their ranks."""

import numpy as np


def ranks(values: np.ndarray) -> np.ndarray:
    """(..., N) float64: the places along the last axis in rising order, from 1."""
    if not values.size:
        return np.zeros(values.shape)
    rows = values.reshape(-1, values.shape[-1])
    order = np.argsort(rows, axis=1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=1)
    new = np.ones(rows.shape, dtype=bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    # One number for each run of equal values, over all rows.
    run = new.ravel().cumsum() - 1
    places = np.broadcast_to(np.arange(1, rows.shape[1] + 1, dtype=float), rows.shape).ravel()
    mean = (np.bincount(run, weights=places) / np.bincount(run))[run].reshape(rows.shape)
    found = np.empty(rows.shape)
    np.put_along_axis(found, order, mean, axis=1)
    return found.reshape(values.shape)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(...): Spearman's along the last axis, -1..1; NaN where one of them does not vary."""
    a, b = (_centred(ranks(values)) for values in (first, second))
    size = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return np.divide((a * b).sum(-1), size, out=np.full(np.shape(size), np.nan), where=size > 0)


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(-1, keepdims=True) if values.shape[-1] else values


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Of all values of two arrays of one shape; NaN where one of them does not vary or is not finite."""
    a, b = first.ravel(), second.ravel()
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    return float(rank_correlation(a, b))
