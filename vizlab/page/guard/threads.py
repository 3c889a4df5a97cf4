"""Threads of their own for work that takes long: the page's own routes never wait for them."""

from collections.abc import Callable
from typing import TypeVar

import anyio

T = TypeVar("T")

DRAWN, EXPORTED = 8, 2
"""Documents that are packed at a time, and files to take along, of which one may take seconds and much memory."""


class Workers:
    """At most `at_once` threads; who asks for more waits without one."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, do: Callable[..., T], *args: object) -> T:
        """What `do` returns or raises."""
        if self._limiter is None:  # an event loop's own
            self._limiter = anyio.CapacityLimiter(self._at_once)
        return await anyio.to_thread.run_sync(do, *args, limiter=self._limiter)
