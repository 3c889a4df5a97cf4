"""Initial against final predictions, scale by scale: each in numbers, at the cells it was made on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vizlab.core.outputs import Output
from vizlab.core.predictions import Prediction
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.measures.affinity_maps import at_cells
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores

FINAL = "final"
ONLY = "initial"
"""The origin of initial predictions where there are no others."""
_WORDS = {"miou": "mIoU", "accuracy": "pixel accuracy", "rmse": "RMSE", "angle": "mean angle"}


@dataclass(frozen=True, eq=False)
class ScalePrediction:
    """What one task says at one scale (`scale` 0 is the finest) or in the end (None); `origin` says which in words.

    `prediction` has the scale's own cells, `grid` (H, W) those of the whole map with the padded margin, None where the
    trace does not say; final ones have the picture's size. `score` is the task's metric against a reference read at
    the same cells, by its name: "mIoU" and "pixel accuracy" 0..1, "RMSE" in metres, "mean angle" in degrees; empty
    without a reference.
    """

    task: str
    scale: int | None
    origin: str
    prediction: Prediction
    grid: tuple[int, int] | None
    score: Mapping[str, float]


def scale_predictions(trace: FusionTrace, reference: Reference | None = None) -> tuple[ScalePrediction, ...]:
    """Task by task, from the coarsest scale to the final prediction; raises TraceError if there are no initial ones."""
    parsed = [Output.parse(name) for name in trace.initial]
    scales = sorted({output.scale for output in parsed if output.scale is not None}, reverse=True)
    if not scales:
        raise TraceError(
            f"'{trace.model.name}' ({trace.model.family}) makes no initial predictions; this view needs a network that "
            "predicts its tasks twice."
        )
    tasks = list(dict.fromkeys([*trace.model.tasks, *(output.task for output in parsed)]))
    origins = {scale: f"scale {scale}" if len(scales) > 1 else ONLY for scale in scales}
    found = [_at(trace, task, place, reference) for task in tasks for place in (*origins.items(), (None, FINAL))]
    return tuple(one for one in found if one is not None)


@dataclass(frozen=True)
class Refinement:
    """One figure of a task's initial prediction, of the finest scale there is, and of its final one.

    `name` and units as in `ScalePrediction.score`. Both are taken at the same places, the initial one's cells.
    """

    task: str
    name: str
    initial: float
    final: float


def refinements(trace: FusionTrace, reference: Reference) -> tuple[Refinement, ...]:
    """Of every task that is predicted twice and has a reference; raises TraceError if there are no initial ones."""
    finest = {one.task: one for one in scale_predictions(trace, reference) if one.scale is not None}
    found = []
    for task, one in finest.items():
        last, held = trace.predictions.get(task), reference.maps().get(task)
        if last is None or held is None or one.grid is None:
            continue
        sampled = {name: None if x is None else at_cells(x, one.grid, trace.framing) for name, x in vars(last).items()}
        after = _metric(type(last)(**sampled), at_cells(held, one.grid, trace.framing))  # type: ignore[arg-type]
        found += [Refinement(task, name, value, after[name]) for name, value in one.score.items()]
    return tuple(found)


def _at(
    trace: FusionTrace, task: str, place: tuple[int | None, str], reference: Reference | None
) -> ScalePrediction | None:
    scale, origin = place
    name = str(Output(task, scale=scale))
    prediction = (trace.predictions if scale is None else trace.initial).get(name)
    if prediction is None:
        return None
    grid = None if scale is None else trace.grids.get(name)
    score = {} if reference is None else _score(prediction, task, reference, grid, trace, scale is None)
    return ScalePrediction(task, scale, origin, prediction, grid, score)


def _score(
    prediction: Prediction,
    task: str,
    reference: Reference,
    grid: tuple[int, int] | None,
    trace: FusionTrace,
    final: bool,
) -> dict[str, float]:
    held = reference.truths(trace.model.classes).get(task)
    if held is None or not (final or grid):
        return {}
    true = held if grid is None else at_cells(held, grid, trace.framing)
    return _metric(prediction, true)


def _metric(prediction: Prediction, true: np.ndarray) -> dict[str, float]:
    found = scores(prediction, true)
    return {words: found[name] for name, words in _WORDS.items() if name in found}
