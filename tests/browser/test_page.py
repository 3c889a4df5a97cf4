"""The page as a user meets it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.instrument import ready
from tests.page.page_process import NAMES, OWN_CHECKPOINT, write_pair

pytestmark = pytest.mark.browser

PAYLOAD_LIMIT = 1_000_000
"""Bytes to the browser for one full analysis at 480x640 (design budget)."""


def upload(page: Page, colour: Path | None, depth: Path | None) -> None:
    for place, path in (("#vz-colour", colour), ("#vz-depth", depth)):
        if path is not None:
            page.locator(f"{place} input[type=file]").set_input_files(str(path))
            expect(page.locator("#vz-readout")).to_contain_text(path.name)


def run(page: Page, title: str) -> None:
    """Press Run and wait until the status line names the picture."""
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".vz-status b")).to_have_text(title)
    expect(page.locator("body")).not_to_have_class(re.compile("vz-busy"))


def go_to(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=tab).click()
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")


def plots(page: Page) -> int:
    """How many charts of the open tab are drawn."""
    return page.locator(".js-plotly-plot .main-svg:visible").count()


def expect_plots(page: Page, count: int) -> None:
    expect(page.locator(".js-plotly-plot:visible")).to_have_count(count)
    for index in range(count):
        expect(page.locator(".js-plotly-plot:visible").nth(index).locator(".main-svg").first).to_be_visible()


def test_opens_with_a_scene_already_analysed(visitor: Page) -> None:
    page = visitor
    go_to(page, "Predictions")
    grid = page.locator("#vz-predictions .vz-grid").first
    for heading in ("CEN · rgb", "CEN · depth", "CEN · ensemble", "NDDR-CNN", "MTI-Net", "reference"):
        expect(grid.locator(".vz-column", has_text=heading).first).to_be_visible()
    for name in NAMES.values():
        expect(page.locator(".vz-status")).to_contain_text(name)
    image = page.locator("#vz-predictions figure img").first
    shown = image.evaluate("i => [i.naturalWidth / i.naturalHeight, i.clientWidth / i.clientHeight, i.complete]")
    assert shown[2]
    assert shown[0] == pytest.approx(shown[1], rel=0.02), "the picture is stretched"


def test_the_read_out_stands_under_the_button(visitor: Page) -> None:
    page = visitor
    button, readout = (page.locator(name).bounding_box() for name in ("#vz-run", "#vz-readout"))
    assert button is not None
    assert readout is not None
    assert readout["y"] >= button["y"] + button["height"]
    assert readout["x"] == pytest.approx(button["x"], abs=4)
    assert button["y"] + button["height"] < 760, "the button is not in sight"


def test_every_picture_says_its_range(visitor: Page) -> None:
    page = visitor
    go_to(page, "Predictions")
    expect(page.locator("#vz-predictions .vz-bar").first).to_be_visible()
    for text in page.locator("#vz-predictions .vz-bar").all_inner_texts():
        assert len(re.findall(r"-?\d[\d.]*", text)) == 2, text


def test_upload_run_threshold_and_every_tab(open_page: OpenPage, tmp_path: Path) -> None:
    colour, depth = write_pair(tmp_path)
    page = open_page()
    received = count_bytes(page)
    upload(page, colour, depth)
    expect(page.locator("#vz-readout")).to_contain_text("uint16, millimetres")
    expect(page.locator("#vz-readout")).to_contain_text("1.9 %")  # 12 of 640 columns were left without depth
    page.locator("#vz-size input").click()
    page.get_by_role("option", name="320 × 240").click()  # what is shipped works at, by which the budget is meant
    before = sum(received)
    run(page, f"{colour.name} + {depth.name}")
    ready(page)
    while sum(received) - before <= 50_000:  # what arrived is told of after it is shown
        page.wait_for_timeout(100)
    page.wait_for_timeout(500)
    assert sum(received) - before <= PAYLOAD_LIMIT
    go_to(page, "Predictions")
    expect(page.locator("#vz-predictions")).to_contain_text("RMSE")

    go_to(page, "Channel exchange")
    expect_plots(page, 5)
    shows_outside_maps(page, "#vz-exchange-strip", 34)
    moves_the_threshold(page)

    go_to(page, "NDDR weights")
    expect_plots(page, 7)
    shows_outside_maps(page, "#vz-nddr-strip", 15)
    title = page.locator(".js-plotly-plot:visible .gtitle").first
    expect(title).to_contain_text("stage 3")
    page.locator("#vz-nddr-stage").get_by_text("stage 5").click()
    expect(title).to_contain_text("stage 5")
    page.locator("#vz-nddr-kind").get_by_text("change from the start").click()
    expect(title).to_contain_text("change from")

    go_to(page, "Task affinities")
    expect_plots(page, 2)
    expect(page.locator("#vz-gates figure")).to_have_count(36)  # three tasks, each from three others, at four scales
    page.locator("#vz-statistic").get_by_text("raw agreement").click()
    expect(page.locator(".js-plotly-plot:visible .ytitle").last).to_contain_text("agreeing pairs")


def test_every_network_has_its_whole_card(visitor: Page) -> None:
    page = visitor
    go_to(page, "Model cards")
    for name in NAMES.values():
        page.locator("#vz-card-model").get_by_text(name, exact=True).click()
        expect(page.locator("#vz-card h3").first).to_have_text(name)
        expect(page.locator("#vz-card")).to_contain_text("SHA-256")
        # Names to the left, figures to the right: Gradio once took the rules for both apart.
        row = page.locator("#vz-card table").first.locator("tr").nth(1)
        expect(row.locator("th")).to_have_css("text-align", "left")
        expect(row.locator("td").first).to_have_css("text-align", "right")


def shows_outside_maps(page: Page, strip: str, count: int) -> None:
    expect(page.locator(f"{strip} button.vz-thumb")).to_have_count(count)


def moves_the_threshold(page: Page) -> None:
    console, status = page.locator("#vz-threshold"), page.locator(".vz-status")
    slider, total = console.locator("input[type=range]"), console.locator("[data-sum=all]")
    before = total.inner_text()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    slider.evaluate("s => { s.value = s.max; s.dispatchEvent(new Event('input', {bubbles: true})); }")
    assert total.inner_text() not in (before, "–"), "the preview did not follow the slider"
    assert not requests, "the preview asked the server"
    slider.evaluate("s => s.dispatchEvent(new Event('change', {bubbles: true}))")
    expect(status).to_contain_text("moved")
    expect(page.locator(".vz-column", has_text="what changed")).to_be_visible()
    expect(page.locator(".js-plotly-plot:visible .gtitle", has_text="below 2").first).to_be_visible()
    console.get_by_role("button", name="checkpoint").click()
    expect(status).not_to_contain_text("moved")
    expect(total).to_have_text(before)


def count_bytes(page: Page) -> list[int]:
    """The bytes of the page's data, one number per piece that arrives."""
    received: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.dataReceived", lambda event: received.append(event["dataLength"]))
    return received


