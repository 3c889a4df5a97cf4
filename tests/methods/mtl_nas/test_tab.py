"""What the connections are said to weigh and carry, and the tab on a page of its own checkpoint."""

from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.methods.vgg_networks import vgg_model
from tests.page.building import build_page
from tests.page.page_process import SMALL, write_pair
from vizlab.core.door import save_checkpoint
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.methods.mtl_nas.charts import connection_shares, connection_weights
from vizlab.methods.mtl_nas.numbers import connections, statement
from vizlab.methods.mtl_nas.tab import ConnectionsTab
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.page import Page
from vizlab.page.settings import Settings
from vizlab.page.summary import summary
from vizlab.page.workspace import Workspace

NAME = "searched"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder, model = tmp_path_factory.mktemp("checkpoints"), vgg_model("mtl-nas-vgg16")
    save_checkpoint(folder / f"{NAME}.safetensors", model.network, model.config, {})
    return Workspace(Settings(checkpoints=folder))


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Page:
    return build_page(workspace)


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, _ = write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)
    return workspace.analyse(Request(colour=colour, models=(NAME,), device="cpu"))


@pytest.fixture(scope="module")
def trace(analysis: Analysis) -> FusionTrace:
    return analysis.traces[NAME]


def test_numbers_stand_where_their_stage_is(trace: FusionTrace) -> None:
    """conv4_3 is the tenth: its sources are its own, conv4_1 (two before), conv4_2 and itself."""
    one = connections(trace)[1]
    site = trace.sites["paths.conv4_3.normals"]
    assert one.target == "normals"
    assert one.stages[9] == "conv4_3"
    assert site.share is not None
    own, two_before, one_before, same = site.share[0]
    np.testing.assert_array_equal(one.share[9], np.float32([own, same, one_before, two_before]))
    opened = site.weights["open"][0]
    assert one.is_open[9].tolist() == [opened[0], opened[3], opened[2], opened[1]]
    assert np.isnan(one.weight[7, 2:]).all(), "conv4_1 begins a block"
    sums = np.nansum(one.weight, axis=1)
    np.testing.assert_allclose(sums, 1, rtol=1e-5)
    assert (one.weight[~one.is_open & np.isfinite(one.weight)] == 0).all()


def test_what_is_said_counts_the_open_ones(trace: FusionTrace) -> None:
    opened = [int(site.weights["open"][0, 1:].sum()) for site in trace.sites.values()]
    semseg, normals = sum(opened[::2]), sum(opened[1::2])
    said = statement(trace)
    assert said.startswith(f"{semseg + normals} of 48 connections are open: {semseg} into semseg and {normals} into ")
    shares = {name: site.share[0, 1:].max() for name, site in trace.sites.items() if site.share is not None}
    stage, target = max(shares, key=lambda name: shares[name]).split(".")[1:]
    assert f"into {target} after {stage} (" in said


def test_charts_show_those_numbers(trace: FusionTrace) -> None:
    for view, field in ((connection_weights, "weight"), (connection_shares, "share")):
        figure = view(trace)
        assert isinstance(figure, go.Figure)
        for drawn, one in zip(figure.data, connections(trace), strict=True):
            np.testing.assert_array_equal(drawn.z, getattr(one, field))
            crossed = [[said == "×" for said in row] for row in drawn.text]
            np.testing.assert_array_equal(crossed, ~one.is_open & np.isfinite(one.weight))


def test_other_methods_have_no_connections(nddr_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="needs a trace of an MTL-NAS"):
        connections(nddr_trace)


def test_the_tab_and_the_api(page: Page, analysis: Analysis, trace: FusionTrace) -> None:
    tab = page.tabs["mtl-nas"]
    assert isinstance(tab, ConnectionsTab)
    shown = tab.render(analysis)
    assert set(shown) <= set(tab.outputs)
    assert escape(statement(trace)) in shown[tab.intro]
    assert shown[tab.strip].count("data-site=") == 26
    assert all(isinstance(shown[plot], go.Figure) for _, plot in tab.charts)
    found: dict[str, Any] = summary(analysis)["models"]
    assert found[NAME]["mtl_nas"]["statement"] == statement(trace)
