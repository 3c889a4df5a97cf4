"""A first-order estimate of what cutting each edge would do: all edges from one forward and a backward for each task.

Attribution patching (Nanda 2023): <dm/dy, r - c>, c what an edge brings and r what is there when it is cut. Every edge
gets a factor f that leads from r (0) to c (1); the estimate is then -dm/df at 1. It is a draft for the order in which
to look, not a result: where the network is not nearly linear it is wrong, in sign too.

How far an output moves has no slope where nothing is changed yet, so m is another number of each answer, signed:

- classes: the mean over cells of log p of the class that the network names, in nats;
- depth: the mean distance, in metres;
- normals: the mean of the component that faces the camera, -z;
- other maps: the mean value.
"""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.edits import Gate
from vizlab.core.ensembles import reader
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.outputs import answers
from vizlab.core.pixels import cropped
from vizlab.core.site import NO_INTERVENTION, Intervention, intervening
from vizlab.errors import InputError
from vizlab.experiments.interventions.edges import Edge, edges_of, idle_edges, with_edits
from vizlab.measures.movement import kind_of

WORDS = {
    "classes": "mean log p of the predicted class, nats",
    "depth": "mean distance, m",
    "normals": "mean facing component",
    "map": "mean value",
}
"""What the estimate is a change of, by kind of task."""


def estimate(
    model: Model, inputs: Mapping[str, Tensor], framing: Framing, base: Intervention = NO_INTERVENTION
) -> np.ndarray:
    """(B, E, T): by how much cutting each edge would change m of each answer, to first order. In float32.

    NaN for an ensemble that is not the weighted sum of its streams: no gradient is known to reach these.
    """
    edges, idle = edges_of(model), idle_edges(model, base)
    live = [edge for edge in edges if edge not in idle]
    pictures = len(next(iter(inputs.values())))
    factors = {edge: torch.ones(pictures, 1, 1, 1, device=model.device, requires_grad=True) for edge in live}
    gates = {edge: Gate(factor) for edge, factor in factors.items()}
    with torch.enable_grad(), intervening(with_edits(base, gates)):
        outputs = model.forward(inputs, gradients=True)
        names = answers({name: name for name in outputs})
        numbers = [_read_number(model, task, name, outputs, framing) for task, name in names.items()]
    found = np.zeros((pictures, len(edges), len(numbers)))
    for place, number in enumerate(numbers if live else ()):
        if number is None:
            found[..., place] = np.nan
            continue
        slopes = torch.autograd.grad(number, list(factors.values()), retain_graph=True, allow_unused=True)
        for edge, slope in zip(factors, slopes, strict=True):
            if slope is not None:
                found[:, edges.index(edge), place] = -slope.flatten().double().cpu().numpy()
    return found


def _read_number(model: Model, task: str, name: str, outputs: Mapping[str, Tensor], framing: Framing) -> Tensor | None:
    """m of one answer over all pictures; None where gradients do not reach it."""
    try:
        read = reader(model.network, name, outputs)
    except InputError:
        return None
    return _number(task, read(outputs), framing).sum()


def _number(task: str, y: Tensor, framing: Framing) -> Tensor:
    """(B,): what the estimate is a change of."""
    y = cropped(y, framing)
    kind = kind_of(task, y.shape[1])
    if kind == "classes":
        return y.log_softmax(1).amax(1).mean((-2, -1))
    if kind == "normals":
        return -F.normalize(y, dim=1)[:, 2].mean((-2, -1))
    if kind == "map" and task != "image":
        y = y.sigmoid()
    return y.mean((1, 2, 3))


def order_of(estimates: np.ndarray, edges: tuple[Edge, ...]) -> list[int]:
    """The places of the edges, largest estimate of the picture's answers first; what cannot be told apart as it was."""
    size = np.nan_to_num(np.abs(estimates)).mean(0)
    scale = size.max(0, initial=0)
    ranked = (size / np.where(scale > 0, scale, 1)).sum(1)
    return [int(i) for i in np.argsort(-ranked, kind="stable")]
