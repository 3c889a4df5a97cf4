"""Pages on a Ray that is really started: how they end, what stays of it, and what is said where none can be had."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.commands import ROOT, SECONDS
from tests.packaging.test_stopping import AT_MOST, Started, started
from tests.page.page_process import write_pair
from tests.ray_cluster import Cluster, cluster, environment_of, family
from vizlab.errors import InputError
from vizlab.page.scale import on_ray
from vizlab.page.scale.on_ray import LOCAL, RayReplicas
from vizlab.page.settings import Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc"),
]
__all__ = ["cluster"]  # a fixture
ENDED = 5.0
"""Seconds after a page's end in which its Ray's last process has to be gone."""
ASKS = """
import json, logging, sys
import ray
from ray import serve
from ray._private.state import actors
ray.init(sys.argv[1], logging_level=logging.ERROR, log_to_driver=False)
states = {name: found.status.value for name, found in serve.status().applications.items()}
had = sorted(one["ActorID"] for one in actors().values() if "Networks" in one["Name"])
print(json.dumps({"applications": states, "replicas": had}))
"""


def names(pids: list[int]) -> dict[int, str]:
    """By process what it is called, of those that are there and are more than an entry."""
    found = {}
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            continue
        if status.rpartition(")")[2].split()[0] != "Z":
            found[pid] = status.partition("(")[2].rpartition(")")[0]
    return found


def left(pids: list[int]) -> dict[int, str]:
    """Those that are there still after a while in which they may end."""
    until = time.monotonic() + ENDED
    while (found := names(pids)) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def interrupt(page: Started) -> float:
    """Ctrl-C, which a terminal sends to all of its foreground; the seconds until the page is gone."""
    group = os.getpgid(page.process.pid)
    others = [pid for pid in family(page.process.pid)[1:] if os.getpgid(pid) == group]
    for pid in others:
        os.kill(pid, signal.SIGINT)
    return page.ended(signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_page_ends_with_its_own_ray(number: int, tmp_path: Path) -> None:
    """While a replica runs a network at the largest size, which takes seconds."""
    with started(tmp_path, "app.py", "--scale", "--replicas", "1", "--device", "cpu") as page:
        page.analyse(*(page.upload(path) for path in write_pair(tmp_path)))
        while not page.ask("/health")["running"]:
            time.sleep(0.02)
        own = family(page.process.pid)
        assert {"raylet", "gcs_server"} <= set(names(own).values())
        seconds = interrupt(page) if number == signal.SIGINT else page.ended(number)
        said = page.log.read_text()
        assert page.process.returncode == 0, said
        assert seconds < AT_MOST, said
        assert left(own) == {}
        assert "Traceback" not in said


def test_a_replica_that_cannot_be_made_is_said_and_its_ray_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __init__(self, threads: int, gpu_models_mb: int) -> None:
            raise MemoryError("3 GB are not there")

    monkeypatch.setattr(on_ray, "Replica", Broken)
    before = set(family(os.getpid()))
    with pytest.raises(InputError, match=r"No replica could be started on this machine \(.*MemoryError: 3 GB are not"):
        RayReplicas(Settings(scale=LOCAL, replicas=1, device="cpu"))
    assert left([pid for pid in family(os.getpid()) if pid not in before]) == {}


def test_two_pages_that_start_at_once_have_one_application_which_stays(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = environment_of(cluster.folder, cluster.token)
    for name in set(os.environ) - set(mine):
        monkeypatch.delenv(name)
    for name, value in mine.items():
        monkeypatch.setenv(name, value)
    options = ("app.py", "--scale", cluster.address, "--replicas", "1", "--device", "cpu")

    def start(number: int) -> Started:
        (tmp_path / str(number)).mkdir()
        return both.enter_context(started(tmp_path / str(number), *options))

    with ExitStack() as both:
        with ThreadPoolExecutor(2) as threads:
            pages = list(threads.map(start, range(2)))
        found = _applications(cluster)
        assert list(found["applications"].values()) == ["RUNNING"]
        assert len(found["replicas"]) == 1  # of all that there ever were
        there = set(family(cluster.process.pid))
        for page in pages:
            assert page.ended(signal.SIGTERM) < AT_MOST, page.log.read_text()
            assert page.process.returncode == 0, page.log.read_text()
    assert _applications(cluster) == found
    assert {"raylet", "gcs_server", "ray::ServeRepli"} <= set(names([*there]).values())


def _applications(cluster: Cluster) -> Any:
    """The states of the cluster's applications by name, and the replicas that it has had."""
    env = environment_of(cluster.folder, cluster.token)
    command = [sys.executable, "-c", ASKS, cluster.address]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "shown", [{}, {"RAY_AUTH_MODE": "token"}, {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}]
)
def test_a_cluster_that_asks_for_a_token_says_so(cluster: Cluster, shown: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "app.py", "--scale", cluster.address, "--scenes", str(tmp_path)]
    env = environment_of(cluster.folder, shown)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 1
    assert f"vizlab: The Ray cluster at '{cluster.address}' takes only who has its token" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
