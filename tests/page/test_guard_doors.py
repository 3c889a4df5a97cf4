"""Every call goes through the queue; a file is never fetched from elsewhere; who cancels leaves his place."""

import concurrent.futures
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client, handle_file
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from tests.page.guarded_app import HERE, Tiny, client_of, served
from vizlab.page.guard import doors
from vizlab.page.guard.doors import OneDoor, is_address
from vizlab.page.settings import Settings

API = "/gradio_api"
PATIENCE = 20
"""Seconds: the work of this test never ends by itself, however slow the machine is."""


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[Tiny, TestClient]]:
    tiny = Tiny(Settings())
    tiny.gate.set()
    with client_of(tiny) as client:
        yield tiny, client


@pytest.fixture
def tiny(shared: tuple[Tiny, TestClient]) -> Tiny:
    shared[0].ran.clear()
    return shared[0]


@pytest.fixture
def client(shared: tuple[Tiny, TestClient]) -> TestClient:
    return shared[1]


def file_at(path: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def uploaded(client: Any, text: bytes = b"seven..") -> str:
    return str(client.post(f"{API}/upload", files={"files": ("a.txt", text)}).json()[0])


def until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("path", ["run/work", "run/work/", "api/work", "api/work/", "run/page", "api/predict", "run"])
def test_a_direct_call_runs_nothing_and_is_told_where_to_go(tiny: Tiny, client: TestClient, path: str) -> None:
    for body in (
        {"data": ["x"]},
        {"data": ["x"], "fn_index": tiny.number("work")},
        {"data": ["x"], "session_hash": "s"},
    ):
        answer = client.post(f"{API}/{path}", json=body)
        assert answer.status_code == 403
        assert "/gradio_api/call/NAME" in answer.json()["detail"]
    assert tiny.ran == []


def test_a_direct_call_behind_a_proxys_prefix_is_closed_too(tiny: Tiny, client: TestClient) -> None:
    client.app.root_path = "/lab"  # type: ignore[attr-defined]
    found = [client.post(f"{prefix}{API}/run/work", json={"data": ["x"]}).status_code for prefix in ("/lab", "")]
    client.app.root_path = ""  # type: ignore[attr-defined]
    assert found == [403, 403]
    assert tiny.ran == []


def test_the_queued_way_goes_on_working(tiny: Tiny, client: TestClient) -> None:
    event = client.post(f"{API}/call/work", json={"data": ["x"]}).json()["event_id"]
    assert '["worked on x"]' in client.get(f"{API}/call/work/{event}").text
    event = client.post(f"{API}/call/v2/work", json={"said": "y"}).json()["event_id"]
    assert '["worked on y"]' in client.get(f"{API}/call/v2/work/{event}").text
    body = {"data": ["z"], "fn_index": tiny.number("page"), "session_hash": "browser"}
    assert client.post(f"{API}/queue/join", json=body).status_code == 200
    assert "<b>own</b>" in client.get(f"{API}/queue/data", params={"session_hash": "browser"}).text


@pytest.mark.parametrize("path", ["call/page", "call/v2/page", "call/nothing", "call/v2/nothing", "call/page/"])
def test_the_pages_own_events_have_no_name(tiny: Tiny, client: TestClient, path: str) -> None:
    answer = client.post(f"{API}/{path}", json={"data": ["x"]})
    assert answer.status_code == 404
    assert "There is no endpoint" in answer.json()["detail"]
    assert tiny.ran == []


def test_names_are_given_as_they_are_listed(client: TestClient) -> None:
    """What the listing says is exactly what can be called."""
    assert set(client.get(f"{API}/info").json()["named_endpoints"]) == {"/work", "/known", "/weigh"}


@pytest.mark.parametrize(
    "path",
    ["http://example.org/a.png", "HTTPS://example.org", "file:///etc/passwd", "ftp://x/y", "//example.org/a",
     " http:/x", "http:/127.0.0.1", "data:text/html,x", "\\\\host\\share"],
)  # fmt: skip
def test_no_address_is_fetched(tiny: Tiny, client: TestClient, path: str) -> None:
    assert is_address(path)
    for event in (
        client.post(f"{API}/call/weigh", json={"data": [file_at(path)]}),
        client.post(f"{API}/call/v2/weigh", json={"file": file_at(path)}),
        client.post(
            f"{API}/queue/join",
            json={"data": [[{"deep": file_at(path)}]], "fn_index": tiny.number("weigh"), "session_hash": "s"},
        ),
    ):
        assert event.status_code == 400
        assert "upload the file itself" in event.json()["detail"]
    assert tiny.ran == []


@pytest.mark.parametrize("url", ["http://[", "http://localhost:x/gradio_api/file=a"])
def test_an_address_that_is_none_is_refused_as_one(tiny: Tiny, client: TestClient, url: str) -> None:
    event = client.post(f"{API}/call/weigh", json={"data": [{**file_at("a"), "url": url}]})
    assert event.status_code == 400
    assert "upload the file itself" in event.json()["detail"]
    assert tiny.ran == []


def test_what_is_no_address() -> None:
    assert not any(
        map(is_address, ("/tmp/gradio/ab/a.png", "a.png", "a b:c/d.png", "C:\\temp\\a.png", "C:/temp/a.png"))
    )


def test_a_file_elsewhere_is_not_named_beside_one_here(tiny: Tiny, client: TestClient) -> None:
    path = uploaded(client)
    here, elsewhere = f"{HERE}{API}/file={path}", f"http://10.0.0.1{API}/file={path}"
    for url, status in (
        (here, 200),
        (None, 200),
        (elsewhere, 400),
        (f"{HERE}/other", 400),
        ("http://127.0.0.1:1/", 400),
    ):
        answer = client.post(f"{API}/call/weigh", json={"data": [file_at(path, url=url)]})
        assert answer.status_code == status, url
        if status == 200:
            assert '["7"]' in client.get(f"{API}/call/weigh/{answer.json()['event_id']}").text


@pytest.mark.parametrize(
    "address", ["http://example.org/", "https:/example.org", "HTTP://127.0.0.1:1/", "//example.org"]
)
def test_the_page_is_nobodys_way_to_elsewhere(client: TestClient, address: str) -> None:
    for answer in (client.get(f"{API}/file={address}", follow_redirects=False), client.head(f"{API}/file={address}")):
        assert answer.status_code == 403
        assert "location" not in answer.headers


def test_an_uploaded_file_is_served(client: TestClient) -> None:
    assert client.get(f"{API}/file={uploaded(client)}").content == b"seven.."
    assert client.get(f"{API}/file=/etc/passwd").status_code == 403


@pytest.mark.parametrize("route", [f"{API}/file=", "/static/", "/assets/", "/svelte/"])
@pytest.mark.parametrize("up", ["../", "..%2f", "%2e%2e/", "..\\", "/", "%2f"])
def test_a_path_out_of_the_folder_is_refused(client: TestClient, route: str, up: str) -> None:
    """However it is written, and however deep the folder lies."""
    out = up * (1 if up in ("/", "%2f") else 12) + "etc/passwd"
    for path in (out, f"img/{out}", f"/tmp/gradio/{out}"):
        answer = client.get(f"{route}{path}")
        assert answer.status_code in (403, 404), path
        assert "root:" not in answer.text


def test_a_path_out_of_the_folder_is_refused_in_an_event(tiny: Tiny, client: TestClient) -> None:
    up = f"{Path(uploaded(client)).parent}/../../../../../../etc/passwd"
    for path in ("/etc/passwd", up, "README.md", "", "\0"):
        answer = client.post(f"{API}/call/weigh", json={"data": [file_at(path)]})
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("A file is named that was not uploaded here")
    assert tiny.ran == []


def test_gradio_refuses_such_a_path_itself(tiny: Tiny, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two locks: this one is Gradio's, which the advisories are about."""
    monkeypatch.setattr(doors, "_is_elsewhere", lambda file, scope: False)
    up = f"{Path(uploaded(client)).parent}/../../../../../../etc/passwd"
    for path in ("/etc/passwd", up):
        event = client.post(f"{API}/call/weigh", json={"data": [file_at(path)]}).json()["event_id"]
        assert "event: error" in client.get(f"{API}/call/weigh/{event}").text
    assert tiny.ran == []


@pytest.mark.parametrize(
    "path",
    ["proxy=https://x.hf.space/", "component_server", "deep_link?session_hash=s", "dev/reload", "runs", "token",
     "stream/s/1/1/playlist.m3u8", "custom_component/a/client/b/c", "file//etc/passwd", "run-history/records"],
)  # fmt: skip
def test_what_the_page_does_not_need_is_not_there(client: TestClient, path: str) -> None:
    for answer in (client.get(f"{API}/{path}"), client.post(f"{API}/{path}", json={})):
        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is nothing at this address."


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"no json", 400), (b"[1]", 400), (b"null", 400), (b"[" * 100_000, 400),
     (b'{"data": ' + b"[" * 90 + b"]" * 90 + b"}", 400), (b'{"data": ["' + b"x" * 17_000_000 + b'"]}', 413),
     (b"\xff\xfe", 400)],
)  # fmt: skip
def test_a_body_that_is_none_gets_a_sentence(tiny: Tiny, client: TestClient, body: bytes, status: int) -> None:
    answer = client.post(f"{API}/call/work", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["detail"].endswith((".", "."))
    assert tiny.ran == []


def test_what_an_assistant_says_is_bounded_and_arrives(client: TestClient) -> None:
    """Whoever answers there: nobody does in this page."""
    assert client.post(f"{API}/mcp/", content=b"x" * 17_000_000).status_code == 413
    assert client.post(f"{API}/mcp/", content=b"x").status_code == 404

    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)

    alone = TestClient(OneDoor(echo, busy_words=str))
    assert alone.post(f"{API}/mcp/", content=b"no JSON").content == b"no JSON"


