"""Whether two maps of one picture are large in the same places."""

import torch
import torch.nn.functional as F
from torch import Tensor


def rank_agreement(first: Tensor, second: Tensor) -> Tensor:
    """(B,): Spearman's rank correlation over the cells of two maps (B, h, w), -1..1; NaN where one does not vary.

    Maps of two sizes are both brought to the smaller number of rows and of columns, by means over cells.
    """
    size = (min(first.shape[-2], second.shape[-2]), min(first.shape[-1], second.shape[-1]))
    a, b = (_ranks(F.adaptive_avg_pool2d(x[:, None].float(), size).flatten(1)) for x in (first, second))
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    scale = (a.square().sum(1) * b.square().sum(1)).sqrt()
    return torch.where(scale > 0, (a * b).sum(1) / scale, torch.nan)


def _ranks(values: Tensor) -> Tensor:
    """(B, N) float64: ranks along the last axis from 0, equal values sharing the mean of theirs."""
    ordered, order = values.sort(dim=1)
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    group = new.cumsum(1) - 1
    places = torch.arange(values.shape[1], device=values.device, dtype=torch.float64).expand_as(values)
    total = torch.zeros_like(places).scatter_add_(1, group, places)
    count = torch.zeros_like(places).scatter_add_(1, group, torch.ones_like(places))
    mean = (total / count.clamp(min=1)).gather(1, group)
    return torch.empty_like(mean).scatter_(1, order, mean)
