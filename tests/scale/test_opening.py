"""A page that comes to nothing ends what it had opened, in reverse; and the signals stay whose they were."""

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.page.page_process import NAMES
from tests.scale.made_ray import AuthenticationError, modules
from tests.scale.made_replicas import MadeReplicas
from vizlab.core.door import load_model
from vizlab.errors import InputError
from vizlab.page import app_builder, workspace
from vizlab.page.scale import on_ray
from vizlab.page.scale.on_ray import LOCAL, RayReplicas
from vizlab.page.scale.replicated import Replicated
from vizlab.page.settings import Settings
from vizlab.page.turns import Turns
from vizlab.page.workspace import Workspace

HERE = Settings(scale=LOCAL)
THERE = Settings(scale="made.example:6379")
TIMES = "RAY_gcs_server_port_wait_time_s"
"""How often Ray asks a cluster, in its own words."""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[MadeReplicas]:
    """The replicas of every page that is built in this test."""
    found: list[MadeReplicas] = []

    def networks(settings: Settings, source_of: Any, here: Any) -> Replicated:
        found.append(MadeReplicas())
        return Replicated(found[-1], source_of, here)

    monkeypatch.setattr(workspace, "networks_for", networks)
    return found


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Settings:
    """Of a page without scenes: nothing runs by itself."""
    return replace(settings, scenes=tmp_path)


def test_replicas_end_with_a_page_that_cannot_be_built(opened: list[MadeReplicas], empty: Settings) -> None:
    one, other = (load_model(empty.checkpoints / f"{NAMES['mti']}.safetensors", "cpu") for _ in range(2))
    other.name = one.name
    with pytest.raises(InputError, match=one.name):
        app_builder.build_app(empty, [one, other])
    assert [replicas.closed for replicas in opened] == [True]


def test_who_waits_gives_up_before_the_replicas_end(
    opened: list[MadeReplicas], empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    monkeypatch.setattr(Turns, "close", lambda turns: order.append("turns"))
    monkeypatch.setattr(MadeReplicas, "close", lambda replicas: order.append("replicas"))

    def failing(shared: Workspace) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app_builder, "_page_of", failing)
    with pytest.raises(KeyboardInterrupt):
        app_builder.build_app(empty)
    assert order == ["turns", "replicas"]


def test_a_page_that_stands_keeps_its_replicas(
    opened: list[MadeReplicas], empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_builder, "_page_of", lambda shared: shared)
    shared: Any = app_builder.build_app(empty)
    assert [replicas.closed for replicas in opened] == [False]
    with shared.turns.taken():
        pass


@pytest.mark.filterwarnings("ignore:.*socket:pytest.PytestUnraisableExceptionWarning")  # Gradio's, of the taken port
def test_replicas_end_with_a_page_whose_port_is_taken(opened: list[MadeReplicas], empty: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="port"):
            app_builder.launch(settings=replace(empty, port=other.getsockname()[1]), prevent_thread_lock=True)
    assert [replicas.closed for replicas in opened] == [True]


Put = Callable[..., list[str]]


@pytest.fixture
def put_ray(monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts these functions where Ray's would be; the list has what was shut down."""
    for name in (*on_ray._OWN, "RAY_AUTH_TOKEN", "GRPC_VERBOSITY"):
        monkeypatch.setenv(name, "")  # what is set is put back
    monkeypatch.setattr(on_ray, "answers", lambda address: True)

    def put(**ray: Any) -> list[str]:
        ended: list[str] = []
        for name, module in modules(shutdown=lambda: ended.append("Ray"), **ray).items():
            monkeypatch.setitem(sys.modules, name, module)
        return ended

    return put


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The SIGTERMs that came to whoever has taken them."""
    found: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: found.append(number))
    yield found
    signal.signal(signal.SIGTERM, before)


def takes_sigterm(address: str, **options: Any) -> None:
    """What `ray.init` does."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(number))


def test_sigterm_stays_the_pages(put_ray: Put, heard: list[int]) -> None:
    """Else the page would end in the middle of whatever it does, by Ray's exit and with Ray's code."""
    put_ray(init=takes_sigterm)
    on_ray._connected(HERE)
    signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]


