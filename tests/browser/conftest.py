"""A real browser on the real page. Without Chromium these tests skip, unless VIZLAB_REQUIRE_BROWSER=1 forbids it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.page.page_process import RunningPage, running_page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PATIENCE = int(os.environ.get("VIZLAB_PATIENCE", "240000"))
"""Milliseconds: a busy machine may take long, and a page that works is not slow for it."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        sentence = f"no Chromium: none of {', '.join(NAMES)} is on the PATH; apt-get install chromium"
        if os.environ.get("VIZLAB_REQUIRE_BROWSER") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


@pytest.fixture(scope="session")
def page_process() -> RunningPage:
    return running_page()


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, page_process: RunningPage) -> Iterator[OpenPage]:
    """Opens the page (at `link`, behind "#") for a new visitor and waits for the analysed scene."""
    with visits(browser, page_process) as open_:
        yield open_


@contextmanager
def visits(browser: Browser, page_process: RunningPage) -> Iterator[OpenPage]:
    """Visitors of the page for as long as the block lasts; at its end nothing must have gone astray."""
    contexts, astray, logged = [], [], len(page_process.log.read_text())

    def watch(page: Page) -> None:
        page.on("request", lambda r: None if r.url.startswith((page_process.url, "data:", "blob:")) else note(r.url))
        page.on("pageerror", lambda error: note(str(error)))
        page.on("console", lambda message: note(message.text) if message.type == "error" else None)

    def note(text: str) -> None:
        astray.append(text[:300])

    def open_(width: int = 1280, height: int = 800, link: str = "") -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        watch(page)
        page.goto(f"{page_process.url}/{link}")
        expect(page.locator(".vz-status")).to_be_visible()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not astray, "requests to other hosts, or errors in the browser"
    assert "Traceback" not in page_process.log.read_text()[logged:]
