"""What each player was worth to one output of a network on one picture: maps of Shapley values and interactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vizlab.core.model import Model
from vizlab.core.outputs import Output, answers
from vizlab.core.predictions import Prediction, SemsegPrediction, decode
from vizlab.errors import InputError
from vizlab.experiments.modalities.forwards import Forwards, modality_forwards
from vizlab.experiments.modalities.meeting import DOMINANT, NEGLIGIBLE, Meeting, meet
from vizlab.experiments.modalities.shapley import Coalition, Pair, interactions, shapley_values
from vizlab.experiments.modalities.values import UNITS, pixel_values, read_classes
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage
from vizlab.tasks import VOID

PREDICTED, TRUE = "predicted", "true"
"""The class in question at each pixel: what the output predicts with nobody missing, or the reference's."""


@dataclass(frozen=True, eq=False)
class ShapleyMaps:
    """Under one replacement. All maps are HxW float32 in the worth's unit, NaN where the value is unknown.

    `values` by coalition; `phi` by player, which add up to values[all] - values[none]; `interaction` by pair, above 0
    where two are worth more together; `scores` by coalition, the measures of `measures.scores` against the reference
    (empty without one); `meeting` the word of each pixel.
    """

    values: Mapping[Coalition, np.ndarray]
    phi: Mapping[str, np.ndarray]
    interaction: Mapping[Pair, np.ndarray]
    meeting: Meeting
    scores: Mapping[Coalition, Mapping[str, float]] = field(default_factory=dict)

    def totals(self, where: np.ndarray | None = None) -> dict[str, float]:
        """Mean phi by player over known pixels, or over those of the mask `where` (HxW bool); NaN if there is none."""
        return {player: mean_of(phi, where) for player, phi in self.phi.items()}

    def worth_of(self, coalition: Coalition, where: np.ndarray | None = None) -> float:
        """Mean value of a coalition over known pixels."""
        return mean_of(self.values[coalition], where)


@dataclass(frozen=True, eq=False)
class Worth:
    """What each of `players` was worth to `output` of `model`.

    `value` says in words what is shared out, `unit` is "probability", "m" or "degrees"; for the latter two a value is
    -|error|, so that phi says by how much a player brings the error down. `maps` by replacement, `sentences` what each
    of these did.
    """

    model: str
    kind: str
    output: str
    value: str
    unit: str
    players: tuple[str, ...]
    maps: Mapping[str, ShapleyMaps]
    sentences: Mapping[str, str]

    @property
    def winners(self) -> dict[str, str | None]:
        """By replacement, the player worth most over the picture; None where the first two are as good as even."""
        return {name: winner(maps.totals(), NEGLIGIBLE[self.unit]) for name, maps in self.maps.items()}

    @property
    def turned(self) -> bool:
        """Whether two replacements name two different winners."""
        return len({name for name in self.winners.values() if name is not None}) > 1


@dataclass(frozen=True, eq=False)
class _Valued:
    """What one coalition is worth, pixel by pixel, and how it does against the reference."""

    values: np.ndarray
    scores: Mapping[str, float]


@dataclass(frozen=True)
class RegionWorth:
    """One region: its id, its share of the known pixels, mean phi by player and mean interaction by pair."""

    region: int
    share: float
    phi: Mapping[str, float]
    interaction: Mapping[Pair, float]


def worth(
    model: Model,
    rgbd: RGBDImage,
    *,
    output: str | None = None,
    target: str | int = PREDICTED,
    truth: Reference | None = None,
    replacements: Sequence[str] | None = None,
    other: RGBDImage | None = None,
    step: Step = silent,
) -> Worth:
    """What each modality of `model` was worth on `rgbd`: four forwards per replacement for two, eight for three.

    `output` is one of the network's final outputs, a stream's or the ensemble (None: its answer to its first task);
    `target`, for classes, "predicted", "true", a class index or name; `truth` is needed for "true", depth and normals.
    `replacements` are names of `replacements.SENTENCES`, by default two; `other` is the other picture. Raises
    InputError for what cannot be asked. Takes the model's lock for each forward.
    """
    forwards = modality_forwards(model, rgbd, replacements=replacements, other=other, step=step)
    return worth_from(forwards, output=output, target=target, truth=truth)


def worth_from(
    forwards: Forwards,
    *,
    output: str | None = None,
    target: str | int = PREDICTED,
    truth: Reference | None = None,
    dominant: float = DOMINANT,
    step: Step = silent,
) -> Worth:
    """The same from forwards that were kept: another output or class costs no forward."""
    name = _output(forwards, output)
    task = Output.parse(name).task
    aim, value = _aim(forwards, name, target, truth)
    reference = None if truth is None else truth.maps().get(task)
    whole = _valued(forwards.whole[name], task, aim, reference, forwards)
    maps = {}
    for place, (replacement, outputs) in enumerate(forwards.outputs.items()):
        step(place / len(forwards.outputs), f"values of {name}, {replacement}")
        valued = {
            some: whole if some == forwards.everybody else _valued(y[name], task, aim, reference, forwards)
            for some, y in outputs.items()
        }
        maps[replacement] = _maps(forwards.players, valued, NEGLIGIBLE[UNITS[task]], dominant)
    return Worth(
        model=forwards.model,
        kind=forwards.kind,
        output=name,
        value=value,
        unit=UNITS[task],
        players=forwards.players,
        maps=maps,
        sentences=forwards.sentences,
    )


