"""What one analysis puts on the page, without a browser."""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import plotly.graph_objects as go
import pytest

from tests.page.page_process import CONFIGS, NAMES, checkpoints, small_scenes, write_pair
from vizlab.core.model import Model
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.page import Page, Shown
from vizlab.page.settings import Settings
from vizlab.page.tab_cards import card_html
from vizlab.page.workspace import Workspace
from vizlab.study.cards import card_sections

PAYLOAD_LIMIT = 1_500_000


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(Settings(checkpoints=checkpoints(), scenes=small_scenes()))


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    colour, depth = write_pair(tmp_path_factory.mktemp("content"), name="a&b")
    return workspace.analyse(Request(colour=colour, depth=depth, models=tuple(CONFIGS), device="cpu"))


@pytest.fixture(scope="module")
def shown(page: Page, analysis: Analysis) -> dict[Any, Any]:
    """What a visitor gets who opens every tab of that analysis."""
    return everything(page, analysis)


def everything(page: Page, analysis: Analysis) -> dict[Any, Any]:
    """What a visitor gets who opens every tab."""
    updates = page.show(analysis, Shown(), "voc")
    for place in page.places:
        updates |= page.draw(Shown(place), analysis, "voc")
    return updates


def text_of(updates: Mapping[Any, Any]) -> str:
    """All HTML among the updates, one after the other."""
    return "".join(value for value in updates.values() if isinstance(value, str))


def test_one_full_analysis_stays_within_the_budget(shown: dict[Any, Any]) -> None:
    sent = {component: _sent(value) for component, value in shown.items()}
    sizes = {f"{type(component).__name__} {component._id}": len(text) for component, text in sent.items()}
    total = sum(sizes.values())
    print(f"payload {total / 1e6:.2f} MB:", sorted(sizes.items(), key=lambda item: -item[1])[:8])
    assert total <= PAYLOAD_LIMIT


def _sent(value: Any) -> str:
    return str(value.to_json()) if isinstance(value, go.Figure) else str(value)


def test_every_output_is_declared(page: Page, shown: dict[Any, Any]) -> None:
    assert set(shown) <= set(page.results)


def test_names_of_files_are_escaped(shown: dict[Any, Any]) -> None:
    assert "a&amp;b.jpg" in text_of(shown)
    assert "a&b.jpg" not in text_of(shown)


def test_static_panels_say_that_they_are(page: Page, shown: dict[Any, Any]) -> None:
    notes = [block.value for block in page.tabs["cen"].body.children if isinstance(block, gr.HTML)]
    assert any("same for every picture" in text for text in [*map(str, notes), text_of(shown)])
    assert "not what reaches the output" in text_of(shown)


def test_a_method_that_was_not_run_says_what_it_needs(page: Page, workspace: Workspace, analysis: Analysis) -> None:
    alone = workspace.analyse(replace(analysis.request, models=(NAMES["mti"],)))
    updates = everything(page, alone)
    assert "Tick a CEN checkpoint" in updates[page.tabs["cen"].empty]["value"]
    assert updates[page.tabs["cen"].body]["visible"] is False
    assert updates[page.tabs["mti-net"].body]["visible"] is True


def test_a_network_that_could_not_run_says_why_in_the_tab_of_its_method(
    page: Page, workspace: Workspace, analysis: Analysis, shown: dict[Any, Any]
) -> None:
    """Alone of its method in place of the charts, else beside the choice of those that ran."""
    names = {short: NAMES[short] for short in ("cen", "multitask", "nddr")}
    bare = replace(analysis.request, depth=None, models=(names["cen"], names["nddr"]))
    why = f"{names['cen']} was not run: "
    tab = Shown("cen")
    assert why in page.draw(tab, workspace.analyse(bare), "voc")[page.tabs["cen"].empty]["value"]
    analysed = workspace.analyse(replace(bare, models=tuple(names.values())))
    both = page.draw(tab, analysed, "voc")[page.tabs["cen"].model]
    assert both["info"].startswith(why)
    assert both["choices"] == [names["multitask"]]
    assert both["visible"] is True
    assert shown[page.tabs["cen"].model]["info"] == ""


def test_the_palette_changes_labels_only(page: Page, workspace: Workspace, analysis: Analysis) -> None:
    handlers = Handlers(page, workspace)
    voc, safe = (handlers.choose_palette(analysis.key, Shown("predictions"), palette) for palette in ("voc", "safe"))
    assert voc[page.predictions.grid] != safe[page.predictions.grid]


