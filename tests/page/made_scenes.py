"""A made network in made scenes: every number of the table can be worked out on paper."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vizlab.core.framing import Framing
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.core.site import Site
from vizlab.core.trace import FusionTrace, SiteTrace, TracedModel
from vizlab.measures.reference import Reference
from vizlab.page.kit.analysis import Analysis, Picture, Request
from vizlab.rgbd import RGBDImage

SIZE = (2, 4)
LABEL = np.array([[0, 0, 0, 0], [1, 1, 1, 255]], np.uint8)
SAID_LABEL = np.array([[0, 0, 0, 1], [1, 1, 0, 0]], np.uint8)
SAID_DEPTH = np.array([[1, 1, 1, 1], [1, 1, 1, 3]], np.float32)
TRUTH = Reference(
    depth=np.full(SIZE, 2, np.float32), label=LABEL, normals=np.tile(np.float32([0, 0, -1]), (*SIZE, 1)),
)  # fmt: skip
EXPECTED = {
    "accuracy": 5 / 7,  # of seven pixels that are not void five are right
    "miou": (3 / 5 + 2 / 4) / 2,
    "rmse": 1.0,  # seven pixels 1 m too near, one 1 m too far
    "aligned_rmse": math.sqrt(4**2 / 8),  # twice as far: seven right, one at 6 m instead of 2
    "angle": 7.5,  # a quarter of them 30 degrees off, the others right
    "seconds": 0.25,
}
SHARES = {"stage1": ((0.1 + 0.4 - 0.2) / 3, 3, 4), "scale 0": (math.nan, 0, 2)}
"""By stage the mean of the cross-stream shares, how many there are, and of how many."""


def predictions() -> dict[str, Prediction]:
    tilted = np.float32([0, math.sin(math.radians(30)), -math.cos(math.radians(30))])
    normals = np.tile(np.float32([0, 0, -1]), (*SIZE, 1))
    normals[:, :1] = tilted
    return {
        "semseg": SemsegPrediction(SAID_LABEL, np.ones(SIZE, np.float32)),
        "depth": DepthPrediction(SAID_DEPTH),
        "normals": NormalsPrediction(normals),
    }


def sites() -> dict[str, SiteTrace]:
    """Two sites of one stage, whose second has its sources the other way round, and one that does not add."""
    straight = Site("first", "mix", ("x", "y"), ("x", "y"), 8, "stage1")
    crossed = replace(straight, name="second", sources=("y", "x"))
    closed = replace(straight, name="third", stage="scale 0", additive=False)
    shares = {
        "first": np.float32([[0.9, 0.1], [0.4, 0.6]]),
        "second": np.float32([[-0.2, 1.2], [np.nan, np.nan]]),
        "third": None,
    }
    return {s.name: SiteTrace(s, shares[s.name], None, None, None, {}) for s in (straight, crossed, closed)}


def made_trace(name: str = "made", tasks: tuple[str, ...] = ("semseg", "depth", "normals")) -> FusionTrace:
    model = TracedModel(name, "none", "none", "f" * 64, ("rgb",), tasks, ("a", "b"), {"threshold": 0.05}, {})
    said = {task: value for task, value in predictions().items() if task in tasks}
    return FusionTrace(model, said, {}, sites(), Framing(SIZE, SIZE, SIZE), "", {}, {}, seconds=0.25)


def made_analysis(
    scene: str, traces: Mapping[str, FusionTrace] | None = None, skipped: Mapping[str, str] | None = None
) -> Analysis:
    """An analysis whose key is "key of SCENE"."""
    found = traces or {"made": made_trace()}
    picture = Picture(scene.title(), RGBDImage(np.zeros((*SIZE, 3), np.uint8), np.ones(SIZE, np.float32)), TRUTH)
    request = Request(scene=scene, models=(*found, *(skipped or {})))
    return Analysis(f"key of {scene}", request, picture, found, skipped=skipped or {})
