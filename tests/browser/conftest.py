"""A real browser on the real page."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.instrument import open_scene, ready
from tests.page.page_process import RunningPage, page_checkpoints, running_page

PATIENCE = int(os.environ.get("VIZLAB_PATIENCE", "240000"))
"""Milliseconds: a busy machine may take long, and a page that works is not slow for it."""

expect.set_options(timeout=PATIENCE)

NEW_VISITOR = """if (location.protocol === 'http:' && !sessionStorage.vizlabTest) {
  localStorage.clear();
  sessionStorage.vizlabTest = 'opened';
}"""
"""A page that is opened knows nothing of earlier visitors, though they used the same browser."""


@pytest.fixture(scope="session")
def page_process() -> RunningPage:
    return running_page(page_checkpoints())


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Where all pages are opened: the scripts of Gradio and Plotly are fetched once. Nothing moves that need not."""
    context = browser.new_context(reduced_motion="reduce")
    context.add_init_script(NEW_VISITOR)
    yield context
    context.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(context: BrowserContext, page_process: RunningPage) -> Iterator[OpenPage]:
    """Opens the page (at `link`, behind "#") for a new visitor and waits for the analysed scene."""
    with visits(context, page_process) as found:
        yield found.open


@pytest.fixture(scope="module")
def visit(context: BrowserContext, page_process: RunningPage) -> Iterator[OpenPage]:
    """As `open_page`, for pages that the tests of a module share: opening one takes longer than looking at it."""
    with visits(context, page_process) as found:
        yield found.open


@pytest.fixture(scope="session")
def long_visit(context: BrowserContext, page_process: RunningPage) -> Iterator["Visits"]:
    with visits(context, page_process) as found:
        yield found


@pytest.fixture
def visitor(long_visit: "Visits", request: pytest.FixtureRequest) -> Iterator[Page]:
    """Somebody in the midst of his visit, on the first scene: one page for tests of tabs that look at nothing else.

    Whoever changes more than his own tab puts it back. After a test that failed the next one has another page.
    """
    page = long_visit.pages[-1] if long_visit.pages else long_visit.open()
    failed = request.session.testsfailed
    try:
        page.evaluate("while (window.vizlabDialogs.close());")
        first = page.locator(".vz-scene").first.get_attribute("data-scene") or ""
        if page.locator(".vv-grid").get_attribute("data-scene") != first:
            open_scene(page, first)
        page.evaluate("window.scrollTo(0, 0)")
        ready(page)
    except BaseException:
        long_visit.close()
        raise
    expect(page.locator("body")).to_have_class(re.compile("vz-analysed"))
    yield page
    if request.session.testsfailed > failed:
        long_visit.close()
    long_visit.check()


@contextmanager
def visits(context: BrowserContext, page_process: RunningPage) -> Iterator["Visits"]:
    """Visitors of the page for as long as the block lasts; at its end nothing must have gone astray."""
    found = Visits(context, page_process)
    yield found
    found.close()
    found.check()


@dataclass
class Visits:
    """Pages of visitors, and what went astray on them since it was last looked at."""

    context: BrowserContext
    page_process: RunningPage
    pages: list[Page] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._logged = len(self.page_process.log.read_text())

    def open(self, width: int = 1280, height: int = 800, link: str = "") -> Page:
        page = self.context.new_page()
        self.pages.append(page)
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(PATIENCE)
        self._watch(page)
        page.goto(f"{self.page_process.url}/{link}")
        expect(page.locator(".vz-status")).to_be_visible()
        return page

    def close(self) -> None:
        while self.pages:
            self.pages.pop().close()

    def check(self) -> None:
        """Nothing has gone astray so far."""
        astray, self.astray = self.astray, []
        log, logged = self.page_process.log.read_text(), self._logged
        self._logged = len(log)
        assert not astray, "requests to other hosts, or errors in the browser"
        assert "Traceback" not in log[logged:]

    def _watch(self, page: Page) -> None:
        own = (self.page_process.url, "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else self._note(r.url))
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)

    def _note(self, text: str) -> None:
        self.astray.append(text[:300])
