"""What an output is worth at each pixel of the picture: a probability, or how near a reference it is.

Tensors are batches: y (B, C, h, w) as a network gives them, the rest at the picture's size (H, W). Outputs are enlarged
as `core.predictions.decode` does: classes as probabilities, distances as they are, normals as vectors.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.pixels import at_input_size, best_class, class_maps, enlarged

UNITS = {"semseg": "probability", "depth": "m", "normals": "degrees"}
"""By task whose outputs can be valued, the unit of the values."""


def pixel_values(task: str, y: Tensor, aim: Tensor, framing: Framing) -> Tensor:
    """(B, H, W) float32, larger is better, NaN where `aim` says nothing.

    semseg: the probability of the class in `aim` (B, H, W) int64, VOID = none; depth: -|error| in metres against `aim`
    (B, H, W), NaN = unknown; normals: -angle in degrees against `aim` (B, 3, H, W), NaN = unknown.
    """
    if task == "semseg":
        return read_classes(y, framing, aim)[1]
    return _minus_depth_error(y, aim, framing) if task == "depth" else _minus_angle(y, aim, framing)


def read_classes(y: Tensor, framing: Framing, asked: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The predicted class (B, H, W) int64 and the probability (B, H, W) of the class in `asked`, NaN
    where that is none of the output's, as VOID is.

    Without `asked` the probability is that of the predicted class. A few class maps are held at a time.
    """
    probability = at_input_size(y, framing).softmax(1)
    if asked is None:
        return best_class(probability, framing.picture)
    shape = (len(y), *framing.picture)
    best, label = y.new_zeros(shape), torch.zeros(shape, dtype=torch.long, device=y.device)
    known = y.new_full(shape, torch.nan)
    for start, some in class_maps(probability, framing.picture):
        highest, index = some.max(1)
        label = torch.where(highest > best, index + start, label)
        best = torch.maximum(best, highest)
        here = (asked >= start) & (asked < start + some.shape[1])
        place = (asked - start).clamp(0, some.shape[1] - 1)
        known = torch.where(here, some.gather(1, place[:, None])[:, 0], known)
    return label, known


def _minus_depth_error(y: Tensor, aim: Tensor, framing: Framing) -> Tensor:
    predicted = enlarged(at_input_size(y, framing), framing.picture)[:, 0].clamp(min=0)
    known = torch.isfinite(aim) & (aim > 0)
    return torch.where(known, -(predicted - aim).abs(), torch.nan)


def _minus_angle(y: Tensor, aim: Tensor, framing: Framing) -> Tensor:
    predicted = F.normalize(enlarged(at_input_size(y, framing), framing.picture), dim=1)
    return -torch.rad2deg((predicted * aim).sum(1).clamp(-1, 1).arccos())
