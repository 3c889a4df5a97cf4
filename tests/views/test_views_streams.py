"""Exchange between tasks, and between tasks and inputs at once: names, colours and numbers of three, four streams."""

from itertools import combinations, pairwise

import cv2
import numpy as np
import pytest

from vizlab import views
from vizlab.core.predictions import DepthPrediction, ImagePrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.methods.cen.numbers import exchange_sites, exchange_summary
from vizlab.rgbd import RGBDImage
from vizlab.views.figures import stream_title

TITLES = {
    "multitask_trace": ["semseg", "depth task", "normals"],
    "multimodal_multitask_trace": [
        "semseg from rgb", "semseg from depth", "normals from rgb", "normals from depth",
    ],
}  # fmt: skip


@pytest.fixture(params=TITLES)
def named(request: pytest.FixtureRequest) -> tuple[FusionTrace, list[str]]:
    return request.getfixturevalue(request.param), TITLES[request.param]


def test_a_task_is_not_taken_for_the_input_of_its_name(
    named: tuple[FusionTrace, list[str]], cen_trace: FusionTrace
) -> None:
    trace, titles = named
    assert [stream_title(trace, s) for s in exchange_sites(trace)[0].site.targets] == titles
    assert [stream_title(cen_trace, s) for s in exchange_sites(cen_trace)[0].site.targets] == ["rgb", "depth"]


def test_the_ledger_has_a_map_for_every_stream(named: tuple[FusionTrace, list[str]]) -> None:
    trace, titles = named
    figure = views.exchange_ledger(trace, order="sorted")
    assert [a.text for a in figure.layout.annotations if a.text.startswith("<b>")] == [f"<b>{t}</b>" for t in titles]
    for index in range(len(titles)):
        axis = "x" if index == 0 else f"x{index + 1}"
        heat = [t for t in figure.data if t.type == "heatmap" and (t.xaxis or "x") == axis]
        maps = [t for t in heat if t.coloraxis == "coloraxis"]
        rows = [(row, order) for t in maps for row, order in zip(t.z, t.customdata, strict=True)]
        for (row, order), site in zip(rows, exchange_sites(trace), strict=True):
            np.testing.assert_allclose(row, np.abs(site.weights["gamma"][index])[order])
    frames = [(shape.x0, shape.x1) for shape in figure.layout.shapes]
    parts = np.linspace(0, 1, len(titles) + 1)
    np.testing.assert_allclose(frames, list(pairwise(parts)), atol=1 / 32)  # 32 channels
    assert len(figure.to_json()) < 175_000 * len(titles) / 2


def test_bars_and_curves_have_every_stream(named: tuple[FusionTrace, list[str]]) -> None:
    trace, titles = named
    bars = [t for t in views.exchange_fractions(trace).data if t.type == "bar"]
    assert [b.name for b in bars] == [f"the mean of the {len(titles) - 1} others → {t}" for t in titles]
    summary = exchange_summary(trace)
    for bar, target in zip(bars, exchange_sites(trace)[0].site.targets, strict=True):
        np.testing.assert_allclose(bar.x, [r.fraction for r in summary.sites if r.target == target])
    curve = views.threshold_curve(trace)
    names = [line.name for line in curve.data]
    assert names[:-1:2] == [f"to {t}, all channels" for t in titles]
    assert names[-1] == "dead, to each"


def test_colours_tell_streams_apart() -> None:
    """Every set of streams of one network, in CIELAB; just noticeable is a distance of about 2."""
    tasks = ("semseg", "depth", "normals")
    for streams in (("rgb", "depth"), tasks, [f"{task}/{name}" for task in tasks for name in ("rgb", "depth")]):
        rgb = np.array([[int(views.stream_colour(s)[i : i + 2], 16) / 255 for i in (1, 3, 5)] for s in streams])
        lab = cv2.cvtColor(rgb[None].astype(np.float32), cv2.COLOR_RGB2LAB)[0]
        assert min(np.linalg.norm(a - b) for a, b in combinations(lab, 2)) > 18


