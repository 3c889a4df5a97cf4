"""What cannot be read of a request is one line in the log and a sentence for its sender: no traceback.

Whatever goes wrong inside vizlab is caught and logged by its handlers. What reaches Gradio's queue, or the server
behind it, comes from between: from files, types and forms that are not what an event takes.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vizlab.page.guard.requests import API, path_of, refusal
from vizlab.page.service.uploads import DISK_FULL

log = logging.getLogger("vizlab.page")

UNREADABLE = "This request cannot be read; /gradio_api/info says what the endpoints take."
_PRINTING = ("gradio.queueing", "gradio.routes")
"""Modules of Gradio that print tracebacks by themselves."""
_OF_THE_SENDER = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)
"""What Python raises for data that is not as expected."""


class Readable:
    """Answers 400 where Gradio's routes fail on what was sent. Its own routes' failures are not the sender's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, path = False, path_of(scope) if scope["type"] == "http" else ""

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except _OF_THE_SENDER as err:
            if begun or not path.startswith(f"{API}/"):
                raise
            told(err)
            await refusal(path, 400, UNREADABLE)(scope, receive, send)
        except OSError as err:
            if begun or path != f"{API}/upload":
                raise
            told(err)
            await PlainTextResponse(DISK_FULL, 507)(scope, receive, send)
        except RuntimeError as err:  # what was asked for is not there, which a stream found out after it had begun
            if not begun or not isinstance(err.__cause__, HTTPException):
                raise
            told(err.__cause__)


def told(err: BaseException | None) -> None:
    """One line for what could not be read: the kind of error alone, since its words may name files."""
    log.warning("a request could not be read (%s)", type(err).__name__)
    log.debug("where it failed", exc_info=err)


class _OneLine:
    """Stands for the module `traceback` where Gradio prints."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def print_exc(self, *given: Any, **further: Any) -> None:
        """What is being handled, in one line."""
        told(sys.exc_info()[1])


def quiet_gradio() -> None:
    """Let Gradio write a line where it would print a traceback, and say a sentence where it would say nothing.

    Done twice, it does nothing.
    """
    for name in _PRINTING:
        names = vars(sys.modules[name]) if name in sys.modules else {}
        if "traceback" in names and not isinstance(names["traceback"], _OneLine):
            names["traceback"] = _OneLine(names["traceback"])
            if "error_payload" in names:
                names["error_payload"] = _with_a_sentence(names["error_payload"])


def _with_a_sentence(payload: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """What an event's sender is told of an error: Gradio says `None` of all but those that are meant for him."""

    def said(*given: Any, **further: Any) -> dict[str, Any]:
        found = payload(*given, **further)
        return {**found, "error": UNREADABLE} if found.get("error") is None else found

    return said
