"""What every answer tells a browser to refuse."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from vizlab.page.guard.exposure import guarded
from vizlab.page.guard.headers import sites
from vizlab.page.settings import Settings
from vizlab.page.turns import Turns


def answer(path: str, **settings: object) -> dict[str, str]:
    """The headers of one address."""
    app = FastAPI(**guarded({}, Settings(**settings), Turns()))  # type: ignore[arg-type]
    app.add_api_route("/{path:path}", lambda path: path)
    return dict(TestClient(app, base_url="http://localhost").get(path).headers)


def policy(headers: dict[str, str]) -> dict[str, list[str]]:
    parts = [part.split() for part in headers["content-security-policy"].split(";")]
    return {name: sources for name, *sources in parts}


@pytest.mark.parametrize(
    "path", ["/", "/config", "/vizlab/document/x", "/gradio_api/info", "/nothing", "/gradio_api/run/x"]
)
def test_every_answer_has_them(path: str) -> None:
    headers = answer(path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "content-security-policy" in headers


def test_nothing_comes_from_another_host() -> None:
    found = policy(answer("/"))
    allowed = {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
    assert {source for sources in found.values() for source in sources} <= allowed
    assert found["default-src"] == ["'self'"]
    for name in ("connect-src", "form-action", "base-uri", "frame-ancestors"):
        assert found[name] == ["'self'"], name
    assert found["object-src"] == ["'none'"]
    assert "data:" not in found["script-src"] + found["default-src"]


@pytest.mark.parametrize("path", ["/gradio_api/file=/tmp/a.svg", "/vizlab/export/x/report.html"])
def test_what_users_brought_runs_nothing(path: str) -> None:
    found = policy(answer(path))
    assert found["default-src"] == ["'none'"]
    assert found["sandbox"] == []
    assert "script-src" not in found


def test_a_site_that_shows_the_page_inside_its_own() -> None:
    headers = answer("/", embed_in=("https://huggingface.co", "https://*.example.org/"))
    assert policy(headers)["frame-ancestors"] == ["'self'", "https://huggingface.co", "https://*.example.org"]
    assert "x-frame-options" not in headers
    assert sites(("http://localhost:3000",)) == ("http://localhost:3000",)
