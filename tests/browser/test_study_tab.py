"""The tab Study as a visitor meets it: a file is opened, its numbers are read, an edge is followed to its pictures."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.survey.studies import made_study

pytestmark = pytest.mark.browser


def open_tab(page: Page) -> None:
    tab = page.get_by_role("tab", name="Study")
    tab.scroll_into_view_if_needed()
    tab.click()


def give(page: Page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a file").click()
    chooser.value.set_files(file)


def shares(page: Page) -> list[float]:
    """What the left half of the chart of edges shows, in percent."""
    return page.evaluate("document.querySelector('#vz-study-edges .js-plotly-plot').calcdata[0].map(point => point.x)")


def test_a_study_is_opened_and_read(visitor: Page, tmp_path: Path) -> None:
    made_study().save(tmp_path / "study.npz")
    (tmp_path / "notes.npz").write_text("nothing")
    page = visitor
    open_tab(page)
    give(page, tmp_path / "notes.npz")
    expect(page.locator("#vz-study-said")).to_contain_text("is no result of a study")
    give(page, tmp_path / "study.npz")
    expect(page.locator("#vz-study-head")).to_contain_text("40 pictures of split test")
    expect(page.locator("#vz-study-said")).not_to_contain_text("no result")
    rows = page.locator("#vz-study-correlations tr:has(td)")
    expect(rows.first).to_contain_text("−1.00 [−1.00, −1.00]")

    expect(page.locator("#vz-study-edges .js-plotly-plot")).to_be_visible()
    assert shares(page) == pytest.approx([1, 2, 3, 4, 5, 6], rel=0.02)
    expect(page.locator("#vz-study-mattered figure")).to_have_count(12)
    first = page.locator("#vz-study-mattered figure").first
    expect(first).to_contain_text("000")
    expect(first).to_contain_text("2.00 nats")
    assert first.locator("img").evaluate("image => image.naturalWidth") == 32

    page.locator("#vz-study-edge input").click()
    page.get_by_role("option", name="3, stage 2: depth → rgb").click()
    expect(first).to_contain_text("0.500 nats")
    page.get_by_label("distilling, into depth").check()
    expect(page.locator("#vz-study-mattered")).to_contain_text("How far depth moves")
    page.locator("#vz-study-task").get_by_label("depth").check()
    expect(page.locator("#vz-study-correlations tr:has(td)")).to_have_count(1)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 820])
def test_it_fits_narrow_pages(open_page: OpenPage, tmp_path: Path, width: int) -> None:
    made_study().save(tmp_path / "study.npz")
    page = open_page(width=width)
    open_tab(page)
    give(page, tmp_path / "study.npz")
    expect(page.locator("#vz-study-mattered figure")).to_have_count(12)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
