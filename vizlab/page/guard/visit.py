"""For whom this thread works: whose turn it is, whose checkpoints he may run, and whether he still waits."""

import contextvars
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Visit:
    """`who` is a user who has signed in, else a browser's session; empty for nobody in particular.

    `gone` says whether nobody waits for the answer any more: it was cancelled, or the browser has left.
    """

    who: str = ""
    gone: Callable[[], bool] = _never


NOBODY = Visit()
_given: contextvars.ContextVar[Visit | None] = contextvars.ContextVar("vizlab_visit", default=None)


def visit() -> Visit:
    """The one that was given for this thread, else that of the event which Gradio runs in it."""
    given = _given.get()
    gradio = sys.modules.get("gradio.context")  # where nobody has imported it there are no events
    if given is not None or gradio is None:
        return given or NOBODY
    local = gradio.LocalContext
    who = visitor_name(local.request.get(None))
    event, blocks = local.event_id.get(None), local.blocks.get(None)
    return Visit(who, partial(_abandoned, blocks, event) if event and blocks is not None else _never)


def visitor_name(request: Any) -> str:
    """What a request's sender is called here. A session's name is made by its browser, and nobody else learns it."""
    user = getattr(request, "username", None)
    return f"user {user}" if user else getattr(request, "session_hash", None) or ""


@contextmanager
def visiting(given: Visit) -> Iterator[None]:
    """Within the block, `visit` answers with `given`."""
    token = _given.set(given)
    try:
        yield
    finally:
        _given.reset(token)


def carried(do: Callable[..., Any]) -> Callable[..., Any]:
    """`do`, for another thread, which then works for whom this one does."""
    given = visit()

    def doing(*args: Any) -> Any:
        with visiting(given):
            return do(*args)

    return doing


def _abandoned(blocks: Any, event: str) -> bool:
    """Gradio keeps who waits for an event; what it no longer knows was not in its queue."""
    found = blocks._queue.event_ids_to_events.get(event)
    return found is not None and not found.alive
