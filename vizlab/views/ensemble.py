"""Ensembles of streams in words: what weight each input's stream has, and how often the answer is that stream's."""

import math
from dataclasses import dataclass

import numpy as np

from vizlab.core.predictions import SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.views.formatting import percent

EVEN = 0.01
"""Weights that differ by less than this from equal ones are said to be so."""


@dataclass(frozen=True)
class StreamWeight:
    """One stream in one task's ensemble: softmax(alpha), 0..1, the same for every picture.

    `agreement` is the share of this picture's pixels at which the ensemble and the stream predict one class; NaN for
    tasks without classes.
    """

    task: str
    stream: str
    weight: float
    agreement: float


def stream_weights(trace: FusionTrace) -> tuple[StreamWeight, ...]:
    """Task by task, in the order of the inputs; none without an ensemble, or in traces saved before it was kept."""
    return tuple(
        StreamWeight(task, stream, float(weight), _agreement(trace, task, stream))
        for task in trace.model.tasks
        for stream, weight in zip(trace.model.inputs, trace.weights.get(f"{task}/ensemble", ()), strict=False)
    )


def weights_by_task(trace: FusionTrace) -> dict[str, dict[str, float]]:
    """softmax(alpha) by task and stream."""
    tasks: dict[str, dict[str, float]] = {}
    for one in stream_weights(trace):
        tasks.setdefault(one.task, {})[one.stream] = one.weight
    return tasks


def ensemble_words(trace: FusionTrace) -> str:
    """What alpha is and what it weighs, in some sentences; nothing where there is no ensemble."""
    found = stream_weights(trace)
    if not found:
        return ""
    by_task = [_of_task([one for one in found if one.task == task]) for task in dict.fromkeys(w.task for w in found)]
    return (
        f"The ensemble adds the streams' outputs, each times its weight softmax(α); α is learnt, one number a stream. "
        f"{' '.join(by_task)} A weight is no share of the answer: a stream whose outputs are larger counts for more."
    )


def _of_task(found: list[StreamWeight]) -> str:
    weights = ", ".join(f"{one.stream} {one.weight:.2f}" for one in found)
    even = all(abs(one.weight - 1 / len(found)) < EVEN for one in found)
    text = f"{found[0].task}: {weights}{' (as good as equal)' if even else ''}"
    known = [f"{one.stream}’s at {percent(one.agreement)}" for one in found if not math.isnan(one.agreement)]
    return f"{text}; the class is {' and '.join(known)} of this picture’s pixels." if known else f"{text}."


def _agreement(trace: FusionTrace, task: str, stream: str) -> float:
    both = (trace.predictions.get(f"{task}/ensemble"), trace.predictions.get(f"{task}/{stream}"))
    joined, own = both
    if not (isinstance(joined, SemsegPrediction) and isinstance(own, SemsegPrediction)):
        return math.nan
    return float(np.mean(joined.label == own.label))
