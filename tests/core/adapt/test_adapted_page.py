"""Models of one's own process on the page, beside the shipped ones: predictions, strips, site windows and cards."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from tests.conftest import make_model
from tests.core.adapt.test_model import two_streams
from tests.core.adapt.toys import SIZE
from tests.page.page_process import SMALL, write_pair
from vizlab import page as vizlab_page
from vizlab.core.door import save_checkpoint
from vizlab.core.model import Model
from vizlab.errors import InputError
from vizlab.page import app_builder
from vizlab.page.handlers import Handlers, opening_request
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.page import Page, Shown
from vizlab.page.settings import Settings
from vizlab.page.shelf import ModelShelf
from vizlab.page.summary import card_of, summary
from vizlab.page.workspace import Workspace
from vizlab.views.panels import percent

OWN, SHIPPED = "two-stream", "somebodys-cen"


@pytest.fixture(scope="module")
def own() -> Model:
    return two_streams(card={"notes": ["random weights: mechanics only"]})


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoints")
    model = make_model("cen")
    save_checkpoint(folder / f"{SHIPPED}.safetensors", model.network, model.config, {})
    return folder


@pytest.fixture(scope="module")
def workspace(checkpoints: Path, own: Model) -> Workspace:
    workspace = Workspace(Settings(checkpoints=checkpoints))
    workspace.shelf.offer(own)
    return workspace


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Page:
    with gr.Blocks(analytics_enabled=False):
        return Page(workspace)


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, depth = write_pair(tmp_path_factory.mktemp("pictures"), size=SMALL)
    return workspace.analyse(Request(colour=colour, depth=depth, models=(OWN, SHIPPED), device="cpu"))


def text_of(updates: Mapping[Any, Any]) -> str:
    return "".join(value for value in updates.values() if isinstance(value, str))


def test_it_is_offered_before_the_shipped_ones(workspace: Workspace, page: Page, own: Model) -> None:
    assert workspace.shelf.shipped() == (OWN, SHIPPED)
    assert workspace.shelf.get(OWN) is own
    assert page.controls.models.value == [OWN, SHIPPED]
    request = opening_request(workspace)
    assert request is None or request.models == (OWN, SHIPPED)


def test_the_whole_page_shows_it(page: Page, analysis: Analysis) -> None:
    """Its own tab there is none; tabs of methods show their own networks alone."""
    assert list(analysis.traces) == [OWN, SHIPPED]
    updates = page.show(analysis, Shown(), "voc")
    for place in page.places:
        updates |= page.draw(Shown(place), analysis, "voc")
    assert set(updates) <= set(page.results)
    grid = updates[page.predictions.grid]
    assert grid.count(f'data-model="{OWN}"') == 2  # a site that does not add has no map
    assert grid.count(f'data-model="{SHIPPED}"') > 3
    assert 'data-site="gate"' in grid
    assert OWN in updates[page.status]
    assert f">{analysis.traces[OWN].model.checkpoint_hash[:8]}</code>" in updates[page.status]
    assert f'data-model="{OWN}"' not in updates[page.tabs["cen"].strip]


def test_a_site_opens_large(page: Page, workspace: Workspace, analysis: Analysis) -> None:
    handlers = Handlers(page, workspace)
    event = gr.EventData(None, {"model": OWN, "site": "gate", "target": "rgb"})
    window = handlers.open_site(analysis.key, event)[page.window]
    share = analysis.traces[OWN].sites["gate"].share
    assert share is not None
    assert percent(float(share[0, 0])) in window
    assert "site 1 of 3" in window
    mixing = gr.EventData(None, {"model": OWN, "site": "attend", "target": "rgb"})
    assert "not as a sum" in handlers.open_site(analysis.key, mixing)[page.window]


def test_its_card_is_shown_though_it_has_no_figures(page: Page, workspace: Workspace, own: Model) -> None:
    shown = Handlers(page, workspace).choose_card(OWN)[page.cards.card]
    assert own.checkpoint_hash in shown
    assert own.method.sentence in shown
    assert "random weights: mechanics only" in shown
    assert "vz-alert" not in shown


def test_the_api_tells_of_it(analysis: Analysis, own: Model) -> None:
    told = summary(analysis)["models"][OWN]
    assert told["family"] == "adapted"
    np.testing.assert_allclose(told["sites"]["gate"]["share"], analysis.traces[OWN].sites["gate"].share, rtol=1e-5)
    assert told["sites"]["attend"]["share"] is None
    assert card_of(own)["sites"] == ["gate", "fuse", "attend"]


def test_it_does_not_run_again_when_another_networks_control_moves(workspace: Workspace, analysis: Analysis) -> None:
    """It has no control itself, so its trace stays."""
    varied = workspace.vary(analysis.key, {"threshold": 0.5})
    assert varied.traces[OWN] is analysis.traces[OWN]
    assert varied.traces[SHIPPED] is not analysis.traces[SHIPPED]


def test_it_needs_no_shipped_network(tmp_path: Path) -> None:
    workspace = Workspace(Settings(checkpoints=tmp_path))
    workspace.shelf.offer(two_streams())
    assert workspace.shelf.shipped() == (OWN,)


def test_names_that_are_taken_get_the_hash_and_the_same_twice_is_refused(checkpoints: Path) -> None:
    shelf = ModelShelf(checkpoints)
    first, second, third = (two_streams(name=SHIPPED) for _ in range(3))
    assert shelf.offer(first) == f"{SHIPPED}-{first.checkpoint_hash[:6]}"
    assert shelf.offer(first) == first.name
    assert shelf.get(first.name) is first
    with pytest.raises(InputError, match=f"Two models are called '{SHIPPED}'"):
        shelf.offer(second)
    assert shelf.offer(two_streams(name="other")) == "other"
    assert third.name == SHIPPED
    assert shelf.shipped() == (first.name, "other", SHIPPED)


def test_an_upload_of_the_same_name_takes_another(checkpoints: Path, own: Model, tmp_path: Path) -> None:
    shelf = ModelShelf(tmp_path)
    shelf.offer(own)
    uploaded = tmp_path / f"{OWN}.safetensors"
    uploaded.write_bytes((checkpoints / f"{SHIPPED}.safetensors").read_bytes())
    name = shelf.add_upload(uploaded)
    assert name.startswith(f"{OWN}-")
    assert shelf.get(OWN) is own
    assert shelf.get(name) is not own


def test_launch_offers_models_and_opens_on_this_machine_alone(
    checkpoints: Path, own: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(app_builder, "_warm_up", lambda workspace: None)
    monkeypatch.setattr(gr.Blocks, "launch", lambda self, **options: given.update(options))
    settings = Settings(checkpoints=checkpoints, port=7999)
    app = vizlab_page.launch(models=[own], settings=settings, prevent_thread_lock=True)
    assert isinstance(app, gr.Blocks)
    assert (given["server_name"], given["server_port"], given["share"]) == ("127.0.0.1", 7999, False)
    assert given["prevent_thread_lock"] is True
    choices = [b.choices for b in app.blocks.values() if getattr(b, "elem_id", "") == "vz-models"]
    assert [name for name, _ in choices[0]] == [OWN, SHIPPED]


def test_its_working_size_is_kept(analysis: Analysis) -> None:
    height, width = analysis.traces[OWN].framing.content
    assert height * width == pytest.approx(SIZE[0] * SIZE[1], rel=0.02)
