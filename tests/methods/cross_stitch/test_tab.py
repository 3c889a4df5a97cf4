"""The tab on a page of its own checkpoint and another method's, without a browser."""

from html import escape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from tests.methods.cross_stitch.networks import COMPACT, STAGES, TASKS, warmed
from tests.page.building import build_page
from tests.page.page_process import SMALL, write_pair
from vizlab.core.config import NetworkConfig
from vizlab.core.door import save_checkpoint
from vizlab.core.registry import build_network
from vizlab.errors import InputError
from vizlab.methods.cross_stitch.numbers import row_sentence, statement
from vizlab.methods.cross_stitch.tab import CrossStitchTab
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.strips import open_site
from vizlab.page.page import Page, Shown
from vizlab.page.settings import Settings
from vizlab.page.summary import summary
from vizlab.page.workspace import Workspace

NAMES = ("cross-stitch-mobilenetv2", "nddr-cnn-mobilenetv2")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(folder / f"{NAMES[0]}.safetensors", warmed(COMPACT), COMPACT, {})
    other = NetworkConfig("nddr-cnn-mobilenetv2", TASKS, ("rgb",), working_size=(96, 128), options={"width": 16})
    save_checkpoint(folder / f"{NAMES[1]}.safetensors", build_network(other), other, {})
    return Workspace(Settings(checkpoints=folder))


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Page:
    return build_page(workspace)


@pytest.fixture(scope="module")
def tab(page: Page) -> CrossStitchTab:
    found = page.tabs["cross-stitch"]
    assert isinstance(found, CrossStitchTab)
    return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, pictures: tuple[Path, Path]) -> Analysis:
    return workspace.analyse(Request(colour=pictures[0], models=NAMES, device="cpu"))


@pytest.fixture(scope="module")
def shown(page: Page, tab: CrossStitchTab, analysis: Analysis) -> dict[Any, Any]:
    """What the page shows of both networks, in this tab and among the predictions."""
    return {**tab.render(analysis), **page.predictions.render(analysis, "voc")}


def test_the_tab_follows_those_of_the_bundled_methods(page: Page, tab: CrossStitchTab) -> None:
    assert list(page.tabs).index("cross-stitch") > list(page.tabs).index("nddr-cnn")
    assert tab.title == "Cross-stitch units"


def test_the_whole_tab_is_drawn(tab: CrossStitchTab, analysis: Analysis, shown: dict[Any, Any]) -> None:
    assert set(tab.render(analysis)) <= set(tab.outputs)
    for part in (tab.ranks, tab.strongest):
        assert "<table" in shown[part]
    assert shown[tab.body]["visible"] is True
    assert escape(statement(analysis.traces[NAMES[0]])) in shown[tab.intro]
    assert f"tasks: {', '.join(TASKS)}" in shown[tab.intro]
    plots = [tab.alphas, tab.channels, tab.share, *(plot for _, plot in tab.charts)]
    assert len({id(plot) for plot in plots}) == 6
    assert all(isinstance(shown[plot], go.Figure) for plot in plots)
    assert shown[tab.stage]["choices"] == [(f"stage {k}", f"stage{k}") for k in range(1, 6)]
    assert shown[tab.strip].count("data-site=") == len(STAGES) * len(TASKS)
    assert "not what reaches the output" in shown[tab.strip]


def test_a_stage_can_be_chosen(tab: CrossStitchTab, analysis: Analysis) -> None:
    trace = analysis.traces[NAMES[0]]
    drawn = tab.draw_stage(analysis, trace, "stage5", "depth")
    assert drawn[tab.channels].layout.title.text.startswith("<b>stage5")
    share = trace.sites["cross_stitch.stage5"].share
    assert share is not None
    assert (drawn[tab.share].data[0].z == share).all()
    with pytest.raises(InputError, match=r"no stage 'stage9'; this network stitches after stage1, .*stage5\."):
        tab.draw_stage(analysis, trace, "stage9", "depth")


def test_without_such_a_network_the_tab_says_what_it_needs(
    tab: CrossStitchTab, workspace: Workspace, pictures: tuple[Path, Path]
) -> None:
    alone = workspace.analyse(Request(colour=pictures[0], models=NAMES[1:], device="cpu"))
    shown = tab.render(alone)
    assert shown[tab.body]["visible"] is False
    assert "Tick a cross-stitch checkpoint" in shown[tab.empty]["value"]


def test_a_site_opens_with_its_row_of_alphas(analysis: Analysis) -> None:
    site = analysis.traces[NAMES[0]].sites["cross_stitch.stage3"]
    window = open_site(analysis, NAMES[0], "cross_stitch.stage3", "depth")
    assert escape(row_sentence(site, 1)) in window


def test_the_api_says_what_the_alphas_say(analysis: Analysis) -> None:
    found: dict[str, Any] = summary(analysis)["models"]
    assert found[NAMES[0]]["cross_stitch"]["statement"] == statement(analysis.traces[NAMES[0]])
    assert len(found[NAMES[0]]["cross_stitch"]["stages"]["stage1"]["mean_alpha"]) == len(TASKS)
    assert "cross_stitch" not in found[NAMES[1]]


def test_pictures_stand_under_the_methods_name(page: Page, shown: dict[Any, Any]) -> None:
    assert '<span class="vz-column">Cross-stitch</span>' in shown[page.predictions.grid]


def test_tabs_of_methods_are_seen_where_there_is_something_to_show(
    page: Page, analysis: Analysis, pictures: tuple[Path, Path], tmp_path: Path
) -> None:
    def seen(on: Page, of: Analysis, place: str = "stage") -> set[str]:
        shown = on.show(of, Shown(place=place), "voc")
        return {family for family in on.tabs if shown[on.places[family]]["visible"]}

    assert {family for family in page.tabs if page.places[family].visible} == {"cross-stitch", "nddr-cnn"}
    assert seen(page, analysis) == {"cross-stitch", "nddr-cnn"}
    assert seen(page, analysis, place="mti-net") == {"cross-stitch", "nddr-cnn", "mti-net"}, "who is there stays there"
    # A page that ships nothing: what a visitor brings shows its tab once it was run.
    save_checkpoint(tmp_path / "mine.safetensors", warmed(COMPACT), COMPACT, {})
    bare = Workspace(Settings(checkpoints=tmp_path / "none", add_from=tmp_path))
    own = build_page(bare)
    assert not any(own.places[family].visible for family in own.tabs)
    name = bare.shelf.add_from_folder("mine.safetensors")
    brought = bare.analyse(Request(colour=pictures[0], models=(name,), device="cpu"))
    assert seen(own, brought) == {"cross-stitch"}
    assert all(own.places[family] in own.results for family in own.tabs)
