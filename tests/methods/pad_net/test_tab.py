"""Its tab on a page of its own checkpoint, without a browser, and what the shared views say of a single unit."""

import re
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.methods.pad_net.conftest import COMPACT
from tests.methods.warmed import warmed
from tests.page.building import build_page
from tests.page.page_process import SMALL, write_pair
from vizlab import views
from vizlab.core.door import save_checkpoint
from vizlab.core.predictions import DepthPrediction
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.measures.affinity_maps import at_cells
from vizlab.measures.distillation import messages, statement
from vizlab.measures.initial import refinements, scale_predictions
from vizlab.measures.reference import Reference
from vizlab.methods.pad_net.tab import DistillationTab, gains_html
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

NAME = "pad-net-mobilenetv2"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("checkpoints")
    save_checkpoint(folder / f"{NAME}.safetensors", warmed(COMPACT), COMPACT, {})
    return Workspace(Settings(checkpoints=folder))


@pytest.fixture(scope="module")
def tab(workspace: Workspace) -> DistillationTab:
    found = build_page(workspace).tabs["pad-net"]
    assert isinstance(found, DistillationTab)
    return found


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, depth = write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)
    return workspace.analyse(Request(colour=colour, depth=depth, models=(NAME,), device="cpu"))


@pytest.fixture(scope="module")
def shown(tab: DistillationTab, analysis: Analysis) -> dict[Any, Any]:
    return tab.render(analysis)


def test_everything_is_drawn(tab: DistillationTab, shown: dict[Any, Any], analysis: Analysis) -> None:
    trace = analysis.traces[NAME]
    assert escape(statement(trace)) in shown[tab.intro]
    assert " at distillation" not in statement(trace)
    assert shown[tab.messages].count("<figure") == len(messages(trace)) == 3 * 3
    assert isinstance(shown[tab.shares], go.Figure)
    # Four tasks twice but for edges, and references of depth and normals.
    assert shown[tab.initial].count("<figure") == 4 + 3 + 2
    assert "RMSE" in shown[tab.gains]
    assert "mean angle" in shown[tab.gains]
    assert "mIoU" not in shown[tab.gains]


def test_senders_stand_across_and_receivers_down(tab: DistillationTab, shown: dict[Any, Any]) -> None:
    text = re.sub(r"<img [^>]*>", "", shown[tab.messages])
    names = re.findall(r">((?:from|into) \w+)<", text)
    assert names[:4] == ["from semseg", "from depth", "from normals", "from edge"]
    assert [name for name in names if name.startswith("into")] == ["into semseg", "into depth", "into normals"]
    assert "Columns send, rows receive." in text


def test_there_are_no_scales_to_speak_of(pad_trace: FusionTrace) -> None:
    assert [one.origin for one in scale_predictions(pad_trace) if one.task == "semseg"] == ["initial", "final"]
    assert views.initial_predictions(pad_trace).columns == ("initial", "final")
    title = views.affinity_shares(pad_trace).layout.title.text
    assert "scale" not in title
    assert "do not add" not in title


def test_both_predictions_are_measured_at_the_same_cells(pad_trace: FusionTrace) -> None:
    """By hand for depth; a final prediction that repeats the initial one gains nothing."""
    rows, columns = pad_trace.framing.picture
    depth = np.random.default_rng(0).uniform(1, 4, (rows, columns)).astype(np.float32)
    (found,) = refinements(pad_trace, Reference(depth=depth))
    first, last = pad_trace.initial["scale_0/depth"], pad_trace.predictions["depth"]
    assert isinstance(first, DepthPrediction)
    assert isinstance(last, DepthPrediction)
    cells = at_cells(depth, (24, 32), pad_trace.framing)
    assert (found.task, found.name) == ("depth", "RMSE")
    assert found.initial == pytest.approx(float(np.sqrt(np.square(first.value - cells).mean())), rel=1e-5)
    sampled = at_cells(last.value, (24, 32), pad_trace.framing)
    assert found.final == pytest.approx(float(np.sqrt(np.square(sampled - cells).mean())), rel=1e-5)
    assert found.initial != pytest.approx(found.final)
    with pytest.raises(TraceError, match="makes no initial predictions"):
        refinements(replace(pad_trace, initial={}), Reference(depth=depth))


def test_without_a_reference_it_says_so(analysis: Analysis) -> None:
    bare = replace(analysis.picture, reference=None, rgbd=replace(analysis.picture.rgbd, depth=None))
    assert "nothing can be measured" in gains_html(analysis.traces[NAME], bare)
