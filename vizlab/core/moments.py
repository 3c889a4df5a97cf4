"""Means and variances of channels over pixels, in float32, yet exact where a channel does not vary."""

import torch
from torch import Tensor

ROUNDING = 4 * torch.finfo(torch.float32).eps
"""A channel whose standard deviation is at most this part of its magnitude is constant: rounding makes as much."""


def centred(values: Tensor, *, overwrite: bool = False) -> tuple[Tensor, Tensor]:
    """The means (C,) over pixels of `values` (C, h, w), and what is left without them, exactly 0 where one is constant.

    `overwrite` takes the memory of `values` for it.
    """
    # Less its first pixel a constant channel is 0, however large; less a mean that is rounded it is not.
    first = values[:, :1, :1].clone()
    rest = torch.sub(values, first, out=values if overwrite else None)
    offset = rest.mean((1, 2), keepdim=True)
    rest -= offset
    return (first + offset).flatten(), rest


def unrounded(variance: Tensor, mean: Tensor, magnitude: Tensor | None = None) -> Tensor:
    """(C,): the variances, and 0 in place of those that are no more than rounding of such numbers makes.

    `magnitude` (C,) is the size of what the values were added up from, where that may be larger than their own.
    """
    size = mean.abs() if magnitude is None else torch.maximum(mean.abs(), magnitude)
    return torch.where(variance <= (ROUNDING * size).square(), 0, variance)  # NaN stays NaN


def mean_and_variance(values: Tensor, *, overwrite: bool = False) -> tuple[Tensor, Tensor]:
    """Both (C,), over the pixels of `values` (C, h, w), whose memory is used if `overwrite`."""
    mean, rest = centred(values, overwrite=overwrite)
    # Not a vector_norm over pixels, which takes ten times as long where channels lie last.
    return mean, unrounded(rest.square_().mean((1, 2)), mean)
