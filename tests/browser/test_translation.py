"""Image translation in a real browser: pictures dropped into slots, what is drawn is what Python computes."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

import vizlab
from tests.browser.conftest import OpenPage
from tests.browser.instrument import open_tab, point_at, read_out, ready
from tests.browser.test_access import AXE, CUT, OUTSIDE, violations
from tests.page.page_process import random_checkpoint
from vizlab.core.config import SIGNED, NetworkConfig
from vizlab.core.predictions import ImagePrediction
from vizlab.core.trace import FusionTrace
from vizlab.rgbd import read_rgbd, with_domains
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.scene_scores import scene_picture

pytestmark = pytest.mark.browser
NAME = "someones-translation"
SIZE = (96, 128)
PLACES = ((10, 10), (64, 40), (120, 90))
"""x, y of pixels that are compared."""
ALIKE = 12
"""Of 255: pictures of many colours travel as WebP."""


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    normal = {"paint": SIGNED, "shade": SIGNED}
    config = NetworkConfig(
        "cen-pix2pix", ("image",), ("paint", "shade"), working_size=SIZE, normalisation=normal,
        options={"filters": 4},
    )  # fmt: skip
    return random_checkpoint(tmp_path_factory.mktemp("translation") / f"{NAME}.safetensors", config)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Smooth pictures, a square one, and a text."""
    folder = tmp_path_factory.mktemp("pictures")
    rows, columns = np.indices(SIZE)
    made = {
        "paint": np.stack([columns * 2, rows * 2, 200 - columns], -1),
        "shade": np.repeat((rows + columns)[..., None], 3, -1),
        "photograph": np.stack([rows * 2, columns * 2, rows + columns], -1),
        "square": np.full((90, 90, 3), 90),
    }
    for name, pixels in made.items():
        cv2.imwrite(str(folder / f"{name}.png"), pixels.astype(np.uint8))
    (folder / "notes.png").write_text("no picture")
    return {path.stem: path for path in folder.iterdir()}


def with_network(page: Page, checkpoint: Path) -> None:
    """The visitor brings his network, and opens the tab on it."""
    adding = page.locator("#vz-adding")
    if not page.locator("#vz-own-file").is_visible():
        adding.locator("button").first.click()
    page.locator("#vz-own-file input[type=file]").set_input_files(checkpoint)
    expect(page.locator("#vz-message")).to_contain_text("was added and is ticked")
    open_tab(page, "Translation", "#vz-translation")
    choice = page.locator("#vz-translation .vz-networks label", has_text=NAME)
    choice.click()
    expect(page.locator("#vz-slot-0")).to_contain_text("paint")


def choose(page: Page, slot: str, option: str) -> None:
    page.locator(slot).get_by_role("combobox").click()
    page.get_by_role("option", name=option, exact=True).click()


def give(page: Page, slot: str, file: Path) -> None:
    """Drop a file into a slot, which then takes it, and shows it unless it cannot be read."""
    page.locator(f"{slot} input[type=file]").set_input_files(file)
    expect(page.locator(slot).get_by_role("combobox")).to_have_value("a file of mine")


def translated(page: Page) -> None:
    page.get_by_role("button", name="Translate").click()
    expect(page.locator("#vz-translation-results table").first).to_be_visible()


def drawn(page: Page, title: str) -> np.ndarray:
    """The pixels HxWx3 of the picture of that title that was made."""
    image = page.locator(f'#vz-translation-results img[alt="{title}"]').last
    found = image.evaluate(
        "async (image) => { await image.decode(); const canvas = document.createElement('canvas');"
        "canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;"
        "const c = canvas.getContext('2d'); c.drawImage(image, 0, 0);"
        "return [canvas.height, canvas.width, Array.from(c.getImageData(0, 0, canvas.width, canvas.height).data)]; }"
    )
    return np.array(found[2], np.uint8).reshape(found[0], found[1], 4)[..., :3]


def made(trace: FusionTrace, output: str) -> np.ndarray:
    prediction = trace.predictions[output]
    assert isinstance(prediction, ImagePrediction)
    return prediction.value


def exchanged(page: Page) -> list[tuple[str, ...]]:
    """The counts of exchanged channels by site, into paint and into shade, as the table has them."""
    rows = page.get_by_role("table", name="what was exchanged at each site").locator("tr").all()[1:]
    return [tuple(re.findall(r"(\d+) of \d+ channels", row.inner_text())) for row in rows]


