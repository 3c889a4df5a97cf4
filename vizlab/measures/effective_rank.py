"""How many directions a matrix uses: effective rank (Roy and Vetterli, EUSIPCO 2007)."""

import math

import numpy as np

ROY_VETTERLI = "Roy & Vetterli 2007"


def singular_values(matrix: np.ndarray) -> np.ndarray:
    """(min(M, N),) float64, largest first, of `matrix` (M, N)."""
    return np.asarray(np.linalg.svd(matrix.astype(np.float64), compute_uv=False))


def effective_rank(singular: np.ndarray) -> float:
    """exp of the Shannon entropy of singular values (N,) divided by their sum: 1 for one direction, N for N alike.

    NaN where all are 0.
    """
    total = float(singular.sum())
    if not total > 0:
        return math.nan
    parts = singular[singular > 0] / total
    return float(np.exp(-(parts * np.log(parts)).sum()))
