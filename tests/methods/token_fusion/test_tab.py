"""The tab on a page of its own checkpoint and another method's, without a browser."""

import json
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from tests.methods.token_fusion.networks import COMPACT, INPUTS, spread
from tests.page.building import build_page
from tests.page.page_process import SMALL, write_pair
from vizlab.core.config import NetworkConfig
from vizlab.core.door import save_checkpoint
from vizlab.core.registry import build_network
from vizlab.errors import TraceError
from vizlab.methods.token_fusion.numbers import block_sentence, most_given_up, statement, stream_tokens
from vizlab.methods.token_fusion.tab import TokenTab
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.strips import open_site
from vizlab.page.page import Page
from vizlab.page.settings import Settings
from vizlab.page.summary import summary
from vizlab.page.workspace import Workspace

NAMES = ("token-fusion-mobilenetv2", "nddr-cnn-mobilenetv2")
SITES = 10


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(folder / f"{NAMES[0]}.safetensors", spread(COMPACT), COMPACT, {})
    other = NetworkConfig("nddr-cnn-mobilenetv2", ("semseg", "depth"), ("rgb",), working_size=(96, 128))
    save_checkpoint(folder / f"{NAMES[1]}.safetensors", build_network(other), other, {})
    return Workspace(Settings(checkpoints=folder))


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Page:
    return build_page(workspace)


@pytest.fixture(scope="module")
def tab(page: Page) -> TokenTab:
    found = page.tabs["token-fusion"]
    assert isinstance(found, TokenTab)
    return found


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, pictures: tuple[Path, Path]) -> Analysis:
    return workspace.analyse(Request(colour=pictures[0], depth=pictures[1], models=NAMES, device="cpu"))


@pytest.fixture(scope="module")
def shown(tab: TokenTab, analysis: Analysis) -> dict[Any, Any]:
    return tab.render(analysis)


def test_the_whole_tab_is_drawn(tab: TokenTab, analysis: Analysis, shown: dict[Any, Any]) -> None:
    trace = analysis.traces[NAMES[0]]
    assert set(shown) <= set(tab.outputs)
    assert shown[tab.body]["visible"] is True
    assert escape(statement(trace)) in shown[tab.intro]
    assert shown[tab.overview].count("<img") == len(INPUTS)
    assert all(isinstance(shown[plot], go.Figure) for _, plot in tab.charts)
    assert "rgb 0.50, depth 0.50 (as good as equal)" in shown[tab.ensemble]


def test_the_console_counts_before_it_runs(tab: TokenTab, analysis: Analysis, shown: dict[Any, Any]) -> None:
    """The counts of every step: none at 0, what this run gave up at its threshold, as good as all at 1."""
    trace = analysis.traces[NAMES[0]]
    data = json.loads(unescape(re.search(r'data-console="([^"]*)"', shown[tab.console])[1]))  # type: ignore[index]
    rgb, depth = stream_tokens(trace)
    at = data["steps"].index(0.02)
    assert [counts[at] for counts in data["counts"]] == [rgb.given_up, depth.given_up]
    assert [counts[0] for counts in data["counts"]] == [0, 0]
    assert data["tokens"] == rgb.tokens
    for counts in data["counts"]:
        assert counts == sorted(counts)
        assert counts[-1] <= data["tokens"]
    assert "give up where the score is below" in shown[tab.console]


def film_of(tab: TokenTab, shown: dict[Any, Any]) -> str:
    return shown[tab.film].props["film"]


def test_the_film_has_a_thumbnail_for_each_block_and_stream(tab: TokenTab, shown: dict[Any, Any]) -> None:
    assert film_of(tab, shown).count("data-site=") == SITES * len(INPUTS)
    assert film_of(tab, shown).count("given up by depth") == SITES + 1  # and the row's title
    assert shown[tab.strip].count("data-site=") == SITES * len(INPUTS)


def test_a_thumbnail_chooses_its_block(tab: TokenTab, analysis: Analysis) -> None:
    trace = analysis.traces[NAMES[0]]
    picked = tab.pick_block(analysis, trace, {"site": "exchange.15"})
    assert picked[tab.site] == "exchange.15"
    assert picked[tab.block] == tab.draw_block(analysis, trace, "exchange.15")[tab.block]
    for nothing in (None, {}, {"site": 3}, "exchange.15"):
        with pytest.raises(TraceError, match="No tokens are exchanged at"):
            tab.pick_block(analysis, trace, nothing)


def test_the_block_that_gives_up_most_is_shown_first(tab: TokenTab, analysis: Analysis, shown: dict[Any, Any]) -> None:
    trace = analysis.traces[NAMES[0]]
    assert shown[tab.site]["value"] == most_given_up(trace)
    assert [name for _, name in shown[tab.site]["choices"]] == list(trace.sites)
    assert escape(block_sentence(trace, most_given_up(trace))) in shown[tab.block]


def test_a_block_can_be_chosen(tab: TokenTab, analysis: Analysis) -> None:
    trace = analysis.traces[NAMES[0]]
    drawn = tab.draw_block(analysis, trace, "exchange.15")[tab.block]
    assert escape(block_sentence(trace, "exchange.15")) in drawn
    assert drawn.count("<img") == 4  # for each stream what it gave up, and its scores
    assert tab.render(analysis, kept={"site": "exchange.15"})[tab.block] == drawn
    with pytest.raises(TraceError, match=r"No tokens are exchanged at 'exchange\.2'"):
        tab.draw_block(analysis, trace, "exchange.2")


def test_without_such_a_network_the_tab_says_what_it_needs(
    tab: TokenTab, workspace: Workspace, pictures: tuple[Path, Path]
) -> None:
    alone = workspace.analyse(Request(colour=pictures[0], models=NAMES[1:], device="cpu"))
    shown = tab.render(alone)
    assert shown[tab.body]["visible"] is False
    assert "Tick a TokenFusion checkpoint" in shown[tab.empty]["value"]


def test_a_site_opens_with_what_was_given_up_there(analysis: Analysis) -> None:
    given_up = analysis.traces[NAMES[0]].sites["exchange.10"].extras["given_up"][1]
    window = open_site(analysis, NAMES[0], "exchange.10", "depth")
    assert f"In this picture {given_up.sum():,} of {given_up.size:,} tokens are given up here;" in window


def test_the_api_says_what_was_given_up(analysis: Analysis) -> None:
    found: dict[str, Any] = summary(analysis)["models"]
    tokens = found[NAMES[0]]["tokens"]
    assert tokens["statement"] == statement(analysis.traces[NAMES[0]])
    assert set(tokens["streams"]) == set(INPUTS)
    assert found[NAMES[0]]["ensemble"]["weights"] == {"semseg": {"rgb": 0.5, "depth": 0.5}}
    assert "tokens" not in found[NAMES[1]]
