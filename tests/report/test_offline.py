"""The viewer from one file: what is in it, and in a real browser that it works without anybody else."""

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError, TraceError
from vizlab.report import Material, offline_page, show
from vizlab.report.offline import packed, started_script
from vizlab.rgbd import RGBDImage
from vizlab.views.packing import Packed, unpack


def data_of(page: str, name: str) -> dict:
    (text,) = re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


def test_the_file_holds_the_values_of_every_layer_it_names(material: Material) -> None:
    page = offline_page(material)
    manifest, values = data_of(page, "manifest"), data_of(page, "values")
    assert [layer["key"] for layer in manifest["layers"]] == [e["key"] for e in material.document.manifest["layers"]]
    stored = {layer["key"]: layer for layer in manifest["layers"] if layer["values"]}
    assert {layer["values"]["id"] for layer in stored.values()} == set(values)
    depth = stored["nddr-cnn|depth"]
    found = unpack(Packed(base64.b64decode(values[depth["values"]["id"]]), "numbers", tuple(depth["shape"]), 1))[0]
    truth = material.traces["nddr-cnn"].predictions["depth"].value  # type: ignore[union-attr]
    assert np.abs(found - truth).max() <= 0.5 * 10.0 ** -depth["digits"] + 1e-6


def test_within_a_budget_pictures_and_answers_come_first_and_the_rest_is_named(material: Material) -> None:
    whole = packed(material.document)
    part = packed(material.document, most_bytes=whole.nbytes // 2)
    assert part.nbytes <= whole.nbytes // 2
    keys = {layer["key"] for layer in part.manifest["layers"]}
    assert {"picture|colour", "picture|depth", "cen|semseg/ensemble", "nddr-cnn|depth", "nddr-cnn|depth|error"} <= keys
    left = len(material.document.manifest["layers"]) - len(keys)
    assert sum(part.left.values()) == left > 0
    assert "maps of sites" in part.sentence
    assert part.sentence in html.unescape(offline_page(material, most_bytes=whole.nbytes // 2))
    for layer in part.manifest["layers"]:
        assert layer["values"] is None or layer["values"]["id"] in part.values
        assert layer["made"] is None or set(layer["made"]["of"]) <= keys
    with pytest.raises(InputError, match="hold no picture"):
        packed(material.document, most_bytes=10)


def test_predictions_alone_leave_out_the_maps_of_sites_but_not_the_network_map(material: Material) -> None:
    part = packed(material.document, "predictions")
    assert not [layer for layer in part.manifest["layers"] if layer["site"]]
    assert all(network["flow"]["sites"] for network in part.manifest["networks"])
    with pytest.raises(InputError, match="expected all or predictions"):
        packed(material.document, "some")  # type: ignore[arg-type]


def test_no_title_ends_its_element(material: Material) -> None:
    evil = replace(material, title="</script><script>alert(1)</script><!--")
    page = offline_page(Material(evil.traces, evil.rgbd, title=evil.title))
    assert "alert(1)</script>" not in page
    assert data_of(page, "manifest")["picture"]["title"] == evil.title
    assert len(re.findall("</script", page)) == 3
    assert "<!--" not in page


def test_the_script_starts_itself_and_exports_nothing() -> None:
    script = started_script()
    assert not re.search(r"export\s*\{", script)
    assert 'document.getElementById("instrument")' in script
    assert "</script" not in script.lower()


def test_a_trace_shows_itself_without_a_notebook_installed(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    shown = cen_trace.show(small_rgbd)
    frame = shown._repr_html_()
    assert frame.startswith('<iframe sandbox="allow-scripts"')
    page = html.unescape(re.search(r'srcdoc="(.*?)"', frame, re.DOTALL)[1])  # type: ignore[index]
    assert "picture|colour" in {layer["key"] for layer in data_of(page, "manifest")["layers"]}
    assert "MB; a notebook shows it" in repr(shown)


def test_a_trace_without_its_picture_shows_what_it_holds(cen_trace: FusionTrace) -> None:
    manifest = data_of(show(cen_trace).page, "manifest")
    assert manifest["picture"]["size"] == [90, 120]
    assert {layer["group"] for layer in manifest["layers"]} == {"cen"}


def test_a_picture_of_another_trace_is_refused(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    other = RGBDImage(small_rgbd.colour)
    with pytest.raises(InputError, match="not of this picture"):
        cen_trace.show(other)


def test_core_says_so_where_nobody_shows(cen_trace: FusionTrace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vizlab.core.showing._viewer", [])
    with pytest.raises(TraceError, match="Nothing is installed that shows traces"):
        cen_trace.show()


# In a real browser.


@pytest.fixture
def opened(browser: Browser, material: Material, tmp_path: Path) -> Iterator[Page]:
    """The file from disk; at the end it has asked nobody for anything and nothing went wrong."""
    path = tmp_path / "report.html"
    path.write_text(offline_page(material), encoding="utf-8")
    astray: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.on("request", lambda r: None if r.url.startswith((path.as_uri(), "data:", "blob:")) else astray.append(r.url))
    page.on("pageerror", lambda error: astray.append(str(error)))
    page.on("console", lambda message: astray.append(message.text) if message.type in ("error", "warning") else None)
    page.goto(path.as_uri())
    expect(page.locator(".vv-cell").first).to_be_visible(timeout=60_000)
    yield page
    page.close()
    assert not astray


@pytest.mark.browser
def test_every_layer_reads_out_the_traces_value_at_three_pixels(opened: Page, material: Material) -> None:
    """Values that the browser decoded out of the file, beside the trace's own."""
    script = """async ([keys, x, y]) => {
      const {viewer, document} = vizlab, found = {};
      for (const key of keys) {
        const layer = document.layers.find((one) => one.key === key);
        const {grid, info} = await viewer.store.load(document, layer);
        const i = Math.floor((y + 0.5) / info.cell[0]) * grid.columns + Math.floor((x + 0.5) / info.cell[1]);
        found[key] = Number.isNaN(grid.data[i]) ? null : grid.data[i];
      }
      return found;
    }"""
    predictions = {name: trace.predictions for name, trace in material.traces.items()}
    arrays = {
        "nddr-cnn|depth": predictions["nddr-cnn"]["depth"].value,  # type: ignore[union-attr]
        "nddr-cnn|semseg": predictions["nddr-cnn"]["semseg"].label,  # type: ignore[union-attr]
        "cen|semseg/ensemble": predictions["cen"]["semseg"].label,  # type: ignore[union-attr]
        "cen|semseg/ensemble|confidence": predictions["cen"]["semseg"].confidence,  # type: ignore[union-attr]
        "picture|depth": material.rgbd.depth,  # type: ignore[union-attr]
    }
    arrays["nddr-cnn|depth|error"] = arrays["nddr-cnn|depth"] - arrays["picture|depth"]  # type: ignore[operator]
    for x, y in ((2, 1), (64, 52), (118, 88)):
        found = opened.evaluate(script, [list(arrays), x, y])
        for key, values in arrays.items():
            expected = float(values[y, x])  # type: ignore[index]
            if np.isnan(expected):
                assert found[key] is None, key
            else:
                assert found[key] == pytest.approx(expected, abs=0.0105), key


@pytest.mark.browser
def test_a_pointer_is_read_out_with_class_and_metres(opened: Page, material: Material) -> None:
    expect(opened.locator(".vv-cell")).not_to_have_count(0)
    expect(opened.locator(".vv-loading")).to_have_count(0, timeout=60_000)
    frame = opened.locator('.vv-cell[data-key="nddr-cnn|depth"] .vv-frame')
    box = frame.bounding_box()
    assert box is not None
    x, y = 64, 52
    opened.mouse.move(box["x"] + (x + 0.5) / 120 * box["width"], box["y"] + (y + 0.5) / 90 * box["height"])
    metres = float(material.traces["nddr-cnn"].predictions["depth"].value[y, x])  # type: ignore[union-attr]
    label = int(material.traces["nddr-cnn"].predictions["semseg"].label[y, x])  # type: ignore[union-attr]
    body = opened.locator("#instrument")
    expect(body).to_contain_text(f"pixel ({x}, {y})")
    digits = next(e for e in material.document.manifest["layers"] if e["key"] == "nddr-cnn|depth")["digits"]
    expect(body).to_contain_text(f"{metres:.{digits}f} m")
    expect(body).to_contain_text(material.traces["nddr-cnn"].model.classes[label])


@pytest.mark.browser
def test_what_is_set_stands_in_the_address_and_comes_back(opened: Page) -> None:
    opened.evaluate("() => vizlab.set({probes: [{x: 10, y: 20}], palette: 'safe', preset: 'depth'})")
    expect(opened).to_have_url(re.compile("probes=10%2C20.*palette=safe"))
    opened.reload()
    expect(opened.locator(".vv-cell").first).to_be_visible(timeout=60_000)
    assert opened.evaluate("() => [vizlab.state.probes, vizlab.state.palette, vizlab.preset]") == [
        [{"x": 10, "y": 20}], "safe", "depth",
    ]  # fmt: skip


@pytest.mark.browser
def test_a_click_in_the_network_map_shows_that_sites_maps(opened: Page) -> None:
    opened.locator('[data-network="nddr-cnn"][data-site] .m-slot').first.click()
    expect(opened.locator(".vv-cell[data-key*='|outside']").first).to_be_visible()
    assert opened.evaluate("() => vizlab.state.site.network") == "nddr-cnn"


@pytest.mark.browser
def test_the_notebooks_frame_runs_the_viewer_and_reaches_nobody(
    browser: Browser, cen_trace: FusionTrace, small_rgbd: RGBDImage, tmp_path: Path
) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(f"<html><body>{cen_trace.show(small_rgbd)._repr_html_()}</body></html>", encoding="utf-8")
    errors: list[str] = []
    page = browser.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(path.as_uri())
    frame = page.frame_locator("iframe")
    expect(frame.locator(".vv-cell").first).to_be_visible(timeout=60_000)
    frame.locator("[data-preset=confidence]").click()
    expect(frame.locator("[data-preset=confidence]")).to_have_attribute("aria-checked", "true")
    page.close()
    assert not errors
