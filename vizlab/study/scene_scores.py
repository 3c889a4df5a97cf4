"""How networks do in rendered scenes, whose truth is exact: what the page says of one picture, for all in one table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vizlab.core.model import Model
from vizlab.core.predictions import Prediction
from vizlab.core.tracer import trace
from vizlab.measures.metrics import depth_error, normals_error, semseg_score
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage, read_rgbd
from vizlab.scenes import Scene
from vizlab.study.data.folder import further
from vizlab.study.evaluation.table import Table, markdown
from vizlab.study.marked import Marks
from vizlab.tasks import NYU40_CLASSES

MARKS = Marks("the table of scenes", "<!-- scenes: written by `vizlab scenes score` -->", "<!-- /scenes -->")
EXACT = "exact, rendered"

SceneScores = Mapping[str, Mapping[str, float]]
"""By scene, then by task."""


@dataclass(frozen=True)
class _Score:
    title: str
    form: str
    of: Callable[[Any, Any], float]


SCORES = {
    "semseg": _Score(
        "Pixels named rightly, %", ".1f", lambda p, truth: 100 * semseg_score(p.label, truth.label).accuracy
    ),
    "depth": _Score("RMSE of depth, m", ".2f", lambda p, truth: depth_error(p.value, truth.depth).rmse),
    "normals": _Score(
        "Mean angle of normals, degrees", ".1f", lambda p, truth: normals_error(p.value, truth.normals).mean
    ),
}


def scene_picture(scene: Scene) -> tuple[RGBDImage, Reference]:
    """A scene as networks see it, with its sensor's depth, and the exact maps that it is compared with."""
    rgbd = read_rgbd(scene.rgb_path, scene.depth_path, depth_unit="mm")
    notes = dict.fromkeys(("semseg", "depth", "normals"), EXACT)
    return rgbd, Reference(scene.depth, scene.label, scene.normals, notes, NYU40_CLASSES)


def takes_scenes(model: Model) -> bool:
    """Whether colour and depth are all that it takes."""
    return not further(model.inputs)


def scene_scores(model: Model, scenes: Sequence[Scene]) -> SceneScores:
    """Pixel accuracy in percent (semseg), RMSE in metres (depth), mean angle in degrees (normals) of each scene.

    By the network's final answer: the ensemble where there is one.
    """
    found = {}
    for scene in scenes:
        rgbd, truth = scene_picture(scene)
        found[scene.name] = scores_by_task(trace(model, rgbd).predictions, truth)
    return found


def scores_by_task(predictions: Mapping[str, Prediction], truth: Reference) -> dict[str, float]:
    """The scores of `SCORES`, in their units, for one picture; by task, where it is predicted."""
    return {task: score.of(predictions[task], truth) for task, score in SCORES.items() if task in predictions}


def scene_tables(by_network: Mapping[str, SceneScores]) -> str:
    """A Markdown table per score: a row per scene and one of their mean, a column per network that predicts it."""
    parts = []
    for task, score in SCORES.items():
        columns = {n: {s: f[task] for s, f in of.items() if task in f} for n, of in by_network.items()}
        columns = {name: values for name, values in columns.items() if values}
        if not columns:
            continue
        scenes = list(dict.fromkeys(scene for values in columns.values() for scene in values))
        rows = [(scene, *(format(v[scene], score.form) for v in columns.values())) for scene in scenes]
        means = [format(float(np.mean(list(v.values()))), score.form) for v in columns.values()]
        table = Table(("scene", *columns), (*rows, ("mean", *means)))
        parts.append(f"{score.title}:\n\n{markdown(table)}")
    return "\n\n".join(parts)
