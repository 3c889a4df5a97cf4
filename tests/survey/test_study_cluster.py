"""A study on a Ray cluster that runs already: started as an operator starts one, with a token, and used so."""

import json
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.ray_cluster import Cluster, cluster, environment_of
from tests.survey.studies import assert_same_studies, job_of, write_pictures, write_study
from vizlab.errors import InputError, VizlabError
from vizlab.study.survey import engine
from vizlab.study.survey.conduct import conduct
from vizlab.study.survey.engine import Progress
from vizlab.study.survey.study import FILE, Study, load_study

__all__ = ["cluster"]  # a fixture
RUNS = 600
"""Seconds in which a study has to be made."""
ASKS = """
import json, logging, sys
import ray
ray.init(sys.argv[1], logging_level=logging.ERROR, log_to_driver=False)
from ray._private.state import jobs
alive = sum(node["Alive"] for node in ray.nodes())
print(json.dumps([alive, ray.get(ray.remote(lambda: 6 * 7).remote()), [job["Entrypoint"] for job in jobs()]]))
"""
Done = subprocess.CompletedProcess[str]


@contextmanager
def uncounted(length: int) -> Iterator[Progress]:
    yield lambda rows: None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures and a study of two networks."""
    folder = tmp_path_factory.mktemp("cluster")
    write_pictures(folder)
    write_study(folder, ["cen", "nddr-cnn"], "[measures.traces]\n[measures.similarity]\nevery = 2\n")
    return folder


@pytest.fixture(scope="module")
def here(place: Path) -> Study:
    """The study in a plain loop."""
    return conduct(place / "study.toml", place / "data", place / "here", uncounted, here=True)


def _python(cluster: Cluster, place: Path, token: dict[str, str], *given: str) -> Done:
    environment = environment_of(cluster.folder, token)
    return subprocess.run(
        [sys.executable, *given], cwd=place, env=environment, capture_output=True, text=True, check=False, timeout=RUNS
    )


def _study(cluster: Cluster, place: Path, token: dict[str, str], out: str, address: str) -> Done:
    """The command, with paths seen from another folder than that in which the cluster was started."""
    command = ["-m", "vizlab.cli", "study", "study.toml", "--data", "data", "--out", out, "--address", address]
    return _python(cluster, place, token, *command)


@pytest.mark.slow
@pytest.mark.parametrize("named", ["by its address", "auto"])
def test_a_cluster_has_the_numbers_of_the_loop(cluster: Cluster, place: Path, here: Study, named: str) -> None:
    """Bit for bit; the cluster has done it, and stands as it stood."""
    address = named if named == "auto" else cluster.address
    done = _study(cluster, place, cluster.token, f"out {named}", address)
    assert done.returncode == 0, done.stderr
    assert_same_studies(load_study(place / f"out {named}" / FILE), here)
    asked = _python(cluster, place, cluster.token, "-c", ASKS, cluster.address)
    assert asked.returncode == 0, asked.stderr
    alive, answer, jobs = json.loads(asked.stdout)
    assert (alive, answer) == (1, 42)
    assert any(f"out {named}" in job for job in jobs)
    assert cluster.process.poll() is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("token", "said"),
    [
        ({}, "takes only who has its token, and none was sent"),
        ({"RAY_AUTH_MODE": "token"}, "takes only who has its token, and no token was found"),
        ({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}, "takes only who has its token, and no token was"),
    ],
    ids=["none", "none to be found", "another"],
)
def test_who_has_no_token_is_told(cluster: Cluster, place: Path, token: dict[str, str], said: str) -> None:
    done = _study(cluster, place, token, "refused", cluster.address)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def joined(error: Exception, address: str = "auto") -> InputError:
    """What is said where Ray raises that error."""

    def init(address: str, **options: object) -> None:
        raise error

    with pytest.raises(InputError) as found:
        engine._connect(SimpleNamespace(init=init), address)
    assert found.value.__cause__ is error
    return found.value


def refusal() -> ConnectionError:
    """As Ray raises it where a cluster refuses a process: of the first error the text is left, in the second one."""
    error = ConnectionError("Failed to connect to Ray cluster at 192.0.2.2:6379")
    error.__cause__ = RuntimeError(
        "Failed to connect to GCS. Last connection error: Traceback (most recent call last):\n"
        "ray.exceptions.AuthenticationError: RPC error: InvalidAuthToken: Authentication token is missing or incorrect."
    )
    return error


@pytest.mark.parametrize(
    ("mode", "found"),
    [(None, "none was sent, since RAY_AUTH_MODE is not 'token'"), ("token", "no token was found, or another one")],
)
def test_a_token_that_is_missing_is_said(mode: str | None, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from ray.exceptions import AuthenticationError

    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    if mode:
        monkeypatch.setenv("RAY_AUTH_MODE", mode)
    for error in (refusal(), AuthenticationError("Token authentication is enabled but no token was found")):
        said = str(joined(error))
        assert f"The Ray cluster at 'auto' takes only who has its token, and {found}." in said
        assert "Set RAY_AUTH_MODE=token, and RAY_AUTH_TOKEN to the cluster's token or RAY_AUTH_TOKEN_PATH" in said


def unasked(address: str, **options: object) -> None:
    """In the place of `ray.init`."""
    raise AssertionError(address)


def test_ray_is_not_asked_where_nothing_listens() -> None:
    """It would try for a quarter of an hour."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert "takes only" in str(joined(refusal(), f"127.0.0.1:{port}"))
    for address in (f"127.0.0.1:{port}", "127.0.0.1", "127.0.0.1:many"):
        with pytest.raises(InputError, match=f"No Ray cluster answers at '{address}'"):
            engine._connect(SimpleNamespace(init=unasked), address)


