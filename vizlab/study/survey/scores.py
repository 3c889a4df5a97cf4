"""How good a batch of outputs is, picture by picture, as sums from which a set's figures follow.

Counted as `vizlab eval` counts (`study.evaluation.scores`), on the outputs' device, all pictures at once: an mIoU of a
set is not the mean of its pictures', so what is kept is what can be added up.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.pixels import at_input_size, best_class, enlarged
from vizlab.study.survey.batch import Batch
from vizlab.tasks import VOID

COUNTS = ("hit", "labelled", "predicted")
"""The counts of pixels of each class that mIoU and accuracies are made of."""
SCORED = ("semseg", "depth", "normals")


def score(outputs: Mapping[str, Tensor], batch: Batch) -> dict[str, np.ndarray]:
    """The sums of each final output of a network, by `OUTPUT|SUM`; `outputs` are (B, C, h, w) float tensors by name.

    semseg: `counts` (B, 3, K) int32, `COUNTS` of each class over labelled pixels; `confidence` (B,) mean probability of
    the class that is said, over all pixels. depth: `squares` (B,) float64 sum of squared errors, m², over the `pixels`
    (B,) int64 where depth was measured. normals: `angles` (B,) float64 sum of angles in degrees over `pixels`.
    """
    found: dict[str, np.ndarray] = {}
    for name, y in outputs.items():
        output = Output.parse(name)
        if not output.initial and output.task in SCORED:
            sums = _SUMS[output.task](at_input_size(y, batch.framing), batch)
            found |= {f"{name}|{key}": value.cpu().numpy() for key, value in sums.items()}
    return found


def score_labels(model: Model) -> dict[str, Sequence[str]]:
    """Labels of the axes "count" and "class", which `OUTPUT|counts` has after its pictures."""
    channels = next((task.channels for task in model.tasks if task.name == "semseg"), 0)
    return {"count": COUNTS, "class": model.classes or [str(i) for i in range(channels)]}


def class_counts(label: Tensor, reference: Tensor, classes: int) -> Tensor:
    """(B, 3, K) int32, `COUNTS` of each of K classes over the pixels whose `reference` (B, H, W) is not void."""
    # A place of its own for each picture's classes, and one behind them for what does not count.
    first = torch.arange(len(label), device=label.device)[:, None, None] * classes
    rest = len(label) * classes
    valid = reference != VOID

    def counted(which: Tensor, where: Tensor) -> Tensor:
        places = torch.where(where, which + first, rest).flatten()
        return torch.bincount(places, minlength=rest + 1)[:rest].view(len(label), classes)

    hit = valid & (label == reference)
    return torch.stack([counted(reference, hit), counted(reference, valid), counted(label, valid)], 1).int()


def _semseg(y: Tensor, batch: Batch) -> dict[str, Tensor]:
    label, confidence = best_class(y.softmax(1), batch.framing.picture)
    return {"counts": class_counts(label, batch.label, y.shape[1]), "confidence": confidence.mean((1, 2))}


def _depth(y: Tensor, batch: Batch) -> dict[str, Tensor]:
    metres = enlarged(y, batch.framing.picture)[:, 0].clamp(min=0)
    known = batch.depth.isfinite()
    error = torch.where(known, metres - batch.depth, 0).double()
    return {"squares": error.square().sum((1, 2)), "pixels": known.sum((1, 2))}


def _normals(y: Tensor, batch: Batch) -> dict[str, Tensor]:
    unit = F.normalize(enlarged(y, batch.framing.picture), dim=1)
    known = batch.normals.isfinite().all(1)
    cosine = (unit * batch.normals).sum(1).clamp(-1, 1)
    angle = torch.where(known, cosine, 1).arccos().rad2deg().double()
    return {"angles": angle.sum((1, 2)), "pixels": known.sum((1, 2))}


_SUMS = {"semseg": _semseg, "depth": _depth, "normals": _normals}
