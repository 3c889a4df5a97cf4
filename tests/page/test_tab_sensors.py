"""The tab Sensors without a browser: what is offered, what is drawn live, what a sweep says; small random networks."""

import csv
import io
import math
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import gradio as gr
import numpy as np
import pytest

from tests.conftest import make_model
from vizlab.core.model import Model
from vizlab.core.tracer import trace
from vizlab.experiments.corruptions import CORRUPTIONS, corrupted, severity_sweep
from vizlab.experiments.corruptions.charts import METRICS, MOVES, metrics_of, response_sizes, severity_chart
from vizlab.measures.metrics import semseg_score
from vizlab.measures.reference import Reference
from vizlab.page.experiment import Run, Subject
from vizlab.page.kit.analysis import Analysis, Picture, Request
from vizlab.page.tab_sensors import EVERY, ONE, SensorsTab
from vizlab.rgbd import RGBDImage
from vizlab.views.panels import percent

FAMILIES = ("cen", "nddr-cnn")

CELL = '<td class="vz-whole">([^<]+)</td>'
"""A number and its unit, between which no line ends."""


@pytest.fixture(scope="module")
def models() -> dict[str, Model]:
    return {family: make_model(family) for family in FAMILIES}


@pytest.fixture(scope="module")
def analysis(models: dict[str, Model], small_rgbd: RGBDImage) -> Analysis:
    label = np.zeros(small_rgbd.size, np.uint8)
    label[45:] = 1
    truth = Reference(small_rgbd.depth, label, notes={"semseg": "drawn", "depth": "drawn"})
    traces = {name: trace(model, small_rgbd) for name, model in models.items()}
    return Analysis("key", Request(models=FAMILIES), Picture("box", small_rgbd, truth), traces)


@pytest.fixture(scope="module")
def tab() -> SensorsTab:
    with gr.Blocks(analytics_enabled=False):
        return SensorsTab(None)  # type: ignore[arg-type]


def run_of(analysis: Analysis, models: dict[str, Model], *names: str, told: list[float] | None = None) -> Run:
    subjects = tuple(Subject(models[n], analysis.picture.rgbd, analysis.traces[n], {}, None) for n in names)
    return Run(analysis, subjects, lambda done, what: None if told is None else told.append(done))


def last(updates: Sequence[dict[Any, Any]], component: Any) -> Any:
    return [one[component] for one in updates if component in one][-1]


def test_only_corruptions_that_fit_are_offered(tab: SensorsTab, analysis: Analysis) -> None:
    both = tab.refresh(analysis, ["cen"], {})[tab.corruption]
    assert [name for _, name in both["choices"]] == list(CORRUPTIONS)
    assert both["value"] == "depth-missing"
    alone = tab.refresh(analysis, ["nddr-cnn"], {"corruption": "depth-noise"})[tab.corruption]
    assert {CORRUPTIONS[name].modality for _, name in alone["choices"]} == {"rgb"}
    assert alone["value"] == "rgb-dark"
    kept = tab.refresh(analysis, ["cen"], {"corruption": "depth-noise"})[tab.corruption]
    assert kept["value"] == "depth-noise"


def test_the_pictures_come_before_the_network_is_asked(
    tab: SensorsTab, analysis: Analysis, models: dict[str, Model]
) -> None:
    told: list[float] = []
    updates = tab.follow(run_of(analysis, models, "cen", told=told), "depth-missing", 3, ONE)
    first = next(updates)
    assert told == []
    assert "Severity 3 of 5: 50 % of the pixels missing, at random. Seed 0." in first[tab.inputs]
    assert first[tab.inputs].count("<img") == 3  # depth before and after, colour once
    assert len(list(updates)) == 1
    assert told == [0]


