"""The stage in a real browser: time of a frame when it is looked at, and bytes of a first and a second visit.

python -m benchmarks.instrument [--repeats 60]    (needs Chromium and playwright)
"""

import argparse
import statistics
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.chromium import ARGUMENTS, found
from tests.page.page_process import running_page

FRAME_MS = 16
PATIENCE = 120_000

ACTIONS = {
    "point at another pixel": "v.pointAt({x: 20 + 2 * (i % 200), y: 20 + 2 * (i % 150)})",
    "zoom": "v.zoomTo({k: 1 + (i % 20) / 5, x: 0.5, y: 0.5})",
    "another range": "v.set({ranges: {depth: {mode: 'lock', low: 0.5 + (i % 9) / 9, high: 4, colormap: 'viridis'}}})",
    "other colours": "v.set({ranges: {depth: {mode: 'row', low: 0, high: 1, colormap: i % 2 ? 'magma' : 'viridis'}}})",
    "highlight a class": "v.set({highlighted: i % 3})",
    "wipe": "v.set({wipe: (i % 50) / 50})",
}
"""Each as the viewer does it on an event, up to the last drawing command."""


def frames(page: Page, repeats: int) -> None:
    """Milliseconds of script for one look, against the time of one frame, in the overview of all networks."""
    for name, action in ACTIONS.items():
        code = f"""async (repeats) => {{
            const v = (await window.vizlabStage).instrument.viewer, times = [];
            for (let i = 0; i < repeats; i++) {{
                const start = performance.now();
                {action};
                times.push(performance.now() - start);
                await new Promise(requestAnimationFrame);
            }}
            return times;
        }}"""
        times = page.evaluate(code, repeats)
        worst = statistics.quantiles(times, n=20)[-1]
        print(f"{name}: {statistics.median(times) / FRAME_MS:.2f} of a frame (95th percentile {worst / FRAME_MS:.2f})")


def visit(context: BrowserContext, url: str) -> tuple[Page, int]:
    """A complete stage, and what came over the network for it beside Gradio's own files."""
    page, received = context.new_page(), {"all": 0}
    urls: dict[str, str] = {}
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.responseReceived", lambda event: urls.update({event["requestId"]: event["response"]["url"]}))
    session.on("Network.loadingFinished", lambda event: _count(received, urls, event))
    page.goto(url)
    page.wait_for_selector(".vv-tools[data-ready=yes]", timeout=PATIENCE)
    return page, received["all"]


def _count(received: dict[str, int], urls: dict[str, str], event: dict) -> None:  # type: ignore[type-arg]
    if any(part in urls.get(event["requestId"], "") for part in ("/vizlab/", "/queue/", "/run/")):
        received["all"] += int(event["encodedDataLength"])


def on_page(look: Callable[[BrowserContext, str], None]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found(), args=list(ARGUMENTS))
        look(browser.new_context(viewport={"width": 1280, "height": 800}), running_page().url)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=60)
    repeats = parser.parse_args().repeats

    def look(context: BrowserContext, url: str) -> None:
        first, size = visit(context, url)
        first.close()
        page, again = visit(context, url)
        print(f"bytes of a complete stage, first visit: {size / 1e6:.2f} MB; second visit: {again / 1e6:.2f} MB")
        frames(page, repeats)

    on_page(look)


if __name__ == "__main__":
    main()
