"""Work that takes long has threads of its own, so many and no more."""

import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from vizlab.page.guard.exposure import event_threads
from vizlab.page.guard.threads import Workers, take_short_turns
from vizlab.page.settings import Settings


def in_a_thread(function: Callable[..., Any], *given: Any) -> None:
    """An event loop needs a thread without one, and a browser of other tests has its own in this."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(function, *given).result()


def test_so_many_at_a_time_and_no_threads_of_the_routes() -> None:
    inside, most, before = [], [], []

    def work() -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()

    async def everybody() -> None:
        workers, routes = Workers(2), anyio.to_thread.current_default_thread_limiter()
        async with anyio.create_task_group() as group:
            for _ in range(8):
                group.start_soon(workers.run, work)
            await anyio.sleep(0.01)
            before.append(routes.borrowed_tokens)

    in_a_thread(anyio.run, everybody)
    assert max(most) == 2
    assert len(most) == 8
    assert before == [0]


def test_what_it_raises_arrives() -> None:
    def fail() -> None:
        raise KeyError(threading.current_thread().name)

    with pytest.raises(KeyError, match="worker"):
        in_a_thread(anyio.run, Workers(1).run, fail)


@pytest.mark.parametrize("queue", [1, 8, 24, 64, 1000])
def test_events_have_room_for_all_who_wait_and_never_the_routes_own_threads(queue: int) -> None:
    """Gradio takes the routes' own where it is told 40."""
    found = event_threads(Settings(max_queue=queue))
    assert found > queue + 40
    assert found != 40


@pytest.mark.parametrize(("before", "after"), [(0.005, 0.001), (0.0002, 0.0002)])
def test_who_computes_gives_way_within_a_millisecond(before: float, after: float) -> None:
    """Of what whoever starts the process has set, the shorter time counts."""
    own = sys.getswitchinterval()
    try:
        sys.setswitchinterval(before)
        take_short_turns()
        assert sys.getswitchinterval() == pytest.approx(after, rel=0.01)
    finally:
        sys.setswitchinterval(own)
