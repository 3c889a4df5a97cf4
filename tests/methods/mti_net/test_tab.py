"""The tab of a network that four tasks talk in, without a browser."""

import re
from html import escape
from typing import Any

import plotly.graph_objects as go
import pytest

from tests.conftest import CONFIGS
from tests.page.building import build_page
from tests.page.page_process import SMALL, write_pair
from vizlab.core.door import save_checkpoint
from vizlab.core.registry import build_network
from vizlab.errors import InputError
from vizlab.methods.mti_net.tab import AffinitiesTab
from vizlab.page.kit import distillation as kit
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

NAME = "mti-net-mobilenetv2"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("checkpoints")
    config = CONFIGS["mti-net"]
    save_checkpoint(folder / f"{NAME}.safetensors", build_network(config), config, {})
    return Workspace(Settings(checkpoints=folder))


@pytest.fixture(scope="module")
def tab(workspace: Workspace) -> AffinitiesTab:
    found = build_page(workspace).tabs["mti-net"]
    assert isinstance(found, AffinitiesTab)
    return found


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, depth = write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)
    return workspace.analyse(Request(colour=colour, depth=depth, models=(NAME,), device="cpu"))


@pytest.fixture(scope="module")
def shown(tab: AffinitiesTab, analysis: Analysis) -> dict[Any, Any]:
    return tab.render(analysis)


def test_the_whole_tab_is_drawn(tab: AffinitiesTab, shown: dict[Any, Any]) -> None:
    assert isinstance(shown[tab.shares], go.Figure)
    assert isinstance(shown[tab.affinity], go.Figure)
    assert shown[tab.messages].count("<figure") == 4 * 3 * 2
    assert escape(kit.MESSAGES) in shown[tab.messages]


def test_maps_of_messages_weigh_little(shown: dict[Any, Any], tab: AffinitiesTab) -> None:
    """A page holds 1.5 MB; the 36 messages of four senders take a tenth of it. Here are 24."""
    assert len(shown[tab.messages]) < 150_000 * 24 / 36


def test_an_upload_is_not_held_against_the_derivative_of_its_depth(shown: dict[Any, Any], tab: AffinitiesTab) -> None:
    figure = shown[tab.affinity]
    assert {line.legendgroup for line in figure.data} == {"final", "scale 0", "scale 1", "scale 2", "scale 3"}
    assert "derived from its depth" in " ".join(re.sub("<[^>]*>", " ", figure.layout.title.text).split())


def test_another_statistic_can_be_chosen(tab: AffinitiesTab, analysis: Analysis) -> None:
    trace = analysis.traces[NAME]
    figure = tab.draw_affinity(analysis, trace, "raw agreement")[tab.affinity]
    assert figure.layout.yaxis.title.text == "agreeing pairs"
    with pytest.raises(InputError, match="'luck' is none of these"):
        tab.draw_affinity(analysis, trace, "luck")
