"""The tab Modalities in a real browser: its numbers are Python's, another class follows, a phone has room for it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.by_python import worth_for_cen
from tests.browser.conftest import OpenPage
from tests.browser.instrument import open_tab
from tests.page.page_process import NAMES
from vizlab.experiments.modalities.worth import Worth

pytestmark = pytest.mark.browser
CLOSE = 0.004
"""The page rounds to three digits, and bfloat16 adds in whichever order the threads end."""


def compute(page: Page) -> None:
    """Press the button and wait until all three parts were drawn and it is there again."""
    button = page.get_by_role("button", name="Compute worth")
    button.click()
    expect(page.locator("#vz-conflict p").first).to_be_visible()
    expect(button).to_be_visible()


def choose(page: Page, place: str, option: str) -> None:
    page.locator(f"{place} input").click()
    page.get_by_role("option", name=option, exact=True).click()


def totals(page: Page) -> dict[str, list[str]]:
    rows = page.get_by_role("table", name="worth over the picture").locator("tr").all()
    texts = [[cell.replace("−", "-") for cell in row.locator("th, td").all_inner_texts()] for row in rows[1:]]
    return {name: cells for name, *cells in texts}


def agree(shown: dict[str, list[str]], found: Worth) -> None:
    assert list(shown) == list(found.maps)
    for name, maps in found.maps.items():
        phi = maps.totals()
        numbers = [float(text) for text in shown[name][:5]]
        assert numbers[0] == pytest.approx(phi["rgb"], abs=CLOSE)
        assert numbers[1] == pytest.approx(phi["depth"], abs=CLOSE)
        assert numbers[4] - numbers[3] == pytest.approx(numbers[0] + numbers[1], abs=0.002)
        assert shown[name][5] == (found.winners[name] or "even")


def test_numbers_are_those_of_python_and_another_class_follows(visitor: Page) -> None:
    page = visitor
    open_tab(page, "Modalities", "#vz-modalities")
    page.locator("#vz-modalities .vz-networks label", has_text=NAMES["cen"]).first.click()
    compute(page)
    agree(totals(page), worth_for_cen("predicted"))
    said = page.locator("#vz-worth .vz-won").inner_text()
    assert said.count("Missing replaced by") == 2
    assert page.locator("#vz-worth img").count() == 2 * 4 + 2  # maps under two replacements, and both pictures
    expect(page.locator("#vz-likeness")).to_contain_text("Similarity is not influence")
    choose(page, "#vz-worth-class", "the true one")
    expect(page.locator("#vz-worth")).to_contain_text("Value: probability of the true class")
    agree(totals(page), worth_for_cen("true"))


@pytest.mark.slow
def test_streams_of_several_tasks_on_a_phone(open_page: OpenPage) -> None:
    page = open_page(390, 844)
    open_tab(page, "Modalities", "#vz-modalities")
    page.locator("#vz-modalities .vz-networks label", has_text=NAMES["nddr"]).first.click()
    expect(page.locator("#vz-players input")).to_have_value("streams, at all sites")
    choose(page, "#vz-worth-output", "depth")
    expect(page.locator("#vz-worth-class")).to_be_hidden()
    compute(page)
    expect(page.locator("#vz-worth")).to_contain_text("minus the absolute error of depth in metres")
    shown = totals(page)
    assert list(shown) == ["spatial mean", "another picture"]
    for cells in shown.values():
        *phi, _, none, whole = (float(re.sub(" m$", "", text)) for text in cells[:6])
        assert whole - none == pytest.approx(sum(phi), abs=0.003)
    expect(page.get_by_role("table", name=re.compile("^cosine on parameters, stage 1"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
