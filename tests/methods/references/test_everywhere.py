"""A family without sites and without a tab, wherever networks are shown; without a browser."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import vizlab
from tests.methods.references.networks import CONFIGS, make_model, warmed
from tests.page.building import build_page
from tests.page.page_process import SMALL, scenes, write_pair
from vizlab.checks import check
from vizlab.cli import app
from vizlab.core.door import save_checkpoint
from vizlab.core.tracer import trace
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.page import Page, Shown
from vizlab.page.settings import Settings
from vizlab.page.shelf import added_sentence
from vizlab.page.summary import summary
from vizlab.page.workspace import Workspace
from vizlab.report import Material
from vizlab.report.citation import citation
from vizlab.report.map_figure import NOTHING_MIXES, network_map
from vizlab.rgbd import RGBDImage
from vizlab.study.cards import card_sections
from vizlab.views.comparison import grid_columns
from vizlab.views.flow import flow

ALONE = "networks in which nothing mixes"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("references")
    for name, config in CONFIGS.items():
        save_checkpoint(place / f"{name}.safetensors", warmed(config), config, {"data": "none"})
    return place


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Workspace:
    return Workspace(Settings(checkpoints=folder, scenes=scenes()))


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Page:
    return build_page(workspace)


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, _ = write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)
    return workspace.analyse(Request(colour=colour, models=tuple(CONFIGS), device="cpu"))


@pytest.mark.parametrize("name", CONFIGS)
def test_every_property_holds(name: str) -> None:
    report = check(make_model(name))
    assert report.ok, report
    assert {finding.site for finding in report.findings} <= {"", *(f"output {task}" for task in CONFIGS[name].tasks)}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_trace_holds_answers_and_no_sites(name: str, small_rgbd: RGBDImage, tmp_path: Path) -> None:
    found = trace(make_model(name), small_rgbd)
    assert list(found.predictions) == list(CONFIGS[name].tasks)
    assert dict(found.sites) == {}
    map_data = flow(found)
    assert (map_data["streams"], map_data["sites"]) == ([], [])
    found.save(tmp_path / "trace.npz")
    assert list(vizlab.load_trace(tmp_path / "trace.npz").predictions) == list(CONFIGS[name].tasks)


def test_reports_compare_them_and_say_that_nothing_mixes(small_rgbd: RGBDImage) -> None:
    traces = {name: trace(make_model(name), small_rgbd) for name in ("shared", "depth-alone")}
    material = Material(traces, small_rgbd)
    assert ALONE in citation(material)
    assert [column.title for column in grid_columns(list(traces.values()))] == ["shared", "depth-alone"]
    figure = network_map(traces)
    assert sum(text.get_text() == NOTHING_MIXES for text in figure.texts + figure.axes[0].texts) == 2


def test_cards_say_that_nothing_mixes() -> None:
    assert any(ALONE in str(section) for section in card_sections(make_model("shared")))


def test_every_place_of_the_page_can_be_drawn(page: Page, analysis: Analysis) -> None:
    assert list(analysis.traces) == list(CONFIGS)
    assert not page.tabs.keys() & {"reference"}
    page.show(analysis, Shown(), "voc")
    texts = {place: text_of(page.draw(Shown(place), analysis, "voc")) for place in page.places}
    for name in CONFIGS:
        assert name in texts["predictions"]
    found = summary(analysis)["models"]
    assert list(found) == list(CONFIGS)
    json.dumps(found)


def test_who_adds_one_is_told(workspace: Workspace) -> None:
    said = added_sentence(workspace.shelf.get("depth-alone"))
    assert "References, reference-single-hrnet, which predicts depth and has no fusion sites" in said
    assert "nothing mixes" in said


def text_of(updates: dict[Any, Any]) -> str:
    return "".join(value for value in updates.values() if isinstance(value, str))


@pytest.mark.parametrize("command", [["trace"], ["trace", "--no-cross"], ["sweep"]])
def test_commands(command: list[str], folder: Path, tmp_path: Path) -> None:
    colour, _ = write_pair(tmp_path, size=SMALL)
    name, *more = command
    done = CliRunner().invoke(app, [name, str(folder / "shared.safetensors"), "--rgb", str(colour), *more])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout[done.stdout.index("{") :])
    assert said.get("sites", {}) == {}
    assert said.get("edges", []) == []
