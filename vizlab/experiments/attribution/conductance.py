"""Which edges carry the decision: layer conductance at fusion sites (Dhamdhere et al., ICLR 2019), edge by edge.

Along the straight path from the baseline to the picture, what an edge sends changes, and the value with it: its
conductance is the integral over the path of <dF/d part, d part>. It is signed, in the value's own unit, and a part of
the difference the picture makes: of all edges that cross a cut through the network the conductances sum to it. Sites
stand behind one another, so those of different sites do not add up.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from vizlab.core.model import Model
from vizlab.core.site import Arrival, Arrived, Edit, Way, fusion_modules
from vizlab.errors import InputError
from vizlab.experiments.attribution.attributing import check_numbers
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.batching import halving
from vizlab.experiments.attribution.private import one_at_a_time
from vizlab.experiments.attribution.problem import Problem, Progress, pose
from vizlab.experiments.attribution.target import Target
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

STEPS = 32
Edge = tuple[str, Way]
"""A site and, at it, target and source by name; the source None stands for all other streams together."""


@dataclass(frozen=True, eq=False)
class Flow:
    """What went through one edge: `value` in the quantity's unit, and where, (h, w) float32.

    The map shows the cells that show the picture; `value` also counts those over padding.
    """

    site: str
    target: str
    source: str | None
    value: float
    map: np.ndarray

    @property
    def cross(self) -> bool:
        """Whether it came from another stream."""
        return self.source != self.target


@dataclass(frozen=True, eq=False)
class Conductance:
    """Flows of all edges, in network order; `value` and `before` as of an `Attribution`, in `unit`.

    `flows` holds what a stream hands itself only at sites that tell it apart.
    """

    model: str
    output: str
    of: str
    unit: str
    region: np.ndarray
    flows: tuple[Flow, ...]
    value: float
    before: float
    baselines: Mapping[str, str]
    steps: int
    forwards: int

    @property
    def difference(self) -> float:
        return self.value - self.before

    def share(self, flow: Flow) -> float:
        """The part of the difference that went through an edge; may be below 0 or above 1. NaN if there is none."""
        return flow.value / self.difference if self.difference else float("nan")

    def strongest(self, count: int = 5) -> tuple[Flow, ...]:
        """The edges between streams that carried most, either way."""
        return tuple(sorted((f for f in self.flows if f.cross), key=lambda f: -abs(f.value))[:count])


def conductance(
    model: Model,
    rgbd: RGBDImage,
    target: Target,
    *,
    baselines: Baselines = Baselines(),
    steps: int = STEPS,
    working_size: tuple[int, int] | None = None,
    batch: int | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
    step: Step = silent,
) -> Conductance:
    """How much of the difference the picture makes flows through each edge of each fusion site.

    `steps` pieces of the path, summed by the trapezoidal rule; everything else as in `attribute`, also what it raises.
    Raises InputError for a network in which nothing mixes.
    """
    check_numbers(steps, 2)
    with one_at_a_time(model, step):
        problem = pose(model, rgbd, target, baselines, working_size, batch, settings, step)
        edges = _sending(problem)
        if not edges:
            raise InputError(f"No stream of {model.name} sends another one anything, so no edge carries a decision.")

        def attempt(size: int) -> dict[Edge, np.ndarray]:
            problem.progress = Progress(step, "conductance of every edge", steps + 1)
            return _along_path(problem, edges, steps, size)

        maps = halving(attempt, problem.batch)
    quantity = problem.quantity
    return Conductance(
        model=model.name,
        output=quantity.output,
        of=quantity.words,
        unit=quantity.unit,
        region=quantity.region,
        flows=tuple(_flow(problem, edge, maps[edge]) for edge in edges if edge in maps),
        value=problem.value,
        before=problem.before,
        baselines={name: baselines.words(name) for name in problem.names},
        steps=steps,
        forwards=problem.progress.forwards,
    )


def _sending(problem: Problem) -> tuple[Edge, ...]:
    """Every edge on which something is sent, in network order, with what streams hand themselves where sites say so."""
    modules = fusion_modules(problem.network)
    return tuple(
        (site.name, way)
        for site in problem.network.sites
        for way in (*modules[site.name].own_parts(), *modules[site.name].edges())
        if modules[site.name].sends(*way)
    )


def _along_path(problem: Problem, edges: tuple[Edge, ...], steps: int, size: int) -> dict[Edge, np.ndarray]:
    """(h, w) float64 by edge; `size` points of the path at once."""
    sums: dict[Edge, np.ndarray] = {}
    last: dict[Edge, tuple[Tensor, Tensor]] = {}
    points = torch.linspace(0, 1, steps + 1)
    for some in points.split(size):
        for edge, (part, slope) in _parts(problem, edges, some).items():
            if edge in last:
                part, slope = (torch.cat(pair) for pair in zip(last[edge], (part, slope), strict=True))
            moved, mean = part[1:] - part[:-1], (slope[1:] + slope[:-1]) / 2
            flow = (moved * mean).double().sum((0, 1)).cpu().numpy()
            sums[edge] = sums[edge] + flow if edge in sums else flow
            last[edge] = part[-1:].clone(), slope[-1:].clone()
    return sums


def _parts(problem: Problem, edges: tuple[Edge, ...], points: Tensor) -> dict[Edge, tuple[Tensor, Tensor]]:
    """What each edge sends at those points of the path, and the gradient of the value there: (B, C', h, w) each."""
    seen: dict[Edge, Tensor] = {}

    def keep(edge: Edge, arrival: Arrival) -> Arrived:
        # A copy: what is made of it may be changed in place, and gradients arrive at the copy.
        seen[edge] = arrival.part.clone()
        return Arrived(seen[edge])

    edits: dict[str, dict[Way, Edit]] = {}
    for site, way in edges:
        edits.setdefault(site, {})[way] = functools.partial(keep, (site, way))
    at = points.to(problem.inputs[0]).view(-1, 1, 1, 1)
    pairs = zip(problem.inputs, problem.baselines, strict=True)
    tensors = tuple((b + at * (x - b)).requires_grad_() for x, b in pairs)
    values = problem(*tensors, edits=edits)
    sent = {edge: part for edge, part in seen.items() if part.requires_grad}
    slopes = torch.autograd.grad(values.sum(), list(sent.values()), allow_unused=True)
    return {
        edge: (part.detach(), torch.zeros_like(part) if slope is None else slope)
        for (edge, part), slope in zip(sent.items(), slopes, strict=True)
    }


def _flow(problem: Problem, edge: Edge, values: np.ndarray) -> Flow:
    """Cells over padding are cropped from the map, never from the value."""
    site, (target, source) = edge
    height, width = problem.framing.visible((values.shape[0], values.shape[1]))
    return Flow(site, target, source, float(values.sum()), values[:height, :width].astype(np.float32))
