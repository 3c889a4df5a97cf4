"""Many visitors of one page at once: whether every answer is right, how long they wait, and whether the page itself
answers meanwhile."""

import asyncio
import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.page_process import ROOT, PageProcess, free_port, page_running, without_scenes
from benchmarks.trust.answers import NETWORK, OUTPUT, right_answers
from benchmarks.trust.pictures import picture
from benchmarks.trust.record import Trial
from benchmarks.trust.visitor import SENT, RefusedError, Visitor, client_of

STAYS = 90.0
"""Seconds that who comes with a crowd waits for an answer."""
GONE = 60.0
"""Seconds after the last visitor has left, in which their files must go."""
SENTENCES = 5
"""Of those that refused visitors are told, how many are written down."""


@dataclass(frozen=True)
class Answer:
    """What one got of the picture of that seed: the endpoint's answer, and the PNG of its labels."""

    seed: int
    said: dict[str, Any]
    labels: bytes


@dataclass
class Seen:
    """What visitors saw: seconds waited for each answer, what each got, refusals by their words, broken requests."""

    waits: list[float] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    def wrong(self, size: tuple[int, int], folder: Path) -> int:
        """How many answers are not what Python computes of the same pictures."""
        got = [answer for own in self.answers.values() for answer in own]
        right = right_answers((answer.seed for answer in got), size, folder)
        return sum(not one.is_answered_by(answer.said, answer.labels) for one, answer in zip(right, got, strict=True))


