"""What an exam's result comes to: accuracies by need, and how well explanations point, each with its interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vizlab.scenes.exam.needs import BOTH, DEPTH, EITHER, NONE, NOT_ASKED, RGB
from vizlab.study.exam.explanations import Explained
from vizlab.study.exam.needs import DEPTH_TURNED, NAMES, RGB_TURNED, SIGNED
from vizlab.study.exam.ranking import auc, spearman
from vizlab.study.exam.result import RESAMPLES, SEED, ExamResult, NetworkMarks, Objects, OutputMarks
from vizlab.study.survey.intervals import Estimate, draw, ratio

NEEDED = (RGB, DEPTH, BOTH, EITHER, NONE)
"""Needs that pixels may have, in the order of tables; those that a fault has turned are among them."""
KINDS = (RGB, DEPTH, BOTH, EITHER, RGB_TURNED, DEPTH_TURNED, NONE)
"""Kinds that objects may be of, in the order of tables."""
RANKED = (RGB, DEPTH, BOTH, EITHER)
"""Those that explanations are held against: of an object that needs what it was built to need the picture shows no
fault."""
ALL, RIGHT = "all", "right"
"""Objects that an explanation is graded on: all, or those that the output it explains names rightly."""
CONTROLS: Mapping[str, Callable[[Objects], np.ndarray]] = {
    "size of the object": lambda objects: objects.pixels.astype(float),
    "height in the picture": lambda objects: 1 - objects.row,
    "distance to the centre": lambda objects: np.hypot(objects.row - 0.5, objects.column - 0.5),
    "need at its place elsewhere": lambda objects: objects.place,
}
"""No explanations at all: (n,) numbers by what they are, which know neither picture nor network. As far from chance as
one of them is, so far an explanation gets by that alone."""
CONTROL = "control"
"""What they are called as explanations."""
QUESTIONS = {"modality": "depth above rgb", "camouflage": "depth above either"}
"""The areas under the curve that are drawn, by their name in `Ranked`."""


@dataclass(frozen=True, eq=False)
class Accuracy:
    """Of one output of a network: the share of `pixels`, by need, and of `objects`, by kind, that it names rightly,
    0..1; needs and kinds are codes.

    `pair`: of the objects that need both, the share whose class is told from the other of the two, the mean over the
    two classes; one answer for all has half.
    """

    network: str
    output: str
    answer: bool
    pixels: Mapping[int, Estimate]
    objects: Mapping[int, Estimate]
    pair: Estimate


@dataclass(frozen=True, eq=False)
class Ranked:
    """How an explanation ranks some of the objects; `counts` by kind, of those in `RANKED`.

    AUCs are 0..1, half by chance; `rho` -1..1. `modality`: objects that need depth above those that need colour.
    `camouflage`: objects that need depth above such furniture as can be told from either, which is of the same kinds.
    `rho`: rank correlation with the need (-1 rgb, 0 both or either, 1 depth). `both`: those that need both above all
    others by the interaction; None where the explanation has none.
    """

    counts: Mapping[int, int]
    modality: Estimate
    camouflage: Estimate
    rho: Estimate
    both: Estimate | None


@dataclass(frozen=True, eq=False)
class Pointing:
    """An explanation of one output of a network, graded on `ALL` and on the `RIGHT` objects."""

    network: str
    explanation: str
    variant: str
    output: str
    graded: Mapping[str, Ranked]

    @property
    def title(self) -> str:
        """ "Shapley value, own mean"; of a control "control: size of the object"."""
        if not self.variant:
            return self.explanation
        return f"{self.explanation}{':' if self.explanation == CONTROL else ','} {self.variant}"

    @property
    def called(self) -> str:
        """ "Shapley value, own mean of semseg/rgb"; of a control, its title alone."""
        return self.title if self.explanation == CONTROL else f"{self.title} of {self.output}"

    @property
    def rightly(self) -> int:
        """How many objects its output names rightly, of those that it is graded on."""
        return sum(self.graded[RIGHT].counts.values())


@lru_cache(maxsize=4)
def accuracies(result: ExamResult) -> tuple[Accuracy, ...]:
    """Of every output of every network, in order."""
    draws = _draws(result)
    return tuple(
        _accuracy(result, network, name, marks, draws)
        for network in result.graded
        for name, marks in network.outputs.items()
    )


def _accuracy(result: ExamResult, network: NetworkMarks, name: str, marks: OutputMarks, draws: np.ndarray) -> Accuracy:
    pixels = {need: ratio(marks.right[:, need], marks.labelled[:, need], draws) for need in (*NEEDED, NOT_ASKED)}
    objects = {kind: _share(result, marks.told.astype(float), result.objects.kind == kind, draws) for kind in KINDS}
    return Accuracy(network.name, name, name == network.answer, pixels, objects, _pair(result, marks.pair, draws))


def _pair(result: ExamResult, shares: np.ndarray, draws: np.ndarray) -> Estimate:
    """Faults take slabs of either class away by chance: each class counts for half, however many are left of it."""
    told = np.where(shares == 0.5, 0.5, shares > 0.5)  # where there is no telling, half
    first, second = (
        _share(result, told, np.isfinite(shares) & (result.objects.index == index), draws)
        for index in result.about["pair"]
    )
    return Estimate.of((first.value + second.value) / 2, (first.resampled + second.resampled) / 2)


def _share(result: ExamResult, values: np.ndarray, which: np.ndarray, draws: np.ndarray) -> Estimate:
    """The mean of `values` (n,) over some of the objects."""
    places, count = result.objects.picture[which], len(result.pictures)
    above = np.bincount(places, weights=values[which], minlength=count)
    return ratio(above, np.bincount(places, minlength=count), draws)


@lru_cache(maxsize=4)
def pointings(result: ExamResult) -> tuple[Pointing, ...]:
    """Of every explanation of every network, in order, and last of a network the controls."""
    draws, found = _draws(result), []
    for network in result.graded:
        listed = list(network.explanations)
        if listed:
            listed += [
                Explained(CONTROL, name, network.answer, number(result.objects)) for name, number in CONTROLS.items()
            ]
        for one in listed:
            right = network.outputs[one.output].told
            graded = {
                ALL: ranked(result, one, np.ones_like(right), draws),
                RIGHT: ranked(result, one, right, draws),
            }
            found.append(Pointing(network.name, one.explanation, one.variant, one.output, graded))
    return tuple(found)


def ranked(result: ExamResult, one: Explained, which: np.ndarray, draws: np.ndarray) -> Ranked:
    """An explanation on those objects of which `which` (n,) bool is true, and whose score is defined."""
    kinds, picture = result.objects.kind, result.objects.picture
    which = which & np.isfinite(one.points)
    of = {kind: which & (kinds == kind) for kind in RANKED}

    def over(first: np.ndarray, second: np.ndarray, scores: np.ndarray) -> Estimate:
        some = first | second
        return auc(scores[some], first[some], picture[some], draws)

    signed = which & np.isin(kinds, RANKED)
    truth = np.array([SIGNED[code] for code in kinds[signed]], float)
    rest = of[RGB] | of[DEPTH] | of[EITHER]
    return Ranked(
        counts={kind: int(some.sum()) for kind, some in of.items()},
        modality=over(of[DEPTH], of[RGB], one.points),
        camouflage=over(of[DEPTH], of[EITHER], one.points),
        rho=spearman(one.points[signed], truth, picture[signed], draws),
        both=None if one.interaction is None else over(of[BOTH], rest, one.interaction),
    )


def _draws(result: ExamResult) -> np.ndarray:
    return draw(len(result.pictures), RESAMPLES, SEED)


def counts(result: ExamResult) -> dict[str, int]:
    """How many objects there are of each kind, by its name."""
    return {NAMES[kind]: int((result.objects.kind == kind).sum()) for kind in KINDS}


def present(result: ExamResult) -> tuple[int, ...]:
    """The kinds of which there are objects, in the order of tables."""
    return tuple(kind for kind in KINDS if (result.objects.kind == kind).any())


def look(result: ExamResult, network: str, colours: Sequence[str], marks: Sequence[str]) -> tuple[str, str]:
    """A network's colour and mark in a chart: no two networks have both alike."""
    place = [one.name for one in result.graded].index(network)
    # Where colours begin again, marks are shifted by one.
    return colours[place % len(colours)], marks[(place + place // len(colours)) % len(marks)]


def row_names(listed: Sequence[Pointing]) -> list[str]:
    """What rows of explanations are called: with their network where there are several."""
    several = len({one.network for one in listed}) > 1
    return [one.called + (f", {one.network}" if several else "") for one in listed]
