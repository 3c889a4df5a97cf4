"""Means and variances of channels over pixels: in float32, yet exact where a channel is constant.

Maps are taken some rows at a time: what a core's cache holds can be gone over again for little, a whole map has to come
from memory each time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

ROUNDING = 4 * torch.finfo(torch.float32).eps
"""A channel whose standard deviation is at most this part of its magnitude is constant: rounding makes as much."""
BLOCK = 1 << 18
"""How many numbers are worked on at a time."""


def blocks(values: Tensor) -> Iterator[slice]:
    """The rows of `values` (C, h, w), some at a time; all at once on a GPU."""
    channels, height, width = values.shape
    step = max(1, BLOCK // max(1, channels * width)) if values.device.type == "cpu" else height
    return (slice(start, start + step) for start in range(0, height, step))


def means(values: Tensor) -> Tensor:
    """(C,) over the pixels of `values` (C, h, w); of a constant channel exactly that constant."""
    first = values[:, :1, :1].float()
    total = torch.zeros_like(first)
    for rows in blocks(values):
        # Less its first pixel a constant channel is 0, however large; a sum of the numbers themselves is rounded.
        total += (values[:, rows] - first).sum((1, 2), keepdim=True)
    return (first + total / (values.shape[1] * values.shape[2])).flatten()


class Spread:
    """Means and variances of C channels over pixels, added up block by block.

    `near` (C,) are numbers about the means: the nearer, the less is lost to rounding.
    """

    def __init__(self, near: Tensor) -> None:
        self._near = near
        self._sum, self._squares, self._pixels = torch.zeros_like(near), torch.zeros_like(near), 0

    def add(self, block: Tensor) -> Tensor:
        """Returns what is left of `block` (C, h, w) without `near`."""
        rest = block - self._near[:, None, None]
        self._sum += rest.sum((1, 2))
        # Not a vector_norm over pixels, which takes ten times as long where channels lie last.
        self._squares += rest.square().sum((1, 2))
        self._pixels += block.shape[1] * block.shape[2]
        return rest

    def moments(self) -> "Moments":
        near, total, squares = torch.stack([self._near, self._sum, self._squares]).cpu().numpy().astype(float)
        offset = total / self._pixels
        return Moments(near + offset, squares / self._pixels - offset**2)


@dataclass(frozen=True)
class Moments:
    """`mean` (C,) and `spread` (C,), the variances as they were added up, with their rounding."""

    mean: np.ndarray
    spread: np.ndarray

    def variance(self, magnitude: np.ndarray | None = None) -> np.ndarray:
        """(C,): the variances, and 0 in place of those that are no more than rounding makes of numbers of that size.

        `magnitude` (C,) is the size of what the values were added up from, where that may be larger than their own.
        """
        size = np.abs(self.mean) if magnitude is None else np.maximum(np.abs(self.mean), magnitude)
        return np.where(self.spread <= (ROUNDING * size) ** 2, 0, self.spread)  # NaN stays NaN


def about(values: Tensor, count: int = 8) -> Tensor:
    """(C,): the mean of some of the pixels of `values` (C, h, w), `count` or more in each direction if there are."""
    steps = [max(1, side // count) for side in values.shape[1:]]
    return values[:, :: steps[0], :: steps[1]].float().mean((1, 2))
