"""The stage: pictures that zoom and are pointed at together, and a state that stays. Values are read, not counted."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import vizlab
from tests.browser.conftest import OpenPage
from tests.browser.instrument import (
    colour_at,
    open_scene,
    pixel_under,
    point_at,
    read_out,
    ready,
    state,
    where,
)
from tests.page.page_process import NAMES, PAGE_SCENES, page_checkpoints, page_scenes, scenes, write_pair
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.scene_scores import scene_picture
from vizlab.views.layers import sampling

pytestmark = pytest.mark.browser

SCENES = list_scenes(scenes())[:PAGE_SCENES]


@pytest.fixture(scope="module")
def traces() -> dict[str, FusionTrace]:
    """The first scene through the networks of the page, in this process."""
    rgbd, _ = scene_picture(load_scene(SCENES[0], page_scenes()))
    models = [vizlab.load_model(page_checkpoints() / f"{name}.safetensors") for name in NAMES.values()]
    return {model.name: vizlab.trace(model, rgbd) for model in models}


@pytest.fixture(scope="module")
def looked_at(visit: OpenPage) -> tuple[Page, dict[str, Any]]:
    """One page for all tests that only look at it, and what was set when it was opened."""
    page = visit()
    ready(page)
    return page, state(page)


@pytest.fixture
def stage(looked_at: tuple[Page, dict[str, Any]]) -> Page:
    """The first scene with nothing set and nothing open, the mouse nowhere, as a new visitor has it."""
    page, as_opened = looked_at
    if (close := page.locator(".vv-range button[aria-label=close]")).is_visible():
        close.click()
    page.evaluate("state => window.vizlabStage.then(({instrument}) => instrument.set(state))", as_opened)
    if page.locator(".vv-grid").get_attribute("data-scene") != SCENES[0]:
        open_scene(page, SCENES[0])
    page.mouse.move(5, 5)
    page.evaluate("window.scrollTo(0, 0)")
    ready(page)
    assert state(page) == as_opened
    return page


@pytest.fixture(scope="module")
def changed(visit: OpenPage) -> Page:
    """One page for the tests that change what is to be run, in their order."""
    page = visit()
    ready(page)
    return page


def address(page: Page) -> dict[str, str]:
    """What the address says once nothing changes any more."""
    page.wait_for_timeout(400)
    return {name: values[0] for name, values in parse_qs(page.evaluate("location.hash.slice(1)")).items()}


def choose(page: Page, preset: str) -> None:
    page.locator(f'.vv-presets [data-preset="{preset}"]').click()
    expect(page.locator(f'.vv-presets [data-preset="{preset}"]')).to_have_attribute("aria-checked", "true")
    ready(page)


def test_the_first_view_holds_photograph_predictions_and_map(stage: Page) -> None:
    page = stage
    captions = page.locator(".vv-cell .vv-caption").evaluate_all("all => all.map((one) => one.selectedOptions[0].text)")
    assert captions[:5] == [
        "photograph",
        "CEN · semseg",
        "CEN multitask · semseg",
        "NDDR-CNN · semseg",
        "MTI-Net · semseg",
    ]
    bottom = page.locator("#vz-status").bounding_box()["y"]  # type: ignore[index]
    for shown in (*page.locator(".vv-cell").all()[:5], page.locator(".vv-map svg").first):
        box = shown.bounding_box()
        assert box is not None
        assert box["y"] >= 0
    last = page.locator(".vv-cell").last.bounding_box()
    assert last is not None
    assert last["y"] + last["height"] < bottom
    assert page.locator(".vv-map").bounding_box()["y"] < bottom - 200, "the map is not in sight"  # type: ignore[index]


def test_the_crosshair_reads_what_the_traces_hold(stage: Page, traces: dict[str, FusionTrace]) -> None:
    page = stage
    kept = sampling(trace.framing for trace in traces.values())
    for x, y in ((1, 1), (277, 321), (633, 469)):
        assert x % kept.stride == y % kept.stride == kept.offset
        point_at(page, x, y, cell=2)
        found = read_out(page)
        for name, trace in traces.items():
            for output, prediction in trace.predictions.items():
                if f"{output}/ensemble" not in trace.predictions:
                    agrees(found, f"{name}|{output}", prediction, trace, x, y)


def agrees(found: dict[str, str], key: str, prediction: object, trace: FusionTrace, x: int, y: int) -> None:
    """What is read out under `key` is the trace's value at that pixel, rounded once."""
    if isinstance(prediction, SemsegPrediction):
        assert found[key] == trace.model.classes[prediction.label[y, x]]
        assert number(found[f"{key}|confidence"]) == pytest.approx(prediction.confidence[y, x], abs=0.0051)
    elif isinstance(prediction, DepthPrediction):
        assert found[key].endswith(" m")
        assert number(found[key]) == pytest.approx(prediction.value[y, x], abs=0.0051)
    elif isinstance(prediction, NormalsPrediction):
        assert [number(part) for part in found[key].split()] == pytest.approx(prediction.value[y, x], abs=0.0051)


