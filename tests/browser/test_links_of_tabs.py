"""A link brings back a tab of further passes with its settings and the figures that were on show: Python's figures."""

import re
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, expect

import vizlab
from tests.browser.by_python import worth_for_cen
from tests.browser.conftest import OpenPage
from tests.page.page_process import NAMES, page_checkpoints
from vizlab.core.predictions import SemsegPrediction
from vizlab.experiments.attribution import Target, attribute, pixel
from vizlab.experiments.corruptions import corrupted
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.scene_scores import scene_picture

pytestmark = pytest.mark.browser
CEN = NAMES["cen"]


def link(tab: str, choices: dict[str, str], scene: int = 0) -> str:
    """An address as a person would pass it on, of one network."""
    written = ",".join(f"{tab}~{name}:{value.replace(',', '%252C')}" for name, value in choices.items())
    return f"#scene={list_scenes()[scene]}&networks={CEN}&tab={tab}&choices={written}"


def confidences(page: Page) -> list[float]:
    """The mean confidence before and after, in percent."""
    row = page.locator("#vz-sensor-live .vz-sensor").first.locator("tr", has_text="mean confidence").first
    expect(row).to_be_visible()
    return [float(text.rstrip("%")) for text in row.locator("td").all_inner_texts()]


def expected_confidences(severity: int) -> list[float]:
    rgbd, _ = scene_picture(load_scene(list_scenes()[1]))
    model = vizlab.load_model(page_checkpoints() / f"{CEN}.safetensors")
    found = []
    for picture in (rgbd, corrupted(rgbd, "depth-noise", severity)):
        prediction = vizlab.trace(model, picture).predictions["semseg"]
        assert isinstance(prediction, SemsegPrediction)
        found.append(100 * float(prediction.confidence.mean()))
    return found


def from_four_to_five(page: Page) -> None:
    """The slider of severity moved by a key, the figures and the address after it."""
    slider = page.locator("#vz-severity input[type=range]")
    expect(slider).to_have_value("4")
    slider.focus()
    slider.press("ArrowRight")
    expect(page.locator("#vz-sensor-live .vz-sensor-said").first).to_contain_text("at severity 5")
    expect(page).to_have_url(re.compile(r"severity%3A5.*shown%3Alive"))


def test_a_broken_sensor_comes_back(open_page: OpenPage) -> None:
    """And what is moved then is what the address says next."""
    choices = {"network": CEN, "corruption": "depth-noise", "severity": "4", "shown": "live"}
    page = open_page(link=link("sensors", choices, scene=1))
    expect(page.locator("#vz-sensor-inputs")).to_contain_text("Severity 4 of 5: 8 times the noise of a Kinect")
    assert confidences(page) == pytest.approx(expected_confidences(4), abs=0.11)
    from_four_to_five(page)
    address = unquote(page.evaluate("location.hash"))
    for name, value in {**choices, "severity": "5"}.items():
        assert f"sensors~{name}:{value}" in address


@pytest.mark.slow
def test_the_address_of_a_broken_sensor_brings_it_back(open_page: OpenPage) -> None:
    """As it stands in the browser once something was moved, by which the first link differs from it."""
    choices = {"network": CEN, "corruption": "depth-noise", "severity": "4", "shown": "live"}
    page = open_page(link=link("sensors", choices, scene=1))
    from_four_to_five(page)
    read, address = confidences(page), page.evaluate("location.hash")
    other = open_page(link=address)
    expect(other.locator("#vz-sensor-live .vz-sensor-said").first).to_contain_text("at severity 5")
    assert confidences(other) == read
    expect(other).to_have_url(re.compile(re.escape(address)))


def test_what_a_link_cannot_have_is_said_and_the_rest_opens(open_page: OpenPage) -> None:
    choices = {"network": CEN, "corruption": "fog", "severity": "9", "shown": "live"}
    page = open_page(link=link("sensors", choices, scene=1))
    expect(page.locator("#vz-sensor-live .vz-sensor-said").first).to_contain_text("at severity 3")
    said = page.locator("#vz-message")
    expect(said).to_contain_text("the link sets corruption to 'fog'; expected depth-missing")
    expect(said).to_contain_text("the link sets severity to '9'; expected 1 to 5. It is '3' now.")
    expect(page.locator(".vz-scene.vz-chosen")).to_have_attribute("data-scene", list_scenes()[1])


def test_an_attribution_comes_back(open_page: OpenPage) -> None:
    rgbd, _ = scene_picture(load_scene(list_scenes()[0]))
    model = vizlab.load_model(page_checkpoints() / f"{CEN}.safetensors")
    found = attribute(model, rgbd, Target("semseg", pixel(rgbd.size, (200, 300))), "gradient x input")
    choices = {"place": "200,300", "region": "that pixel", "method": "gradient x input", "shown": "run"}
    page = open_page(link=link("attribution", choices))
    shown = page.locator(".vz-attribution")
    expect(shown).to_be_visible()
    for name, total in {"value": found.value, **{f"total-{m}": t for m, t in found.totals.items()}}.items():
        text = shown.get_attribute(f"data-{name}")
        assert text is not None
        assert float(text) == pytest.approx(total, rel=0.05, abs=1e-3)
    expect(page.locator("#vz-attribution-region")).to_contain_text("1 pixel,")


@pytest.mark.slow
def test_a_place_outside_is_said(open_page: OpenPage) -> None:
    page = open_page(link=link("attribution", {"place": "9000,3", "region": "that pixel"}))
    expect(page.locator("#vz-message")).to_contain_text(
        "the link sets place to '9000,3'; expected x,y or x,y,x,y within"
    )
    expect(page.locator("#vz-attribution-region")).to_contain_text("1 pixel,")
    expect(page.get_by_role("button", name="Attribute", exact=True)).to_be_visible()


def test_worth_comes_back(open_page: OpenPage) -> None:
    found = worth_for_cen("true")
    page = open_page(link=link("modalities", {"target": "true", "shown": "run"}))
    expect(page.locator("#vz-worth")).to_contain_text("Value: probability of the true class")
    rows = page.get_by_role("table", name="worth over the picture").locator("tr").all()[1:]
    shown = {name: cells for name, *cells in (row.locator("th, td").all_inner_texts() for row in rows)}
    assert list(shown) == list(found.maps)
    for name, maps in found.maps.items():
        phi = maps.totals()
        assert [float(text) for text in shown[name][:2]] == pytest.approx([phi["rgb"], phi["depth"]], abs=0.004)


@pytest.mark.slow
def test_on_a_phone_the_tab_that_a_link_opens_is_in_sight(open_page: OpenPage) -> None:
    """And what is ticked is what the link names, so that the next scene is run by that."""
    page = open_page(390, 844, link=link("sensors", {"severity": "4"}))
    expect(page.locator("#vz-sensors")).to_be_visible()
    expect(page.get_by_role("tab", name="Sensors", exact=True)).to_be_in_viewport(ratio=0.9)
    expect(page.locator("#vz-models label:has(input:checked)")).to_have_text([CEN])
