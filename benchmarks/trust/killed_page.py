"""A page that is killed while it works for somebody, and the next one that starts in its place."""

import asyncio
import os
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from benchmarks.page_process import PageProcess, place, wait_until_ready, without_scenes
from benchmarks.trust.answers import NETWORK, OUTPUT, Right, right_answers
from benchmarks.trust.children import started
from benchmarks.trust.visitor import Visitor, client_of
from vizlab.page.app_builder import main
from vizlab.page.service import uploads

VISITORS = 3
"""Who ask at once while it is killed."""
WITHIN = 6.0
"""Seconds from when they ask, in which it is killed."""


class PageKills:
    """Pages in one folder, one after the other, each killed under load."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        folder.mkdir()
        self._folder, self._rng = folder, rng
        self._right = list(right_answers(range(VISITORS), (120, 160), folder))
        self.kills = self.left = self.files_after = self.answered = self.wrong = 0
        self.faults: list[str] = []

    def kill(self, wanted: int, until: float) -> dict[str, Any]:
        """Kill so many, the last one followed by one that is not; or as many as there is time for."""
        page, child = self._start()
        while self.kills < wanted and time.monotonic() < until:
            asyncio.run(self._asked_until_killed(page, child))
            child.join()
            self.kills += 1
            files = page.files()
            self.left += len(files)
            page, child = self._start()
            self.files_after += sum(path.exists() for path in files)
            self._answers_again(page)
        child.terminate()
        child.join()
        return {
            "kills": self.kills, "files_left": self.left, "files_after_next_start": self.files_after,
            "answered_again": self.answered, "wrong": self.wrong, "faults": self.faults,
        }  # fmt: skip

    def _start(self) -> tuple[PageProcess, BaseProcess]:
        page = place(self._folder)
        child = started(serving(page, without_scenes(self._folder)), page.log)
        wait_until_ready(page, child.is_alive)
        return replace(page, pid=int(child.pid or 0)), child

    async def _asked_until_killed(self, page: PageProcess, child: BaseProcess) -> None:
        """Visitors upload and ask; at a random moment from then on the page is gone."""
        async with client_of(page.url) as client:
            visitors = [Visitor(client, uuid.uuid4().hex) for _ in self._right]
            pairs = zip(visitors, self._right, strict=True)
            asking = [asyncio.create_task(self._ask(one, right)) for one, right in pairs]
            await asyncio.sleep(self._rng.uniform(0, WITHIN))
            child.kill()
            await asyncio.gather(*asking, return_exceptions=True)  # nobody gets an answer from who is gone

    def _answers_again(self, page: PageProcess) -> None:
        async def one() -> bool:
            async with client_of(page.url) as client:
                return await self._ask(Visitor(client, uuid.uuid4().hex), self._right[0])

        try:
            right = asyncio.run(one())
        except Exception as err:
            self.faults.append(f"the next page did not answer ({type(err).__name__}: {err})"[:300])
            return
        self.answered += 1
        self.wrong += not right

    async def _ask(self, visitor: Visitor, right: Right) -> bool:
        files = [await visitor.upload(data) for data in right.files]
        answer = await visitor.analyse(files, NETWORK)
        file = (await visitor.call("labels", answer["key"], NETWORK, OUTPUT))[0]
        return right.is_answered_by(answer, await visitor.fetch(f"/gradio_api/file={file['path']}"))


def serving(page: PageProcess, options: tuple[str | Path, ...], kept_free: int | None = None) -> Callable[[], None]:
    """What `vizlab page` does, for a process that is a child of this one; `kept_free` bytes of the disk are left to
    everything else, as many as it does by itself if None.
    """

    def serve() -> None:
        if kept_free is not None:
            uploads.KEPT_FREE = kept_free
        os.environ |= {"GRADIO_TEMP_DIR": str(page.uploads), "NO_PROXY": "127.0.0.1,localhost"}
        main(["--port", page.url.rpartition(":")[2], *map(str, options)])

    return serve
