"""The tab Sensors as a user meets it: the slider breaks the picture at once, the figures follow, a sweep is read."""

import csv
import io
import re
import urllib.parse

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.instrument import open_tab

pytestmark = pytest.mark.browser


def choose(page: Page, corruption: str) -> None:
    page.locator("#vz-corruption input").click()
    page.get_by_role("option", name=corruption).click()


def move(page: Page, key: str) -> None:
    slider = page.locator("#vz-severity input[type=range]")
    slider.focus()
    slider.press(key)


def figure(page: Page, name: str) -> tuple[float, float]:
    """A figure of the first network before and after, in percent."""
    row = page.locator("#vz-sensor-live .vz-sensor").first.locator("tr", has_text=name).first
    expect(row).to_be_visible()
    before, after = (float(text.rstrip("%")) for text in row.locator("td").all_inner_texts())
    return before, after


def test_the_slider_breaks_the_picture_and_the_figures_follow(visitor: Page) -> None:
    page = visitor
    open_tab(page, "Sensors", "#vz-sensors")
    expect(page.locator("#vz-sensor-inputs img")).to_have_count(0)  # nothing until it is asked
    choose(page, "depth: Kinect noise")
    inputs = page.locator("#vz-sensor-inputs")
    expect(inputs).to_contain_text("Severity 3 of 5: 4 times the noise of a Kinect")
    move(page, "ArrowRight")
    expect(inputs).to_contain_text("Severity 4 of 5: 8 times the noise of a Kinect")
    expect(inputs.locator("img")).to_have_count(3)
    said = page.locator("#vz-sensor-live .vz-sensor-said").first
    expect(said).to_contain_text("at severity 4")
    before, milder = figure(page, "mean confidence")
    move(page, "ArrowRight")
    expect(said).to_contain_text("at severity 5")
    again, worse = figure(page, "mean confidence")
    assert again == before
    assert worse != milder
    expect(page.locator("#vz-message")).to_have_text("")


@pytest.mark.slow
def test_a_sweep_is_drawn_and_marked_once_another_picture_is_on_show(open_page: OpenPage) -> None:
    page = open_page()
    open_tab(page, "Sensors", "#vz-sensors")
    choose(page, "depth: wrong unit")
    page.get_by_role("button", name="Sweep all severities").click()
    expect(page.get_by_role("button", name="Stop", exact=True).locator("visible=true")).to_be_visible()
    expect(page.locator("#vz-sensor-missing table").first).to_be_visible()
    expect(page.get_by_role("button", name="Sweep all severities")).to_be_visible()
    expect(page.locator("#vz-sensor-sweep")).to_contain_text("With depth broken so (wrong unit)")
    expect(page.locator("#vz-sensors .js-plotly-plot")).to_have_count(2)
    link = page.locator("#vz-sensor-sweep a.vz-csv").get_attribute("href")
    assert link is not None
    rows = list(csv.DictReader(io.StringIO(urllib.parse.unquote(link.partition(",")[2]))))
    assert [row["severity"] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    drawn = page.evaluate("[...document.querySelector('#vz-sensors .js-plotly-plot').data[0].y]")
    assert drawn == pytest.approx([100 * float(row["semseg.miou"]) for row in rows], abs=1e-4)
    mark = page.locator("#vz-sensors .prose.vz-experiment-mark")
    expect(mark).to_have_text("")
    title = page.locator("#vz-scenes button.vz-chosen").inner_text().strip()
    page.locator("#vz-scenes button:not(.vz-chosen)").first.click()
    expect(mark).to_contain_text(re.compile(f"these results are of {re.escape(title)}", re.IGNORECASE))
    expect(page.locator("#vz-sensor-sweep")).to_contain_text("wrong unit")


@pytest.mark.slow
def test_a_sweep_can_be_stopped(open_page: OpenPage) -> None:
    page = open_page()
    open_tab(page, "Sensors", "#vz-sensors")
    page.get_by_label("every corruption", exact=True).check()
    page.get_by_role("button", name="Sweep all severities").click()
    stop = page.locator("#vz-sensors button", has_text="Stop")
    expect(page.locator("#vz-sensors .vz-scene-progress")).to_contain_text("severity 2")
    stop.click()
    expect(page.locator("#vz-message")).to_contain_text("Stopped.")
    expect(page.get_by_role("button", name="Sweep all severities")).to_be_visible()