def test_a_ray_that_does_not_start_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    error = Exception("The current node timed out during startup.")  # as Ray raises it on a slow machine

    def init(address: str, **options: object) -> None:
        raise error

    monkeypatch.setattr(ray, "init", init)
    with pytest.raises(VizlabError, match="Ray could not be started on this machine") as found, engine._cluster(None):
        pass
    assert found.value.__cause__ is error


def test_ray_client_is_no_way_to_a_cluster() -> None:
    with pytest.raises(InputError, match=r"'ray://127.0.0.1:10001' is an address for Ray Client.*HOST:PORT"):
        engine._connect(SimpleNamespace(init=unasked), "ray://127.0.0.1:10001")


@pytest.mark.parametrize(
    ("device", "threads", "nodes", "needs", "count"),
    [
        ("auto", 1, [{"CPU": 3.0}, {"CPU": 2.0}], {"num_cpus": 1}, 5),
        ("auto", 2, [{"CPU": 3.0}, {"CPU": 3.0}], {"num_cpus": 2}, 2),  # and not three: one would have half of each
        ("auto", 4, [{"CPU": 1.0}], {"num_cpus": 1}, 1),
        ("auto", 2, [{"CPU": 4.0}, {"memory": 1.0}], {"num_cpus": 2}, 2),  # the second one only leads
        ("auto", 1, [{"CPU": 8.0, "GPU": 2.0}, {"CPU": 8.0, "GPU": 1.0}], {"num_gpus": 1}, 3),
        ("cpu", 1, [{"CPU": 8.0, "GPU": 2.0}], {"num_cpus": 1}, 8),
    ],
)
def test_as_many_actors_as_there_is_room_for(
    device: str, threads: int, nodes: list[dict[str, float]], needs: dict[str, int], count: int
) -> None:
    job: Any = SimpleNamespace(config=SimpleNamespace(device=device, threads=threads))
    assert engine._needs(job, nodes) == (needs, count)


@pytest.mark.parametrize("gone", ["data", "parts", "checkpoint"])
def test_a_machine_without_the_folders_says_which(place: Path, tmp_path: Path, gone: str) -> None:
    job = job_of(place / "study.toml", place / "data", tmp_path / "out")
    job.parts.mkdir(parents=True)
    (one, other), elsewhere = job.checkpoints, tmp_path / "elsewhere"
    changes: dict[str, Any] = {
        "data": {"data": elsewhere},
        "parts": {"out": elsewhere},
        "checkpoint": {"checkpoints": (one, replace(other, path=elsewhere))},
    }
    actor = engine.RayWorker(replace(job, **changes[gone]), tuple(job.tasks()))
    (columns,) = actor({"first": [0], "size": [1]})
    (said,) = columns["error"]
    assert f"'{elsewhere}{'/parts' if gone == 'parts' else ''}' is not on {platform.node()}" in said