def test_a_map_opens_over_the_photo(named: tuple[FusionTrace, list[str]], small_rgbd: RGBDImage) -> None:
    trace, titles = named
    site = exchange_sites(trace)[3].site
    for target, title in zip(site.targets, titles, strict=True):
        panel = views.outside_over_photo(trace, small_rgbd, site.name, target)
        assert panel.title == f"site 4 of 17, stage 3, {site.channels} channels → {title}"
        assert "came from other streams" in panel.caption


def test_the_grid_has_a_column_for_every_input(
    multitask_trace: FusionTrace, multimodal_multitask_trace: FusionTrace, small_rgbd: RGBDImage
) -> None:
    grid = views.prediction_grid([multitask_trace], small_rgbd)
    assert grid.columns == ("cen-multitask", "reference")
    assert [task for task, _ in grid.rows] == ["semseg", "depth", "depth error", "normals"]
    assert all(isinstance(cells[0], views.Panel) for _, cells in grid.rows)
    grid = views.prediction_grid([multimodal_multitask_trace], small_rgbd)
    name = multimodal_multitask_trace.model.name
    assert grid.columns == (f"{name} · rgb", f"{name} · depth", f"{name} · ensemble", "reference")
    assert [task for task, _ in grid.rows] == ["semseg", "normals"]
    assert all(isinstance(cell, views.Panel) for _, cells in grid.rows for cell in cells[:3])


def test_what_changed_in_closed_form() -> None:
    grey = np.full((2, 4, 3), 90, np.uint8)
    label = np.zeros((2, 4), np.uint8)
    other = label.copy()
    other[0, 0] = 3
    sure = np.ones((2, 4), np.float32)
    panel = views.change_panel(SemsegPrediction(label, sure), SemsegPrediction(other, sure), grey)
    assert panel.caption == "12.5 % of the pixels changed class."
    assert panel.image[0, 0].tolist() == [213, 94, 0]
    assert (panel.image[1] == 90).all()
    panel = views.change_panel(DepthPrediction(sure * 2), DepthPrediction(sure * 1.5), grey)
    assert panel.caption == "Changed by 0.500 m on average."
    assert panel.legend == views.ColourBar(-0.5, 0.5, "m", "diverging", "after − before")
    # Purple is below zero: from 2 m to 1.5 m it came nearer, and the other way round it went.
    assert panel.image[0, 0].tolist() == views.colormap("diverging")[0].tolist()
    panel = views.change_panel(DepthPrediction(sure * 1.5), DepthPrediction(sure * 2), grey)
    assert panel.image[0, 0].tolist() == views.colormap("diverging")[255].tolist()
    near = np.broadcast_to(np.array([0, 0, -1], np.float32), (2, 4, 3))
    side = np.broadcast_to(np.array([1, 0, 0], np.float32), (2, 4, 3))
    assert views.change_panel(NormalsPrediction(near), NormalsPrediction(side), None).caption == (
        "Turned by 90.0° on average."
    )


def test_the_sign_of_a_change_is_after_less_before() -> None:
    """Only one half went farther; the other half and pictures' means keep their sides of zero."""
    before = np.full((2, 4), 2, np.float32)
    after = before + np.array([-0.5, -0.5, 0, 0.25], np.float32)
    image = views.change_panel(DepthPrediction(before), DepthPrediction(after), None).image.astype(int)
    red_over_blue = image[0, :, 0] - image[0, :, 2]
    assert (np.sign(red_over_blue[[0, 1, 3]]) == [-1, -1, 1]).all()
    assert image[0, 2].min() > 235
    dark, light = np.full((2, 4, 3), 10, np.uint8), np.full((2, 4, 3), 30, np.uint8)
    image = views.change_panel(ImagePrediction(dark), ImagePrediction(light), None).image.astype(int)
    assert (image[..., 0] > image[..., 2]).all()  # orange: lighter than before
