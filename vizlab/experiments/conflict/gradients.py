"""Gradients of several losses compared on what they share: inner products, cosines, first-order affinity."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

Key = tuple[str, ...]
"""What a set of tensors is; the last word is its name."""
TWO_MEANINGS = (
    "Affinity has two meanings. Of gradients: by how much a small step that lowers one task's loss lowers another's, "
    "in parts of that loss (TAG, arXiv 2109.04617). Of pixels: how often two tasks agree on which pixels belong "
    "together. Tasks can agree on pixels and still pull shared weights apart."
)
CONFLICT = "Below 0 two tasks conflict: a step along one's gradient raises the other's loss (PCGrad, arXiv 2001.06782)."


@dataclass(frozen=True, eq=False)
class Agreement:
    """How the gradients of T tasks agree on one set of values. Arrays (T, T) in the order of `tasks`.

    `cosine` <g_i, g_j> / (|g_i| |g_j|), NaN where either is 0; `affinity` [i, j] <g_i, g_j> / L_j, for a step of
    rate 1 along task i's gradient: times a small learning rate it is the part of task j's loss that goes away. `norm`
    (T,) of the gradients. `values` how many numbers both losses reach; inner products are over these.
    """

    name: str
    tasks: tuple[str, ...]
    cosine: np.ndarray
    affinity: np.ndarray
    norm: np.ndarray
    values: np.ndarray


def agreements(losses: Mapping[str, Tensor], shared: Mapping[Key, Sequence[Tensor]]) -> dict[Key, Agreement]:
    """One for each set of tensors of `shared` that at least two of the scalar `losses` reach. A key ends with its name.

    One backward pass per loss. The losses' graphs are freed.
    """
    wanted = [x for tensors in shared.values() for x in tensors]
    found = [
        torch.autograd.grad(loss, wanted, retain_graph=place + 1 < len(losses), allow_unused=True)
        for place, loss in enumerate(losses.values())
    ]
    sizes = {name: float(loss.detach()) for name, loss in losses.items()}
    agreed, start = {}, 0
    for key, tensors in shared.items():
        of_group = [grads[start : start + len(tensors)] for grads in found]
        start += len(tensors)
        agreement = _agreement(key[-1], sizes, of_group)
        if np.count_nonzero(agreement.values) > np.count_nonzero(np.diag(agreement.values)):
            agreed[key] = agreement
    return agreed


def _agreement(name: str, losses: Mapping[str, float], gradients: Sequence[Sequence[Tensor | None]]) -> Agreement:
    tasks = tuple(losses)
    cosine, product = (np.full((len(tasks), len(tasks)), np.nan) for _ in range(2))
    values = np.zeros((len(tasks), len(tasks)), int)
    for i, first in enumerate(gradients):
        for j, second in enumerate(gradients):
            pairs = [(g, h) for g, h in zip(first, second, strict=True) if g is not None and h is not None]
            values[i, j] = sum(g.numel() for g, _ in pairs)
            if pairs:
                product[i, j] = _dot(pairs)
                size = np.sqrt(_dot([(g, g) for g, _ in pairs]) * _dot([(h, h) for _, h in pairs]))
                cosine[i, j] = product[i, j] / size if size > 0 else np.nan
    sizes = np.array(list(losses.values()))
    with np.errstate(divide="ignore", invalid="ignore"):  # a loss of 0 has nothing left to lower
        affinity = np.where(sizes > 0, product / sizes, np.nan)
    return Agreement(name, tasks, cosine, affinity, np.sqrt(np.diag(product)), values)


def _dot(pairs: Sequence[tuple[Tensor, Tensor]]) -> float:
    return float(torch.stack([(g.double() * h.double()).sum() for g, h in pairs]).sum())
