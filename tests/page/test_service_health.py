"""Whether the page says that it lives, what it counts, and what it logs of a job."""

import gc
import json
import logging
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

import vizlab
from vizlab.errors import BusyError, CancelledError, InputError, TimeLimitError
from vizlab.page import app_builder
from vizlab.page.guard.passwords import Users
from vizlab.page.guard.signing_in import Door
from vizlab.page.service.folder import VARIABLE
from vizlab.page.service.health import is_near, service_routes
from vizlab.page.service.jobs import Job, Jobs
from vizlab.page.service.metrics import Counted, Metrics
from vizlab.page.service.service import Service
from vizlab.page.service.stopping import Stopping, end_work
from vizlab.page.settings import Settings
from vizlab.page.turns import Turns
from vizlab.page.workspace import Workspace

NOTHING = Settings(checkpoints=Path("none"), scenes=Path("none"))
"""A page without networks and scenes."""


def page(near: str = "127.0.0.1", **gauges: Any) -> tuple[TestClient, Any, Stopping, Metrics]:
    """A page without networks, asked from the address `near`."""
    workspace = SimpleNamespace(turns=Turns(places=2), default_device=lambda: "cpu", jobs=Jobs())
    stopping, metrics = Stopping(), Metrics()
    metrics.ask(gauges)
    workspace.jobs.heard.append(metrics.job)
    routes = service_routes(workspace, stopping, metrics)
    app = Starlette(routes=routes, middleware=[Middleware(Counted, metrics=metrics)])
    return TestClient(app, client=(near, 1)), workspace, stopping, metrics


def test_a_page_that_takes_work_says_what_it_is() -> None:
    client, workspace, _, _ = page()
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok", "takes_work": True, "version": vizlab.__version__, "device": "cpu", "waiting": 0, "running": 0,
    }  # fmt: skip
    with workspace.turns.taken():
        assert client.get("/health").json()["running"] == 1


def test_a_page_that_is_being_stopped_takes_none() -> None:
    client, workspace, stopping, _ = page()
    stopping._asked = True
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"], answer.json()["takes_work"]) == (503, "stopping", False)
    assert end_work(workspace.turns, 0.1)
    with pytest.raises(CancelledError, match="being stopped"), workspace.turns.taken():
        pass


def test_work_that_does_not_end_is_not_waited_for_long() -> None:
    turns = Turns()
    with turns.taken() as held:
        assert not end_work(turns, 0.1)
        with pytest.raises(CancelledError, match="being stopped"):
            held.heeded(lambda done, what: None)(0.5, "running")