def test_a_link_opens_its_scene_networks_and_settings(page: Page, workspace: Workspace) -> None:
    name = NAMES["cen"]
    link = f"#scene={workspace.scenes()[-1]}&networks={name}&set={name}~threshold:0.5&zoom=2,0.5,0.5"
    handlers = Handlers(page, workspace)
    updates = handlers.opening(link, "voc")
    found = workspace.get(updates[page.key])
    assert updates[page.scene] == found.request.scene == workspace.scenes()[-1]
    assert list(found.traces) == updates[page.controls.models]["value"] == [name]
    assert found.traces[name].model.settings["threshold"] == 0.5
    assert found.unchanged[name].model.settings["threshold"] != 0.5
    assert updates[page.message] == ""


def test_a_link_to_an_uploaded_picture_says_what_to_give_and_shows_no_ones_data(
    page: Page, workspace: Workspace, analysis: Analysis
) -> None:
    updates = Handlers(page, workspace).opening(f"#picture={analysis.picture.rgbd.digest[:16]}", "voc")
    assert "give the same files" in updates[page.message]
    assert updates[page.scene] == workspace.scenes()[0]
    assert workspace.get(updates[page.key]).picture.rgbd.digest != analysis.picture.rgbd.digest


def test_another_scene_keeps_what_was_set(page: Page, workspace: Workspace) -> None:
    """The threshold of one network, the tab that is open and the network chosen in it."""
    name, other = NAMES["cen"], NAMES["multitask"]
    handlers, shown = Handlers(page, workspace), Shown("cen", {}, {"cen": other})
    first = handlers.opening(f"#networks={name},{other}", "voc")
    moved = handlers.vary(json.dumps({"settings": {"threshold": 0.3}, "model": other}), first[page.key], shown, "voc")
    asked = [[name, other], "cpu", "own", "auto", False, None, lambda *a: None]
    clicked = json.dumps(workspace.scenes()[-1])
    updates = handlers.pick_scene(clicked, moved[page.key], moved[page.shown], "voc", *asked)
    found = workspace.get(updates[page.key])
    assert found.request.scene == workspace.scenes()[-1]
    assert found.traces[other].model.settings["threshold"] == 0.3
    assert found.traces[name].model.settings["threshold"] != 0.3
    assert updates[page.tabs["cen"].model]["value"] == other
    assert 'vz-scene vz-chosen" type="button" data-scene="' + workspace.scenes()[-1] in updates[page.controls.scenes]


def test_a_site_of_the_map_is_shown_in_its_tab_and_stays(page: Page, workspace: Workspace, analysis: Analysis) -> None:
    """Also with the next picture; a site that the next network lacks gives way to its own."""
    handlers, tab, name = Handlers(page, workspace), page.tabs["cen"], NAMES["cen"]
    site = list(analysis.traces[name].sites)[2]
    asked = json.dumps({"network": name, "site": site, "target": "depth", "source": "rgb"})
    drawn = Shown().opened("cen", analysis.key)
    shown = handlers.select_site(asked, analysis.key, drawn)[page.shown]
    updates = handlers.open_tab("cen")(analysis.key, shown, "voc")
    assert (updates[tab.site]["value"], updates[tab.target]["value"]) == (site, "depth")
    scene = workspace.analyse(Request(scene=workspace.scenes()[-1], models=(name,), device="cpu"))
    assert page.draw(updates[page.shown], scene, "voc")[tab.site]["value"] == site
    assert (
        page.draw(shown.with_choices("cen", {"site": "nowhere"}), scene, "voc")[tab.site]["value"]
        in scene.traces[name].sites
    )


@pytest.mark.parametrize("asked", ["null", "{}", "no json", '{"network": "nobody", "site": "a", "target": "b"}'])
def test_a_site_that_is_not_there_changes_nothing(
    page: Page, workspace: Workspace, analysis: Analysis, asked: str
) -> None:
    assert Handlers(page, workspace).select_site(asked, analysis.key, Shown()) == {page.shown: Shown()}