def test_a_site_opens_over_the_photograph(visitor: Page) -> None:
    page = visitor
    go_to(page, "Predictions")
    page.locator("#vz-predictions button.vz-thumb").nth(3).click()
    window = page.get_by_role("dialog")
    expect(window).to_contain_text("site 4 of 17")
    expect(window.locator("img")).to_be_visible()
    window.get_by_role("button", name="next site").click()
    expect(window).to_contain_text("site 5 of 17")
    page.keyboard.press("Escape")
    expect(window).to_be_hidden()
    page.locator("#vz-predictions button.vz-thumb").nth(4).click()
    expect(window).to_contain_text("site 5 of 17")
    page.keyboard.press("Escape")


def test_pictures_enlarge_without_the_server(visitor: Page) -> None:
    page = visitor
    go_to(page, "Predictions")
    page.locator("#vz-predictions figure img").first.click()
    expect(page.locator(".vz-lightbox img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".vz-lightbox")).to_have_count(0)


def test_a_wrong_file_gets_a_sentence_and_earlier_results_stay(visitor: Page, tmp_path: Path) -> None:
    page = visitor
    go_to(page, "Stage")
    title = page.locator(".vz-status b").inner_text()
    wrong = tmp_path / "<b>notes.png"
    wrong.write_text("not a picture")
    page.locator("#vz-colour input[type=file]").set_input_files(str(wrong))
    alert = page.locator("#vz-message [role=alert]")
    expect(alert).to_contain_text("notes.png")
    assert "Traceback" not in alert.inner_text()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("body")).not_to_have_class(re.compile("vz-busy"))
    expect(alert).to_be_visible()
    assert page.locator(".vz-status b").inner_text() == title
    expect(page.locator(".vv-cell").first).to_be_visible()
    page.locator("#vz-colour button[aria-label*=lear]").first.click()
    expect(page.locator("#vz-colour input[type=file]")).to_have_count(1)
    expect(alert).to_have_count(0)


@pytest.mark.slow
def test_without_depth_cen_says_why_it_was_not_run(open_page: OpenPage, tmp_path: Path) -> None:
    colour, _ = write_pair(tmp_path, shift=40, name="no depth")
    page = open_page()
    upload(page, colour, None)
    run(page, colour.name)
    go_to(page, "Predictions")
    expect(page.locator("#vz-predictions")).to_contain_text("needs a depth map")
    go_to(page, "Channel exchange")
    # A CEN whose streams are tasks needs no depth: its exchange is shown, beside why the other's is not.
    expect(page.locator(".vz-model:visible")).to_contain_text("needs a depth map")
    expect_plots(page, 5)
    go_to(page, "NDDR weights")
    expect_plots(page, 7)


@pytest.mark.slow
def test_two_users_do_not_disturb_each_other(open_page: OpenPage, tmp_path: Path) -> None:
    first, second = open_page(), open_page()
    opened = second.locator(".vz-status b").inner_text()
    colour, depth = write_pair(tmp_path, shift=90, name="mine")
    upload(first, colour, depth)
    run(first, f"{colour.name} + {depth.name}")
    assert second.locator(".vz-status b").inner_text() == opened
    for page in (first, second):
        go_to(page, "Predictions")
        page.locator("#vz-predictions button.vz-thumb").first.click()
    photographs = [page.get_by_role("dialog").locator("img").get_attribute("src") for page in (first, second)]
    assert photographs[0] != photographs[1]


@pytest.mark.slow
def test_a_checkpoint_of_the_users_own(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#vz-adding > button").click()
    page.locator("#vz-adding input").first.click()
    page.get_by_role("option", name=OWN_CHECKPOINT).click()
    page.locator("#vz-add").click()
    name = OWN_CHECKPOINT.removesuffix(".safetensors")
    expect(page.locator("#vz-models")).to_contain_text(name)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".vz-status")).to_contain_text(name)
    go_to(page, "Channel exchange")
    page.locator(".vz-model:visible").get_by_text(name).click()
    expect(page.locator("#vz-exchange-strip h4")).to_have_attribute("title", name)


@pytest.mark.slow
def test_a_phone_shows_it_without_scrolling_sideways(open_page: OpenPage) -> None:
    page = open_page(390, 800)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_dark_and_light(visitor: Page) -> None:
    page = visitor
    background = "getComputedStyle(document.querySelector('#vz-status')).backgroundColor"
    before = page.evaluate(background)
    page.get_by_role("button", name="dark or light").click()
    assert page.evaluate(background) != before
    page.get_by_role("button", name="dark or light").click()
    assert page.evaluate(background) == before
