"""HTML pieces: what is a user's is escaped, what is a map keeps its colours."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from vizlab.core.method import Citation
from vizlab.page.kit import html
from vizlab.page.kit.grid import grid_table, reference_first
from vizlab.page.kit.images import data_uri
from vizlab.views import ColourBar, EmptyCell, Grid, LegendItem, Panel

NASTY = '<img src=x onerror="alert(1)">&\''


def opened(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def panel(height: int = 30, width: int = 40, **given: object) -> Panel:
    return Panel(np.zeros((height, width, 3), np.uint8), **{"title": "a title", **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        html.alert(NASTY),
        html.empty_state(NASTY, [NASTY]),
        html.badge(NASTY, "warn", NASTY),
        html.note(NASTY, Citation(NASTY, NASTY), [html.badge(NASTY)]),
        html.heading(NASTY, NASTY),
        html.panel_figure(panel(title=NASTY, caption=NASTY, legend=(LegendItem(NASTY, "#112233", 0.5),))),
        html.colour_bar(ColourBar(0, 1, NASTY, "viridis", NASTY)),
        grid_table(Grid((NASTY,), ((NASTY, (EmptyCell(NASTY),)),)), {}),
    ],
)
def test_user_text_is_escaped_everywhere(text: str) -> None:
    assert "<img src=x" not in text
    assert not re.search(r'="[^"]*<', text)
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&amp;" in text


def test_label_maps_keep_every_pixel() -> None:
    labels = np.random.default_rng(0).integers(0, 40, (60, 80))
    colours = np.random.default_rng(1).integers(0, 255, (40, 3)).astype(np.uint8)
    uri = data_uri(colours[labels])
    assert uri.startswith("data:image/png")
    np.testing.assert_array_equal(np.asarray(opened(uri).convert("RGB")), colours[labels])


def test_colour_mapped_maps_keep_every_colour_when_scaled_down() -> None:
    ramp = np.stack([np.arange(256)] * 3, axis=1).astype(np.uint8)
    image = ramp[np.linspace(0, 255, 640).astype(int)][None].repeat(480, axis=0)
    small = np.asarray(opened(data_uri(image, 320)).convert("RGB"))
    assert small.shape == (240, 320, 3)
    assert {tuple(c) for c in small.reshape(-1, 3)} <= {tuple(c) for c in ramp}


@pytest.mark.parametrize(("colours", "exact"), [(2000, True), (2001, False)])
def test_two_thousand_colours_are_kept_exactly(colours: int, exact: bool) -> None:
    number = np.random.default_rng(0).permutation(240 * 320).reshape(240, 320) % colours
    image = np.stack([number % 200, number // 200 * 20, 255 - number % 200], axis=-1).astype(np.uint8)
    shown = np.asarray(opened(data_uri(image)).convert("RGB"))
    assert np.array_equal(shown, image) == exact


def test_photographs_keep_their_aspect_and_stay_small() -> None:
    noise = np.random.default_rng(0).normal(0, 6, (900, 1200, 3))
    photograph = np.clip(noise + np.linspace(40, 200, 1200)[None, :, None], 0, 255).astype(np.uint8)
    uri = data_uri(photograph, 320)
    assert uri.startswith("data:image/webp")
    assert opened(uri).size == (320, 240)
    assert len(uri) < 40_000


def test_a_bar_gives_both_ends_and_the_unit() -> None:
    def text(low: float, high: float) -> list[str]:
        return re.sub("<[^>]*>", " ", html.colour_bar(ColourBar(low, high, "m", "viridis", "depth"))).split()

    assert text(0.5, 4.25) == ["0.500", "4.25", "m"]
    assert text(-0.13, 0.13) == ["−0.130", "0.130", "m"]


def test_neighbours_empty_for_one_reason_are_drawn_as_one() -> None:
    empty = EmptyCell("no depth here")
    table = grid_table(Grid(("a", "b", "c"), (("depth", (panel(), empty, empty)),)), {})
    assert table.count("no depth here") == 1
    assert "grid-column:3 / span 2" in table


def test_an_aside_fills_the_corner_without_pictures_and_else_goes_below() -> None:
    empty = EmptyCell("nothing")
    rows = (("semseg", (panel(), panel(), panel())), ("depth", (panel(), empty, empty)))
    inside = grid_table(Grid(("a", "b", "c"), rows), {}, aside="<b>strips</b>")
    assert '<aside class="vz-aside"' in inside
    assert "nothing" not in inside
    below = grid_table(Grid(("a",), (("semseg", (panel(),)),)), {}, aside="<b>strips</b>")
    assert below.endswith("<b>strips</b>")


def test_reference_comes_first_and_gaps_lie_together() -> None:
    empty = EmptyCell("nothing")
    rows = (("semseg", (panel(), panel(), panel())), ("depth", (empty, panel(), panel())))
    grid = reference_first(Grid(("CEN", "MTI-Net", "reference"), rows))
    assert grid.columns == ("reference", "MTI-Net", "CEN")
    assert grid.rows[1][1][2] is empty
