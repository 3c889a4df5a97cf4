"""Initial against final predictions as pictures: coarse cells stay cells, and each says how good it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.predictions import (
    DepthPrediction,
    MapPrediction,
    NormalsPrediction,
    Prediction,
    SemsegPrediction,
)
from vizlab.core.trace import FusionTrace
from vizlab.measures.initial import ScalePrediction, scale_predictions
from vizlab.measures.reference import Reference
from vizlab.tasks import class_names
from vizlab.views.palettes import Palette
from vizlab.views.panels import Cell, ColourBar, EmptyCell, Grid, Panel, number, percent, placed
from vizlab.views.predictions import (
    depth_panel,
    depth_range,
    image_panel,
    label_panel,
    map_panel,
    marked_panel,
    normals_panel,
)

SIDE = 320
"""Longer side of a picture, pixels."""


@dataclass(frozen=True)
class _Common:
    trace: FusionTrace
    palette: Palette
    depths: tuple[float, float]


def initial_predictions(trace: FusionTrace, reference: Reference | None = None, palette: Palette = "voc") -> Grid:
    """Rows: tasks; columns: the initial predictions from the coarsest scale on, the final ones, the reference.

    Every cell of a coarse map is drawn as one, never smoothed. All depth pictures share one range. Panel keys are
    "initial/TASK/SCALE". Raises TraceError for a network without initial predictions.
    """
    found = scale_predictions(trace, reference)
    known = {} if reference is None else reference.maps()
    common = _Common(trace, palette, _depths(found, known.get("depth")))
    columns = tuple(dict.fromkeys(one.origin for one in sorted(found, key=_from_coarse)))
    rows = []
    for task in dict.fromkeys(one.task for one in found):
        of_task = {one.origin: _panel(one, common) for one in found if one.task == task}
        cells: list[Cell] = [of_task.get(origin, EmptyCell(f"No {task} at this stage.")) for origin in columns]
        rows.append((task, tuple([*cells, _reference(task, reference, common)] if known else cells)))
    return Grid((*columns, *(("reference",) if known else ())), tuple(rows))


def score_words(one: ScalePrediction) -> str:
    """The scores and what they are over: "RMSE 0.532 m over 8×10 cells."."""
    size = _size(one.prediction)
    cells = f"{size[0]}×{size[1]} {'pixels' if one.scale is None else 'cells'}"
    if not one.score:
        return f"{cells}."
    return f"{', '.join(f'{name} {measured(name, value)}' for name, value in one.score.items())} over {cells}."


def measured(name: str, value: float) -> str:
    """A score of that name (see `ScalePrediction`) with its unit: "0.532 m", "33.1 %"."""
    units = {"RMSE": "m", "mean angle": "°"}
    return number(value, units[name]) if name in units else percent(value)


def _from_coarse(one: ScalePrediction) -> int:
    return 1 if one.scale is None else -one.scale


def _depths(found: Sequence[ScalePrediction], reference: np.ndarray | None) -> tuple[float, float]:
    """The reference's range; without one, that of the final prediction."""
    last = [one.prediction.value for one in found if isinstance(one.prediction, DepthPrediction) and one.scale is None]
    return depth_range([reference] if reference is not None else last)


def _panel(one: ScalePrediction, common: _Common) -> Panel:
    title, key = f"{one.task}, {one.origin}", f"initial/{one.task}/{one.origin}"
    classes = class_names(one.task, common.trace.model.classes)

    def shown(values: np.ndarray) -> np.ndarray:
        # A final prediction has the picture's pixels, and no cell reaches over its edge.
        return values if one.scale is None else placed(values, common.trace.framing, one.grid, SIDE)

    text = score_words(one)
    prediction = one.prediction
    if isinstance(prediction, SemsegPrediction):
        return label_panel(shown(prediction.label), classes, title, common.palette, text, key)
    if isinstance(prediction, DepthPrediction):
        return depth_panel(shown(prediction.value), title, *common.depths, text, key)
    if isinstance(prediction, NormalsPrediction):
        return normals_panel(shown(prediction.value), title, text, key)
    if isinstance(prediction, MapPrediction):
        bar = ColourBar(0, 1, "", "cividis", f"{one.task} probability")
        return map_panel(shown(prediction.value), title, bar, text, key)
    return image_panel(prediction.value, title, text, key)


def _reference(task: str, reference: Reference | None, common: _Common) -> Cell:
    value = None if reference is None else reference.maps().get(task)
    if reference is None or value is None:
        return EmptyCell(f"No {task} reference for this picture.")
    note, key = reference.notes.get(task, ""), f"initial/{task}/reference"
    caption = f"{note[:1].upper()}{note[1:]}." if note else ""
    if task in ("semseg", "human_parts"):
        classes = class_names(task, reference.classes or common.trace.model.classes)
        return label_panel(value, classes, "reference", common.palette, caption, key)
    if task == "depth":
        return depth_panel(value, "reference", *common.depths, caption, key)
    if task == "normals":
        return normals_panel(value, "reference", caption, key)
    return marked_panel(value, task, caption, key)


def _size(prediction: Prediction) -> tuple[int, int]:
    values = prediction.label if isinstance(prediction, SemsegPrediction) else prediction.value
    return int(values.shape[0]), int(values.shape[1])
