"""The tasks' losses whose gradients are compared: those of training, without its weights by task and class.

Outputs are enlarged to the network's input pixels and compared there, where the picture lies; references are sampled
at these pixels, nearest, since nothing may be averaged across a contour.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.outputs import Output
from vizlab.core.pixels import at_input_size
from vizlab.errors import InputError
from vizlab.measures.affinity_maps import at_cells
from vizlab.measures.reference import Reference
from vizlab.tasks import VOID

LOSSES = {
    "semseg": "mean cross entropy in nats",
    "depth": "mean absolute error in metres",
    "normals": "mean distance of unit vectors, 2 sin(angle / 2)",
}
"""By task, what its loss is."""
WHY_A_REFERENCE = (
    "A network makes no error against its own prediction: depth and normals would have no gradient, classes only one "
    "towards more confidence."
)


def task_losses(outputs: Mapping[str, Tensor], reference: Reference, framing: Framing) -> dict[str, Tensor]:
    """By task, its scalar loss for outputs of one picture, (1, C, h, w) by name; keeps gradients.

    Of final outputs; where a task has several streams, the mean over theirs: their ensemble passes no gradient on.
    Raises InputError unless two tasks have a reference with known pixels.
    """
    aims = {task: _sampled(task, values, framing) for task, values in reference.maps().items()}
    aims = {task: aim for task, aim in aims.items() if _known(task, aim).any()}
    by_task: dict[str, list[Tensor]] = {}
    for name, y in outputs.items():
        output = Output.parse(name)
        if output.task in aims and not output.initial and not output.ensemble:
            aim = aims[output.task].to(y.device)
            by_task.setdefault(output.task, []).append(_loss(output.task, at_input_size(y.float(), framing), aim))
    if len(by_task) < 2:
        found = ", ".join(by_task) or "no task"
        raise InputError(
            "Gradients are compared between two tasks or more of semseg, depth and normals that have a reference; here "
            f"that is {found}. {WHY_A_REFERENCE}"
        )
    return {task: torch.stack(losses).mean() for task, losses in by_task.items()}


def _loss(task: str, y: Tensor, aim: Tensor) -> Tensor:
    known = _known(task, aim)
    if task == "semseg":
        return F.cross_entropy(y, aim, ignore_index=VOID)
    if task == "depth":
        return (y[:, 0] - aim)[known].abs().mean()
    distance = (F.normalize(y, dim=1) - aim.nan_to_num(0)).square().sum(1)
    return distance[known].clamp(min=1e-6).sqrt().mean()


def _sampled(task: str, values: np.ndarray, framing: Framing) -> Tensor:
    """A reference at the input's pixels: (1, h, w) classes or metres, (1, 3, h, w) unit vectors."""
    if values.shape[:2] != framing.picture:
        raise InputError(
            f"The reference of {task} is {values.shape[1]}x{values.shape[0]} but the picture is {framing.picture[1]}x"
            f"{framing.picture[0]}; expected one size."
        )
    sampled = at_cells(values, framing.padded, framing)
    if task == "semseg":
        return torch.from_numpy(sampled.astype(np.int64))[None]
    found = torch.from_numpy(np.ascontiguousarray(sampled, np.float32))[None]
    return found.permute(0, 3, 1, 2) if task == "normals" else found


def _known(task: str, aim: Tensor) -> Tensor:
    """(1, h, w) bool: pixels that the loss is over."""
    if task == "semseg":
        return aim != VOID
    return torch.isfinite(aim) & (aim > 0) if task == "depth" else torch.isfinite(aim).all(1)
