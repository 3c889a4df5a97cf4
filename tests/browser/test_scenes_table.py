"""The table of scenes, and files dropped on the page, as a user meets them."""

import base64
import csv
import io
import json
import math
import re
import urllib.parse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.instrument import open_tab
from tests.page.page_process import random_checkpoint, write_pair

pytestmark = pytest.mark.browser

DROP = """([files, kinds]) => {
  const data = new DataTransfer();
  for (const [name, text] of files) {
    data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
  }
  const place = document.querySelector('#vz-status');
  for (const kind of kinds) {
    place.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data}));
  }
}"""

DOCUMENT = """async () => {
  const key = document.querySelector('#vz-document [data-key]').dataset.key;
  return (await fetch('vizlab/document/' + key)).json();
}"""


@pytest.fixture(scope="module")
def looked_at(visit: OpenPage) -> Page:
    return visit()


@pytest.fixture
def table(looked_at: Page) -> Page:
    """The tab Scenes of one page with the rows of all networks, for tests that look at it and sort it."""
    looked_at.set_viewport_size({"width": 1280, "height": 800})
    open_tab(looked_at, "Scenes", "#vz-scene-table tbody tr[data-network]:not([hidden])")
    looked_at.locator('#vz-scene-table button[data-only=""]').click()
    return looked_at


def run_all(page: Page) -> None:
    """Run what is missing, if anything is, and wait for the last row."""
    button = page.locator("#vz-run-scenes")
    if button.is_visible():
        button.click()
    expect(page.locator("#vz-scene-table tr[data-missing]")).to_have_count(0)


def column(page: Page, key: str) -> list[float]:
    """The numbers of a column as they stand from top to bottom; NaN for what is undefined."""
    cells = page.locator(f"#vz-scene-table tbody tr:not([hidden]) td[data-column={key}]")
    return [
        float(text) if text else math.nan for text in cells.evaluate_all("cells => cells.map(c => c.dataset.value)")
    ]


def shown(page: Page, key: str) -> list[str]:
    return page.locator(f"#vz-scene-table tbody tr:not([hidden]) td[data-column={key}]").all_inner_texts()


def defined(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def drop(page: Page, *paths: Path, kinds: Sequence[str] = ("dragenter", "dragover", "drop")) -> None:
    """Files dragged over the page, far from any input."""
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    page.evaluate(DROP, [files, list(kinds)])


def test_a_heading_sorts_by_value_and_the_undefined_stay_last(table: Page) -> None:
    page = table
    run_all(page)
    calls: list[str] = []  # of handlers: what the stage's pictures are made of is still on its way
    page.on("request", lambda request: calls.append(request.url) if "/gradio_api/" in request.url else None)
    heading = page.locator("#vz-scene-table th[data-key=rmse]")
    heading.get_by_role("button").click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    up = column(page, "rmse")
    assert defined(up) == sorted(defined(up))
    assert math.isnan(up[-1]), "CEN of one task predicts no depth"
    assert not any(map(math.isnan, up[: len(defined(up))]))
    heading.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    down = column(page, "rmse")
    assert defined(down) == sorted(defined(up), reverse=True)
    assert math.isnan(down[-1])
    accuracy = page.locator("#vz-scene-table th[data-key=accuracy]")
    accuracy.get_by_role("button").click()
    expect(accuracy).to_have_attribute("aria-sort", "descending")  # the best first
    assert column(page, "accuracy") == sorted(column(page, "accuracy"), reverse=True)
    assert page.locator("#vz-scene-table th[aria-sort]").count() == 1
    assert calls == [], "sorting asked the server"


def test_the_best_of_a_column_is_bold_among_the_rows_shown(table: Page) -> None:
    page = table
    run_all(page)
    for name in ("", "nddr-cnn-mobilenetv2-nyuv2"):
        page.locator(f'#vz-scene-table button[data-only="{name}"]').click()
        for key, best in (("accuracy", max), ("rmse", min)):
            bold = page.locator(f"#vz-scene-table tr:not([hidden]) td.vz-best[data-column={key}]").all_inner_texts()
            values = column(page, key)
            assert set(bold) == {shown(page, key)[values.index(best(defined(values)))]}
    assert page.locator("#vz-scene-table td.vz-best[data-column=stage1]").count() == 0, "a share is not good or bad"
    assert set(shown(page, "network")) == {"NDDR-CNN"}
    assert page.locator("#vz-scene-table th[data-key='scale 0']").is_hidden()


def test_a_row_opens_its_scene_on_the_stage(table: Page) -> None:
    page = table
    run_all(page)
    row = page.locator("#vz-scene-table tbody tr[data-network]").last
    title = row.locator("th").inner_text()
    row.locator("td[data-column=rmse]").click()
    expect(page.locator(".vz-status b")).to_have_text(title)
    expect(page.get_by_role("tab", name="Stage")).to_have_attribute("aria-selected", "true")
    expect(page.locator("body")).not_to_have_class(re.compile("vz-busy"))
    open_tab(page, "Scenes", "#vz-scene-table tbody tr[data-network]:not([hidden])")
    expect(page.locator("#vz-scene-table tr[aria-current] th").first).to_have_text(title)


def test_the_file_and_the_predictions_say_what_the_table_shows(table: Page) -> None:
    page = table
    link = page.locator("#vz-scene-table a[download]")
    address = str(link.get_attribute("href"))
    lines = list(csv.DictReader(io.StringIO(urllib.parse.unquote(address.split(",", 1)[1]))))
    first = page.locator("#vz-scene-table tbody tr[aria-current][data-network]").first  # of the scene on show
    line = next(
        one
        for one in lines
        if (one["scene"], one["network"]) == (first.get_attribute("data-scene"), first.get_attribute("data-network"))
    )
    accuracy = float(first.locator("td[data-column=accuracy]").inner_text())
    assert float(line["classes pixels right, %"]) == pytest.approx(accuracy, abs=0.051)
    page.get_by_role("tab", name="Predictions").click()
    expect(
        page.locator("#vz-predictions .vz-caption", has_text=f"Pixel accuracy {accuracy:.1f} %").first
    ).to_be_visible()


@pytest.mark.slow
def test_other_networks_are_not_run_yet_and_can_be_stopped(open_page: OpenPage) -> None:
    page = open_page()
    page.locator("#vz-models label", has_text="cen-multitask").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".vz-status")).to_contain_text("3 networks")
    expect(page.locator("body")).not_to_have_class(re.compile("vz-busy"))
    open_tab(page, "Scenes", "#vz-scene-table tbody tr[data-network]:not([hidden])")
    missing = page.locator("#vz-scene-table tr[data-missing]")
    total = page.locator("#vz-scene-table tbody tr").evaluate_all(
        "rows => new Set(rows.map(r => r.dataset.scene)).size"
    )
    if total < 3:
        pytest.skip("fewer than three scenes are bundled")
    expect(missing).to_have_count(total - 1)
    page.locator("#vz-run-scenes").click()
    expect(missing).not_to_have_count(total - 1)
    page.locator("#vz-stop-scenes").click()
    expect(page.locator("#vz-message")).to_contain_text("Stopped")
    expect(page.locator("#vz-run-scenes")).to_have_text(re.compile(f"Run the other {missing.count()} scenes"))


