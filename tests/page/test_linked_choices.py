"""What an address says of tabs: written and read alike, set again where it can be had, a sentence where it cannot."""

import re
from collections.abc import Mapping
from html import unescape
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from tests.conftest import make_model
from vizlab.core.tracer import trace
from vizlab.page.experiment import ExperimentTab
from vizlab.page.kit.analysis import Analysis, Picture, Request
from vizlab.page.link import Link, choices_written
from vizlab.page.linked_choices import Back, address_mark, brought_back, chosen_in
from vizlab.page.page import Shown
from vizlab.page.tab_attribution import AttributionTab
from vizlab.page.tab_sensors import EVERY, ONE, SensorsTab
from vizlab.rgbd import RGBDImage

FAMILIES = ("cen", "nddr-cnn")


@pytest.fixture(scope="module")
def analysis(small_rgbd: RGBDImage) -> Analysis:
    traces = {name: trace(make_model(name), small_rgbd) for name in FAMILIES}
    return Analysis("key", Request(models=FAMILIES), Picture("box", small_rgbd, None), traces)


@pytest.fixture(scope="module")
def sensors() -> SensorsTab:
    with gr.Blocks(analytics_enabled=False):
        return SensorsTab(None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def attribution() -> AttributionTab:
    with gr.Blocks(analytics_enabled=False):
        return AttributionTab(None)  # type: ignore[arg-type]


def back(tab: ExperimentTab, analysis: Analysis, asked: Mapping[str, str], place: str = "") -> Back:
    page: Any = SimpleNamespace(experiments={tab.name: tab})
    return brought_back(page, analysis, {tab.name: asked}, Shown(place=place or tab.name))


def written(mark: str) -> dict[str, dict[str, str]]:
    """The choices that a mark has for the address, read as from there."""
    found = re.search(r'data-choices="([^"]*)"', mark)
    assert found is not None
    text = unescape(found[1]).replace("%", "%25").replace("&", "%26").replace("+", "%2B")  # as a browser escapes it
    return {tab: dict(own) for tab, own in Link.read("#choices=" + text).choices.items()}


def test_what_is_written_is_read() -> None:
    choices = {"place": "10,20,30,40", "of": "a~b:c, d%2C & e + f", "depth": "median plane"}
    text = choices_written("attribution", choices)
    assert text.count(",") == 2
    escaped = text.replace("%", "%25").replace("&", "%26").replace("+", "%2B")
    assert Link.read(f"#choices={escaped}&zoom=2").choices == {"attribution": choices}


@pytest.mark.parametrize("text", ["#choices=", "#choices=,", "#choices=sensors:4", "#choices=~severity:4"])
def test_what_is_no_choice_is_left_out(text: str) -> None:
    assert Link.read(text) == Link()


def test_choices_come_back_and_what_was_on_show_is_due(sensors: SensorsTab, analysis: Analysis) -> None:
    asked = {"network": "nddr-cnn", "corruption": "rgb-bright", "severity": "5", "scope": EVERY, "shown": "live+run"}
    found = back(sensors, analysis, asked)
    assert found.said == ()
    assert found.updates[sensors.network]["value"] == "nddr-cnn"
    set_ = {name: found.updates[one]["value"] for name, one in sensors.choices.items()}
    assert set_ == {"corruption": "rgb-bright", "severity": 5, "scope": EVERY}
    assert found.shown.networks["sensors"] == "nddr-cnn"
    assert found.shown.choices["sensors"] == set_
    due = found.updates[sensors.due]
    assert (due.actions, due.network, due.choices) == (("live",), "nddr-cnn", set_)  # every corruption takes minutes


def test_only_the_tab_that_is_open_is_computed(sensors: SensorsTab, analysis: Analysis) -> None:
    asked = {"severity": "2", "scope": ONE, "shown": "run"}
    assert back(sensors, analysis, asked).updates[sensors.due].actions == ("run",)
    elsewhere = back(sensors, analysis, asked, place="stage")
    assert sensors.due not in elsewhere.updates
    assert elsewhere.updates[sensors.severity]["value"] == 2


@pytest.mark.parametrize(
    ("name", "asked", "sentence"),
    [
        ("corruption", "fog", "corruption to 'fog'; expected depth-missing, "),
        ("corruption", "depth-noise", "corruption to 'depth-noise'; expected rgb-dark, "),  # of colour alone
        ("severity", "9", "severity to '9'; expected 1 to 5. It is '3' now."),
        ("severity", "0", "severity to '0'; expected 1 to 5. It is '3' now."),
        ("severity", "2.5", "severity to '2.5'; expected 1 to 5"),
        ("severity", "high", "severity to 'high'; expected 1 to 5"),
        ("severity", "nan", "severity to 'nan'; expected 1 to 5"),
        ("severity", "4.5", "severity to '4.5'; expected 1 to 5. It is '3' now."),
        ("severity", "9.0", "severity to '9.0'; expected 1 to 5"),
        ("scope", "all", "a sweep is over to 'all'; expected this corruption, every corruption."),
        ("network", "vgg", "network to 'vgg'; expected cen, nddr-cnn, all networks. It is 'cen' now."),
    ],
)
def test_what_cannot_be_had_is_said_and_the_rest_is_set(
    sensors: SensorsTab, analysis: Analysis, name: str, asked: str, sentence: str
) -> None:
    good = {"network": "cen", "corruption": "rgb-dark", "severity": "4", "scope": EVERY}
    if asked == "depth-noise":
        good["network"] = "nddr-cnn"
    found = back(sensors, analysis, {**good, name: asked})
    (said,) = found.said
    assert f"Sensors: the link sets {sentence}" in said
    set_ = {one: found.updates[component]["value"] for one, component in sensors.choices.items()}
    kept = {"corruption": "rgb-dark", "severity": 4, "scope": EVERY}
    kept.pop(name, None)
    assert {one: set_[one] for one in kept} == kept


@pytest.mark.parametrize("text", ["4", "4.0", "4.", "04", "4e0"])
def test_a_number_is_had_however_it_is_written(sensors: SensorsTab, analysis: Analysis, text: str) -> None:
    found = back(sensors, analysis, {"severity": text, "shown": "live"})
    assert found.said == ()
    assert found.updates[sensors.severity]["value"] == 4
    assert found.updates[sensors.due].choices["severity"] == 4
    assert written(found.updates[sensors.address])["sensors"]["severity"] == "4"


class NumbersTab(ExperimentTab):
    """Choices that are numbers, and one that only looks like one."""

    name, title, sentence = "numbers", "Numbers", "Numbers to choose from."

    def build_choices(self) -> Mapping[str, Any]:
        return {
            "few": gr.Dropdown([1.5, 4.0], value=1.5, label="few"),
            "whole": gr.Radio([("two", 2), ("four", 4)], value=2, label="whole"),
            "name": gr.Radio(["4", "five"], value="five", label="name"),
            "share": gr.Slider(0, 1, 0.5, step=0.1, label="share"),
        }


@pytest.mark.parametrize(
    ("name", "asked", "value"),
    [
        ("few", "4", 4.0), ("few", "4.0", 4.0), ("few", "1.50", 1.5), ("few", "4.1", None), ("few", "four", None),
        ("whole", "4", 4), ("whole", "4.0", 4), ("whole", "3", None), ("whole", "nan", None), ("whole", "", None),
        ("name", "4", "4"), ("name", "4.0", None),
        ("share", "0.3", 0.3), ("share", "0.70", 0.7), ("share", "1", 1), ("share", "0.35", None),
        ("share", "1.1", None), ("share", "inf", None),
    ],
)  # fmt: skip
def test_choices_that_are_numbers_are_had_where_they_are_equal(
    analysis: Analysis, name: str, asked: str, value: Any
) -> None:
    with gr.Blocks(analytics_enabled=False):
        tab = NumbersTab(None)  # type: ignore[arg-type]
    found = back(tab, analysis, {name: asked})
    assert found.updates[tab.choices[name]]["value"] == (tab.choices[name].value if value is None else value)
    assert len(found.said) == (value is None)


def test_a_place_outside_of_the_picture_is_said(attribution: AttributionTab, analysis: Analysis) -> None:
    height, width = analysis.picture.rgbd.size
    found = back(attribution, analysis, {"place": f"{width},3", "steps": "16", "method": "occlusion"})
    (said,) = found.said
    assert f"place to '{width},3'; expected x,y or x,y,x,y within {width}x{height} pixels." in said
    middle = f"{width // 2},{height // 2}"
    assert found.updates[attribution.place]["value"] == middle
    assert found.updates[attribution.steps]["value"] == 16
    inside = back(attribution, analysis, {"place": "5,7"})
    assert inside.said == ()
    assert inside.updates[attribution.place]["value"] == "5,7"
    assert inside.updates[attribution.picture] is not None  # drawn with the region there


def test_what_a_tab_keeps_for_itself_stands_in_no_address(attribution: AttributionTab, analysis: Analysis) -> None:
    values = dict.fromkeys(attribution.choices, "x") | {"drawn": ["secret"], "corner": True, "steps": 16, "of": None}
    own = written(address_mark(attribution, chosen_in(attribution, "cen", values), [None]))["attribution"]
    assert set(own) == set(values) - {"drawn", "corner", "of"} | {"network"}
    forged = back(attribution, analysis, {"drawn": "secret", "corner": "1"})
    assert forged.said == ()
    assert attribution.corner not in forged.updates


def test_only_what_was_made_of_these_choices_is_on_show(sensors: SensorsTab) -> None:
    values = {"corruption": "depth-noise", "severity": 4, "scope": ONE}
    now = chosen_in(sensors, "cen", values)
    before = chosen_in(sensors, "cen", {**values, "severity": 3})
    assert list(sensors.made) == ["live", "run"]
    for made, shown in (([now, now], "live+run"), ([now, before], "live"), ([before, None], None)):
        own = written(address_mark(sensors, now, made))["sensors"]
        assert own.pop("shown", None) == shown
        assert own == {"network": "cen", "corruption": "depth-noise", "severity": "4", "scope": ONE}
    assert chosen_in(sensors, "nddr-cnn", values) != now
    assert chosen_in(sensors, "cen", {**values, "severity": 4.0}) == now  # a slider's numbers come either way


def test_a_link_that_comes_back_is_the_same_address(sensors: SensorsTab, analysis: Analysis) -> None:
    asked = {"network": "nddr-cnn", "corruption": "rgb-bright", "severity": "5", "scope": EVERY}
    assert written(back(sensors, analysis, asked).updates[sensors.address])["sensors"] == asked
