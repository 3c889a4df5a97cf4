"""Pictures: palettes, panels, the grid of predictions, export."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vizlab import views
from vizlab.core.predictions import DepthPrediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.measures.metrics import depth_error
from vizlab.rgbd import RGBDImage
from vizlab.views.panels import number, percent


def test_voc_palette_is_shifted_by_one() -> None:
    colours = views.class_colours("voc")
    # PASCAL VOC's own first colours after the background: aeroplane, bicycle, bird.
    assert colours[:3].tolist() == [[128, 0, 0], [0, 128, 0], [128, 128, 0]]
    assert colours[255].tolist() == [0, 0, 0]
    assert len({tuple(c) for c in colours[:40]}) == 40
    assert len({tuple(c) for c in views.class_colours("safe")[:40]}) == 40


def test_diverging_map_is_centred() -> None:
    table = views.colormap("diverging").astype(int)
    assert table[127:129].min() > 235
    assert table[255][0] > table[255][2]  # orange above zero
    assert table[0][2] > table[0][1]  # purple below


def test_numbers_are_short() -> None:
    assert [number(v) for v in (0.6123, 12.34, 123.4, 0, float("nan"))] == ["0.612", "12.3", "123", "0", "–"]
    assert [number(2, unit) for unit in ("m", "°", "")] == ["2.00 m", "2.00°", "2.00"]
    assert [number(v) for v in (1.234e-5, -1.234e-5)] == ["0.000012", "−0.000012"]  # six decimals at most


def test_shares_have_one_decimal_whatever_their_size() -> None:
    """Side by side, 9.9 %, 10.0 % and 10 % would be three ways of writing."""
    shares = (0, 0.0004, 0.034, 0.0994, 0.0996, 0.1004, 0.567, 0.9996, 1, 1.234)
    written = ["0.0 %", "0.0 %", "3.4 %", "9.9 %", "10.0 %", "10.0 %", "56.7 %", "100.0 %", "100.0 %", "123.4 %"]
    assert [percent(v) for v in shares] == written
    assert [percent(-v) for v in shares[1:4]] == ["0.0 %", "−3.4 %", "−9.9 %"]
    assert [percent(v) for v in (0.0005, 0.00049)] == ["0.1 %", "0.0 %"]
    assert percent(float("nan")) == "–"


def test_semseg_panel_lists_the_large_classes_and_keeps_the_aspect() -> None:
    label = np.zeros((900, 1200), np.uint8)
    label[:450] = 3
    label[0, 0] = 7
    panel = views.semseg_panel(SemsegPrediction(label, np.full(label.shape, 0.5, np.float32)), ("wall", "floor"), "x")
    assert panel.image.shape == (480, 640, 3)
    assert isinstance(panel.legend, tuple)
    assert [item.label for item in panel.legend] == ["wall", "class 3", "1 smaller class"]
    assert panel.legend[0].share == pytest.approx(0.5)
    assert panel.legend[0].colour == "#800000"
    assert panel.caption == "Mean confidence 50.0 %."


def test_unknown_depth_is_grey_and_errors_are_signed() -> None:
    depth = np.full((4, 6), 2, np.float32)
    depth[0] = np.nan
    panel = views.depth_panel(depth, "depth", 1, 3)
    assert (panel.image[0] == 128).all()
    assert not (panel.image[1] == 128).all()
    error = views.depth_error_panel(depth_error(depth + 1, depth), "error")
    assert isinstance(error.legend, views.ColourBar)
    assert error.legend.low == -error.legend.high
    assert error.image[2, 2, 0] > error.image[2, 2, 2]


def test_normals_are_coloured_by_where_they_face() -> None:
    faces = np.array([[[1, 0, 0], [0, -1, 0], [0, 0, -1], [np.nan] * 3]], np.float32)
    panel = views.normals_panel(faces, "normals")
    assert panel.image[0].tolist() == [[255, 128, 128], [128, 255, 128], [128, 128, 255], [128, 128, 128]]


def test_grid_puts_models_in_columns_and_tasks_in_rows(
    cen_trace: FusionTrace, nddr_trace: FusionTrace, mti_trace: FusionTrace, small_rgbd: RGBDImage
) -> None:
    reference = views.Reference(label=np.zeros(small_rgbd.size, np.uint8), notes={"semseg": "exact, rendered"})
    grid = views.prediction_grid([cen_trace, nddr_trace, mti_trace], small_rgbd, reference)
    assert grid.columns == ("cen · rgb", "cen · depth", "cen · ensemble", "nddr-cnn", "mti-net", "reference")
    assert grid.groups == (("cen", 3), ("nddr-cnn", 1), ("mti-net", 1), ("reference", 1))
    rows = dict(grid.rows)
    assert list(rows) == ["semseg", "depth", "depth error", "normals"]
    assert rows["depth"][0] == views.EmptyCell("cen predicts semseg, no depth.")
    assert isinstance(rows["semseg"][5], views.Panel)
    assert rows["semseg"][5].caption == "Exact, rendered."
    assert "mIoU" in rows["semseg"][2].caption  # type: ignore[union-attr]
    assert "RMSE" in rows["depth"][3].caption  # type: ignore[union-attr]
    assert "RMSE" not in rows["depth error"][3].caption  # type: ignore[union-attr]  # once is enough
    bars = {c.legend for c in rows["depth"] if isinstance(c, views.Panel)}
    assert len(bars) == 1
    assert all(c.image.shape == (90, 120, 3) for _, cells in grid.rows for c in cells if isinstance(c, views.Panel))


def test_the_error_s_caption_says_which_way_and_how_far_for_the_distance(
    nddr_trace: FusionTrace, small_rgbd: RGBDImage
) -> None:
    """Four fifths of the pixels 10 % too far, a quarter of a metre at 2.5 m; of the others nothing is known."""
    truth = np.full(small_rgbd.size, 2.5, np.float32)
    truth[:18] = np.nan
    said = {**nddr_trace.predictions, "depth": DepthPrediction(np.full(small_rgbd.size, 2.75, np.float32))}
    trace = replace(nddr_trace, predictions=said)
    grid = views.prediction_grid([trace], small_rgbd, views.Reference(depth=truth))
    caption = dict(grid.rows)["depth error"][0].caption  # type: ignore[union-attr]
    assert caption == "On average 0.250 m too far; absolute error 10.0 % of the distance, over 80.0 % of pixels."


def test_grid_without_depth_has_no_error_row(nddr_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    grid = views.prediction_grid([nddr_trace, nddr_trace], RGBDImage(small_rgbd.colour))
    assert grid.columns == ("nddr-cnn", "nddr-cnn")
    assert [task for task, _ in grid.rows] == ["semseg", "depth", "normals"]
    assert grid.rows[1][1][0].caption == "No reference depth."  # type: ignore[union-attr]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_panels_and_grids_are_saved(
    nddr_trace: FusionTrace, small_rgbd: RGBDImage, tmp_path: Path, ending: str
) -> None:
    grid = views.prediction_grid([nddr_trace], small_rgbd)
    panel = grid.rows[0][1][0]
    assert isinstance(panel, views.Panel)
    written = views.save_figure(panel, tmp_path / f"panel.{ending}", dpi=50)
    assert written.stat().st_size > 1000
    if ending == "png":
        written = views.save_figure(grid, tmp_path / "grid.png", dpi=50)
        with Image.open(written) as image:
            assert image.size[0] > 150


def test_other_endings_are_refused(nddr_trace: FusionTrace, small_rgbd: RGBDImage, tmp_path: Path) -> None:
    grid = views.prediction_grid([nddr_trace], small_rgbd)
    with pytest.raises(InputError, match=r"\.png, \.svg, \.pdf"):
        views.save_figure(grid, tmp_path / "grid.jpg")


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_figure_for_which_there_is_no_room_leaves_the_one_before(
    nddr_trace: FusionTrace, small_rgbd: RGBDImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    panel = views.prediction_grid([nddr_trace], small_rgbd).rows[0][1][0]
    assert isinstance(panel, views.Panel)
    path = tmp_path / f"panel.{ending}"
    path.write_bytes(b"before")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=rf"'panel\.{ending}' cannot be written \(No space left on device\)"):
        views.save_figure(panel, path, dpi=50)
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {path.name: b"before"}