def test_the_figures_are_those_of_the_broken_picture(
    tab: SensorsTab, analysis: Analysis, models: dict[str, Model]
) -> None:
    html = last(list(tab.follow(run_of(analysis, models, "cen"), "rgb-dark", 4, ONE)), tab.live)
    after = trace(models["cen"], corrupted(analysis.picture.rgbd, "rgb-dark", 4))
    truth = analysis.picture.reference
    assert truth is not None
    assert truth.label is not None
    scores = [semseg_score(t.predictions["semseg"].label, truth.label) for t in (analysis.traces["cen"], after)]  # type: ignore[union-attr]
    row = re.search(rf"mIoU, classes of this picture</th>{CELL}{CELL}", html)
    assert row is not None
    assert row.groups() == tuple(percent(one.miou) for one in scores)
    said = [float(t.predictions["semseg"].confidence.mean()) for t in (analysis.traces["cen"], after)]  # type: ignore[union-attr]
    row = re.search(rf"mean confidence</th>{CELL}{CELL}", html)
    assert row is not None
    assert row.groups() == (percent(said[0]), percent(said[1]))
    for column in ("as it was read", "broken", "what changed", "reference"):
        assert f'class="vz-column">{column}<' in html


def test_the_sites_that_moved_most_are_listed_with_their_shares(
    tab: SensorsTab, analysis: Analysis, models: dict[str, Model]
) -> None:
    html = last(list(tab.follow(run_of(analysis, models, "cen"), "depth-unit", 1, ONE)), tab.live)
    after = trace(models["cen"], corrupted(analysis.picture.rgbd, "depth-unit", 1))
    moved = [
        (abs(float(b - a)), place, float(a), float(b))
        for place, (name, site) in enumerate(analysis.traces["cen"].sites.items(), 1)
        for a, b in zip(site.cross_share, after.sites[name].cross_share, strict=True)
    ]
    _, place, before, now = max(moved)
    row = re.search(rf"<tr><th scope=\"row\">(\d+), [^<]+</th><td>[^<]+</td>{CELL}{CELL}", html)
    assert row is not None
    assert row.groups() == (str(place), percent(before), percent(now))


def test_a_network_that_does_not_take_it_is_said_to_see_no_change(
    tab: SensorsTab, analysis: Analysis, models: dict[str, Model]
) -> None:
    html = last(list(tab.follow(run_of(analysis, models, *FAMILIES), "depth-noise", 2, ONE)), tab.live)
    assert "nddr-cnn takes a colour picture alone: with depth broken nothing changes." in html
    assert html.count('class="vz-sensor"') == 1


def test_what_a_network_cannot_have_makes_way_for_its_first(
    tab: SensorsTab, analysis: Analysis, models: dict[str, Model]
) -> None:
    """The list turns to colour in the same moment; what is shown must be what it says."""
    alone = list(tab.follow(run_of(analysis, models, "nddr-cnn"), "depth-noise", 2, ONE))
    offered = tab.refresh(analysis, ["nddr-cnn"], {"corruption": "depth-noise"})[tab.corruption]
    assert offered["value"] == "rgb-dark"
    assert "exposed by −2 stops" in last(alone, tab.inputs)
    assert "With colour broken at severity 2 (dark)" in last(alone, tab.live)


def test_a_sweep_says_turns_draws_charts_and_gives_numbers(
    tab: SensorsTab, analysis: Analysis, models: dict[str, Model]
) -> None:
    told: list[float] = []
    updates = list(tab.compute(run_of(analysis, models, "cen", told=told), "depth-noise", 3, ONE))
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] < 1
    html = last(updates, tab.swept)
    assert "With depth broken at severity 5 (Kinect noise)" in html
    found = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', html)
    assert found is not None
    rows = list(csv.DictReader(io.StringIO(unquote(found[1]))))
    expected = severity_sweep(models["cen"], analysis.picture.rgbd, ["depth-noise"], truth=analysis.picture.reference)
    assert [float(row["semseg.miou"]) for row in rows[1:]] == expected.score("depth-noise", "semseg.miou").tolist()
    figure = last(updates, tab.metric)["value"]
    assert list(figure.data[0].y) == [100 * float(row["semseg.miou"]) for row in rows]
    assert figure.layout.yaxis.ticksuffix == figure.layout.yaxis2.ticksuffix == " %"
    maps = last(updates, tab.response)["value"]
    drawn = np.stack([one.z for one in maps.data])  # targets, sites, severities
    response = expected.response("depth-noise").T.reshape(-1, 2, 5).transpose(1, 0, 2) * 100
    np.testing.assert_allclose(drawn, response, atol=1e-3)


