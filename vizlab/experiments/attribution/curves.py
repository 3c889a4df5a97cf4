"""Insertion and deletion: does the value follow the pixels the map says it comes from? (Petsiuk et al., BMVC 2018.)

Of one modality at a time, pixels are taken in the order of their attribution, highest first. Deletion replaces them by
the baseline, insertion puts them into a baseline; the other modalities stay as they are in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import torch

from vizlab.core.model import Model
from vizlab.errors import InputError
from vizlab.experiments.attribution.attributing import check_numbers, computed, options_for, result
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.batching import halving
from vizlab.experiments.attribution.methods import STEPS, SUPERPIXELS, method_called
from vizlab.experiments.attribution.private import one_at_a_time
from vizlab.experiments.attribution.problem import Problem, Progress, pose
from vizlab.experiments.attribution.result import Attribution
from vizlab.experiments.attribution.target import Target
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

POINTS = 21
WORDS = "insertion and deletion"


@dataclass(frozen=True, eq=False)
class Curve:
    """The value, in the target's unit, over `fractions` (P,) of the pixels of one modality, 0..1.

    `deletion` and `insertion` (P,) in the order of the attribution; `random_deletion` and `random_insertion` (P,) in
    one random order, to compare with. The areas are under these curves: the mean value over the fractions.
    """

    fractions: np.ndarray
    deletion: np.ndarray
    insertion: np.ndarray
    random_deletion: np.ndarray
    random_insertion: np.ndarray

    @property
    def areas(self) -> dict[str, float]:
        """By name of the curve, in the target's unit; trapezoidal rule."""
        names = ("deletion", "insertion", "random_deletion", "random_insertion")
        return {name: float(np.trapezoid(getattr(self, name), self.fractions)) for name in names}


@dataclass(frozen=True, eq=False)
class Curves:
    """`by_modality`, for the `attribution` whose order they follow; `seed` drew the random order."""

    attribution: Attribution
    by_modality: Mapping[str, Curve] = field(default_factory=dict)
    seed: int = 0


def curves(
    model: Model,
    rgbd: RGBDImage,
    target: Target,
    method: str = "integrated gradients",
    *,
    baselines: Baselines = Baselines(),
    steps: int = STEPS,
    count: int = SUPERPIXELS,
    points: int = POINTS,
    working_size: tuple[int, int] | None = None,
    batch: int | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
    seed: int = 0,
    known: Attribution | None = None,
    step: Step = silent,
) -> Curves:
    """Attribute as `attribute` does, then follow the maps pixel by pixel; arguments and errors are the same.

    `known` is what `attribute` gave for these arguments, where that is at hand: it is not made again.

    Raises InputError for Grad-CAM, whose maps are of streams, not of pixels.
    """
    chosen = method_called(method)
    check_numbers(steps, count)
    if chosen.streams:
        raise InputError(f"{chosen.title} gives no map of a modality's pixels to insert or delete; choose another.")
    with one_at_a_time(model, step):
        problem = pose(model, rgbd, target, baselines, working_size, batch, settings, step)
        options = options_for(chosen, problem, rgbd, steps, count, "")
        half = 0.0 if known else 0.5
        attribution = known or result(
            chosen, model.name, problem, options, baselines, computed(chosen, problem, options, step, span=(0.0, half))
        )
        maps = attribution.maps
        changed = [i for i, n in enumerate(problem.names) if not torch.equal(problem.inputs[i], problem.baselines[i])]
        expected = 4 * points * len(changed)
        problem.progress = Progress(step, WORDS, expected, begin=half)
        random = np.random.default_rng(seed)
        found = {
            problem.names[i]: curve(problem, i, maps[problem.names[i]], points, random.permutation(maps_size(problem)))
            for i in changed
        }
    return Curves(attribution, found, seed)


def maps_size(problem: Problem) -> int:
    """How many pixels of the network's input show the picture."""
    height, width = problem.framing.content
    return height * width


def curve(problem: Problem, index: int, values: np.ndarray, points: int, shuffled: np.ndarray) -> Curve:
    """The curves of the modality of that index among `problem.names`; `shuffled` is a random order of its pixels."""
    fractions = np.linspace(0, 1, points)
    place = np.empty(values.size, np.int64)
    place[np.argsort(-values, axis=None, kind="stable")] = np.arange(values.size)
    lines = []
    for order in (place, shuffled):
        for inserting in (False, True):
            lines.append(_line(problem, index, order.reshape(values.shape), fractions, inserting))
    return Curve(fractions, lines[0], lines[1], lines[2], lines[3])


def _line(problem: Problem, index: int, place: np.ndarray, fractions: np.ndarray, inserting: bool) -> np.ndarray:
    """(P,): the value with the first pixels by `place` (h, w) replaced, or put in, up to each of the fractions."""
    where, x, base = problem.spread(place), problem.inputs[index], problem.baselines[index]
    upto = torch.from_numpy(np.round(fractions * place.size)).to(x.device)

    @torch.no_grad()
    def attempt(size: int) -> np.ndarray:
        values = []
        for some in upto.split(size):
            first = where < some.view(-1, 1, 1, 1)
            mixed = torch.where(first, x, base) if inserting else torch.where(first, base, x)
            tensors = [t.expand(len(some), -1, -1, -1) for t in problem.inputs]
            tensors[index] = mixed
            values.append(problem(*tensors).cpu())
        return torch.cat(values).double().numpy()

    return halving(attempt, problem.batch)