@pytest.mark.parametrize("width", [390, pytest.param(820, marks=pytest.mark.slow)])
def test_a_narrow_screen_scrolls_the_table_and_not_the_page(table: Page, width: int) -> None:
    page = table
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_function("width => window.innerWidth === width", arg=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator(".vz-scene-rows")
    assert box.evaluate("b => b.scrollWidth > b.clientWidth")
    box.evaluate("b => { b.scrollLeft = b.scrollWidth; }")
    name, outer = page.locator(".vz-scene-rows tbody th").first.bounding_box(), box.bounding_box()
    assert name is not None
    assert outer is not None
    assert name["x"] == pytest.approx(outer["x"], abs=3), "the scene's name stays in sight"


def test_pictures_dropped_anywhere_go_to_their_inputs(looked_at: Page, tmp_path: Path) -> None:
    colour, depth = write_pair(tmp_path, name="dropped")
    page = looked_at
    drop(page, depth, kinds=("dragenter", "dragover"))
    expect(page.locator("html")).to_have_class(re.compile("vz-dropping"))
    drop(page, depth, colour)
    expect(page.locator("html")).not_to_have_class(re.compile("vz-dropping"))
    expect(page.locator("#vz-readout")).to_contain_text(f"{colour.name} + {depth.name}")
    expect(page.locator("#vz-readout")).to_contain_text("uint16, millimetres")
    other, _ = write_pair(tmp_path, shift=30, name="second")
    drop(page, other)
    expect(page.locator("#vz-readout")).to_contain_text(f"{other.name} + {depth.name}")


@pytest.mark.slow
def test_of_two_pictures_that_may_be_either_the_first_is_colour(open_page: OpenPage, tmp_path: Path) -> None:
    """Eight bits of grey say nothing; a name that says depth does, and so do three channels."""
    grey, colour = np.tile(np.arange(160, dtype=np.uint8), (120, 1)), np.zeros((120, 160, 3), np.uint8)
    page = open_page()
    for first, second in (("a.png", "b.png"), ("c.png", "my_depth.png"), ("rgb.png", "d.png")):
        paths = [tmp_path / first, tmp_path / second]
        cv2.imwrite(str(paths[0]), colour if first == "rgb.png" else grey)
        cv2.imwrite(str(paths[1]), grey)
        order = paths if first == "a.png" else paths[::-1]
        drop(page, *order)
        for place, name in (("#vz-colour", first), ("#vz-depth", second)):
            said = re.compile(re.escape(name.removesuffix(".png")) + r"\s*\.png")
            expect(page.locator(f"{place} .file-preview")).to_contain_text(said)


def test_a_file_that_belongs_nowhere_is_named(looked_at: Page, tmp_path: Path) -> None:
    notes = tmp_path / "notes<b>.txt"
    notes.write_text("nothing")
    drop(looked_at, notes)
    expect(looked_at.locator(".vz-drop-said")).to_contain_text("notes<b>.txt has no place here")


def test_a_dropped_checkpoint_is_added_ticked_and_has_its_column(open_page: OpenPage, tmp_path: Path) -> None:
    path = random_checkpoint(tmp_path / "my_fusion.safetensors", seed=5)
    page = open_page()
    drop(page, path)
    expect(page.locator("#vz-models")).to_contain_text("my_fusion")
    expect(page.locator("#vz-models label", has_text="my_fusion").locator("input")).to_be_checked()
    expect(page.locator("#vz-message")).to_contain_text("my_fusion was added and is ticked: CEN, cen-mobilenetv2")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".vz-status")).to_contain_text("5 networks")
    document = page.evaluate(DOCUMENT)
    assert '"my_fusion"' in json.dumps(document), "the stage's title"
    page.get_by_role("tab", name="Predictions").click()
    columns = page.locator("#vz-predictions .vz-column")
    expect(columns.filter(has_text="my_fusion · ensemble")).to_be_visible()
    assert {"CEN · ensemble", "CEN multitask", "NDDR-CNN", "MTI-Net"} <= set(columns.all_inner_texts())
    open_tab(page, "Scenes", "#vz-scene-table tbody tr[data-network]:not([hidden])")
    assert "my_fusion" in shown(page, "network")
