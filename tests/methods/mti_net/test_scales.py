"""Initial against final predictions: in order, drawn cell by cell, measured at their own cells."""

import re
from dataclasses import replace

import numpy as np
import pytest

from vizlab import views
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.measures.initial import scale_predictions
from vizlab.measures.reference import Reference
from vizlab.views import ColourBar, EmptyCell, Panel
from vizlab.views.initial import score_words
from vizlab.views.palettes import class_colours, coloured

HEIGHT, WIDTH = 90, 120


@pytest.fixture
def reference() -> Reference:
    generator = np.random.default_rng(0)
    normals = generator.normal(0, 1, (HEIGHT, WIDTH, 3)).astype(np.float32)
    return Reference(
        depth=generator.uniform(1, 4, (HEIGHT, WIDTH)).astype(np.float32),
        label=generator.integers(0, 40, (HEIGHT, WIDTH)).astype(np.uint8),
        normals=normals / np.linalg.norm(normals, axis=-1, keepdims=True),
        notes={"depth": "sensor"},
    )


def centres(trace: FusionTrace, grid: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The picture's pixel under the centre of every visible cell, by hand."""
    rows, columns = trace.framing.visible(grid)
    height, width = trace.framing.padded[0] / grid[0], trace.framing.padded[1] / grid[1]  # input pixels a cell
    scale = HEIGHT / trace.framing.content[0], WIDTH / trace.framing.content[1]
    y = [min(int((r + 0.5) * height * scale[0]), HEIGHT - 1) for r in range(rows)]
    x = [min(int((c + 0.5) * width * scale[1]), WIDTH - 1) for c in range(columns)]
    return np.array(y)[:, None], np.array(x)[None]


def test_tasks_run_from_the_coarsest_scale_to_the_final_prediction(mti_trace: FusionTrace) -> None:
    found = scale_predictions(mti_trace)
    places = ["scale 3", "scale 2", "scale 1", "scale 0", "final"]
    assert [(s.task, s.origin) for s in found] == [(t, p) for t in ("semseg", "depth", "normals") for p in places]
    for one in found:
        source = mti_trace.predictions if one.scale is None else mti_trace.initial
        assert one.prediction is source[one.task if one.scale is None else f"scale_{one.scale}/{one.task}"]
        assert one.score == {}


def test_scores_are_taken_at_the_cells_of_each_scale(mti_trace: FusionTrace, reference: Reference) -> None:
    assert reference.depth is not None
    assert reference.label is not None
    assert reference.normals is not None
    for one in scale_predictions(mti_trace, reference):
        y, x = np.mgrid[:HEIGHT, :WIDTH] if one.scale is None else centres(mti_trace, one.grid)  # type: ignore[arg-type]
        if isinstance(one.prediction, DepthPrediction):
            rmse = float(np.sqrt(np.mean(np.square(one.prediction.value - reference.depth[y, x]))))
            assert one.score == {"RMSE": pytest.approx(rmse, rel=1e-5)}
        elif isinstance(one.prediction, SemsegPrediction):
            assert one.score["pixel accuracy"] == pytest.approx(np.mean(one.prediction.label == reference.label[y, x]))
        elif isinstance(one.prediction, NormalsPrediction):
            cosine = (one.prediction.value * reference.normals[y, x]).sum(-1).clip(-1, 1)
            assert one.score == {"mean angle": pytest.approx(np.degrees(np.arccos(cosine)).mean(), rel=1e-4)}


def test_a_prediction_that_is_the_reference_scores_so(mti_trace: FusionTrace, reference: Reference) -> None:
    """A label map equal to the reference at its cells has all right, whatever lies between them."""
    grid = mti_trace.grids["scale_2/semseg"]
    assert reference.label is not None
    label = reference.label[centres(mti_trace, grid)]
    same = SemsegPrediction(label, np.ones(label.shape, np.float32))
    trace = replace(mti_trace, initial={**mti_trace.initial, "scale_2/semseg": same})
    (found,) = (s for s in scale_predictions(trace, reference) if (s.task, s.scale) == ("semseg", 2))
    assert found.score == {"mIoU": 1, "pixel accuracy": 1}
    assert score_words(found) == f"mIoU 100.0 %, pixel accuracy 100.0 % over {label.shape[0]}×{label.shape[1]} cells."


def test_coarse_cells_stay_cells(mti_trace: FusionTrace) -> None:
    """Every pixel of the picture shows the cell that lies there, in its own colour and no other."""
    grid = views.initial_predictions(mti_trace)
    assert grid.columns == ("scale 3", "scale 2", "scale 1", "scale 0", "final")
    assert [task for task, _ in grid.rows] == ["semseg", "depth", "normals"]
    cells = dict(grid.rows)
    for scale in range(4):
        label, depth = cells["semseg"][3 - scale], cells["depth"][3 - scale]
        assert isinstance(label, Panel)
        assert isinstance(depth, Panel)
        assert isinstance(depth.legend, ColourBar)
        for panel, name in ((label, "semseg"), (depth, "depth")):
            prediction = mti_trace.initial[f"scale_{scale}/{name}"]
            whole = mti_trace.grids[f"scale_{scale}/{name}"]
            height, width = panel.image.shape[:2]
            framing, sizes = mti_trace.framing, (height, width)
            lists = zip(framing.padded, whole, sizes, framing.content, strict=True)
            cell = [padded / count * size / content for padded, count, size, content in lists]
            for y, x in ((0, 0), (height // 3, width // 2), (height - 1, width - 1), (height // 2, 5)):
                place = int((y + 0.5) / cell[0]), int((x + 0.5) / cell[1])
                if isinstance(prediction, SemsegPrediction):
                    expected = class_colours()[prediction.label[place]]
                else:
                    assert isinstance(prediction, DepthPrediction)
                    value = prediction.value[place].reshape(1, 1)
                    expected = coloured(value, depth.legend.low, depth.legend.high, "viridis")[0, 0]
                np.testing.assert_array_equal(panel.image[y, x], expected)


def test_all_depths_share_the_range_of_the_reference(mti_trace: FusionTrace, reference: Reference) -> None:
    grid = views.initial_predictions(mti_trace, reference)
    assert grid.columns[-1] == "reference"
    bars = {c.legend for c in dict(grid.rows)["depth"] if isinstance(c, Panel)}
    assert len(bars) == 1
    (bar,) = bars
    assert isinstance(bar, ColourBar)
    assert (bar.low, bar.high) == pytest.approx((1, 4), abs=0.1)
    last = dict(grid.rows)["depth"][-1]
    assert isinstance(last, Panel)
    assert last.caption == "Sensor."


def test_captions_hold_their_scores(mti_trace: FusionTrace, reference: Reference) -> None:
    grid = views.initial_predictions(mti_trace, reference)
    scores = {(s.task, s.origin): s.score for s in scale_predictions(mti_trace, reference)}
    for cell, origin in zip(dict(grid.rows)["depth"], grid.columns[:-1], strict=False):
        assert isinstance(cell, Panel)
        found = re.match(r"RMSE ([\d.]+) m over", cell.caption)
        assert found, cell.caption
        assert float(found[1]) == pytest.approx(scores["depth", origin]["RMSE"], rel=0.01)
        assert cell.caption.endswith("pixels." if origin == "final" else "cells.")


def test_a_task_that_is_only_predicted_on_the_way_has_a_gap(mti_trace: FusionTrace) -> None:
    only = {name: p for name, p in mti_trace.predictions.items() if name != "normals"}
    grid = views.initial_predictions(replace(mti_trace, predictions=only))
    last = dict(grid.rows)["normals"][-1]
    assert last == EmptyCell("No normals at this stage.")


def test_networks_without_initial_predictions_are_refused(cen_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="makes no initial predictions; this view needs a network that"):
        views.initial_predictions(cen_trace)
