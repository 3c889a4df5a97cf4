"""How much better a network is than those it should beat: single tasks, single modalities, late fusion."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vizlab.errors import InputError
from vizlab.study.evaluation.results import ByOutput, Result

JUDGED_BY = {"semseg": ("mIoU", 1), "depth": ("RMSE", -1), "normals": ("mean angle", -1), "image": ("PSNR", 1)}
"""The score that stands for each task, and whether more (1) or less (-1) of it is better."""
EVEN_WITHIN = {"semseg": 1.0, "depth": 0.02, "normals": 1.0, "image": 0.3}
"""Scores closer than this (points of mIoU, metres, degrees, dB) are called even: another seed may turn them round."""
MULTI_TASK = "multi-task gain over single-task networks"


@dataclass(frozen=True)
class Change:
    """The score that stands for `task`, of a network (`ours`) and of the one it is compared with (`theirs`)."""

    task: str
    ours: float
    theirs: float

    @property
    def percent(self) -> float:
        """Relative change, positive where ours is better; NaN where theirs is 0 and none is defined."""
        _, sign = JUDGED_BY[self.task]
        return 100 * sign * (self.ours - self.theirs) / self.theirs if self.theirs else math.nan

    @property
    def even(self) -> bool:
        """Whether the two are too close to be told apart from one training each."""
        return abs(self.ours - self.theirs) < EVEN_WITHIN[self.task]


@dataclass(frozen=True)
class Comparison:
    """With the networks `against`, one for each of `changes`; `title` says which kind of network they are."""

    title: str
    against: tuple[Result, ...]
    changes: tuple[Change, ...]

    @property
    def gain(self) -> float:
        """Mean of the relative changes in percent, positive where the network is better.

        Each task counts by one score: mIoU up, depth's RMSE down, the normals' mean angle down (Maninis et al., CVPR
        2019; Vandenhende et al., TPAMI 2021). NaN where a baseline has 0 and so no relative change is defined.
        """
        return sum(change.percent for change in self.changes) / len(self.changes)


def changes_by_task(scores: ByOutput, baselines: ByOutput) -> tuple[Change, ...]:
    """One change for each task of `scores`. Raises InputError unless both are about the same, known tasks."""
    if not scores or set(scores) != set(baselines) or not set(scores) <= set(JUDGED_BY):
        raise InputError(
            f"A gain needs the same tasks on both sides, some of {', '.join(JUDGED_BY)}; found "
            f"{', '.join(scores) or 'none'} and {', '.join(baselines) or 'none'}."
        )
    return tuple(Change(task, scores[task][JUDGED_BY[task][0]], baselines[task][JUDGED_BY[task][0]]) for task in scores)


def comparisons(result: Result, known: Iterable[Result]) -> tuple[Comparison, ...]:
    """What `known` allows `result` to be compared with: same backbone, start, pictures and part of them, all scored.

    A network of several tasks is compared with single-task networks of the same inputs (the multi-task gain), or of
    one of its inputs, once there is one for each task; a network of one task and several inputs with the networks of
    one of them and with their late fusion. Among several of a kind, those trained as long as it come first.
    """
    # One of each name; the first, since what this run measured comes before what a file remembers.
    peers: dict[str, Result] = {}
    for other in known if _scored(result) else ():
        same_set = _same_pictures(other, result) and _same_backbone(other, result) and _scored(other)
        geometric = {"depth", "normals"} & set(result.tasks) & set(other.tasks)
        same_part = not geometric or other.measured == result.measured
        if same_set and same_part and other.name != result.name:
            peers.setdefault(other.name, other)
    compare = _over_single_tasks if len(result.tasks) > 1 else _over_single_inputs
    nearest = sorted(peers.values(), key=lambda peer: peer.epochs != result.epochs)
    return tuple(found for found in compare(result, nearest) if math.isfinite(found.gain))


def _same_pictures(one: Result, other: Result) -> bool:
    """As far as is known: a folder need not say where its pictures come from."""
    sources = {one.data, other.data} - {""}
    return len(sources) < 2 and (one.split, one.pictures) == (other.split, other.pictures)


def _same_backbone(one: Result, other: Result) -> bool:
    """Trained from the same weights, as far as is known: another start gains points that no fusion does."""
    return one.backbone == other.backbone and len({one.start, other.start} - {""}) < 2


def _scored(result: Result) -> bool:
    """Whether there is a score for every task; pictures without labels give none for semseg."""
    return set(result.tasks) <= set(result.by_task)


def _over_single_tasks(result: Result, peers: list[Result]) -> tuple[Comparison, ...]:
    found = []
    streams = [(name,) for name in result.inputs]
    for inputs in dict.fromkeys([result.inputs, *streams]):
        alone: dict[str, Result] = {}
        for peer in peers:
            if len(peer.tasks) == 1 and peer.inputs == inputs and not peer.late_fusion:
                alone.setdefault(peer.tasks[0], peer)
        if not set(result.tasks) <= set(alone):
            continue
        ours = {task: result.by_task[task] for task in result.tasks}
        changes = changes_by_task(ours, {task: alone[task].by_task[task] for task in result.tasks})
        title = MULTI_TASK if inputs == result.inputs else f"gain over single-task networks of {inputs[0]} alone"
        found.append(Comparison(title, tuple(alone[task] for task in result.tasks), changes))
    return tuple(found)


def _over_single_inputs(result: Result, peers: list[Result]) -> tuple[Comparison, ...]:
    found: dict[str, Comparison] = {}
    if len(result.inputs) < 2:
        return ()
    for peer in (p for p in peers if p.tasks == result.tasks):
        if peer.late_fusion and set(peer.inputs) == set(result.inputs):
            title = "gain over late fusion without exchange"
        elif len(peer.inputs) == 1 and peer.inputs[0] in result.inputs:
            title = f"gain over {peer.inputs[0]} alone"
        else:
            continue
        found.setdefault(title, Comparison(title, (peer,), changes_by_task(result.by_task, peer.by_task)))
    return tuple(found.values())
