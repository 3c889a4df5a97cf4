"""The page on a CEN of several tasks, one of tasks and inputs, and one of a single stream; without a browser."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.page.page_process import CEN, SMALL, TASKS, random_checkpoint, scenes, write_pair
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.strips import open_site
from vizlab.page.page import Page, Shown
from vizlab.page.settings import Settings
from vizlab.page.summary import summary
from vizlab.page.workspace import Workspace
from vizlab.study.cards.folder import store_evaluation
from vizlab.study.evaluation.results import Result

CONFIGS = {
    "cen-multimodal-multitask": replace(CEN, tasks=("semseg", "normals")),
    "cen-multitask": replace(CEN, tasks=TASKS, inputs=("rgb",)),
    "semseg-rgb": replace(CEN, inputs=("rgb",), threshold=None),
}
EXCHANGING = list(CONFIGS)[:2]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("checkpoints")
    for name, config in CONFIGS.items():
        random_checkpoint(folder / f"{name}.safetensors", replace(config, working_size=(96, 128)))
    return Workspace(Settings(checkpoints=folder, scenes=scenes()))


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, depth = write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)
    return workspace.analyse(Request(colour=colour, depth=depth, models=tuple(CONFIGS), device="cpu"))


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def test_every_task_has_its_row(page: Page, analysis: Analysis) -> None:
    grid = page.draw(Shown("predictions"), analysis, "voc")[page.predictions.grid]
    for title in ("classes", "depth", "normals"):
        assert f'<span class="vz-row">{title}</span>' in grid
    for column in ("cen-multimodal-multitask · ensemble", "cen-multitask", "semseg-rgb"):
        assert f'<span class="vz-column">{column}</span>' in grid
    for target in ("semseg from depth", "depth task"):
        assert f"into {target}" in grid


def test_one_stream_is_no_matter_of_the_exchange_tab(page: Page, analysis: Analysis) -> None:
    assert page.tabs["cen"].render(analysis)[page.tabs["cen"].model]["choices"] == EXCHANGING
    found = summary(analysis)["models"]
    assert [name for name in found if "exchange" in found[name]] == EXCHANGING
    json.dumps(found)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("cen-multitask", "depth task takes from the mean of the 2 others"),
        ("cen-multimodal-multitask", "normals from depth takes from the mean of the 3 others"),
    ],
)
def test_the_console_counts_every_stream(page: Page, analysis: Analysis, model: str, says: str) -> None:
    drawn = page.tabs["cen"].render(analysis, model)
    assert says in drawn[page.tabs["cen"].console]
    streams = analysis.traces[model].sites["features.1.conv.0.1"].site.targets
    assert drawn[page.tabs["cen"].console].count("data-bar=") == 17 * len(streams)
    assert drawn[page.tabs["cen"].strip].count('class="vz-strip-row"') == len(streams)
    for target in streams:
        assert 'role="dialog"' in open_site(analysis, model, "features.1.conv.0.1", target)


def test_a_moved_threshold_shows_what_changed_of_every_task(
    page: Page, workspace: Workspace, analysis: Analysis
) -> None:
    before = page.tabs["cen"].render(analysis, "cen-multitask")[page.tabs["cen"].comparison]
    assert before.count("Move the threshold above") == len(TASKS)
    moved = workspace.vary(analysis.key, {"threshold": 0.5})
    assert list(moved.unchanged) == EXCHANGING
    after = page.tabs["cen"].render(moved, "cen-multitask")[page.tabs["cen"].comparison]
    for words in ("pixels changed class", "m on average", "° on average", "at 0.02, the checkpoint’s own", "at 0.5"):
        assert words in after
    palette = Handlers(page, workspace).choose_palette(
        moved.key, Shown("cen", {}, {"cen": "cen-multimodal-multitask"}), "safe"
    )
    assert "° on average" in text_of(palette[page.tabs["cen"].comparison])


def test_moving_the_threshold_keeps_the_chosen_network(page: Page, workspace: Workspace, analysis: Analysis) -> None:
    released = json.dumps({"settings": {"threshold": 0.5}})
    updates = Handlers(page, workspace).vary(released, analysis.key, Shown("cen", {}, {"cen": "cen-multitask"}), "voc")
    assert updates[page.tabs["cen"].model]["value"] == "cen-multitask"
    assert "depth task takes from" in updates[page.tabs["cen"].console]


def test_predicted_depth_can_come_from_the_depth_task(workspace: Workspace, analysis: Analysis) -> None:
    request = replace(analysis.request, depth=None, predicted_depth=True)
    found = workspace.analyse(request)
    assert found.stand_in == {"cen-multimodal-multitask": "cen-multitask"}
    seen = found.traces["cen-multimodal-multitask"].input_digest
    moved = workspace.vary(workspace.vary(found.key, {"threshold": 0.9}).key, {"threshold": 0.5})
    assert moved.unchanged.keys() == set(EXCHANGING)
    assert moved.traces["cen-multimodal-multitask"].input_digest == seen, "its depth moved with another network's"


def test_the_best_known_depth_stands_in(tmp_path: Path, analysis: Analysis) -> None:
    """By the cards: the second network of the three has the lowest RMSE."""
    config = replace(CONFIGS["cen-multitask"], working_size=(96, 128))
    for name, rmse in {"a": None, "b": 0.6, "c": 0.7}.items():
        file = tmp_path / f"{name}.safetensors"
        random_checkpoint(file, config)
        if rmse is not None:
            figures = {"depth": {"RMSE": rmse}}
            store_evaluation(
                file, Result(name, "", config.architecture, ("rgb",), TASKS, "test", 9, "float32", figures)
            )
    random_checkpoint(tmp_path / "taking.safetensors", replace(CEN, working_size=(96, 128)))
    shelf = Workspace(Settings(checkpoints=tmp_path, scenes=scenes()))
    request = replace(analysis.request, depth=None, predicted_depth=True, models=("a", "b", "c", "taking"))
    found = shelf.analyse(request)
    assert found.stand_in == {"taking": "b"}
    assert list(found.traces) == ["a", "b", "c", "taking"]
