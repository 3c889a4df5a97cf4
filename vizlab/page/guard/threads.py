"""Threads of their own for work that takes long: the page's own routes never wait for them."""

import sys
from collections.abc import Callable
from typing import TypeVar

import anyio

T = TypeVar("T")

DRAWN, EXPORTED = 8, 2
"""Documents that are packed at a time, and files to take along, of which one may take seconds and much memory."""

TURN = 0.001
"""Seconds that a thread which computes keeps the interpreter from others that ask for it; Python's own are five times
as many. The thread that answers everybody asks for it some dozen times a request."""


def take_short_turns() -> None:
    """Let who answers come between those who compute. For the process that serves the page."""
    sys.setswitchinterval(min(TURN, sys.getswitchinterval()))


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