def load(
    trial: Trial, note: str, visitors: int, crowd: int, minutes: float, size: tuple[int, int], cache_mb: int,
    places: int, most_gb: float,
) -> None:  # fmt: skip
    """`visitors` come back for `minutes`; then `crowd` at once, for whom there is no room. Records what they saw.

    All pictures, of `size` (H, W), are ones that nobody has sent before. Ends early where the page has more than
    `most_gb` in memory.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        options = ("--cache-mb", str(cache_mb), "--max-queue", str(places), *without_scenes(folder))
        with page_running(folder, *options) as page, bare_server(folder) as bare:
            seeds = itertools.count()
            asyncio.run(_visits(page, size, seeds, 1, time.monotonic() + 1, Seen(), most_gb))  # loads the network
            urls = {"get": f"{page.url}/", "health": f"{page.url}/health", "bare": bare}
            used, computed, seen = page.processor_seconds(), _computed(page), Seen()
            asking, began = _asking(60 * minutes, *urls.values()), time.monotonic()
            asyncio.run(_visits(page, size, seeds, visitors, began + 60 * minutes, seen, most_gb))
            seconds = time.monotonic() - began
            figures = {
                "visitors": visitors, "minutes": minutes, "run_seconds": round(seconds), "size": list(size),
                "places": places, **_said(seen, visitors), "computed": _computed(page) - computed,
                "core_share": round((page.processor_seconds() - used) / seconds, 2), **_latencies(asking, urls),
            }  # fmt: skip
            at_once = asyncio.run(_crowd(page, size, seeds, crowd))
            figures |= {
                "largest_mb": round(page.resident_bytes() / 1e6), "files_left": _files_left(page),
                "tracebacks": page.log.read_text().count("Traceback"),
            }  # fmt: skip
        figures["wrong"] = seen.wrong(size, folder)
        figures["crowd"] = {"visitors": crowd, **_said(at_once, crowd), "wrong": at_once.wrong(size, folder)}
        trial.record(figures, note)


async def _visits(
    page: PageProcess, size: tuple[int, int], seeds: Iterator[int], visitors: int, until: float, seen: Seen,
    most_gb: float,
) -> None:  # fmt: skip
    """Everybody comes back with another picture until it is time; what is open then is waited for."""
    async with client_of(page.url) as client:

        async def comes() -> None:
            visitor = Visitor(client, uuid.uuid4().hex)
            async with visitor.there():
                while time.monotonic() < until and page.resident_bytes() < most_gb * 1e9:
                    await _one_answer(visitor, next(seeds), size, seen)

        await asyncio.gather(*(comes() for _ in range(visitors)))


async def _crowd(page: PageProcess, size: tuple[int, int], seeds: Iterator[int], crowd: int) -> Seen:
    """So many at once, each once. Who has no answer after a while leaves, and with him goes his place."""
    seen = Seen()
    async with client_of(page.url) as client:

        async def comes() -> None:
            visitor = Visitor(client, uuid.uuid4().hex)
            async with visitor.there():
                await _one_answer(visitor, next(seeds), size, seen)

        coming = [asyncio.create_task(comes()) for _ in range(crowd)]
        _, leaving = await asyncio.wait(coming, timeout=STAYS)
        for one in leaving:
            one.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)
    return seen


async def _one_answer(visitor: Visitor, seed: int, size: tuple[int, int], seen: Seen) -> None:
    """Upload, run, fetch the labels."""
    try:
        files = [await visitor.upload(data) for data in picture(seed, *size)]
        began = time.monotonic()
        said = await visitor.analyse(files, NETWORK)
        seen.waits.append(time.monotonic() - began)
        file = (await visitor.call("labels", said["key"], NETWORK, OUTPUT))[0]
        labels = await visitor.fetch(f"/gradio_api/file={file['path']}")
        seen.answers.setdefault(visitor.session, []).append(Answer(seed, said, labels))
    except RefusedError as err:
        seen.refused[str(err)] += 1
        await asyncio.sleep(1)
    except httpx.HTTPError as err:
        seen.failed[type(err).__name__] += 1
        await asyncio.sleep(1)


def _said(seen: Seen, visitors: int) -> dict[str, Any]:
    each = [*map(len, seen.answers.values()), *[0] * (visitors - len(seen.answers))]
    return {
        "answers": sum(each),
        "fewest_of_one": min(each),
        "most_of_one": max(each),
        "wait_median": round(float(np.median(seen.waits)), 1) if seen.waits else None,
        "wait_longest": round(max(seen.waits), 1) if seen.waits else None,
        "refused": seen.refused.total(),
        "sentences": [words for words, _ in seen.refused.most_common(SENTENCES)],
        "failed": dict(seen.failed),
    }


def _computed(page: PageProcess) -> int:
    """How many analyses the page has run: others were answered from memory."""
    text = httpx.get(f"{page.url}/metrics", timeout=120, trust_env=False).text
    found = re.search(r'^vizlab_jobs_total\{kind="analyse",result="done"\} ([0-9.e+]+)$', text, re.MULTILINE)
    return 0 if found is None else round(float(found[1]))


@contextmanager
def bare_server(folder: Path) -> Iterator[str]:
    """The address of a server that does nothing else: what it takes to answer is the machine's own hesitation."""
    (folder / "bare").mkdir()
    (folder / "bare" / "index.html").write_text("here")
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "http.server",
        str(port),
        "--bind",
        "127.0.0.1",
        "--directory",
        str(folder / "bare"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def _asking(seconds: float, *urls: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.trust.asking", str(seconds), *urls]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def _latencies(asking: "subprocess.Popen[str]", urls: Mapping[str, str]) -> dict[str, Any]:
    """Seconds that the answers of these addresses took, by name."""
    found = json.loads(asking.communicate()[0])
    return {name: _spread(found[url]) for name, url in urls.items()}


def _spread(seconds: list[float]) -> dict[str, Any]:
    answered = np.array([one for one in seconds if one >= 0] or [np.nan])
    found = {"median": np.median(answered), "p99": np.quantile(answered, 0.99), "longest": answered.max()}
    return {
        "asked": len(seconds),
        "unanswered": sum(one < 0 for one in seconds),
        "over_1_s": int((answered > 1).sum()),
        **{name: round(float(value), 3) for name, value in found.items()},
    }


def _files_left(page: PageProcess) -> int:
    """Files that visitors sent, once they have left for a while; those that they could download stay for an hour."""
    until = time.monotonic() + GONE
    while (left := sum(path.name == SENT for path in page.files())) and time.monotonic() < until:
        time.sleep(2)
    return left
