"""Threads that wait for their turn, as visitors of a page do."""

import contextlib
import threading

from vizlab.errors import CancelledError
from vizlab.page.guard.visit import Visit, visiting
from vizlab.page.turns import Turns


def waits(
    turns: Turns,
    who: str,
    name: str,
    done: list[str],
    gone: threading.Event | None = None,
    *,
    background: bool = False,
    elsewhere: bool = False,
) -> threading.Thread:
    """A thread of that visitor that waits for its turn, and then adds `name` to `done`; returns once it does wait."""
    there = threading.Event()

    def work() -> None:
        left, told = (gone or threading.Event()).is_set, lambda before: there.set()
        taken = turns.taken(told, background, elsewhere=elsewhere)
        with visiting(Visit(who, left)), contextlib.suppress(CancelledError), taken:
            done.append(name)

    thread = threading.Thread(target=work)
    thread.start()
    assert there.wait(5)
    return thread