def test_missing_modalities_stand_in_a_row_each(tab: SensorsTab, analysis: Analysis, models: dict[str, Model]) -> None:
    html = last(list(tab.compute(run_of(analysis, models, *FAMILIES), "rgb-dark", 3, ONE)), tab.missing)
    rows = re.findall(r'<tr><th scope="row">([\w-]+)</th><td>([^<]+)</td><td>([^<]+)</td>', html)
    subsets = {"cen": ["rgb", "depth", "nothing"], "nddr-cnn": ["nothing"]}
    expected = []
    for name, all_ in (("cen", "rgb and depth"), ("nddr-cnn", "rgb")):
        expected.append((name, all_, "–"))
        expected += [(name, left, how) for how in ("mean picture", "another picture") for left in subsets[name]]
    assert [row for row in rows if not row[1].endswith("picture")] == expected
    assert html.count('<th scope="col">p = ') == 3


def test_several_networks_are_compared_by_what_they_share(
    tab: SensorsTab, analysis: Analysis, models: dict[str, Model]
) -> None:
    updates = list(tab.compute(run_of(analysis, models, *FAMILIES), "rgb-gaussian", 3, ONE))
    html = last(updates, tab.swept)
    rows = re.findall(r'<td class="vz-whole">[\d.]+ %</td><td>([\d.]+)</td></tr>', html)
    errors = []
    for name in FAMILIES:
        sweep = severity_sweep(models[name], analysis.picture.rgbd, ["rgb-gaussian"], truth=analysis.picture.reference)
        errors.append(float((1 - sweep.score("rgb-gaussian", "semseg.miou")).sum()))
    assert rows == ["1.000", f"{errors[1] / errors[0]:.3f}"]
    figure = last(updates, tab.metric)["value"]
    assert {one.name for one in figure.data} == set(FAMILIES)
    assert sum(tab.metric in one for one in updates) == 1  # the browser may draw an earlier one last


def test_every_corruption_is_one_map_of_all(tab: SensorsTab, analysis: Analysis, models: dict[str, Model]) -> None:
    updates = list(tab.compute(run_of(analysis, models, "nddr-cnn"), "rgb-dark", 3, EVERY))
    graded = [one.name for one in CORRUPTIONS.values() if one.modality == "rgb" and not one.drops]
    figure = last(updates, tab.metric)["value"]
    assert list(figure.layout.yaxis.labelalias.values()) == graded
    assert np.asarray(figure.data[0].z).shape == (len(graded), 5)
    assert f"{len(graded)} corruptions, in sentences" in last(updates, tab.swept)


def test_without_a_reference_it_is_how_far_the_prediction_moved(cen_model: Model, small_rgbd: RGBDImage) -> None:
    sweep = severity_sweep(cen_model, small_rgbd, ["rgb-dark"], severities=(1, 5))
    assert [m.key for m in metrics_of(sweep)] == ["semseg.flipped"]
    figure = severity_chart([sweep], CORRUPTIONS["rgb-dark"])
    assert list(figure.data[0].y) == [0, *(100 * sweep.moved("rgb-dark", "semseg.flipped"))]
    assert "No reference is at hand" in figure.layout.title.text.replace("<br>", " ")


def test_the_size_of_the_response_is_its_mean_magnitude(cen_model: Model, small_rgbd: RGBDImage) -> None:
    sweep = severity_sweep(cen_model, small_rgbd, ["depth-unit", "rgb-dark"], severities=(2, 5))
    sizes = list(response_sizes([sweep], CORRUPTIONS["rgb-dark"]).data[0].y)
    response = np.abs(sweep.response("rgb-dark")) * 100
    assert sizes == pytest.approx([0, *np.nanmean(response, axis=1)])


def test_errors_are_less_the_better() -> None:
    assert METRICS[0].error(0.4) == pytest.approx(0.6)
    assert [m.error(0.4) for m in METRICS if m.key == "depth.rmse"] == [0.4]
    assert all(m.better < 0 for m in MOVES)
    assert math.isnan(METRICS[0].error(math.nan))
