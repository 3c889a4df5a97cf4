"""How much better a network is than those it should beat: single tasks, single modalities, late fusion."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from vizlab.errors import InputError
from vizlab.evaluation.results import ByOutput, Result

JUDGED_BY = {"semseg": ("mIoU", 1), "depth": ("RMSE", -1), "normals": ("mean angle", -1)}
"""The figure that stands for each task, and whether more (1) or less (-1) of it is better."""
MULTI_TASK = "multi-task gain over single-task networks"


@dataclass(frozen=True)
class Comparison:
    """A `gain` in percent over the networks `against`; `title` says which kind of network they are."""

    title: str
    against: tuple[Result, ...]
    gain: float


def multi_task_gain(figures: ByOutput, baselines: ByOutput) -> float:
    """Mean relative change in percent against single-task networks, positive where `figures` are better.

    Both by task. Each task counts by one figure: mIoU up, depth's RMSE down, the normals' mean angle down (Maninis et
    al., CVPR 2019; Vandenhende et al., TPAMI 2021). NaN where a baseline has 0 and so no relative change is defined.
    Raises InputError unless both are about the same tasks.
    """
    if not figures or set(figures) != set(baselines) or not set(figures) <= set(JUDGED_BY):
        raise InputError(
            f"A gain needs the same tasks on both sides, some of {', '.join(JUDGED_BY)}; found "
            f"{', '.join(figures) or 'none'} and {', '.join(baselines) or 'none'}."
        )
    changes = []
    for task in figures:
        name, sign = JUDGED_BY[task]
        ours, theirs = figures[task][name], baselines[task][name]
        changes.append(sign * (ours - theirs) / theirs if theirs else math.nan)
    return 100 * sum(changes) / len(changes)


def comparisons(result: Result, known: Iterable[Result]) -> tuple[Comparison, ...]:
    """What `known` allows `result` to be compared with: same backbone, same pictures, same part of them.

    A network of several tasks is compared with single-task networks of the same inputs (the multi-task gain), or of
    one of its inputs, once there is one for each task; a network of one task and several inputs with the networks of
    one of them and with their late fusion.
    """
    # One of each name; the first, since what this run measured comes before what a file remembers.
    peers: dict[str, Result] = {}
    for other in known:
        same_set = (other.split, other.pictures, other.backbone) == (result.split, result.pictures, result.backbone)
        geometric = {"depth", "normals"} & set(result.tasks) & set(other.tasks)
        same_part = not geometric or other.measured == result.measured
        if same_set and same_part and other.name != result.name:
            peers.setdefault(other.name, other)
    compare = _over_single_tasks if len(result.tasks) > 1 else _over_single_inputs
    return tuple(found for found in compare(result, list(peers.values())) if math.isfinite(found.gain))


def _over_single_tasks(result: Result, peers: list[Result]) -> tuple[Comparison, ...]:
    found = []
    streams = [(name,) for name in result.inputs]
    for inputs in dict.fromkeys([result.inputs, *streams]):
        alone = {p.tasks[0]: p for p in peers if len(p.tasks) == 1 and p.inputs == inputs and not p.late_fusion}
        if not set(result.tasks) <= set(alone):
            continue
        against = {task: alone[task] for task in result.tasks}
        gain = multi_task_gain(result.by_task, {task: peer.by_task[task] for task, peer in against.items()})
        title = MULTI_TASK if inputs == result.inputs else f"gain over single-task networks of {inputs[0]} alone"
        found.append(Comparison(title, tuple(against.values()), gain))
    return tuple(found)


def _over_single_inputs(result: Result, peers: list[Result]) -> tuple[Comparison, ...]:
    found = []
    if len(result.inputs) < 2:
        return ()
    for peer in (p for p in peers if p.tasks == result.tasks):
        if peer.late_fusion and set(peer.inputs) == set(result.inputs):
            title = "gain over late fusion without exchange"
        elif len(peer.inputs) == 1 and peer.inputs[0] in result.inputs:
            title = f"gain over {peer.inputs[0]} alone"
        else:
            continue
        found.append(Comparison(title, (peer,), multi_task_gain(result.by_task, peer.by_task)))
    return tuple(found)
