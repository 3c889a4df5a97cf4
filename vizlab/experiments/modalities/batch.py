"""Shapley values over many pictures at once, for a study: per picture what every coalition of modalities was worth.

All of it happens on the model's device, without a loop over pixels or pictures; only small results leave it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.errors import InputError
from vizlab.experiments.modalities.forwards import check_inputs
from vizlab.experiments.modalities.shapley import Coalition, Pair, coalitions, interactions, shapley_values
from vizlab.experiments.modalities.values import UNITS, pixel_values, read_classes
from vizlab.tasks import VOID

Inputs = Mapping[str, Tensor]
PROBABILITY, ACCURACY, RMSE, ANGLE = "probability", "accuracy", "-rmse", "-angle"
"""Measures of a picture, larger is better: mean p(true class) and share of pixels named rightly, 0..1; metres; the mean
angle in degrees."""


@dataclass(frozen=True, eq=False)
class BatchTruth:
    """References of a batch at the pictures' size, each of which may be missing.

    `label` (B, H, W) int64, 255 void; `depth` (B, H, W) float32 metres, NaN unknown; `normals` (B, 3, H, W) float32
    unit vectors, NaN unknown.
    """

    label: Tensor | None = None
    depth: Tensor | None = None
    normals: Tensor | None = None

    def of(self, task: str) -> Tensor | None:
        return {"semseg": self.label, "depth": self.depth, "normals": self.normals}.get(task)

    def to(self, device: torch.device) -> "BatchTruth":
        moved = (None if x is None else x.to(device) for x in (self.label, self.depth, self.normals))
        return BatchTruth(*moved)


@dataclass(frozen=True, eq=False)
class CoalitionScores:
    """How one output did with one coalition of modalities. All on the CPU.

    `known` (B,) int64 pixels compared; `measures` (B,) float64 by name, NaN where nothing is known; `confusion`
    (B, K, K) int64 of true class by predicted class, None for other tasks than semseg; `squares` (B,) float64 the sum
    of squared errors in metres over known pixels, None for other tasks than depth.
    """

    known: Tensor
    measures: Mapping[str, Tensor]
    confusion: Tensor | None = None
    squares: Tensor | None = None


@dataclass(frozen=True, eq=False)
class BatchWorth:
    """`scores` by replacement, output and coalition, of a batch whose players are `players`."""

    players: tuple[str, ...]
    scores: Mapping[str, Mapping[str, Mapping[Coalition, CoalitionScores]]]

    def table(self, replacement: str, output: str, measure: str) -> dict[Coalition, Tensor]:
        """A measure (B,) of every picture by coalition."""
        return {some: scores.measures[measure] for some, scores in self.scores[replacement][output].items()}

    def phi(self, replacement: str, output: str, measure: str) -> dict[str, Tensor]:
        """The Shapley value (B,) of each modality for that measure, picture by picture."""
        return shapley_values(self.players, self.table(replacement, output, measure))

    def interaction(self, replacement: str, output: str, measure: str) -> dict[Pair, Tensor]:
        """The interaction (B,) of each pair."""
        return interactions(self.players, self.table(replacement, output, measure))


def worth_batch(
    model: Model, inputs: Inputs, replacements: Mapping[str, Inputs], truth: BatchTruth, framing: Framing
) -> BatchWorth:
    """Run `model` with every coalition under every replacement; all final outputs that have a reference are scored.

    `inputs` and each of `replacements` are (B, 3, H', W') by modality, one framing for all; see
    `replacements.own_mean` and `training_mean`. One forward for the whole coalition, 2^M - 1 per replacement.
    Raises InputError for a network of one input, or if a replacement lacks a modality. Does not take the model's lock.
    """
    check_inputs(model)
    inputs = {name: inputs[name].to(model.device) for name in model.inputs}
    truth = truth.to(model.device)
    whole = _scored(model, inputs, truth, framing)
    found: dict[str, dict[str, dict[Coalition, CoalitionScores]]] = {}
    for name, missing in replacements.items():
        if absent := [m for m in model.inputs if m not in missing]:
            raise InputError(f"The replacement '{name}' has no {absent[0]}; expected {' and '.join(model.inputs)}.")
        by_coalition = {
            here: _scored(model, {m: x if m in here else missing[m] for m, x in inputs.items()}, truth, framing)
            for here in coalitions(model.inputs)[:-1]
        }
        by_coalition[frozenset(model.inputs)] = whole
        found[name] = {output: {some: s[output] for some, s in by_coalition.items()} for output in whole}
    return BatchWorth(model.inputs, found)


def mean_iou(confusion: Tensor) -> float:
    """Mean intersection over union, 0..1, over classes that occur in the labels; `confusion` (K, K), true by predicted.

    Add up the pictures' matrices first: the set's value of a coalition, as the papers count it.
    """
    hit, held, given = confusion.diag().double(), confusion.sum(1).double(), confusion.sum(0).double()
    present = held > 0
    return float((hit / (held + given - hit))[present].mean())


def _scored(model: Model, inputs: Inputs, truth: BatchTruth, framing: Framing) -> dict[str, CoalitionScores]:
    """By output, one forward's scores."""
    found = {}
    for name, y in model.forward(inputs).items():
        output = Output.parse(name)
        aim = None if output.initial or output.task not in UNITS else truth.of(output.task)
        if aim is not None:
            with torch.inference_mode():
                found[name] = _score(output.task, y, aim, framing)
    return found


def _score(task: str, y: Tensor, aim: Tensor, framing: Framing) -> CoalitionScores:
    if task == "semseg":
        return _semseg_score(y, aim, framing)
    values = pixel_values(task, y, aim, framing).double()
    valid = torch.isfinite(values)
    known, values = valid.sum((1, 2)), values.nan_to_num(0)
    if task == "normals":
        return CoalitionScores(known.cpu(), {ANGLE: (values.sum((1, 2)) / known).cpu()})
    squares = values.square().sum((1, 2))
    return CoalitionScores(known.cpu(), {RMSE: -(squares / known).sqrt().cpu()}, squares=squares.cpu())


def _semseg_score(y: Tensor, label: Tensor, framing: Framing) -> CoalitionScores:
    predicted, probability = read_classes(y, framing, label)
    valid, classes = label != VOID, y.shape[1]
    known = valid.sum((1, 2))
    confusion = _confusion(predicted, label, valid, classes)
    right = confusion.diagonal(dim1=1, dim2=2).sum(1)
    total = probability.double().nan_to_num(0).sum((1, 2))
    measures = {PROBABILITY: (total / known).cpu(), ACCURACY: (right.double() / known).cpu()}
    return CoalitionScores(known.cpu(), measures, confusion.cpu())


def _confusion(predicted: Tensor, label: Tensor, valid: Tensor, classes: int) -> Tensor:
    """(B, K, K) int64 counts of true class by predicted class, over valid pixels."""
    count = len(label)
    picture = torch.arange(count, device=label.device)[:, None, None]
    cell = (picture * classes + label) * classes + predicted
    return torch.bincount(cell[valid], minlength=count * classes**2).view(count, classes, classes)