def read(text: str) -> dict[tuple[str, ...], float]:
    """Figures by name and labels."""
    from prometheus_client.parser import text_string_to_metric_families

    return {
        (one.name, *sorted(one.labels.values())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_figures_are_those_of_what_happened() -> None:
    pytest.importorskip("prometheus_client")
    client, workspace, _, _ = page(vizlab_cache_bytes=("Bytes.", lambda: 1234.0))
    with workspace.jobs.job("analyse", ["cen"], (480, 640)) as began:
        began()
    with pytest.raises(InputError), workspace.jobs.job("sweep", ["cen"]):
        raise InputError("No.")
    client.get("/health")
    client.get("/made-up-by-a-visitor")
    text = client.get("/metrics").text
    found = read(text)
    assert found["vizlab_jobs_total", "analyse", "done"] == 1
    assert found["vizlab_jobs_total", "refused", "sweep"] == 1
    assert found[("vizlab_cache_bytes",)] == 1234
    assert found["vizlab_requests_total", "200", "health"] == 1
    assert found["vizlab_requests_total", "404", "page"] == 1
    assert found[("vizlab_job_wait_seconds_count",)] == 2
    assert found[("process_resident_memory_bytes",)] > 1e7
    assert found[("process_open_fds",)] > 2
    assert "made-up" not in text


def test_what_is_refused_is_counted_too() -> None:
    """As it is launched: whoever refuses a request, and for what."""
    pytest.importorskip("prometheus_client")
    service = Service(NOTHING)
    try:
        app: Any = SimpleNamespace(workspace=Workspace(NOTHING))
        given = app_builder.behind(app, service, Door(Users({})))
        client = TestClient(Starlette(**given), base_url="http://127.0.0.1")
        assert client.get("/health").status_code == 200
        assert client.get("/health", headers={"Host": "elsewhere.example"}).status_code == 421
        assert client.get("/vizlab/viewer-1.js", headers={"Origin": "http://foreign.example"}).status_code == 403
        assert client.get("/vizlab/viewer-1.js").status_code == 401
        found = read((service.metrics.text() or b"").decode())
    finally:
        service.close()
    asked = {key[1:]: value for key, value in found.items() if key[0] == "vizlab_requests_total"}
    assert asked == {
        ("200", "health"): 1, ("421", "health"): 1, ("403", "result"): 1, ("401", "result"): 1,
    }  # fmt: skip
    assert found[("vizlab_waiting",)] == 0  # of the page that answers, in the same figures


def test_a_page_that_cannot_be_opened_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*given: Any, **further: Any) -> Any:
        raise InputError("Two models are called 'a'.")

    app, ended = SimpleNamespace(workspace=Workspace(NOTHING), launch=failing), []
    monkeypatch.setattr(app.workspace.networks, "close", lambda: ended.append(app.workspace.turns._closed))
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    for build in (failing, lambda *given: app):
        monkeypatch.setattr(app_builder, "build_app", build)
        with pytest.raises(InputError, match="Two models"):
            app_builder.launch(settings=NOTHING)
        assert list(tmp_path.iterdir()) == []
        assert os.environ[VARIABLE] == str(tmp_path)
    assert ended == [True]  # once, when nobody's turn comes any more
    with pytest.raises(CancelledError, match="being stopped"), app.workspace.turns.taken():  # its scenes run no more
        pass


def test_a_process_that_serves_stops_for_nothing_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has made until it serves, libraries and components, is no matter for the collector any more."""
    looked_at: list[float] = []
    own = sys.getswitchinterval()

    def wait(self: Stopping) -> None:
        looked_at.extend((len(gc.get_objects()) / gc.get_freeze_count(), sys.getswitchinterval()))

    app = SimpleNamespace(workspace=Workspace(NOTHING), launch=lambda **options: None)
    monkeypatch.setattr(app_builder, "build_app", lambda settings: app)
    monkeypatch.setattr(app_builder, "log_jobs", lambda: None)
    monkeypatch.setattr(Service, "served", lambda self, app: None)
    monkeypatch.setattr(Stopping, "heed", lambda self: None)
    monkeypatch.setattr(Stopping, "wait", wait)
    monkeypatch.setattr(Stopping, "leave", lambda self, *said: self.clean_up())
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    try:
        app_builder.main(["--checkpoints", str(tmp_path)])
    finally:
        gc.unfreeze()
        sys.setswitchinterval(own)
    assert looked_at[0] < 0.01
    assert looked_at[1] <= 0.001


def test_what_is_mounted_is_counted_where_it_is() -> None:
    """As assistants' server is: below a path of Gradio's."""
    pytest.importorskip("prometheus_client")
    metrics = Metrics()
    inner = Starlette(routes=[Route("/", lambda request: PlainTextResponse("tools"))])
    app = Starlette(routes=[Mount("/gradio_api/mcp", inner)], middleware=[Middleware(Counted, metrics=metrics)])
    assert TestClient(app).get("/gradio_api/mcp/").status_code == 200
    assert read((metrics.text() or b"").decode())["vizlab_requests_total", "200", "other of Gradio"] == 1


def test_figures_are_not_for_everybody() -> None:
    answer = page("8.8.8.8")[0].get("/metrics")
    assert (answer.status_code, answer.text[-1]) == (403, ".")
    assert page("8.8.8.8")[0].get("/health").status_code == 200
    near = [is_near(address) for address in ("127.0.0.1", "::1", "10.1.2.3", "172.17.0.1", "1.1.1.1", "", "nobody")]
    assert near == [True, True, True, True, False, False, False]


def test_without_the_package_a_sentence_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vizlab.page.service.metrics.find_spec", lambda name: None)
    client, workspace, _, _ = page()
    with workspace.jobs.job("analyse", ["cen"]):
        pass
    answer = client.get("/metrics")
    assert answer.status_code == 501
    assert "prometheus_client" in answer.text


def test_a_job_is_one_line_without_a_user_s_names(caplog: pytest.LogCaptureFixture) -> None:
    seconds = iter([10.0, 12.5, 13.0])
    jobs = Jobs(lambda name: "uploaded" if name == "my-secret" else name, lambda: next(seconds))
    with caplog.at_level(logging.INFO, "vizlab.jobs"), jobs.job("analyse", ["cen", "my-secret"], (480, 640)) as began:
        began()
        began()
    (record,) = caplog.records
    assert json.loads(record.getMessage()) == {
        "job": "analyse", "networks": ["cen", "uploaded"], "size": [480, 640], "wait": 2.5, "seconds": 0.5,
        "result": "done",
    }  # fmt: skip
    assert "\n" not in record.getMessage()


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (CancelledError("x"), "cancelled"), (TimeLimitError("x"), "too long"), (BusyError("x"), "busy"),
        (InputError("/home/me/secret.png"), "refused"), (RuntimeError("x"), "failed"), (GeneratorExit(), "cancelled"),
    ],
)  # fmt: skip
def test_how_a_job_ended(error: BaseException, result: str) -> None:
    ended: list[Job] = []
    jobs = Jobs()
    jobs.heard = [ended.append]
    with pytest.raises(type(error)), jobs.job("vary", []):
        raise error
    assert [one.result for one in ended] == [result]
    assert "secret" not in ended[0].line()
    assert ended[0].seconds == 0  # its turn never came
