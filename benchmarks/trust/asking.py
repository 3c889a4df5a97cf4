"""`python -m benchmarks.trust.asking SECONDS URL...`: ask each address once a second, and print how long each took.

In a process of its own, so that what else a trial does keeps nobody waiting here. One line of JSON: by address the
seconds of every answer, -1 for what was none, in the order in which they were asked for.
"""

import asyncio
import json
import sys
import time

import httpx

EVERY = 1.0
PATIENCE = 120.0
"""Seconds after which an answer counts as none."""


async def ask(seconds: float, urls: list[str]) -> dict[str, list[float]]:
    """Seconds of each address' answers. A slow one does not keep the next from being asked for."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:

        async def one(url: str) -> float:
            began = time.perf_counter()
            try:
                (await client.get(url)).raise_for_status()
            except httpx.HTTPError:
                return -1.0
            return round(time.perf_counter() - began, 4)

        asked: dict[str, list[asyncio.Task[float]]] = {url: [] for url in urls}
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for url, tasks in asked.items():
                tasks.append(asyncio.create_task(one(url)))
            await asyncio.sleep(EVERY)
        return {url: await asyncio.gather(*tasks) for url, tasks in asked.items()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(ask(float(sys.argv[1]), sys.argv[2:]))))
