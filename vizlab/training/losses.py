"""Losses per task, on logits and targets of any two sizes: the prediction is resized to the target."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.tasks import VOID


def semseg_loss(logits: Tensor, batch: dict[str, Tensor], stride: int) -> Tensor:
    """Cross-entropy over labelled pixels."""
    target = batch["label"][:, ::stride, ::stride]
    logits = _resize(logits, target)
    # Summed by hand so that a crop without a single labelled pixel gives 0, not NaN.
    total = F.cross_entropy(logits, target, ignore_index=VOID, reduction="sum")
    return total / (target != VOID).sum().clamp(min=1)


def depth_loss(prediction: Tensor, batch: dict[str, Tensor], stride: int) -> Tensor:
    """Mean absolute error in metres over pixels of known depth."""
    target = batch["depth"][..., ::stride, ::stride]
    known = target > 0
    error = (_resize(prediction, target) - target).abs() * known
    return error.sum() / known.sum().clamp(min=1)


def normals_loss(prediction: Tensor, batch: dict[str, Tensor], stride: int) -> Tensor:
    """1 - cosine of the angle, over pixels with a normal; the prediction need not have unit length."""
    target = batch["normals"][..., ::stride, ::stride]
    known = target.square().sum(1) > 0.25
    cosine = F.cosine_similarity(_resize(prediction, target), target, dim=1)
    return ((1 - cosine) * known).sum() / known.sum().clamp(min=1)


LOSSES = {"semseg": semseg_loss, "depth": depth_loss, "normals": normals_loss}


def total_loss(
    outputs: dict[str, Tensor], batch: dict[str, Tensor], weights: dict[str, float]
) -> tuple[Tensor, dict[str, float]]:
    """The weighted sum over all outputs, initial predictions included, and each output's own loss.

    Final outputs are compared at half the input's resolution, initial ones at a quarter.
    """
    parts = {}
    for name, y in outputs.items():
        initial = name.startswith("scale_")
        task = name.split("/")[1] if initial else name.split("/")[0]
        parts[name] = weights[task] * LOSSES[task](y.float(), batch, 4 if initial else 2)
    return torch.stack(list(parts.values())).sum(), {k: float(v.detach()) for k, v in parts.items()}


def _resize(prediction: Tensor, target: Tensor) -> Tensor:
    return F.interpolate(prediction, size=target.shape[-2:], mode="bilinear")
