"""Losses per task, on predictions and targets of any two sizes: the prediction is resized to the target."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.outputs import Output
from vizlab.study.training.data import TEACHER
from vizlab.tasks import VOID

EDGE_WEIGHT = 0.95
"""Weight of the pixels on an edge against the others: edges are about a twentieth of a picture."""


class TaskLosses(nn.Module):
    """The weighted sum of the losses of all outputs, initial predictions included.

    `weights` by task; `class_weight` (classes,) weighs the pixels of semseg by their class. Final outputs are
    compared at half the input's resolution, initial ones and ensembles (whose gradient reaches two numbers) at a
    quarter; pictures as they are. Where the batch says what teachers say of semseg, final outputs learn that too, with
    `distil` as its weight beside the labels.
    """

    class_weight: Tensor | None

    def __init__(self, weights: Mapping[str, float], class_weight: Tensor | None = None, distil: float = 0.0) -> None:
        super().__init__()
        self.distil = distil
        self.weights = dict(weights)
        self.register_buffer("class_weight", class_weight, persistent=False)

    def forward(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, float]]:
        """The sum, and each output's own share of it."""
        parsed = {name: Output.parse(name) for name in outputs}
        if any(output.task == "edge" for output in parsed.values()):
            batch = dict(batch) | dict(zip(("edge", "edge_known"), semantic_edges(batch["label"]), strict=True))
        parts = {}
        for name, y in outputs.items():
            task, stride = parsed[name].task, 4 if parsed[name].initial or parsed[name].ensemble else 2
            stride = 1 if task == "image" else stride
            loss = self._loss(task, y.float(), batch, stride)
            if TEACHER in batch and task == "semseg" and not parsed[name].initial:
                loss = loss + self.distil * distillation_loss(y.float(), batch[TEACHER])
            parts[name] = self.weights[task] * loss
        return torch.stack(list(parts.values())).sum(), {k: float(v.detach()) for k, v in parts.items()}

    def _loss(self, task: str, y: Tensor, batch: Mapping[str, Tensor], stride: int) -> Tensor:
        if task == "semseg":
            return semseg_loss(y, batch["label"][:, ::stride, ::stride], self.class_weight)
        if task == "depth":
            return depth_loss(y, batch["depth"][..., ::stride, ::stride])
        if task == "image":
            return image_loss(y, batch["image"])
        if task == "normals":
            return normals_loss(y, batch["normals"][..., ::stride, ::stride])
        return edge_loss(y, *(batch[name][..., ::stride, ::stride] for name in ("edge", "edge_known")))


def class_weights(counts: Tensor, balance: float) -> Tensor:
    """(C,) float32 weights `frequency ** -balance`, scaled so that a labelled pixel weighs 1 on average.

    0 weighs every pixel alike, 1 every class; a class that never occurs weighs as much as the rarest.
    """
    frequency = counts / counts.sum()
    frequency = frequency.clamp(min=float(frequency[frequency > 0].min()))
    weights = frequency**-balance
    return (weights / (weights * counts).sum() * counts.sum()).float()


def semseg_loss(logits: Tensor, label: Tensor, class_weight: Tensor | None = None) -> Tensor:
    """Cross-entropy over labelled pixels: the weighted mean, by the pixels' class."""
    logits = _resize(logits, label)
    # Summed by hand so that a crop without a single labelled pixel gives 0, not NaN.
    total = F.cross_entropy(logits, label, class_weight, ignore_index=VOID, reduction="sum")
    labelled = label[label != VOID]
    weight = torch.as_tensor(len(labelled)) if class_weight is None else class_weight[labelled].sum()
    return total / weight.clamp(min=1e-3)


def distillation_loss(logits: Tensor, teacher: Tensor) -> Tensor:
    """KL(teacher || student) in nats, mean over all cells of `teacher` (B, C, h, w); `logits` are resized to it."""
    student = _resize(logits, teacher).log_softmax(1)
    return F.kl_div(student, teacher.log_softmax(1), reduction="none", log_target=True).sum(1).mean()


def depth_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean absolute error in metres over pixels of known depth (0 is unknown)."""
    known = target > 0
    error = (_resize(prediction, target) - target).abs() * known
    return error.sum() / known.sum().clamp(min=1)


def normals_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean distance of the predicted direction from the (unit) normal, over pixels with one: 2 sin(angle / 2).

    As good as the angle itself, which the mean angular error takes, but without the infinite slope of arccos at 0;
    1 - cosine would grow with the angle's square and listen most to wrong references.
    """
    known = target.square().sum(1) > 0.25
    distance = (unit(_resize(prediction, target)) - target).square().sum(1).clamp(min=1e-6).sqrt()
    return (distance * known).sum() / known.sum().clamp(min=1)


def image_loss(prediction: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of two pictures in [-1, 1] (pix2pix, eq. 3)."""
    return (prediction - target).abs().mean()


def edge_loss(logits: Tensor, target: Tensor, known: Tensor) -> Tensor:
    """Binary cross-entropy on `semantic_edges`, edges weighing `EDGE_WEIGHT` (as in Xie and Tu, ICCV 2015)."""
    weight = torch.where(target, EDGE_WEIGHT, 1 - EDGE_WEIGHT) * known
    error = F.binary_cross_entropy_with_logits(_resize(logits, target), target.float(), weight, reduction="sum")
    return error / weight.sum().clamp(min=1e-3)


def semantic_edges(label: Tensor) -> tuple[Tensor, Tensor]:
    """Where the class changes within a pixel's 3x3 neighbours, and where that is known (no void among them).

    `label` (B, H, W) int64; both results (B, 1, H, W) bool.
    """
    near = label[:, None].float()
    highest = F.max_pool2d(near, 3, 1, 1)
    lowest = -F.max_pool2d(-near, 3, 1, 1)
    return highest != lowest, highest < VOID


def unit(vectors: Tensor) -> Tensor:
    """(B, C, H, W) vectors brought to length 1; zeros stay zero. torch's own norm along a short axis is far slower."""
    return vectors * vectors.square().sum(1, keepdim=True).clamp(min=1e-12).rsqrt()


def _resize(prediction: Tensor, target: Tensor) -> Tensor:
    return F.interpolate(prediction, size=target.shape[-2:], mode="bilinear")
