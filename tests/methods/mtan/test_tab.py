"""The tab on a page of its own checkpoint, without a browser."""

from html import escape
from typing import Any

import plotly.graph_objects as go
import pytest

import vizlab
from tests.methods.mtan.networks import COMPACT
from tests.methods.warmed import warmed
from tests.page.building import build_page
from tests.page.page_process import SMALL, write_pair
from vizlab.core.door import save_checkpoint
from vizlab.core.model import Model
from vizlab.errors import InputError
from vizlab.methods.mtan.numbers import layer_masks, statement
from vizlab.methods.mtan.tab import CHOICES, SHARELESS, MasksTab
from vizlab.page.change_panel import NOTHING_SENT, panel
from vizlab.page.effect_panels import NO_EDGE, said_html
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.strips import open_site
from vizlab.page.settings import Settings
from vizlab.page.summary import model_summary
from vizlab.page.workspace import Workspace
from vizlab.rgbd import RGBDImage
from vizlab.views.outside import NOBODY_SENDS

NAME = "mtan-mobilenetv2"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(folder / f"{NAME}.safetensors", warmed(COMPACT), COMPACT, {})
    return Workspace(Settings(checkpoints=folder))


@pytest.fixture(scope="module")
def tab(workspace: Workspace) -> MasksTab:
    found = build_page(workspace).tabs["mtan"]
    assert isinstance(found, MasksTab)
    return found


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, _ = write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)
    return workspace.analyse(Request(colour=colour, models=(NAME,), device="cpu"))


@pytest.fixture(scope="module")
def shown(tab: MasksTab, analysis: Analysis) -> dict[Any, Any]:
    return tab.render(analysis)


def test_everything_is_drawn(tab: MasksTab, shown: dict[Any, Any], analysis: Analysis) -> None:
    trace = analysis.traces[NAME]
    for part in (statement(trace), SHARELESS):
        assert escape(part) in shown[tab.intro]
    assert shown[tab.masks].count("<figure") == 3 * 5
    assert isinstance(shown[tab.overlaps], go.Figure)
    assert isinstance(shown[tab.channels], go.Figure)
    for layer in layer_masks(trace):
        for count in layer.kept.tolist():
            assert f"<td>{count}</td>" in shown[tab.kept]


def test_masks_are_compared_over_what_is_chosen(tab: MasksTab, analysis: Analysis) -> None:
    trace = analysis.traces[NAME]
    whole = tab.draw_overlaps(analysis, trace, next(iter(CHOICES)))[tab.overlaps]
    for words, over in CHOICES.items():
        figure = tab.draw_overlaps(analysis, trace, words)[tab.overlaps]
        assert figure.data[0].z.tolist() == layer_masks(trace)[0].alike(over).tolist()
        assert (figure == whole) == (over == "values")
        again = tab.render(analysis, kept={"over": words})
        assert again[tab.overlaps] == figure
    with pytest.raises(InputError, match="compared over"):
        tab.draw_overlaps(analysis, trace, "luck")


def test_the_page_says_that_nobody_sends(analysis: Analysis) -> None:
    assert NOBODY_SENDS in open_site(analysis, NAME, "attention_2", "depth")
    assert NOTHING_SENT in panel(analysis, {"network": NAME, "site": "attention_2"}, {})
    said = model_summary(analysis.traces[NAME], None)
    assert set(said["mtan"]["stages"]) == {"stage1", "stage2", "stage3", "stage4", "stage5"}


def test_a_sweep_says_that_there_is_no_edge(compact: Model, small_rgbd: RGBDImage) -> None:
    said = said_html({NAME: vizlab.sweep(compact, small_rgbd)}, {NAME: "MTAN"}, None)
    assert NO_EDGE in said
    assert "estimate" not in said
    assert "oud but idle" not in said