def test_a_full_queue_says_how_long_the_wait_would_be() -> None:
    tiny = Tiny(Settings(max_queue=4))
    tiny.turns._lanes[False].learn(20.0)
    with client_of(tiny) as client:
        tiny.blocks._queue.active_jobs = []  # nothing begins, so that what comes in stays
        for session in "aabb":
            body = {"data": ["x"], "fn_index": tiny.number("work"), "session_hash": session}
            assert client.post(f"{API}/queue/join", json=body).status_code == 200
        answer = client.post(f"{API}/queue/join", json={**body, "session_hash": "c"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "10"
    assert (
        answer.json()["detail"]
        == "4 runs wait already, the last of them for about 80 s, and no more can; try again later."
    )


def test_one_session_takes_half_of_the_queue_at_most() -> None:
    tiny = Tiny(Settings(max_queue=4))
    with client_of(tiny) as client:
        tiny.blocks._queue.active_jobs = []
        found = [
            client.post(
                f"{API}/queue/join", json={"data": ["x"], "fn_index": tiny.number("work"), "session_hash": one}
            ).status_code
            for one in "aaab"
        ]
    assert found == [200, 200, 429, 200]


@pytest.fixture
def page() -> Iterator[tuple[Tiny, str]]:
    """One whose work waits at its gate, on a port."""
    tiny = Tiny(Settings())
    with served(tiny) as address:
        yield tiny, address


def test_a_program_calls_uploads_and_cancels(page: tuple[Tiny, str], tmp_path: Path) -> None:
    """By gradio_client: a run that is cancelled ends, also one that waits, and the next begins."""
    tiny, address = page
    client = Client(address, verbose=False, download_files=False)
    (tmp_path / "a.txt").write_bytes(b"seven..")
    assert client.predict(handle_file(tmp_path / "a.txt"), api_name="/weigh") == "7"
    jobs = [client.submit("first", api_name="/work")]
    until(lambda: tiny.turns.busy)
    jobs.append(client.submit("second", api_name="/work"))
    until(lambda: tiny.turns.waiting == 1)
    jobs[1].cancel()
    until(lambda: tiny.turns.waiting == 0)
    assert tiny.ran[1:] == ["first"]
    jobs[0].cancel()
    until(lambda: not tiny.turns.busy)
    tiny.gate.set()
    assert Client(address, verbose=False).predict("third", api_name="/work") == "worked on third"
    assert tiny.ran[1:] == ["first", "third"]


def test_who_leaves_frees_his_place(page: tuple[Tiny, str]) -> None:
    tiny, address = page
    with httpx.Client(trust_env=False, base_url=address) as client:
        event = client.post(f"{API}/call/work", json={"data": ["x"], "session_hash": "s"}).json()["event_id"]
        with client.stream("GET", f"{API}/call/work/{event}"):
            until(lambda: tiny.turns.busy)
        until(lambda: not tiny.turns.busy)


def test_nobody_cancels_for_another(page: tuple[Tiny, str]) -> None:
    tiny, address = page
    with httpx.Client(trust_env=False, base_url=address) as client:
        body = {"data": ["x"], "fn_index": tiny.number("work"), "session_hash": "mine"}
        event = client.post(f"{API}/queue/join", json=body).json()["event_id"]
        until(lambda: tiny.turns.busy)
        other = {"session_hash": "other", "fn_index": body["fn_index"], "event_id": event}
        assert client.post(f"{API}/cancel", json=other).status_code == 200
        time.sleep(0.3)
        assert tiny.turns.busy


def test_the_page_answers_while_everybody_waits(page: tuple[Tiny, str]) -> None:
    """Fifty runs wait, ten more than the threads that routes have: the page, and what is known, come at once."""
    tiny, address = page
    with httpx.Client(trust_env=False, base_url=address, limits=httpx.Limits(max_connections=100)) as client:
        for one in range(50):
            client.post(f"{API}/call/work", json={"data": [str(one)], "session_hash": f"s{one}"})
        until(lambda: tiny.turns.waiting == 49)
        began = time.monotonic()
        assert client.get("/config").status_code == 200
        event = client.post(f"{API}/call/known", json={"data": ["it"]}).json()["event_id"]
        assert '["knew it"]' in client.get(f"{API}/call/known/{event}").text
        assert time.monotonic() - began < PATIENCE
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            began = time.monotonic()
            assert {one.status_code for one in pool.map(lambda _: client.get("/config"), range(8))} == {200}
            assert time.monotonic() - began < PATIENCE
