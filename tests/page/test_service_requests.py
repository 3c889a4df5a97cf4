"""What cannot be read is answered with a sentence and leaves a line in the log, not a traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from vizlab.page.service.bad_requests import UNREADABLE, Readable
from vizlab.page.service.uploads import DISK_FULL

ROOT = Path(__file__).parents[2]
FUZZ = """
import contextlib, io, json, sys
import gradio as gr, httpx
from starlette.middleware import Middleware
from vizlab.page.service.bad_requests import Readable, quiet_gradio
from tests.page.page_process import free_port

def echo(file, data, number):
    return str(file)

with gr.Blocks(analytics_enabled=False) as demo:
    given = [gr.File(), gr.JSON(), gr.Number()]
    gr.Button().click(echo, given, gr.Textbox(), api_name="echo")
quiet_gradio()
port = free_port()
demo.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, _frontend=False,
            app_kwargs={"middleware": [Middleware(Readable)]})
client = httpx.Client(trust_env=False, timeout=60, base_url=f"http://127.0.0.1:{port}/gradio_api/")
file = lambda path, **more: [{"path": path, "meta": {"_type": "gradio.FileData"}, **more}, None, 1]
events = [[1, 2, 3], [], [None] * 9, file("/etc/passwd"), file(None), file(5), file({"a": 1}), file(chr(0)),
          file("/" + "a" * 5000), [[file("/etc/passwd")[0]], None, 1], file("x", size="big"), file("x", is_stream=True)]
said = []
for data in events:
    event = client.post("call/echo", json={"data": data}).json()["event_id"]
    said.append(client.get(f"call/echo/{event}").text)
statuses = []
part = "--b\\r\\nContent-Disposition: form-data; name=\\"files\\"\\r\\n\\r\\n1\\r\\n--b--\\r\\n"
form = {"Content-Type": "multipart/form-data; boundary=b"}
for body in ({"fn_index": 99}, {"fn_index": -1}, {"fn_index": "x"}, {}, {"fn_index": 0, "data": 5},
             {"fn_index": 0, "trigger_id": "z"}, {"fn_index": 0, "session_hash": {}}):
    answer = client.post("queue/join", json={"data": [], "session_hash": "s", **body})
    statuses.append(answer.status_code)
for content in (part, "garbage"):
    statuses.append(client.post("upload", content=content, headers=form).status_code)
for path in ("file=%00", "file=/etc/passwd", "upload_progress?upload_id=z", "queue/data"):
    statuses.append(client.get(path).status_code)
with contextlib.suppress(httpx.HTTPError):
    client.get("call/echo/nosuch")
print(json.dumps({"said": said, "statuses": statuses}))
sys.stdout.flush()
import os; os._exit(0)
"""


def test_events_and_uploads_that_cannot_be_read_leave_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FUZZ], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert "Traceback" not in done.stderr
    assert "passwd" not in done.stderr
    refused = [text for text in found["said"] if "event: error" in text]
    assert len(refused) >= 10
    assert all(UNREADABLE in text or "." in text.partition('"error"')[2] for text in refused)
    assert [status for status in found["statuses"] if not 400 <= status < 500] == []


@pytest.fixture
def client() -> TestClient:
    async def fails(request: Request) -> PlainTextResponse:
        raise {"key": KeyError, "type": TypeError, "memory": MemoryError, "http": HTTPException}[
            request.path_params["kind"]
        ](418)

    routes = [Route("/gradio_api/{kind}", fails), Route("/vizlab/{kind}", fails)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Readable)]), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("gradio_api/key", 400), ("gradio_api/type", 400), ("gradio_api/http", 418), ("gradio_api/memory", 500),
        ("vizlab/key", 500),
    ],
)  # fmt: skip
def test_only_what_the_sender_did_is_his_fault(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/{path}")
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"] == UNREADABLE


def test_a_disk_that_is_full_is_said_to_who_uploads() -> None:
    async def full(request: Request) -> PlainTextResponse:
        raise OSError(28, "No space left on device")

    routes = [Route("/gradio_api/upload", full, methods=["POST"])]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(Readable)]))
    answer = client.post("/gradio_api/upload", content=b"0")
    assert (answer.status_code, answer.text) == (507, DISK_FULL)
