"""A real browser on the real page."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.page_process import RunningPage, running_page

PATIENCE = int(os.environ.get("VIZLAB_PATIENCE", "240000"))
"""Milliseconds: a busy machine may take long, and a page that works is not slow for it."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def page_process() -> RunningPage:
    return running_page()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, page_process: RunningPage) -> Iterator[OpenPage]:
    """Opens the page (at `link`, behind "#") for a new visitor and waits for the analysed scene."""
    with visits(browser, page_process) as open_:
        yield open_


@pytest.fixture(scope="module")
def visit(browser: Browser, page_process: RunningPage) -> Iterator[OpenPage]:
    """As `open_page`, for pages that the tests of a module share: opening one takes longer than looking at it."""
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
