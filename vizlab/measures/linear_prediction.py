"""How much of a message a target's own features would have told anyway, by the best linear map, on held-out cells.

Of n cells, in folds: on all folds but one, the least-squares map (with a constant, without a penalty) from the own
features x (C) to the message m (C'); on the held-out fold, what it leaves of m. Over all folds and channels

    1 - sum |m - map(x)|^2 / sum |m - mean of the other folds|^2

is 1 where the message is a linear map of the own features, about 0 where they say nothing of it, and below 0 where the
map found only chance: with p unknowns a channel and n cells to fit them on, chance alone is about -p / (n - p).
"""

from collections.abc import Sequence

import torch
from torch import Tensor

ENOUGH = 4
"""Cells to fit on, for each unknown of a channel; with fewer, chance decides and nothing is said."""


def predicted_share(own: Tensor, message: Tensor, folds: Tensor) -> Tensor:
    """(B,) float64 of `own` (B, n, C) and `message` (B, n, C'), in folds (n,) of cells numbered from 0.

    NaN where the message is constant, and where there are too few cells for so many features (see `ENOUGH`).
    """
    return predicted_shares(own, [message], folds)[0]


def predicted_shares(own: Tensor, messages: Sequence[Tensor], folds: Tensor) -> Tensor:
    """(M, B) float64: `predicted_share` of each of M messages to one target, whose features are taken apart once."""
    left, whole = torch.zeros(2, len(messages), len(own), dtype=torch.float64, device=own.device)
    unknowns = own.shape[2] + 1
    for fold in folds.unique():
        held = folds == fold
        if (~held).sum() < ENOUGH * unknowns:
            return torch.full_like(left, torch.nan)
        x, x_held = own[:, ~held].double(), own[:, held].double()
        mean_x = x.mean(1, keepdim=True)
        fitted = _LeastSquares(x - mean_x)
        for place, message in enumerate(messages):
            m = message[:, ~held].double()
            mean_m = m.mean(1, keepdim=True)
            rest = message[:, held].double() - mean_m
            told = (x_held - mean_x) @ fitted.map_to(m - mean_m)
            left[place] += (rest - told).square().sum((1, 2))
            whole[place] += rest.square().sum((1, 2))
    return torch.where(torch.stack([_varies(message) for message in messages]), 1 - left / whole, torch.nan)


def checkered_folds(height: int, width: int, blocks: int = 8) -> Tensor:
    """(height * width,) int64, 0 to 3: a grid of `blocks` by `blocks` blocks, none beside one of its own fold.

    Neighbouring cells are alike; cells drawn at random would have their likes among those that are fitted on.
    """
    rows, columns = (torch.arange(side) * min(blocks, side) // side for side in (height, width))
    return (2 * (rows % 2)[:, None] + columns % 2).flatten()


class _LeastSquares:
    """Of features x (B, n, C), centred: what every map from them starts with."""

    def __init__(self, x: Tensor) -> None:
        self._x = x
        values, self._vectors = torch.linalg.eigh(x.mT @ x)
        least = values[:, -1:] * x.shape[1] * torch.finfo(torch.float64).eps
        self._inverse = torch.where(values > least, 1 / values, 0)

    def map_to(self, m: Tensor) -> Tensor:
        """(B, C, C') the map to `m` (B, n, C'); along directions in which features do not vary it has nothing."""
        return self._vectors @ (self._inverse[..., None] * (self._vectors.mT @ (self._x.mT @ m)))


def _varies(message: Tensor) -> Tensor:
    """(B,) whether any channel has two values."""
    return (message != message[:, :1]).flatten(1).any(1)