def test_a_sigterm_while_ray_starts_is_the_pages(put_ray: Put, heard: list[int]) -> None:
    def init(address: str, **options: Any) -> None:
        takes_sigterm(address)
        signal.raise_signal(signal.SIGTERM)

    put_ray(init=init)
    with pytest.raises(SystemExit):
        on_ray._connected(HERE)
    assert heard == [signal.SIGTERM]


def failing(kind: Exception, cause: Exception | None = None) -> Callable[..., None]:
    def init(address: str, **options: Any) -> None:
        raise kind from cause

    return init


def test_what_ray_had_started_ends_where_it_cannot_start(put_ray: Put) -> None:
    """It does not know its own processes any more where its node was not made to the end."""

    class Node:
        def __init__(self) -> None:
            self.processes = ["gcs_server", "raylet"]
            nodes.append(self)
            raise Exception("The current node timed out during startup.")

        def kill_all_processes(self, check_alive: bool, wait: bool) -> None:
            self.processes.clear()

    nodes: list[Node] = []
    ended = put_ray(init=lambda address, **options: Node())
    with pytest.raises(InputError, match="Ray could not be started on this machine"):
        on_ray._connected(HERE)
    assert ended == ["Ray"]
    assert [node.processes for node in nodes] == [[]]


def test_a_cluster_that_asks_for_a_token_says_so(put_ray: Put) -> None:
    said = r"'made.example:6379' takes only who has its token, .*RAY_AUTH_MODE=token.*RAY_AUTH_TOKEN_PATH"
    none, wrong = AuthenticationError("none"), RuntimeError("Last: ...\nray.exceptions.AuthenticationError: other")
    for kind, cause in ((none, None), (ConnectionError("failed"), wrong)):
        put_ray(init=failing(kind, cause))
        with pytest.raises(InputError, match=said):
            on_ray._connected(THERE)
    put_ray(init=failing(ConnectionError("failed")))
    with pytest.raises(InputError, match=r"There is no Ray cluster at 'made\.example:6379'"):
        on_ray._connected(THERE)


@pytest.mark.parametrize(("settings", "times"), [(HERE, None), (THERE, "3")])
def test_a_cluster_is_asked_three_times(
    put_ray: Put, monkeypatch: pytest.MonkeyPatch, settings: Settings, times: str | None
) -> None:
    """Ray asks 20 times, a second each, whether it is let in; of what it is told for that nothing stays."""
    asked: list[str | None] = []
    monkeypatch.delenv(TIMES, raising=False)
    put_ray(init=lambda address, **options: asked.append(os.environ.get(TIMES)))
    on_ray._connected(settings)
    assert asked == [times]
    assert TIMES not in os.environ


def test_a_ray_that_the_process_has_already_is_left_alone(put_ray: Put) -> None:
    ended = put_ray(is_initialized=lambda: True)
    with pytest.raises(InputError, match=r"has a Ray already.*ray.shutdown\(\)"):
        on_ray._connected(THERE)
    assert ended == []


@pytest.mark.parametrize("settings", [HERE, THERE])
def test_a_page_without_replicas_leaves_no_ray(
    put_ray: Put, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def running(*given: Any, **more: Any) -> None:
        raise InputError("No replica could be started.")

    ended = put_ray()
    monkeypatch.setattr(on_ray, "running", running)
    with pytest.raises(InputError, match="No replica"):
        RayReplicas(settings)
    assert ended == ["Ray"]


def test_a_replica_that_does_not_answer_is_not_waited_for_for_ever(
    put_ray: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def result(timeout_s: float) -> None:
        asked.append(timeout_s)
        raise TimeoutError

    handle = SimpleNamespace(devices=SimpleNamespace(remote=lambda: SimpleNamespace(result=result)))
    ended = put_ray(serve=SimpleNamespace(get_app_handle=lambda name: handle))
    monkeypatch.setattr(on_ray, "running", lambda *given, **more: SimpleNamespace(count=2))
    with pytest.raises(InputError, match=r"run, but none has answered within 120 s; expected one that is free\."):
        RayReplicas(THERE)
    assert asked == [on_ray.ANSWERS]
    assert ended == ["Ray"]