def test_two_pictures_become_one_and_the_whole_page_is_about_it(
    open_page: OpenPage, checkpoint: Path, files: dict[str, Path]
) -> None:
    page = open_page()
    with_network(page, checkpoint)
    give(page, "#vz-slot-0", files["paint"])
    give(page, "#vz-slot-1", files["shade"])
    expect(page.locator("#vz-slot-1 img")).to_be_visible()
    give(page, "#vz-slot-photograph", files["photograph"])
    translated(page)
    rgbd = read_rgbd(files["photograph"], domains={"paint": files["paint"], "shade": files["shade"]})
    trace = vizlab.trace(vizlab.load_model(checkpoint), rgbd)
    for title, output in (("paint", "image/paint"), ("all together", "image/ensemble")):
        shown, expected = drawn(page, title), made(trace, output)
        assert shown.shape == expected.shape
        assert np.abs(shown.astype(int) - expected).max() <= ALIKE
    counts = [site.weights["exchanged"].sum(1) for site in trace.sites.values()]
    assert exchanged(page) == [tuple(str(int(n)) for n in pair) for pair in counts]
    off = np.abs(made(trace, "image/ensemble").astype(float) - cv2.imread(str(files["photograph"]))[..., ::-1]).mean()
    expect(page.locator("#vz-translation-results")).to_contain_text(f"L1 {100 * off / 255:.1f} %")
    expect(page.locator(".vz-status")).to_contain_text("photograph.png")

    open_tab(page, "Stage", ".vv-grid")
    ready(page)
    for x, y in PLACES:
        point_at(page, x, y)
        read = read_out(page)
        for key, pixels in (
            (f"{NAME}|image/ensemble", made(trace, "image/ensemble")),
            (f"{NAME}|image/shade", made(trace, "image/shade")),
            ("picture|domain paint", rgbd.domains["paint"]),
        ):
            assert [int(n) for n in re.findall(r"\d+", read[key])[:3]] == pixels[y, x].tolist(), (key, read[key])

    open_tab(page, "Channel exchange", ".vz-body")
    expect(page.locator(".vz-console").first).to_be_visible()


@pytest.mark.slow
def test_what_cannot_be_read_is_said_and_the_picture_before_stays(
    open_page: OpenPage, checkpoint: Path, files: dict[str, Path]
) -> None:
    page = open_page()
    title = page.locator(".vz-status b").inner_text()
    with_network(page, checkpoint)
    choose(page, "#vz-slot-photograph", "none")
    give(page, "#vz-slot-0", files["paint"])
    give(page, "#vz-slot-1", files["notes"])
    expect(page.locator("#vz-slot-1 .vz-alert")).to_contain_text("notes.png is a text file")
    page.get_by_role("button", name="Translate").click()
    expect(page.locator("#vz-message .vz-alert")).to_contain_text("notes.png is a text file")
    page.locator("#vz-slot-1 button[aria-label='Clear']").click()
    give(page, "#vz-slot-1", files["square"])
    expect(page.locator("#vz-slot-1 img")).to_be_visible()
    page.get_by_role("button", name="Translate").click()
    expect(page.locator("#vz-message .vz-alert")).to_contain_text("is 90x90, but the others are 128x96: another shape")
    expect(page.locator(".vz-status b")).to_have_text(title)


@pytest.mark.slow
def test_a_scene_is_enough_and_the_next_one_follows(open_page: OpenPage, checkpoint: Path) -> None:
    page = open_page(820, 1180)
    with_network(page, checkpoint)
    choose(page, "#vz-slot-0", "derived: edges of colour")
    expect(page.locator("#vz-slot-0 figcaption")).to_have_text("edges")
    translated(page)
    model = vizlab.load_model(checkpoint)
    for index, scene in enumerate(list_scenes()[:2]):
        if index:
            page.locator(f'.vz-scene[data-scene="{scene}"]').click()
            expect(page.locator("#vz-translation-results h3").first).to_contain_text(load_scene(scene).title)
        rgbd = with_domains(scene_picture(load_scene(scene))[0], {"paint": "edges", "shade": "shading"})
        expected = made(vizlab.trace(model, rgbd), "image/ensemble")
        shown = drawn(page, "all together")
        small = cv2.resize(expected, shown.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(shown.astype(int) - small).mean() < ALIKE / 4
    assert "domains=paint%3Aedges%2Cshade%3Ashading" in page.url


@pytest.mark.slow
def test_it_fits_every_width_and_axe_finds_nothing_serious(open_page: OpenPage, checkpoint: Path) -> None:
    page = open_page()
    with_network(page, checkpoint)
    choose(page, "#vz-slot-0", "derived: colour")
    translated(page)
    for width in (390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(250)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OUTSIDE) == [], width
        assert page.evaluate(CUT) == [], width
    page.evaluate(AXE)
    assert not violations(page, whole=False)
    page.add_style_tag(content="* { transition: none !important; }")  # choices change their colours slowly
    page.evaluate("document.body.classList.add('dark')")
    page.wait_for_timeout(300)
    assert not violations(page, whole=False, rules=("color-contrast",))
