"""The README's pictures and its screen recording, made of the current page on its bundled networks and scenes.

    python docs/make_pictures.py [--out assets/readme]

Needs Chromium and the extra `test`. The recording is a GIF of about twenty seconds.
"""

import argparse
import io
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from vizlab.page import Settings, build_app, launch_options
from vizlab.page.serving import serving
from vizlab.page.workspace import Workspace

SIZE = (1280, 800)
WIDTH, COLOURS = 960, 256
"""Of the recording: pixels across, and colours."""
UNSHOWN = ".vz-status > span:nth-of-type(3) { display: none }"
"""How long the networks took: that says what else the machine did, so it would be another one in every picture."""
PATIENCE = 180_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def opened() -> Iterator[Page]:
    """The page, all scenes analysed, in a browser."""
    settings = Settings(port=None)
    app = build_app(settings)
    _, url, _ = app.launch(
        **launch_options(settings), app_kwargs=serving(app.workspace), prevent_thread_lock=True, quiet=True
    )
    prepared(app.workspace)
    path = next(found for name in BROWSERS if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.set_default_timeout(PATIENCE)
        page.goto(url)
        ready(page)
        yield page
        browser.close()
    app.close()


def prepared(workspace: Workspace) -> None:
    """Wait until the second scene is analysed, so that the recording does not wait for it."""
    while workspace.kept_bytes < 80_000_000:
        time.sleep(0.5)


def anew(page: Page) -> None:
    """As somebody sees it who comes: nothing pointed at, nothing chosen."""
    url = page.url.partition("#")[0]
    page.goto("about:blank")  # of an address that differs behind "#" alone nothing would be loaded
    page.goto(url)
    ready(page)


def ready(page: Page) -> None:
    page.wait_for_selector(".vv-tools[data-ready=yes]")
    page.wait_for_selector(".vv-cell.vv-loading", state="detached")
    page.wait_for_timeout(300)


def shot(page: Page) -> Image.Image:
    """What is on the screen now."""
    return Image.open(io.BytesIO(page.screenshot(style=UNSHOWN))).convert("RGB")


class Recording:
    """Frames with the time that each stays, as one GIF."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[Image.Image] = []
        self.times: list[int] = []

    def hold(self, seconds: float) -> None:
        """What is on the screen now, for so long."""
        small = shot(self.page).resize((WIDTH, round(WIDTH * SIZE[1] / SIZE[0])), Image.Resampling.LANCZOS)
        self.frames.append(small)
        self.times.append(round(seconds * 1000))

    def save(self, path: Path) -> None:
        # One palette for all: what stays as it was has the same colours then, and is left out of the next frame.
        every = Image.fromarray(np.concatenate([np.asarray(frame)[::3, ::3] for frame in self.frames]))
        palette = reduced(every, COLOURS)
        first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self.frames]
        first.save(path, save_all=True, append_images=others, duration=self.times, loop=0, optimize=True)
        print(f"{path}: {sum(self.times) / 1000:.0f} s, {path.stat().st_size / 1e6:.1f} MB")


def record(page: Page) -> Recording:
    """Point, zoom, wipe, a site and its neighbours, a class everywhere, another room."""
    film = Recording(page)
    film.hold(1.6)
    box = page.locator(".vv-overlay").nth(1).bounding_box()
    assert box is not None

    def point(x: float, y: float, seconds: float) -> None:
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_timeout(120)
        film.hold(seconds)

    for step in range(6):
        point(0.25 + 0.08 * step, 0.35 + 0.06 * step, 0.35)
    for _ in range(3):
        page.keyboard.press("+")
        film.hold(0.35)
    point(0.4, 0.5, 0.6)
    page.keyboard.press("0")
    page.locator('.vv-presets [data-preset="semseg"]').click()
    ready(page)
    page.get_by_label("wipe between photograph and layer").check()
    for share in (0.2, 0.35, 0.5, 0.65, 0.8):
        page.locator('input[aria-label^="where the wipe"]').evaluate(
            "(s, v) => { s.value = v; s.dispatchEvent(new Event('input', {bubbles: true})); }", share
        )
        film.hold(0.35)
    page.get_by_label("wipe between photograph and layer").uncheck()
    page.locator(".vv-chip").nth(1).click()
    film.hold(1.2)
    page.locator(".vv-chip").nth(1).click()
    page.get_by_role("button", name=re.compile("site 14 of 17")).first.click()
    ready(page)
    film.hold(2.4)
    for _ in range(3):
        page.keyboard.press("]")
        ready(page)
        film.hold(1.0)
    page.locator(".vz-scene").nth(1).click()
    page.wait_for_selector(f'.vv-grid[data-scene="{page.locator(".vz-scene").nth(1).get_attribute("data-scene")}"]')
    ready(page)
    film.hold(2.2)
    page.locator('.vv-presets [data-preset="overview"]').click()
    ready(page)
    film.hold(2.6)
    return film


def pictures(page: Page, out: Path) -> None:
    """With the colours that a PNG of 256 holds."""
    page.locator(".vz-scene").first.click()
    page.wait_for_timeout(2500)
    page.wait_for_selector("body:not(.vz-busy)")
    ready(page)
    save(page, out / "stage.png")
    what_if(page, out / "what_if.png")


def what_if(page: Page, path: Path) -> None:
    """An edge cut: before, after and difference, and what it did."""
    page.locator('.vz-map [data-network^="cen-mobilenet"][data-site^="features.14."]').click()
    page.locator('[data-by="cut"]').click()
    page.locator(".vz-change-effect").wait_for()
    page.locator(".vz-instrument button", has_text=re.compile("^change$")).click()
    ready(page)
    page.set_viewport_size({"width": SIZE[0], "height": 1180})
    page.wait_for_timeout(2500)
    save(page, path)


def reduced(picture: Image.Image, colours: int) -> Image.Image:
    """Maximum coverage keeps the colours of thin lines, which median cut blends, and k-means those of wide areas."""
    return picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)


def save(page: Page, path: Path) -> None:
    reduced(shot(page), 256).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("assets/readme"))
    parser.add_argument("--still", action="store_true", help="the pictures alone, not the recording")
    given = parser.parse_args()
    out = given.out
    out.mkdir(parents=True, exist_ok=True)
    with opened() as page:
        if not given.still:
            record(page).save(out / "tour.gif")
            anew(page)
        pictures(page, out)


if __name__ == "__main__":
    main()
