"""Linear CKA of two sets of features of the same samples: as Kornblith et al. define it, and without its bias.

Features are (..., n, p) and (..., n, q): n samples in rows, whatever stands before is a batch. Nothing of size n x n is
made where there are more samples than channels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

NOT_INFLUENCE = (
    "Similarity is not influence: two streams can be alike without either having taken anything from the other "
    "(see arXiv 2210.16156)."
)
FEWEST_SAMPLES = 4
"""The unbiased estimator divides by n (n - 3)."""


@dataclass(frozen=True, eq=False)
class Hsic:
    """The three terms of a CKA, (...) float64 each: of x with y, of x with itself, of y with itself."""

    xy: Tensor
    xx: Tensor
    yy: Tensor

    @property
    def cka(self) -> Tensor:
        """xy / sqrt(xx yy); NaN where either does not vary."""
        size = self.xx * self.yy
        return torch.where(size > 0, self.xy / size.clamp(min=0).sqrt(), torch.nan)


def linear_cka(x: Tensor, y: Tensor) -> Tensor:
    """||Y'X||_F^2 / (||X'X||_F ||Y'Y||_F), columns centred (Kornblith et al. 2019): (...) float64, 0..1.

    1 if one is a rotation and a multiple of the other. With as many channels as samples it is near 1 for noise, too.
    """
    return biased_terms(x, y).cka


def unbiased_cka(x: Tensor, y: Tensor) -> Tensor:
    """The same of unbiased estimates, (...) float64: 0 on average for independent features, and so below 0 at times."""
    return unbiased_terms(x, y).cka


def biased_terms(x: Tensor, y: Tensor) -> Hsic:
    """||Y'X||_F^2 and its like, of centred columns."""
    x, y = _centred(x), _centred(y)
    return Hsic(_product(x, y), _product(x, x), _product(y, y))


def unbiased_terms(x: Tensor, y: Tensor) -> Hsic:
    """HSIC_1 of the linear kernels K = XX', L = YY' (Song et al. 2012, as in Nguyen et al. 2021, section 3):

    [tr(K~L~) + 1'K~1 1'L~1 / ((n-1)(n-2)) - 2/(n-2) 1'K~L~1] / (n(n-3)), K~ and L~ with zero diagonals. To be averaged
    over sets of samples, each apart, before the quotient is taken. NaN for fewer than four samples.
    """
    # The estimate does not change with the columns' means; centred, it loses fewer digits.
    x, y = _centred(x), _centred(y)
    return Hsic(_hsic(x, y), _hsic(x, x), _hsic(y, y))


def _hsic(x: Tensor, y: Tensor) -> Tensor:
    n = x.shape[-2]
    if n < FEWEST_SAMPLES:
        return torch.full(x.shape[:-2], torch.nan, dtype=torch.float64, device=x.device)
    k_diagonal, l_diagonal = _squares(x), _squares(y)
    k_rows, l_rows = _row_sums(x, k_diagonal), _row_sums(y, l_diagonal)
    trace = _product(x, y) - (k_diagonal * l_diagonal).sum(-1)
    sums = k_rows.sum(-1) * l_rows.sum(-1) / ((n - 1) * (n - 2))
    return (trace + sums - 2 / (n - 2) * (k_rows * l_rows).sum(-1)) / (n * (n - 3))


def _row_sums(x: Tensor, diagonal: Tensor) -> Tensor:
    """K~ 1 (..., n): each sample's products with all others. Centred, those with all samples add up to rounding."""
    whole = (x @ x.sum(-2, keepdim=True).mT)[..., 0].double()
    return whole - diagonal


def _product(x: Tensor, y: Tensor) -> Tensor:
    """||Y'X||_F^2 = tr(KL), over whichever of channels and samples is smaller."""
    if x.shape[-2] < min(x.shape[-1], y.shape[-1]):
        return ((x @ x.mT).double() * (y @ y.mT).double()).sum((-2, -1))
    return (y.mT @ x).double().square().sum((-2, -1))


def _squares(x: Tensor) -> Tensor:
    """(..., n): each sample's product with itself."""
    return x.double().square().sum(-1)


def _centred(x: Tensor) -> Tensor:
    x = x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
    return x - x.mean(-2, keepdim=True)
