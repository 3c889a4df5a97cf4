"""The tab Attribution in a real browser: a region chosen by a click, its numbers against Python's, a phone's room."""

import pytest
from playwright.sync_api import Page, expect

import vizlab
from tests.browser.conftest import OpenPage
from tests.browser.instrument import open_tab
from tests.page.page_process import NAMES, page_checkpoints
from vizlab.experiments.attribution import Attribution, Target, attribute, box
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.scene_scores import scene_picture

pytestmark = pytest.mark.browser


def choose_network(page: Page, name: str) -> None:
    page.locator("#vz-attribution .vz-networks label", has_text=name).first.click()


def click_picture(page: Page, x: float, y: float) -> None:
    """At that share of its width and height."""
    image = page.locator("#vz-attribution-picture img").first
    image.scroll_into_view_if_needed()
    place = image.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + x * place["width"], place["y"] + y * place["height"])


def place_of(page: Page) -> str:
    return page.locator("#vz-attribution-place").locator("input, textarea").first.input_value()


def attributed(page: Page, steps: int) -> None:
    """Press the button and wait until it is there again under the maps."""
    page.get_by_label("number input for steps on the path").fill(str(steps))
    page.get_by_label("number input for steps on the path").press("Enter")
    button = page.get_by_role("button", name="Attribute", exact=True)
    button.click()
    expect(page.locator(".vz-attribution")).to_be_visible()
    expect(button).to_be_visible()


def expected(region: tuple[tuple[float, float], tuple[float, float]], steps: int) -> Attribution:
    rgbd, _ = scene_picture(load_scene(list_scenes()[0]))
    model = vizlab.load_model(page_checkpoints() / f"{NAMES['cen']}.safetensors")
    return attribute(model, rgbd, Target("semseg", box(rgbd.size, *region)), steps=steps)


def number(page: Page, name: str) -> float:
    text = page.locator(".vz-attribution").get_attribute(f"data-{name}")
    assert text is not None
    return float(text)


def test_a_box_drawn_by_two_clicks_is_attributed_as_in_python(visitor: Page) -> None:
    page = visitor
    open_tab(page, "Attribution", "#vz-attribution")
    choose_network(page, NAMES["cen"])
    page.locator("#vz-attribution").get_by_text("a box, two clicks").click()
    click_picture(page, 0.4, 0.6)
    expect(page.locator("#vz-attribution-region")).to_contain_text("For a box click the opposite corner.")
    click_picture(page, 0.6, 0.8)
    expect(page.locator("#vz-attribution-region")).not_to_contain_text("corner")
    x0, y0, x1, y1 = (float(part) for part in place_of(page).split(","))
    assert (x0, y0, x1, y1) == pytest.approx((256, 288, 384, 384), abs=3)
    attributed(page, 8)
    found = expected(((x0, y0), (x1, y1)), 8)
    for name, total in found.totals.items():
        assert number(page, f"total-{name}") == pytest.approx(total, rel=0.02, abs=1e-3)
    assert number(page, "value") == pytest.approx(found.value, rel=1e-3)
    assert number(page, "before") == pytest.approx(found.before, rel=1e-2, abs=1e-5)
    assert number(page, "residual") == pytest.approx(found.residual, rel=0.05, abs=1e-3)
    shown = page.locator(".vz-attribution")
    expect(shown).to_contain_text(f"{found.of[1:]}")
    expect(shown.locator("img")).to_have_count(2)
    ends = {bar.inner_text().split("\n")[0] for bar in shown.locator(".vz-bar").all()}
    assert len(ends) == 1  # one scale for both modalities


@pytest.mark.slow
def test_edges_of_a_segment_on_a_phone(open_page: OpenPage) -> None:
    page = open_page(390, 844)
    open_tab(page, "Attribution", "#vz-attribution")
    choose_network(page, NAMES["mti"])
    click_picture(page, 0.5, 0.8)
    expect(page.locator("#vz-attribution-place").locator("input, textarea").first).not_to_have_value("320,240")
    attributed(page, 8)
    page.get_by_role("button", name="Which edges carry it").click()
    table = page.get_by_role("table", name="conductance of edges")
    expect(table).to_be_visible()
    assert 2 <= table.locator("tr").count() <= 9
    expect(page.locator("#vz-attribution-edges")).to_contain_text("not what a cut would cost")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