def region_worth(maps: ShapleyMaps, regions: np.ndarray) -> tuple[RegionWorth, ...]:
    """Means over each region of `regions` (HxW, an id per pixel, 255 = none), the largest region first."""
    first = next(iter(maps.phi.values()))
    known = np.isfinite(first) & (regions != VOID)
    found = []
    for region in np.unique(regions[known]):
        here = known & (regions == region)
        phi = maps.totals(here)
        pairs = {pair: mean_of(value, here) for pair, value in maps.interaction.items()}
        found.append(RegionWorth(int(region), float(here.sum() / known.sum()), phi, pairs))
    return tuple(sorted(found, key=lambda one: -one.share))


def winner(phi: Mapping[str, float], even: float) -> str | None:
    """Whose mean value is largest; None if the next one is within `even` of it, or if none is known."""
    known = sorted((value, player) for player, value in phi.items() if np.isfinite(value))
    if len(known) < 2 or known[-1][0] - known[-2][0] < even:
        return None
    return known[-1][1]


def mean_of(values: np.ndarray, where: np.ndarray | None = None) -> float:
    """The mean over known pixels, of those of the mask if there is one; NaN if there is none."""
    known = np.isfinite(values) if where is None else np.isfinite(values) & where
    return float(values[known].mean(dtype=np.float64)) if known.any() else float("nan")


def _maps(
    players: Sequence[str], valued: Mapping[Coalition, _Valued], negligible: float, dominant: float
) -> ShapleyMaps:
    values = {some: one.values for some, one in valued.items()}
    phi = {p: np.asarray(v, np.float32) for p, v in shapley_values(players, values).items()}
    pairs = {p: np.asarray(v, np.float32) for p, v in interactions(players, values).items()}
    held = {some: one.scores for some, one in valued.items() if one.scores}
    return ShapleyMaps(values, phi, pairs, meet(phi, pairs, negligible, dominant), held)


def _valued(y: Tensor, task: str, aim: Tensor, reference: np.ndarray | None, forwards: Forwards) -> _Valued:
    """One output (1, C, h, w) held against what is valued, and against the reference."""
    if task == "semseg":
        # The class maps are enlarged once for both.
        label, p = (found[0].numpy() for found in read_classes(y, forwards.framing, aim))
        prediction: Prediction = SemsegPrediction(label.astype(np.uint8), p)
        return _Valued(p, {} if reference is None else scores(prediction, reference))
    values = pixel_values(task, y, aim, forwards.framing)[0].numpy()
    prediction = decode({task: y}, forwards.framing)[task]
    return _Valued(values, {} if reference is None else scores(prediction, reference))


def _output(forwards: Forwards, name: str | None) -> str:
    known = {n: y for n, y in forwards.whole.items() if Output.parse(n).task in UNITS}
    if not known:
        raise InputError(
            f"{forwards.model} predicts {', '.join(forwards.whole)}; worth is defined for {', '.join(UNITS)}."
        )
    if name is None:
        answer = answers(dict.fromkeys(known, None))
        task = next(iter(answer))
        return next(n for n in known if Output.parse(n).answer and Output.parse(n).task == task)
    if name not in known:
        raise InputError(f"{forwards.model} has no output '{name[:40]}' with a worth; expected {', '.join(known)}.")
    return name


def _aim(forwards: Forwards, name: str, target: str | int, truth: Reference | None) -> tuple[Tensor, str]:
    """What the output is held against at each pixel, as a batch of one, and what is valued, in words."""
    task = Output.parse(name).task
    if task == "semseg":
        return _class_aim(forwards, name, target, truth)
    found = None if truth is None else truth.maps().get(task)
    if found is None:
        raise InputError(f"The worth of {task} is how near it comes to a reference, and there is none; pass truth=.")
    _check_size(found, forwards)
    aim = torch.from_numpy(np.ascontiguousarray(found, np.float32))[None]
    if task == "depth":
        return aim, "minus the absolute error of depth in metres"
    return aim.permute(0, 3, 1, 2), "minus the angle to the reference's normal in degrees"


def _class_aim(forwards: Forwards, name: str, target: Any, truth: Reference | None) -> tuple[Tensor, str]:
    y = forwards.whole[name]
    if target == PREDICTED:
        label = read_classes(y, forwards.framing)[0]
        return label, "probability of the class predicted with nothing missing"
    if target == TRUE:
        if truth is None or truth.label is None:
            raise InputError("The true class is asked for, but there is no reference label; pass truth=.")
        _check_size(truth.label, forwards)
        return torch.from_numpy(truth.label.astype(np.int64))[None], "probability of the true class"
    index = _class_index(target, y.shape[1], forwards.classes)
    called = forwards.classes[index] if forwards.classes else f"class {index}"
    return torch.full((1, *forwards.framing.picture), index), f"probability of {called}"


def _class_index(target: Any, count: int, classes: Sequence[str]) -> int:
    if isinstance(target, str) and target in classes:
        return list(classes).index(target)
    if isinstance(target, int) and not isinstance(target, bool) and 0 <= target < count:
        return target
    raise InputError(
        f"{str(target)[:40]!r} is no class of this output; expected '{PREDICTED}', '{TRUE}', a class by name or a "
        f"number of 0 to {count - 1}."
    )


def _check_size(reference: np.ndarray, forwards: Forwards) -> None:
    if reference.shape[:2] != forwards.framing.picture:
        found, wanted = reference.shape[:2], forwards.framing.picture
        raise InputError(
            f"The reference is {found[1]}x{found[0]} but the picture is {wanted[1]}x{wanted[0]}; expected one size."
        )
