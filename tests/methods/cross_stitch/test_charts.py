"""What the charts hold, against the trace."""

from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.methods.cross_stitch.networks import COMPACT_PASCAL, PASCAL, STAGES, TASKS, make_model
from vizlab import views
from vizlab.core.registry import methods
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import TraceError
from vizlab.methods.cross_stitch.charts import CURVE_POINTS
from vizlab.rgbd import RGBDImage
from vizlab.views.palettes import stream_colour

START = np.where(np.eye(3, dtype=bool), 0.9, 0.1)[..., None]


def alphas(trace: FusionTrace, stage: str) -> np.ndarray:
    return trace.sites[f"cross_stitch.{stage}"].weights["alpha"]


def matrices(figure: go.Figure) -> list[np.ndarray]:
    """The heat maps by stage; rows are targets, columns sources."""
    maps = [m for m in figure.data if m.type == "heatmap"]
    assert [a.text for a in figure.layout.annotations][: len(maps)] == [f"stage {k}" for k in range(1, 6)]
    assert all(list(m.x) == list(m.y) == list(TASKS) for m in maps)
    return [np.asarray(m.z) for m in maps]


def test_mean_alphas_by_stage(stitched_trace: FusionTrace) -> None:
    figure = views.cross_stitch_alphas(stitched_trace)
    found = matrices(figure)
    for stage, matrix in zip(STAGES, found, strict=True):
        np.testing.assert_allclose(matrix, alphas(stitched_trace, stage).mean(-1), atol=1e-5)
    bar = figure.layout.coloraxis
    assert bar.cmin == -bar.cmax
    assert bar.cmax == pytest.approx(max(np.abs(m).max() for m in found))
    assert "same for every picture" in figure.layout.title.text


def test_drift_by_stage(stitched_trace: FusionTrace) -> None:
    figure = views.cross_stitch_drift(stitched_trace)
    for stage, matrix in zip(STAGES, matrices(figure), strict=True):
        np.testing.assert_allclose(matrix, np.abs(alphas(stitched_trace, stage) - START).mean(-1), atol=1e-5)
    assert figure.layout.coloraxis.cmin == 0


def test_shares_by_stage(stitched_trace: FusionTrace) -> None:
    figure = views.cross_stitch_shares(stitched_trace)
    for stage, matrix in zip(STAGES, matrices(figure), strict=True):
        np.testing.assert_array_equal(matrix, stitched_trace.sites[f"cross_stitch.{stage}"].share)
        np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-4)
    largest = max(float(np.abs(s.share).max()) for s in stitched_trace.sites.values() if s.share is not None)
    assert figure.layout.coloraxis.cmax == pytest.approx(max(1, largest)), "no share lies beyond the colours"


def test_the_spread_is_that_of_the_channels(stitched_trace: FusionTrace) -> None:
    figure = views.cross_stitch_spread(stitched_trace)
    boxes = [b for b in figure.data if b.type == "box"]
    assert len(boxes) == len(TASKS) ** 2
    for box, (t, s) in zip(boxes, np.ndindex(3, 3), strict=True):
        assert (box.yaxis or "y") == ("y" if t == 0 else f"y{t + 1}")
        assert box.line.color == stream_colour(TASKS[s])
        assert list(box.x) == list(STAGES)
        for index, stage in enumerate(STAGES):
            ordered = np.sort(alphas(stitched_trace, stage)[t, s])
            assert box.lowerfence[index] == pytest.approx(ordered[0])
            assert box.upperfence[index] == pytest.approx(ordered[-1])
            assert box.median[index] == pytest.approx(np.median(ordered), abs=1e-6)
            assert box.q1[index] == pytest.approx(np.percentile(ordered, 25), abs=1e-6)
            assert box.q3[index] == pytest.approx(np.percentile(ordered, 75), abs=1e-6)
    assert [b.name for b in boxes if b.showlegend] == ["from semseg", "from depth task", "from normals"]
    lines = [shape.y0 for shape in figure.layout.shapes]
    assert sorted(lines) == [0.1] * 3 + [0.9] * 3


@pytest.mark.parametrize("stage", ["stage1", "stage5"])
def test_channels_are_sorted_and_none_beyond_the_ends(stitched_trace: FusionTrace, stage: str) -> None:
    """16 channels are all drawn; of 320 as many as a curve may have, both ends included."""
    figure = views.cross_stitch_channels(stitched_trace, f"cross_stitch.{stage}")
    curves = [line for line in figure.data if line.type == "scatter"]
    for line, (t, s) in zip(curves, np.ndindex(3, 3), strict=True):
        ordered = np.sort(alphas(stitched_trace, stage)[t, s])
        assert (line.xaxis or "x") == ("x" if t == 0 else f"x{t + 1}")
        assert line.line.color == stream_colour(TASKS[s])
        assert len(line.y) == min(CURVE_POINTS, len(ordered))
        places = np.asarray(line.x) * (len(ordered) - 1)
        np.testing.assert_allclose(line.y, ordered[places.round().astype(int)])
        assert (line.x[0], line.x[-1]) == (0, 1)
        assert (line.y[0], line.y[-1]) == (ordered[0], ordered[-1])


def test_every_chart_is_public_and_small(stitched_trace: FusionTrace) -> None:
    method = methods()["cross-stitch"]
    assert set(method.charts) <= set(method.views())
    for name in method.charts:
        figure = getattr(views, name)(stitched_trace)
        assert figure.layout.title.text
        assert len(figure.to_json()) < 60_000, name


def test_five_tasks_of_pascal(small_rgbd: RGBDImage) -> None:
    found = trace(make_model(COMPACT_PASCAL), small_rgbd)
    for name in methods()["cross-stitch"].charts:
        assert getattr(views, name)(found).data
    boxes = views.cross_stitch_spread(found).data
    assert [b.name for b in boxes[: len(PASCAL)]] == [f"from {task}" for task in PASCAL]
    assert len({b.line.color for b in boxes}) == len(PASCAL)


def test_other_families_get_a_sentence(mti_trace: FusionTrace) -> None:
    for name in methods()["cross-stitch"].charts:
        with pytest.raises(TraceError, match="has no cross-stitch unit"):
            getattr(views, name)(mti_trace)


def test_a_trace_without_shares_gets_a_sentence(stitched_trace: FusionTrace) -> None:
    bare = {name: replace(site, share=None) for name, site in stitched_trace.sites.items()}
    with pytest.raises(TraceError, match="holds no shares"):
        views.cross_stitch_shares(replace(stitched_trace, sites=bare))


def test_a_picture_without_variation_has_gaps(stitched_trace: FusionTrace) -> None:
    blank = np.full((3, 3), np.nan, np.float32)
    bare = {name: replace(site, share=blank) for name, site in stitched_trace.sites.items()}
    figure = views.cross_stitch_shares(replace(stitched_trace, sites=bare))
    assert figure.layout.coloraxis.cmax == 1
