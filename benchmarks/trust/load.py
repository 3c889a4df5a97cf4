"""Many visitors of one page at once: whether every answer is right, how long they wait, and whether the page itself
answers meanwhile."""

import asyncio
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
from benchmarks.trust.answers import NETWORK, OUTPUT, Right, right_answers
from benchmarks.trust.record import Trial
from benchmarks.trust.visitor import SENT, RefusedError, Visitor, client_of

GONE = 60.0
"""Seconds after the last visitor has left, in which their files must go."""
SENTENCES = 5
"""Of those that refused visitors are told, how many are written down."""


@dataclass
class Seen:
    """What visitors saw: seconds waited for each answer, how many each got, wrong ones, refusals by their words."""

    waits: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)


def load(
    trial: Trial, note: str, visitors: int, crowd: int, minutes: float, pictures: int, size: tuple[int, int],
    cache_mb: int, places: int, most_gb: float,
) -> None:  # fmt: skip
    """`visitors` come back for `minutes`; then `crowd` at once, for whom there is no room. Records what they saw.

    `pictures` of `size` (H, W) are enough to be forgotten by a cache of `cache_mb` before they come again.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        right = right_answers(pictures, size, folder)
        options = ("--cache-mb", str(cache_mb), "--max-queue", str(places), *without_scenes(folder))
        with page_running(folder, *options) as page, bare_server(folder) as bare:
            asyncio.run(_warmed_up(page, right[0]))
            used, computed = page.processor_seconds(), _computed(page)
            urls = {"get": f"{page.url}/", "health": f"{page.url}/health", "bare": bare}
            asking = _asking(60 * minutes, *urls.values())
            began, seen = time.monotonic(), Seen()
            asyncio.run(_visits(page, right, visitors, began + 60 * minutes, seen, most_gb))
            seconds = time.monotonic() - began
            figures = {
                "visitors": visitors, "minutes": minutes, "run_seconds": round(seconds), "size": list(size),
                "pictures": pictures, "places": places,
                **_said(seen, visitors), "computed": _computed(page) - computed,
                "core_share": round((page.processor_seconds() - used) / seconds, 2),
                **_latencies(asking, urls),
            }  # fmt: skip
            trial.record(figures, note)
            figures["crowd"] = {"visitors": crowd, **_said(asyncio.run(_crowd(page, right, crowd)), crowd)}
            figures["largest_mb"] = round(page.resident_bytes() / 1e6)
            figures["files_left"] = _files_left(page)
            figures["tracebacks"] = page.log.read_text().count("Traceback")
            trial.record(figures, note)


async def _warmed_up(page: PageProcess, right: Right) -> None:
    """The first analysis loads the network: nobody's wait is measured by it."""
    async with client_of(page.url) as client:
        await _one_answer(Visitor(client, uuid.uuid4().hex), right, Seen())


async def _visits(
    page: PageProcess, right: list[Right], visitors: int, until: float, seen: Seen, most_gb: float
) -> None:
    """Everybody comes back, each with pictures of his own, until it is time; what is open then is waited for."""
    async with client_of(page.url) as client:

        async def comes(place: int) -> None:
            visitor, number = Visitor(client, uuid.uuid4().hex), place
            async with visitor.there():
                while time.monotonic() < until and page.resident_bytes() < most_gb * 1e9:
                    await _one_answer(visitor, right[number % len(right)], seen)
                    number += visitors

        await asyncio.gather(*map(comes, range(visitors)))


async def _crowd(page: PageProcess, right: list[Right], crowd: int) -> Seen:
    """So many at once, each once."""
    seen = Seen()
    async with client_of(page.url) as client:

        async def comes(visitor: Visitor, asked: Right) -> None:
            async with visitor.there():
                await _one_answer(visitor, asked, seen)

        visitors = [Visitor(client, uuid.uuid4().hex) for _ in range(crowd)]
        await asyncio.gather(*(comes(one, right[n % len(right)]) for n, one in enumerate(visitors)))
    return seen


async def _one_answer(visitor: Visitor, right: Right, seen: Seen) -> None:
    """Upload, run, fetch the labels, compare."""
    try:
        files = [await visitor.upload(data) for data in right.files]
        began = time.monotonic()
        answer = await visitor.analyse(files, NETWORK)
        seen.waits.append(time.monotonic() - began)
        file = (await visitor.call("labels", answer["key"], NETWORK, OUTPUT))[0]
        labels = await visitor.fetch(f"/gradio_api/file={file['path']}")
        seen.answers[visitor.session] += 1
        seen.wrong += not right.is_answered_by(answer, labels)
    except RefusedError as err:
        seen.refused[str(err)] += 1
        await asyncio.sleep(1)
    except httpx.HTTPError as err:
        seen.failed[type(err).__name__] += 1
        await asyncio.sleep(1)


def _said(seen: Seen, visitors: int) -> dict[str, Any]:
    each = [*seen.answers.values(), *[0] * (visitors - len(seen.answers))]
    return {
        "answers": sum(each),
        "wrong": seen.wrong,
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
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", folder / "bare"]
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