def test_what_is_chosen_in_a_tab_is_kept(page: Page, workspace: Workspace, analysis: Analysis) -> None:
    tab = page.tabs["nddr-cnn"]
    inputs = [tab.choices[name] for name in ("stage", "kind", "target")]
    redraw = Handlers(page, workspace).redraw(tab, inputs, tab.draw_stage)  # type: ignore[attr-defined]
    stage = list(analysis.traces[NAMES["nddr"]].sites.values())[-1].site.stage
    shown = redraw(analysis.key, None, Shown("nddr-cnn"), stage, "change from the start", "depth")[page.shown]
    again = page.draw(shown, analysis, "voc")
    values = [again[component]["value"] for component in inputs]
    assert values == [stage, "change from the start", "depth"]


def test_another_network_in_a_tab_keeps_what_else_was_chosen(
    page: Page, workspace: Workspace, analysis: Analysis
) -> None:
    tab, other = page.tabs["cen"], NAMES["multitask"]
    shown = Shown("cen").with_choices("cen", {"order": "sorted by |γ|"})
    updates = Handlers(page, workspace).choose_model(tab)(analysis.key, other, shown, "voc")
    assert (updates[tab.model]["value"], updates[tab.order]["value"]) == (other, "sorted by |γ|")
    assert updates[page.shown].networks["cen"] == other


def test_back_to_an_uploaded_picture_says_what_to_give(page: Page, workspace: Workspace) -> None:
    back = gr.EventData(None, {"link": "#picture=0123456789abcdef"})
    assert "give the same files" in Handlers(page, workspace).follow(back, Shown(), "voc")[page.message]


def test_only_the_open_tab_is_drawn_and_each_once(page: Page, workspace: Workspace, analysis: Analysis) -> None:
    shown = page.show(analysis, Shown("cards"), "voc")
    assert page.predictions.grid not in shown
    handlers = Handlers(page, workspace)
    opened = handlers.open_tab("predictions")(analysis.key, shown[page.shown], "voc")
    assert "<img" in opened[page.predictions.grid]
    again = handlers.open_tab("cards")(analysis.key, opened[page.shown], "voc")
    assert set(again) == {page.shown}


def test_an_error_keeps_everything_else(page: Page, workspace: Workspace, tmp_path: Path) -> None:
    wrong = tmp_path / "notes.png"
    wrong.write_text("no picture")
    handlers = Handlers(page, workspace)
    updates = handlers.run(
        None,
        Shown(),
        "voc",
        None,
        str(wrong),
        None,
        "auto",
        "auto",
        "",
        "auto",
        "none",
        [NAMES["nddr"]],
        "cpu",
        "own",
        "auto",
        False,
        None,
        lambda *a: None,
    )
    assert set(updates) == {page.message, page.controls.progress}
    assert "notes.png" in updates[page.message]


def test_a_fault_of_ours_shows_no_trace(page: Page, workspace: Workspace) -> None:
    def fault() -> dict[Any, Any]:
        raise KeyError("secret detail")

    updates = Handlers(page, workspace).guarded(fault)
    assert "secret" not in json.dumps(text_of(updates))
    assert "Something went wrong" in updates[page.message]


def test_every_card_is_shown_whole(page: Page, workspace: Workspace, analysis: Analysis, shown: dict[Any, Any]) -> None:
    """Each sentence, line and cell of the card that `vizlab card` prints; the first network's without being asked."""
    handlers = Handlers(page, workspace)
    names = analysis.request.models
    cards = {name: handlers.choose_card(name)[page.cards.card] for name in names}
    assert shown[page.cards.card] == cards[names[0]]
    for name, text in cards.items():
        for section in card_sections(workspace.shelf.get(name)):
            table = () if section.table is None else (*section.table.headers, *itertools.chain(*section.table.rows))
            for part in (section.title, *section.sentences, *table, *section.lines):
                assert escape(part.replace("`", "")) in re.sub("</?code>", "", text), part


def test_a_card_is_escaped_and_a_broken_one_costs_nothing_else(workspace: Workspace) -> None:
    model = workspace.shelf.get(NAMES["cen"])
    strange = Model(model.network, model.config, "strange", card={"notes": ["<script>"], "figures": {}})
    assert "&lt;script&gt;" in card_html(strange)
    assert "<script>" not in card_html(strange)
    strange.card = {"figures": 3}
    assert "cannot be shown" in card_html(strange)


def test_the_opening_scene_is_analysed(page: Page, workspace: Workspace) -> None:
    updates = Handlers(page, workspace).opening("", "voc")
    assert updates[page.status].count("SHA-256") == len(CONFIGS)
    assert f'data-scene="{workspace.scenes()[0]}"' in updates[page.stage.document]