def number(text: str) -> float:
    return float(text.replace("−", "-").split()[0])


def test_all_pictures_zoom_and_are_pointed_at_together(stage: Page) -> None:
    page = stage
    left, top = where(page, 160, 120, cell=1)
    page.mouse.move(left, top)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -400)
    page.keyboard.up("Control")
    expect(page.locator(".vv-grid")).to_have_attribute("data-zoom", re.compile(r"^[2-9]"))
    assert state(page)["zoom"]["k"] > 1.5
    pixels = set()
    for cell in (0, 1, 4, 7):
        box = page.locator(".vv-overlay").nth(cell).bounding_box()
        assert box is not None
        pixels.add(pixel_under(page, box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.6))
    assert len(pixels) == 1, "the cells show different parts of the picture"
    page.keyboard.press("0")
    expect(page.locator(".vv-grid")).to_have_attribute("data-zoom", "1")


def test_looking_asks_no_server(stage: Page) -> None:
    page = stage
    choose(page, "depth")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    point_at(page, 301, 201, cell=1)
    page.keyboard.press("+")
    page.keyboard.press("0")
    page.locator(".vv-bar").first.click()
    page.locator(".vv-range select").last.select_option("magma")
    page.locator(".vv-range input").last.fill("3")
    page.locator(".vv-range input").last.press("Enter")
    page.locator('.vv-tools input[aria-label^="opacity"]').evaluate(
        "s => { s.value = 0.4; s.dispatchEvent(new Event('input', {bubbles: true})); }"
    )
    choose(page, "overview")
    assert requests == []


def test_probes_stay_and_are_numbered(stage: Page) -> None:
    page = stage
    for x, y in ((101, 101), (401, 301)):
        point_at(page, x, y, cell=1)
        page.keyboard.press("p")
    expect(page.locator(".vv-probes tr")).to_have_count(2)
    assert address(page)["probes"] == "101,101;401,301"
    first = page.locator(".vv-probes tr").first
    expect(first).to_contain_text("1 (101, 101)")
    first.get_by_role("button", name="remove probe 1").click()
    expect(page.locator(".vv-probes tr")).to_contain_text(["1 (401, 301)"])
    page.mouse.click(*where(page, 200, 200, cell=2))
    expect(page.locator(".vv-probes tr")).to_have_count(2)
    kept = state(page)["probes"]
    open_scene(page, SCENES[-1])
    assert state(page)["probes"] == kept
    assert kept[0] == {"x": 401, "y": 301}


