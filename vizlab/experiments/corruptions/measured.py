"""What one forward says of a network's health: the tasks' metrics, its confidence, and what each site takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vizlab.core.outputs import answers
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores

Pair = tuple[str, str]
"""A site and one of its targets, by name."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One picture, one network, one forward.

    `scores` by "TASK.METRIC" against a reference: semseg.accuracy and semseg.miou (0..1, over the picture's classes),
    depth.rmse and depth.aligned_rmse (metres), normals.angle (degrees); empty without one. `moved` the same metrics
    against what the network says of the unbroken picture, but semseg.flipped, the share of pixels of another class.
    `confidence` the mean probability of the class chosen, NaN where there is no semseg. `share` (P,) float64, each
    pair's cross-stream share, NaN where undefined.
    """

    scores: Mapping[str, float]
    moved: Mapping[str, float]
    confidence: float
    share: np.ndarray

    def __post_init__(self) -> None:
        self.share.setflags(write=False)


def pairs_of(trace: FusionTrace) -> tuple[Pair, ...]:
    """Every site that adds, with each of its targets, in network order: the pairs that can have a share."""
    return tuple((name, target) for name, s in trace.sites.items() if s.site.additive for target in s.site.targets)


def measured(trace: FusionTrace, truth: Reference | None, clean: FusionTrace) -> Measured:
    """The figures of one trace; `clean` is that of the unbroken picture."""
    found, before = answers(trace.predictions), answers(clean.predictions)
    semseg = found.get("semseg")
    confidence = float(semseg.confidence.mean()) if isinstance(semseg, SemsegPrediction) else math.nan
    maps = {} if truth is None else truth.maps()
    return Measured(
        scores={
            f"{task}.{name}": value
            for task, prediction in found.items()
            if task in maps
            for name, value in scores(prediction, maps[task]).items()
        },
        moved={key: value for task, one in found.items() for key, value in _moved(task, one, before[task]).items()},
        confidence=confidence,
        share=np.array([_share(trace, pair) for pair in pairs_of(trace)], np.float64),
    )


def _moved(task: str, after: Prediction, before: Prediction) -> dict[str, float]:
    if isinstance(after, SemsegPrediction) and isinstance(before, SemsegPrediction):
        return {f"{task}.flipped": float((after.label != before.label).mean())}
    if isinstance(after, DepthPrediction) and isinstance(before, DepthPrediction):
        return {f"{task}.rmse": float(np.sqrt(np.mean(np.square(after.value.astype(np.float64) - before.value))))}
    if isinstance(after, NormalsPrediction) and isinstance(before, NormalsPrediction):
        return {f"{task}.angle": scores(after, before.value)["angle"]}
    return {}


def _share(trace: FusionTrace, pair: Pair) -> float:
    site = trace.sites[pair[0]]
    return float(site.cross_share[site.site.targets.index(pair[1])])
