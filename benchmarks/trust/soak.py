"""Memory of a page that is left running: many analyses of pictures that it has never seen, and what stays."""

import asyncio
import json
import math
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.page_process import PageProcess, page_running, without_scenes
from benchmarks.trust.answers import NETWORK
from benchmarks.trust.pictures import picture
from benchmarks.trust.record import Trial
from benchmarks.trust.visitor import Visitor, client_of

REST = 20.0
"""Seconds without work in which free memory goes back."""
OVER = 1.3
"""Times the cache that memory may grow by."""
KEPT = 40
"""Readings of memory that are written down, at most."""


def soak(
    trial: Trial, note: str, count: int, minutes: float, cache_mb: int, size: tuple[int, int], most_gb: float
) -> None:
    """Analyse up to `count` pictures of `size` (H, W) in `minutes`, and record memory along the way.

    Ends early where the process has more than `most_gb` in memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = ("--cache-mb", str(cache_mb), "--all-uploads-mb", "2000", *without_scenes(Path(folder)))
        with page_running(Path(folder), *options) as page:
            asyncio.run(_analyses(page, lambda done: done < 1, size, first=count))
            time.sleep(REST)
            start = page.resident_bytes() / 1e6  # the network is loaded
            began, readings = time.monotonic(), list[float]()

            def wanted(done: int) -> bool:
                """Whether another analysis is, after `done`, of which this takes down what the process holds."""
                readings.append(page.resident_bytes() / 1e6)
                if done and (done in (1, 2) or done % max(1, count // 50) == 0):
                    figures = _figures(start, readings[1:], time.monotonic() - began, count, cache_mb, size)
                    trial.record(figures, note)
                    print(json.dumps({"done": done, "mb": round(readings[-1])}), flush=True)
                return done < count and time.monotonic() - began < 60 * minutes and readings[-1] < 1000 * most_gb

            asyncio.run(_analyses(page, wanted, size))
            seconds = time.monotonic() - began
            time.sleep(REST)
            figures = _figures(start, readings[1:], seconds, count, cache_mb, size)
            trial.record({**figures, "at_rest_mb": round(page.resident_bytes() / 1e6)}, note)


async def _analyses(page: PageProcess, wanted: Callable[[int], bool], size: tuple[int, int], first: int = 0) -> None:
    """One visitor uploads, runs, and fetches what the viewer does, as long as it is `wanted` after so many; pictures
    are those from number `first` on.
    """
    async with client_of(page.url) as client:
        visitor, done = Visitor(client, uuid.uuid4().hex), 0
        async with visitor.there():
            while wanted(done):
                files = [await visitor.upload(data) for data in picture(first + done, *size)]
                key = (await visitor.analyse(files, NETWORK))["key"]
                document = json.loads(await visitor.fetch(f"/vizlab/document/{key}"))
                for layer in document["layers"]:
                    if layer["values"]:
                        await visitor.fetch(f"/vizlab/values/{key}/{layer['values']['id']}")
                done += 1


def _figures(
    start: float, readings: list[float], seconds: float, count: int, cache_mb: int, size: tuple[int, int]
) -> dict[str, Any]:
    """Memory in MB: at rest at the start, and right after each analysis, when what it needed is not all given back."""
    step = max(1, math.ceil(len(readings) / KEPT))
    return {
        "wanted": count,
        "done": len(readings),
        "run_seconds": round(seconds),
        "size": list(size),
        "cache_mb": cache_mb,
        "start_mb": round(start),
        "largest_mb": round(max(readings, default=start)),
        "bound_mb": round(start + OVER * cache_mb),
        "memory": [[done, round(readings[done - 1])] for done in range(1, len(readings) + 1, step)],
    }
