"""The page itself is made once for each name that it is called by, and for nobody else."""

import gzip
from collections.abc import AsyncIterator, Callable

import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.testclient import TestClient

from vizlab.page.front import NAMES, FrontPage


class Made:
    """An app whose front page says how often it was made, and for whom."""

    def __init__(self) -> None:
        self.times = 0
        self.answer: Callable[[str], Response] = lambda text: HTMLResponse(text)
        layers = [Middleware(FrontPage), Middleware(GZipMiddleware, minimum_size=10)]
        self.app = FastAPI(middleware=layers)
        self.app.add_route("/", self._front, methods=["GET", "HEAD"])
        self.app.add_route("/other", lambda request: PlainTextResponse("other"))
        self.client = TestClient(self.app)

    async def _front(self, request: Request) -> Response:
        self.times += 1
        return self.answer(f"page {self.times} of {request.url.netloc}, asked for {request.url.query or 'nothing'}")


@pytest.fixture
def made() -> Made:
    return Made()


def test_it_is_made_once(made: Made) -> None:
    first, second = made.client.get("/"), made.client.get("/")
    assert made.times == 1
    assert first.text == second.text == "page 1 of testserver, asked for nothing"
    assert first.headers == second.headers
    assert first.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "lab.example.org"},
        {"X-Forwarded-Host": "lab.example.org"},
        {"X-Forwarded-Proto": "https"},
        {"X-Gradio-Server": "https://elsewhere.example.org"},  # nobody may write another's page
    ],
    ids=["host", "forwarded host", "forwarded scheme", "server"],
)
def test_another_name_has_its_own(made: Made, headers: dict[str, str]) -> None:
    """Gradio writes the addresses of its files into it."""
    made.client.get("/")
    made.client.get("/", headers=headers)
    assert made.times == 2
    made.client.get("/", headers=headers)
    made.client.get("/")
    assert made.times == 2


def test_who_takes_no_gzip_gets_none(made: Made) -> None:
    made.client.get("/")
    plain = made.client.get("/", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == "page 2 of testserver, asked for nothing"


@pytest.mark.parametrize("what", ["query", "head", "failed", "cookie", "user"])
def test_what_is_not_for_everybody_is_not_kept(made: Made, what: str) -> None:
    path, ask = ("/?deep_link=a" if what == "query" else "/"), made.client.head if what == "head" else made.client.get
    if what == "failed":
        made.answer = lambda text: HTMLResponse(text, 500)
    elif what == "cookie":
        made.answer = lambda text: HTMLResponse(text, headers={"Set-Cookie": "a=b"})
    elif what == "user":
        made.app.auth = {"ada": "hash"}  # type: ignore[attr-defined]  # as Gradio's app has it
    for times in (1, 2):
        ask(path)
        assert made.times == times


def test_other_addresses_pass(made: Made) -> None:
    assert made.client.get("/other").text == "other"


def test_what_comes_in_pieces_is_whole(made: Made) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for number in range(5):
            yield b"piece %d " % number

    made.answer = lambda text: StreamingResponse(pieces(), media_type="text/html")
    whole = b"".join(b"piece %d " % number for number in range(5))
    for _ in range(2):
        assert made.client.get("/").content == whole
    assert made.times == 1
    with made.client.stream("GET", "/") as answer:
        assert gzip.decompress(b"".join(answer.iter_raw())) == whole


def test_it_is_kept_for_so_many_names(made: Made) -> None:
    """Whoever makes up names fills no memory; those that were asked for last stay."""
    for number in range(NAMES + 1):
        made.client.get("/", headers={"Host": f"name{number}.org"})
    made.client.get("/", headers={"Host": f"name{NAMES}.org"})
    assert made.times == NAMES + 1
    made.client.get("/", headers={"Host": "name0.org"})
    assert made.times == NAMES + 2
