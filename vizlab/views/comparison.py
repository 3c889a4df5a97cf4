"""Models side by side on one picture: rows are tasks, columns are models and the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.outputs import Output
from vizlab.core.predictions import (
    DepthPrediction,
    ImagePrediction,
    MapPrediction,
    NormalsPrediction,
    Prediction,
    SemsegPrediction,
)
from vizlab.core.trace import FusionTrace
from vizlab.measures.metrics import DepthError, depth_error, normals_error, semseg_score
from vizlab.measures.probability_maps import BETA_SQUARED, TOLERANCE, edge_score, saliency_score
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.tasks import class_names, same_classes
from vizlab.views.headings import network_titles
from vizlab.views.palettes import Palette
from vizlab.views.panels import Cell, ColourBar, EmptyCell, Grid, Panel, number, percent
from vizlab.views.predictions import (
    depth_error_panel,
    depth_panel,
    depth_range,
    error_limit,
    image_panel,
    label_panel,
    map_panel,
    marked_panel,
    normals_panel,
    semseg_panel,
)

ROW_ORDER = ("semseg", "human_parts", "sal", "depth", "normals", "edge", "image")
DEPTH_ERROR = "depth error"


@dataclass(frozen=True)
class Column:
    """One column: a model, or what it makes of one input where it predicts from several (rgb, depth, ensemble)."""

    heading: str
    variant: str
    trace: FusionTrace

    @property
    def title(self) -> str:
        return f"{self.heading} · {self.variant}" if self.variant else self.heading

    @property
    def identity(self) -> tuple[int, str]:
        """Tells columns apart even where two models have one name."""
        return id(self.trace), self.variant

    def prediction(self, task: str) -> Prediction | None:
        return self.trace.predictions.get(str(Output(task, self.variant)))

    def depth(self) -> np.ndarray | None:
        prediction = self.prediction("depth")
        return prediction.value if isinstance(prediction, DepthPrediction) else None


@dataclass(frozen=True)
class _Common:
    """What all cells of a grid share."""

    reference: Reference
    classes: tuple[str, ...]
    palette: Palette
    depth_range: tuple[float, float]
    errors: Mapping[tuple[int, str], DepthError]
    error_limit: float


def prediction_grid(
    traces: Sequence[FusionTrace],
    rgbd: RGBDImage,
    reference: Reference | None = None,
    palette: Palette = "voc",
) -> Grid:
    """Rows: the tasks that some model predicts, and the depth error; columns: models (CEN by stream), then reference.

    What `reference` lacks is taken from the picture: its depth, and normals derived from it. All depth panels of the
    grid share one colour range, all error panels another.
    """
    columns = grid_columns(traces)
    complete = (reference or Reference()).completed(rgbd)
    tasks = [task for task in ROW_ORDER if any(c.prediction(task) is not None for c in columns)]
    common = _common(columns, complete, palette)
    if common.errors:
        tasks.insert(tasks.index("depth") + 1, DEPTH_ERROR)
    has_reference = any(task in complete.maps() for task in tasks)
    rows = []
    for task in tasks:
        cells = [_cell(column, task, common) for column in columns]
        rows.append((task, tuple([*cells, _reference_cell(task, common)] if has_reference else cells)))
    titles = tuple(c.title for c in columns) + (("reference",) if has_reference else ())
    precisions = dict.fromkeys(trace.environment.get("precision", "") for trace in traces)
    note = f"Computed in {' and '.join(precisions)}." if all(precisions) else ""
    return Grid(titles, tuple(rows), _groups(columns, has_reference), note)


def grid_columns(traces: Sequence[FusionTrace]) -> tuple[Column, ...]:
    """A column per model, or per input where its outputs are named TASK/INPUT."""
    headings = network_titles([(t.model.family, t.model.architecture, t.model.name) for t in traces])
    columns = []
    for heading, trace in zip(headings, traces, strict=True):
        streams = (Output.parse(name).stream for name in trace.predictions)
        variants = list(dict.fromkeys(stream for stream in streams if stream))
        columns += [Column(heading, variant, trace) for variant in variants or [""]]
    return tuple(columns)


def _groups(columns: Sequence[Column], has_reference: bool) -> tuple[tuple[str, int], ...]:
    spans: list[tuple[str, FusionTrace | None, int]] = []
    for column in columns:
        if spans and spans[-1][1] is column.trace:
            spans[-1] = (column.heading, column.trace, spans[-1][2] + 1)
        else:
            spans.append((column.heading, column.trace, 1))
    return tuple((heading, span) for heading, _, span in spans) + ((("reference", 1),) if has_reference else ())


def _common(columns: Sequence[Column], reference: Reference, palette: Palette) -> _Common:
    depths = {c.identity: value for c in columns if (value := c.depth()) is not None}
    errors = {} if reference.depth is None else {i: depth_error(v, reference.depth) for i, v in depths.items()}
    ranged = list(depths.values()) if reference.depth is None else [reference.depth]
    classes = reference.classes or next((c.trace.model.classes for c in columns if c.trace.model.classes), ())
    return _Common(reference, classes, palette, depth_range(ranged), errors, error_limit(list(errors.values())))


def _cell(column: Column, task: str, common: _Common) -> Cell:
    key = f"{task.replace(' ', '-')}/{column.title}"
    if task == DEPTH_ERROR:
        return _error_cell(column, common, key)
    prediction = column.prediction(task)
    if prediction is None:
        return EmptyCell(f"{column.heading} predicts {_listed(column.trace)}, no {task}.")
    return _panel(prediction, task, column, common, key)


def _panel(prediction: Prediction, task: str, column: Column, common: _Common, key: str) -> Panel:
    title = column.title
    if isinstance(prediction, SemsegPrediction):
        classes = class_names(task, column.trace.model.classes)
        return semseg_panel(
            prediction, classes, title, common.palette, _semseg_caption(prediction, task, classes, common), key
        )
    if isinstance(prediction, DepthPrediction):
        return depth_panel(
            prediction.value, title, *common.depth_range, _depth_caption(common.errors.get(column.identity)), key
        )
    if isinstance(prediction, NormalsPrediction):
        return normals_panel(prediction.value, title, _normals_caption(prediction, common), key)
    if isinstance(prediction, MapPrediction):
        bar = ColourBar(0, 1, "", "cividis", f"{task} probability")
        return map_panel(prediction.value, title, bar, _map_caption(prediction, task, common), key)
    assert isinstance(prediction, ImagePrediction)
    return image_panel(prediction.value, title, key=key)


def _error_cell(column: Column, common: _Common, key: str) -> Cell:
    error = common.errors.get(column.identity)
    if error is None:
        return EmptyCell(f"{column.heading} predicts no depth.")
    return depth_error_panel(error, column.title, common.error_limit, _error_caption(error), key)


def _reference_cell(task: str, common: _Common) -> Cell:
    value, note = common.reference.maps().get(task), common.reference.notes.get(task, "")
    caption, key = f"{note[:1].upper()}{note[1:]}." if note else "", f"{task.replace(' ', '-')}/reference"
    if task == DEPTH_ERROR:
        return EmptyCell("Errors are taken against the depth above.")
    if value is None:
        return EmptyCell(f"No {task} reference for this picture.")
    if task in ("semseg", "human_parts"):
        classes = class_names(task, common.classes)
        return label_panel(value, classes, "reference", common.palette, caption, key)
    if task == "depth":
        return depth_panel(value, "reference", *common.depth_range, caption, key)
    if task == "normals":
        return normals_panel(value, "reference", caption, key)
    return marked_panel(value, task, caption, key)


def _semseg_caption(prediction: SemsegPrediction, task: str, classes: tuple[str, ...], common: _Common) -> str:
    truth = common.reference.maps().get(task)
    if truth is None:
        return ""
    if task == "semseg" and not same_classes(classes, common.reference.classes):
        return "Its classes are not the reference’s."
    score = semseg_score(prediction.label, truth)
    return f"Pixel accuracy {percent(score.accuracy)}, mIoU {percent(score.miou)} over {score.present} classes present."


def _map_caption(prediction: MapPrediction, task: str, common: _Common) -> str:
    """The figures of a map of probabilities, where there is a reference for them."""
    truth = common.reference.maps().get(task)
    if truth is None:
        return ""
    found = saliency_score(prediction.value, truth) if task == "sal" else edge_score(prediction.value, truth)
    if np.isnan(found.f):
        return "The reference marks nothing."
    if task == "sal":
        best = f"at the best threshold, {found.threshold:g}"
        return f"F-measure {percent(found.f)} (β² {BETA_SQUARED}) {best}; intersection over union {percent(found.iou)}."
    reach = f"within {100 * TOLERANCE:.2f} % of the diagonal, not thinned"
    return f"F {percent(found.f)} at the best threshold, {found.threshold:g}; matches {reach}."


def _depth_caption(error: DepthError | None) -> str:
    if error is None:
        return "No reference depth."
    if np.isnan(error.scale):
        return f"RMSE {number(error.rmse, 'm')}; most of it predicted at 0 m, so no scale aligns it."
    return f"RMSE {number(error.rmse, 'm')}; {number(error.aligned_rmse, 'm')} once scaled by {number(error.scale)}."


def _error_caption(error: DepthError) -> str:
    """What the caption of the depth itself leaves out: which way the error goes, and its size beside the distance."""
    if not error.valid:
        return "No pixel has both depths."
    mean = float(np.nanmean(error.error, dtype=np.float64))
    way = "too far" if mean > 0 else "too near"
    size = percent(error.abs_rel)
    where = f"over {percent(error.valid)} of pixels"
    return f"On average {number(abs(mean), 'm')} {way}; absolute error {size} of the distance, {where}."


def _normals_caption(prediction: NormalsPrediction, common: _Common) -> str:
    if common.reference.normals is None:
        return "No reference normals."
    error = normals_error(prediction.value, common.reference.normals)
    return f"Mean angle to the reference {number(error.mean)}°, median {number(error.median)}°."


def _listed(trace: FusionTrace) -> str:
    return ", ".join(dict.fromkeys(Output.parse(name).task for name in trace.predictions))
