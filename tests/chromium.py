"""The system's Chromium. Tests that need it skip where there is none, unless VIZLAB_REQUIRE_BROWSER=1 forbids it."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def found() -> str | None:
    """Where it is; None where it is not on the PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium() -> str:
    path = found()
    if path is None:
        sentence = f"no Chromium: none of {', '.join(NAMES)} is on the PATH; apt-get install chromium"
        if os.environ.get("VIZLAB_REQUIRE_BROWSER") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright  # where there is no browser the other tests still run

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield browser
        browser.close()
