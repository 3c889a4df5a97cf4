"""Hands and eyes for tests of the stage: where a pixel is on the screen, what is read out there."""

import json
from typing import Any

from playwright.sync_api import Page, expect

CELL = ".vv-cell"


def ready(page: Page) -> None:
    """Every picture has its values, and so has everything that is read out."""
    expect(page.locator(f"{CELL}.vv-loading")).to_have_count(0)
    expect(page.locator(".vv-tools")).to_have_attribute("data-ready", "yes")


def open_scene(page: Page, name: str) -> None:
    """Click a scene and wait until the stage shows it."""
    page.locator(f'.vz-scene[data-scene="{name}"]').click()
    expect(page.locator(".vv-grid")).to_have_attribute("data-scene", name)
    ready(page)


def open_tab(page: Page, title: str, shows: str) -> None:
    """Go to a tab, behind "more tabs" where there is no room, and wait until what the selector `shows` is seen."""
    tab = page.get_by_role("tab", name=title)
    if not tab.is_visible():
        page.locator("#vz-tabs .overflow-menu button").first.click()
        tab = page.locator("#vz-tabs .overflow-dropdown button", has_text=title)
    tab.click()
    expect(page.locator(shows).first).to_be_visible()


def state(page: Page) -> dict[str, Any]:
    """What is set in the viewer."""
    return json.loads(page.evaluate("window.vizlabStage.then((s) => JSON.stringify(s.instrument.state))"))


def point_at(page: Page, x: int, y: int, cell: int = 0) -> None:
    """The crosshair on a pixel of the picture: the mouse in a cell of the whole picture, the last steps by keys.

    A pixel of the screen is several of the picture.
    """
    page.mouse.move(*where(page, x, y, cell))
    while place(page) is None:  # pictures may still find their places
        page.mouse.move(5, 5)
        page.mouse.move(*where(page, x, y, cell))
        page.wait_for_timeout(50)
    page.evaluate("document.activeElement?.blur()")  # arrows belong to the map while it has the focus
    for axis, wanted, keys in (("x", x, ("ArrowLeft", "ArrowRight")), ("y", y, ("ArrowUp", "ArrowDown"))):
        while (now := (place(page) or {})[axis]) != wanted:
            page.keyboard.press(keys[now < wanted])
    expect(page.locator(".vv-place h4")).to_contain_text(f"({x}, {y})")


def place(page: Page) -> dict[str, int] | None:
    """The pixel that is read out, if any."""
    return page.evaluate("window.vizlabStage.then((s) => s.instrument.viewer.place)")


def where(page: Page, x: int, y: int, cell: int = 0) -> tuple[float, float]:
    """The middle of a pixel on the screen, while the whole picture shows."""
    overlay = page.locator(f"{CELL} .vv-overlay").nth(cell)
    overlay.scroll_into_view_if_needed()
    box = overlay.bounding_box()
    assert box is not None
    height, width = page.evaluate("window.vizlabStage.then((s) => s.instrument.document.picture.size)")
    scale = min(box["width"] / width, box["height"] / height)
    left = box["x"] + (box["width"] - width * scale) / 2
    top = box["y"] + (box["height"] - height * scale) / 2
    inside = [min(max(at, 2 / scale), side - 2 / scale) for at, side in ((x + 0.5, width), (y + 0.5, height))]
    return left + inside[0] * scale, top + inside[1] * scale


def pixel_under(page: Page, left: float, top: float) -> str:
    """Which pixel the inspector names while the mouse is there."""
    page.mouse.move(left, top)
    page.wait_for_timeout(80)
    return page.locator(".vv-place h4").inner_text().split("\n")[0]


def read_out(page: Page) -> dict[str, str]:
    """Every layer's value at the place that is pointed at, by the layer's key."""
    details = page.locator(".vv-every")
    if details.get_attribute("open") is None:
        details.locator("summary").click()
    rows = page.locator(".vv-every tr[data-layer]").evaluate_all(
        "rows => rows.map((row) => [row.dataset.layer, row.querySelector('td').textContent])"
    )
    return dict(rows)


def colour_at(page: Page, cell: int, left: float, top: float) -> list[int]:
    """RGB of a cell's canvas at shares `left` and `top` of its width and height."""
    return (
        page.locator(f"{CELL} .vv-frame canvas:not(.vv-overlay)")
        .nth(cell)
        .evaluate(
            "(canvas, [x, y]) => Array.from(canvas.getContext('2d').getImageData("
            "Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data).slice(0, 3)",
            [left, top],
        )
    )
