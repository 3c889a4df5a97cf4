"""Replicas on a Ray Serve that is really started, and pages that ask them: also while some of them are killed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.page_process import PageProcess, place, wait_until_ready, without_scenes
from benchmarks.trust.visitor import RefusedError, Visitor, client_of
from tests.page.page_process import NAMES, ROOT, checkpoints, write_pair
from tests.scale.conftest import ask, request_of
from tests.scale.same import assert_same
from vizlab.page.api import request_for
from vizlab.page.kit.changes import StackedChange
from vizlab.page.scale.on_ray import LOCAL, RayReplicas
from vizlab.page.settings import Settings
from vizlab.page.summary import summary
from vizlab.page.workspace import Workspace
from vizlab.rgbd import ReadOptions

pytestmark = pytest.mark.slow
NETWORK = NAMES["mti"]


@pytest.fixture(scope="module")
def on_ray(settings: Settings) -> Iterator[RayReplicas]:
    """One replica, on a Ray of this process' own."""
    here = Settings(checkpoints=settings.checkpoints, scale=LOCAL, replicas=1, device="cpu")
    replicas = RayReplicas(here)
    yield replicas
    replicas.close()


def test_numbers_over_ray_are_the_same(on_ray: RayReplicas, settings: Settings, scene: str) -> None:
    here, there = Workspace(settings), Workspace(settings)
    ask(there, on_ray)
    request = request_of("cen", "mti", scene=scene)
    first, other = here.analyse(request), there.analyse(request)
    assert_same(other, first)
    site = list(first.traces[NAMES["cen"]].sites)[-1]
    cut = [w.change(a.key, NAMES["cen"], (StackedChange(site),)) for w, a in ((here, first), (there, other))]
    assert_same(cut[1], cut[0])
    assert list(there.devices()) == ["cpu"]


@dataclass
class Trial:
    """What visitors of `pages` were answered: summaries by shift of the picture, sentences, and broken connections."""

    pages: list[PageProcess]
    pictures: dict[int, tuple[Path, Path]]
    answers: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    broken: int = 0

    @property
    def answered(self) -> int:
        return sum(map(len, self.answers.values()))

    async def visitor(self, number: int, shifts: list[int]) -> None:
        """One asks for all its pictures at one page, again where it got no answer, as a person would."""
        page = self.pages[number % len(self.pages)]
        for shift in shifts:
            while not await self.one(page, f"visitor{number}", shift):
                await asyncio.sleep(1)

    async def one(self, page: PageProcess, session: str, shift: int) -> bool:
        try:
            async with client_of(page.url) as client:
                visitor = Visitor(client, session)
                files = [await visitor.upload(path.read_bytes(), path.name) for path in self.pictures[shift]]
                answer = await visitor.analyse(files, NETWORK)
        except RefusedError as err:
            self.sentences.append(str(err))
            return False
        except httpx.HTTPError:
            self.broken += 1
            return False
        self.answers.setdefault(shift, []).append(answer)
        return True


def test_killed_under_load_nothing_that_was_answered_is_lost(on_ray: RayReplicas, tmp_path: Path) -> None:
    """A replica and a page are killed while four visitors of two pages wait for answers."""
    address = on_ray._ray.get_runtime_context().gcs_address
    shifts = list(range(0, 120, 10))
    places = [place(_folder(tmp_path, str(number))) for number in range(2)]
    with _serving(places[0], address, tmp_path), _serving(places[1], address, tmp_path) as second:
        trial = Trial(places, {shift: write_pair(tmp_path, shift, f"p{shift}") for shift in shifts})
        asyncio.run(_under_load(trial, shifts, places[1], second, address, tmp_path))
        again = asyncio.run(_ask_again(trial, places[1], shifts[0]))
    expected = {shift: _expected(*trial.pictures[shift]) for shift in shifts}
    assert sorted(trial.answers) == shifts
    for shift, found in trial.answers.items():
        for answer in found:
            assert _numbers(answer) == _numbers(expected[shift])
    assert trial.broken > 0  # those whom the killed page left
    assert all("press Run again" in said for said in trial.sentences), trial.sentences
    assert again["key"] == trial.answers[shifts[0]][0]["key"]  # of a page that was started again, or of the other one
    assert '"result": "failed"' not in places[0].log.read_text() + places[1].log.read_text()


async def _under_load(
    trial: Trial, shifts: list[int], page: PageProcess, process: list[subprocess.Popen[bytes]], address: str, base: Path
) -> None:
    visitors = [asyncio.create_task(trial.visitor(number, shifts[number::4])) for number in range(4)]
    await _until(lambda: trial.answered >= 2)
    os.kill(_replica_pid(), signal.SIGKILL)
    await _until(lambda: trial.answered >= 4)
    process[0].kill()
    process[0].wait()
    process[0] = _start(page, address, base)
    await asyncio.gather(*visitors)


async def _ask_again(trial: Trial, page: PageProcess, shift: int) -> dict[str, Any]:
    assert await trial.one(page, "again", shift)
    return trial.answers[shift].pop()


async def _until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.1)


def _expected(colour: Path, depth: Path) -> dict[str, Any]:
    """What a page without replicas answers; as JSON, since that is what arrives."""
    read = ReadOptions(depth_unit="mm")
    request = request_for("", colour, depth, read, [NETWORK], "cpu", "240x320", False, None, "float32")
    return dict(json.loads(json.dumps(summary(Workspace(Settings(checkpoints=checkpoints())).analyse(request)))))


def _numbers(answer: dict[str, Any]) -> dict[str, Any]:
    """All but how long it took, under which key it is kept and how the file is called there."""
    models = {name: {k: v for k, v in model.items() if k != "seconds"} for name, model in answer["models"].items()}
    return {"digest": answer["picture"]["digest"], "models": models}


def _folder(base: Path, name: str) -> Path:
    (base / name).mkdir()
    return base / name


@contextmanager
def _serving(page: PageProcess, address: str, base: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The process that serves the page, in a list, since a test may put another one there."""
    process = [_start(page, address, base)]
    try:
        wait_until_ready(page, lambda: process[0].poll() is None)
        yield process
    finally:
        process[0].terminate()
        process[0].wait(60)


def _start(page: PageProcess, address: str, base: Path) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable, "app.py", "--port", page.url.rpartition(":")[2], "--checkpoints", str(checkpoints()),
        "--scale", address, "--secret-file", str(base / "secret"), *map(str, without_scenes(base)),
    ]  # fmt: skip
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(page.uploads), "NO_PROXY": "127.0.0.1,localhost"}
    with page.log.open("a") as log:
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)


def _replica_pid() -> int:
    """The process of a replica that this process' Ray has started."""
    for _ in range(600):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                mine = path.read_bytes().startswith(b"ray::ServeRepli") and _parent(_parent(int(path.parent.name)))
            except OSError:  # it has ended meanwhile
                continue
            if mine == os.getpid():
                return int(path.parent.name)
        time.sleep(0.1)
    raise AssertionError("no replica is there")


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