def test_a_region_has_the_mean_of_its_pixels(stage: Page, traces: dict[str, FusionTrace]) -> None:
    page = stage
    choose(page, "depth")
    page.mouse.move(*where(page, 200, 160, cell=1))
    page.mouse.down()
    page.mouse.move(*where(page, 260, 220, cell=1), steps=5)
    page.mouse.up()
    page.mouse.move(5, 5)
    trace, kept = traces[NAMES["mti"]], sampling(t.framing for t in traces.values())
    found = state(page)["region"]
    s = kept.stride
    assert found["x1"] - found["x0"] >= 40
    assert all((found[low] % s, found[high] % s) == (0, s - 1) for low, high in (("x0", "x1"), ("y0", "y1")))
    values = kept(trace.predictions["depth"].value)  # type: ignore[union-attr]
    rows, columns = (slice(found[low] // s, found[high] // s + 1) for low, high in (("y0", "y1"), ("x0", "x1")))
    rounded = np.round(values[rows, columns].astype(float), 2)
    line = page.locator(".vv-region .vv-lines tr", has_text="MTI-Net · depth").first.inner_text()
    assert number(line.split("mean")[1].strip()) == pytest.approx(rounded.mean(), abs=0.006)


def test_a_locked_range_stays_with_the_next_scene(stage: Page) -> None:
    page = stage
    choose(page, "depth")
    page.locator(".vv-cell .vv-bar").first.click()
    for place, value in ((0, "1"), (1, "2.5")):
        page.locator(".vv-range input").nth(place).fill(value)
        page.locator(".vv-range input").nth(place).press("Enter")
    for text in page.locator(".vv-cell .vv-bar").all_inner_texts():
        assert [number(part) for part in re.findall(r"\d[\d.]*", text)] == [1.0, 2.5]
    assert "above (striped)" in (page.locator(".vv-cell .vv-bar").first.get_attribute("title") or "")
    open_scene(page, SCENES[1])
    for text in page.locator(".vv-cell .vv-bar").all_inner_texts():
        assert [number(part) for part in re.findall(r"\d[\d.]*", text)] == [1.0, 2.5]


def test_the_wipe_shows_the_photograph_to_its_left(stage: Page) -> None:
    page = stage
    page.get_by_label("wipe between photograph and layer").check()
    expect(page.locator('input[aria-label^="where the wipe"]')).to_be_visible()
    for place in ((0.3, 0.4), (0.2, 0.7)):
        assert colour_at(page, 1, *place) == colour_at(page, 0, *place)
    assert any(colour_at(page, 1, x, 0.5) != colour_at(page, 0, x, 0.5) for x in (0.6, 0.7, 0.8))


def test_a_class_of_the_legend_is_highlighted_everywhere(stage: Page) -> None:
    page = stage
    choose(page, "semseg")
    before = {cell: [colour_at(page, cell, x, y) for x, y in _places()] for cell in (1, 2, 3)}
    chip = page.locator(".vv-chip").first
    swatch = chip.locator("i").evaluate("i => getComputedStyle(i).backgroundColor.match(/\\d+/g).map(Number)")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    for cell, colours in before.items():
        for place, colour in zip(_places(), colours, strict=True):
            now = colour_at(page, cell, *place)
            assert now == colour if colour == swatch else now != colour


def _places() -> list[tuple[float, float]]:
    return [(x, y) for x in (0.15, 0.5, 0.85) for y in (0.2, 0.5, 0.9)]


def test_a_picture_opens_large_beside_the_photograph(stage: Page) -> None:
    page = stage

    def widths() -> list[float]:
        return page.locator(".vv-frame").evaluate_all("frames => frames.map((frame) => frame.clientWidth)")

    assert len(set(widths())) == 1
    page.get_by_role("button", name="picture 3 large").click()
    photograph, second, large, *others = widths()
    assert photograph == large > 2 * second
    assert all(width == second for width in others)
    page.get_by_role("button", name="picture 3 large").click()
    assert len(set(widths())) == 1


def test_a_site_of_the_map_is_selected_everywhere(stage: Page, traces: dict[str, FusionTrace]) -> None:
    page = stage
    page.get_by_role("button", name=re.compile("site 14 of 17")).first.click()
    expect(page.locator(".vv-site h4")).to_contain_text("CEN · site 14 of 17")
    ready(page)
    trace = traces[NAMES["cen"]]
    site = list(trace.sites.values())[13]
    assert site.share is not None
    expect(page.locator(".vv-site")).to_contain_text(site.site.name)
    exchanged = int(site.weights["exchanged"][site.site.targets.index("rgb")].sum())
    expect(page.locator(".vv-site")).to_contain_text(f"({exchanged} of {site.site.channels})")
    share = float(site.share[site.site.targets.index("rgb"), site.site.sources.index("depth")])
    expect(page.locator(".vv-site")).to_contain_text(
        f"they carry {100 * share:.0f} %" if share >= 0.0995 else "they carry"
    )
    point_at(page, 201, 201)
    outside = site.outside[site.site.targets.index("rgb")]  # type: ignore[index]
    height, width = trace.framing.cell(site.grid)  # type: ignore[arg-type]
    value = outside[int(201.5 / height), int(201.5 / width)]
    found = read_out(page)[f"{NAMES['cen']}|{site.site.name}|rgb|outside"]
    assert number(found) == pytest.approx(float(value), abs=0.00051)
    page.keyboard.press("]")
    expect(page.locator(".vv-site h4")).to_contain_text("site 15 of 17")
    page.keyboard.press("[")
    expect(page.locator(".vv-site h4")).to_contain_text("site 14 of 17")
    open_scene(page, SCENES[1])
    expect(page.locator(".vv-site h4")).to_contain_text("CEN · site 14 of 17")


def test_the_last_of_four_clicks_wins(stage: Page) -> None:
    page = stage
    for name in SCENES[1:5]:
        page.locator(f'.vz-scene[data-scene="{name}"]').click()
    expect(page.locator(".vv-grid")).to_have_attribute("data-scene", SCENES[4])
    title = load_scene(SCENES[4], page_scenes()).title
    expect(page.locator(".vz-status b")).to_have_text(title)
    expect(page.locator(".vz-scene.vz-chosen")).to_have_attribute("data-scene", SCENES[4])
    expect(page.locator("#vz-readout dd").first).to_have_text(title)
    assert address(page)["scene"] == SCENES[4]
    expect(page.locator("body")).not_to_have_class(re.compile("vz-busy"))


def test_a_link_brings_everything_back(stage: Page, open_page: OpenPage) -> None:
    page = stage
    open_scene(page, SCENES[2])
    choose(page, "entropy")
    page.mouse.click(*where(page, 300, 200, cell=1))
    page.keyboard.press("+")
    page.locator(".vv-chip, .vv-map [role=button]").first.focus()
    page.locator(".vv-map [role=button]").nth(3).click()
    choose(page, "entropy")
    assert address(page)["show"] == "entropy"
    link, read = page.evaluate("location.hash"), page.locator(".vv-probes tr").inner_text()
    other = open_page(link=link)
    ready(other)
    assert state(other) == state(page)
    assert other.evaluate("location.hash") == link
    expect(other.locator(".vz-scene.vz-chosen")).to_have_attribute("data-scene", SCENES[2])
    expect(other.locator(".vv-probes tr")).to_have_text(re.compile(re.escape(read.split()[-2])))


def test_back_returns_to_the_scene_before(stage: Page) -> None:
    page = stage
    address(page)  # of the first scene, once it is written
    open_scene(page, SCENES[1])
    page.go_back()
    expect(page.locator(".vv-grid")).to_have_attribute("data-scene", SCENES[0])
    expect(page.locator(".vz-scene.vz-chosen")).to_have_attribute("data-scene", SCENES[0])


def test_what_is_older_than_the_inputs_says_so(changed: Page) -> None:
    page = changed
    expect(page.locator(".vz-stale-mark")).to_be_hidden()
    page.locator("#vz-models input").last.click()
    expect(page.locator(".vz-stale-mark")).to_be_visible()
    expect(page.locator(".vz-stale-mark")).to_contain_text("not run yet")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#vz-status")).to_contain_text(f"{len(NAMES) - 1} networks")
    expect(page.locator(".vz-stale-mark")).to_be_hidden()
    ready(page)
    assert len(address(page)["networks"].split(",")) == len(NAMES) - 1


def test_a_run_can_be_cancelled_and_what_was_there_stays(changed: Page, tmp_path: Path) -> None:
    page = changed
    title = page.locator(".vz-status b").inner_text()
    colour, _ = write_pair(tmp_path, shift=33, name="cancelled")
    page.locator("#vz-colour input[type=file]").set_input_files(str(colour))
    expect(page.locator("#vz-readout")).to_contain_text(colour.name)
    page.locator("#vz-size input").click()
    page.get_by_role("option", name="960").click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator("#vz-message")).to_contain_text("Stopped.")
    expect(page.locator("body")).not_to_have_class(re.compile("vz-busy"))
    assert page.locator(".vz-status b").inner_text() == title
    expect(page.locator(".vv-grid")).to_have_attribute("data-scene", SCENES[0])
