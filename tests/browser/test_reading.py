"""How files are read, as a user sees and changes it on the page."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from benchmarks.rooms import rooms
from tests.browser.conftest import OpenPage
from vizlab.bundled import folder

pytestmark = pytest.mark.browser


def upload(page: Page, colour: Path, depth: Path) -> None:
    for place, path in (("#vz-colour", colour), ("#vz-depth", depth)):
        if not page.locator(f"{place} input[type=file]").count():  # a file is there already
            continue
        page.locator(f"{place} input[type=file]").set_input_files(str(path))
        expect(page.locator("#vz-readout")).to_contain_text(path.name)


def write(path: Path, picture: np.ndarray) -> Path:
    cv2.imwrite(str(path), picture)
    return path


@pytest.fixture
def quarter_millimetres(tmp_path: Path) -> tuple[Path, Path, float]:
    """A table top in 0.25 mm, which no number gives away, and its median depth in metres."""
    metres = next(rooms(1, (240, 320), seed=3)) * 0.45
    grey = (255 * (metres / metres.max())).astype(np.uint8)
    colour = write(tmp_path / "table.png", cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    return colour, write(tmp_path / "table_depth.png", (metres * 4000).astype(np.uint16)), float(np.median(metres))


@pytest.mark.slow
def test_a_unit_can_be_typed_and_is_kept(open_page: OpenPage, quarter_millimetres: tuple[Path, Path, float]) -> None:
    colour, depth, median = quarter_millimetres
    page = open_page()
    upload(page, colour, depth)
    readout, unit = page.locator("#vz-readout"), page.locator("#vz-unit input")
    expect(readout).to_contain_text("is a guess")
    unit.fill("4000 per metre")
    unit.press("Enter")
    expect(readout).to_contain_text("uint16, 0.25 mm")
    expect(readout).to_contain_text(re.compile(rf"median {median:.2f}\d* m"))
    expect(readout).not_to_contain_text("is a guess")
    unit.fill("4000 ells")
    unit.press("Enter")
    expect(page.locator("#vz-message [role=alert]")).to_contain_text("4000 ells")
    unit.fill("0.25 mm")
    unit.press("Enter")
    expect(readout).to_contain_text("uint16, 0.25 mm")
    page.locator("#vz-depth button[aria-label*=lear]").first.click()
    expect(readout).to_contain_text("none given")
    upload(page, colour, depth)
    expect(readout).to_contain_text("uint16, 0.25 mm")


def test_one_click_reads_in_another_unit_and_runs(
    open_page: OpenPage, quarter_millimetres: tuple[Path, Path, float]
) -> None:
    colour, depth, median = quarter_millimetres
    page = open_page()
    upload(page, colour, depth)
    page.locator("#vz-readout button.vz-reading", has_text="0.25 mm").click()
    expect(page.locator(".vz-status b")).to_have_text("table.png + table_depth.png")
    expect(page.locator("#vz-readout")).to_contain_text(re.compile(rf"median {median:.2f}\d* m"))
    expect(page.locator("#vz-unit input")).to_have_value(re.compile("0.25 mm"))


@pytest.mark.slow
def test_one_click_mirrors_depth_that_lies_mirrored(open_page: OpenPage, tmp_path: Path) -> None:
    scene = folder("scenes") / "bedroom"
    counts = cv2.imread(str(scene / "depth.png"), cv2.IMREAD_UNCHANGED)
    depth = write(tmp_path / "mirrored.png", counts[:, ::-1])
    page = open_page()
    upload(page, scene / "rgb.jpg", depth)
    readout = page.locator("#vz-readout")
    expect(readout).to_contain_text("mirrored left to right")
    readout.locator("button.vz-reading", has_text="Mirror the depth").click()
    expect(page.locator(".vz-status b")).to_have_text("rgb.jpg + mirrored.png")
    expect(readout).to_contain_text("as asked")
    expect(readout.locator("button.vz-reading")).to_have_count(0)
    # Another depth is not mirrored because the last one was.
    page.locator("#vz-depth button[aria-label*=lear]").first.click()
    expect(readout).to_contain_text("none given")
    upload(page, scene / "rgb.jpg", write(tmp_path / "upright.png", counts))
    expect(readout).to_contain_text("upright.png")
    expect(readout).not_to_contain_text("as asked")
    expect(readout).not_to_contain_text("mirrored left to right")
