"""The one door for work: every call waits in the queue, and of Gradio's routes those answer that the page needs.

run/NAME, api/NAME         closed: they would pass by everybody who waits
call/NAME                  endpoints alone, not the page's own events, whose answers are HTML
queue/join, call/NAME      no file by an address (the page would fetch it), at most so many waiting
file=ADDRESS               closed for the same reason
cancel                     the run ends at its next step, and its place is free
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from vizlab.errors import one_line
from vizlab.page.guard.requests import (
    API,
    EVENT,
    Event,
    TooLongError,
    header_values,
    path_of,
    read_body,
    refusal,
    replayed,
    split_url,
)

BODY = 16_000_000
"""Bytes of an event's body, at most. Files are uploaded, not sent with events."""
DEEPEST = 60
"""Levels of what an event brings that are looked through; deeper ones are refused."""

DIRECT = ("/run/", "/api/")
JOIN = "/queue/join"
CALLS = "/call/"
CANCEL = "/cancel"
ASSISTANTS = "/mcp"
NEEDED = {
    "/upload", "/upload_progress", "/queue/join", "/queue/data", "/queue/status", "/cancel", "/reset", "/info",
    "/openapi.json", "/startup-events", "/user", "/login_check", "/app_id", "/theme.css", "/mcp",
}  # fmt: skip
NEEDED_BELOW = ("/call/", "/heartbeat/", "/mcp/", "/file=")
"""Of what Gradio has. Not here are those that run past the queue or that nothing of ours uses: proxy, stream,
component_server, deep_link, custom_component, dev, token, runs, file/PATH."""

_ADDRESS = re.compile(r"\s*([a-z][a-z0-9+.-]+:|//|\\\\)", re.IGNORECASE)
"""A path that is an address: http:, //host, \\\\host; not C:\\folder."""

DIRECT_CLOSED = (
    "Direct calls are closed, since they would pass by everybody who waits: send the same to "
    f"{API}/call/NAME, or use gradio_client, which does."
)
NO_ADDRESS = "A file is given by its address; the page fetches nothing from elsewhere: upload the file itself."
NOT_UPLOADED = "A file is named that was not uploaded here, or is gone by now; upload it, then name it."
NO_FETCH = "The page fetches nothing from elsewhere; open that address itself."


class OneDoor:
    """Stands before Gradio's app, and leaves in the scope what an event says.

    `busy_words` says what who finds the queue full is told, from how many wait.
    """

    def __init__(self, app: ASGIApp, busy_words: Callable[[int], str]) -> None:
        self._app, self._busy_words = app, busy_words

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope) if scope["type"] == "http" else ""
        found = None
        if path.startswith(f"{API}/"):
            found, receive = await self._fault(path.removeprefix(API), scope, receive)
        if found is None:
            await self._app(scope, receive, send)
            return
        retry = {"Retry-After": "10"} if found[0] == 429 else None
        await refusal(path, *found, retry)(scope, receive, send)

    async def _fault(self, below: str, scope: Scope, receive: Receive) -> tuple[tuple[int, str] | None, Receive]:
        """What is wrong with a request for `below`, if anything, and what its body can be read from now."""
        found = self._closed(below, scope)
        if found is not None or scope["method"] != "POST" or not below.startswith((JOIN, CALLS, CANCEL, ASSISTANTS)):
            return found, receive
        try:
            body = await read_body(receive, BODY)
        except TooLongError:
            return (413, "This call is too long; upload files first, and name them in it."), receive
        if below.startswith(ASSISTANTS):  # the calls within come back by the queue
            return None, replayed(body, receive)
        event = Event.of(body)
        if event is None:
            return (400, "This is no JSON object; expected one with the event's data."), receive
        scope[EVENT] = event
        return self._heard(below, scope, event.said), replayed(body, receive)

    def _closed(self, below: str, scope: Scope) -> tuple[int, str] | None:
        """What is closed whatever is in it."""
        if below.startswith(DIRECT) or below in ("/run", "/api"):
            return 403, DIRECT_CLOSED
        if below.startswith("/file=") and is_address(below.removeprefix("/file=")):
            return 403, NO_FETCH
        if below not in NEEDED and not below.startswith(NEEDED_BELOW):
            return 404, "There is nothing at this address."
        if below.startswith(CALLS) and (known := _endpoints(scope)) is not None:
            name = below.removeprefix(CALLS).removeprefix("v2/").partition("/")[0]
            if name not in known:
                return 404, f"There is no endpoint '{one_line(name, 60)}'; {API}/info lists them."
        return None

    def _heard(self, below: str, scope: Scope, said: dict[str, Any]) -> tuple[int, str] | None:
        """What is refused for what is in it, or for lack of room."""
        if below == CANCEL:
            _cancel(scope, said)
            return None
        try:
            files = list(_files_in(said))
            if any(_names_an_address(one, scope) for one in files):
                return 400, NO_ADDRESS
            if any(_is_elsewhere(one, scope) for one in files):
                return 400, NOT_UPLOADED
        except RecursionError:
            return 400, "This is nested too deep; expected an object with the event's data."
        return self._full(_queue(scope), said.get("session_hash"))

    def _full(self, queue: Any, session: Any) -> tuple[int, str] | None:
        """Whether nobody finds room in Gradio's own queue, or this session has half of it."""
        if queue is None or queue.max_size is None:
            return None
        waiting = [one.session_hash for lane in queue.event_queue_per_concurrency_id.values() for one in lane.queue]
        if len(waiting) >= queue.max_size or waiting.count(session) >= max(1, queue.max_size // 2):
            return 429, self._busy_words(len(waiting))
        return None


def is_address(path: str) -> bool:
    """Whether a path would lead to another machine."""
    return _ADDRESS.match(path) is not None


def _names_an_address(file: dict[str, Any], scope: Scope) -> bool:
    """Whether the file is elsewhere: by its path, or by an address that is not the page's own."""
    if is_address(file["path"]):
        return True
    url = file.get("url")
    if not isinstance(url, str) or not is_address(url):
        return False
    own = header_values(scope, b"host") + header_values(scope, b"x-forwarded-host")
    parts = split_url(url)
    return parts is None or parts.netloc not in own or f"{API}/file=" not in url


def _is_elsewhere(file: dict[str, Any], scope: Scope) -> bool:
    """Whether it lies outside of the folder for uploads; Gradio asks as well, once it has launched."""
    folder = getattr(scope.get("app"), "uploaded_file_dir", None)
    if folder is None or not _is_file_data(file):
        return False
    try:
        return not Path(file["path"]).resolve().is_relative_to(Path(folder).resolve())
    except (OSError, ValueError):  # such as one with a zero in it
        return True


def _is_file_data(file: dict[str, Any]) -> bool:
    """Whether Gradio takes it for a file."""
    meta = file.get("meta")
    return isinstance(meta, dict) and meta.get("_type") == "gradio.FileData"


def _files_in(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Everything within that says where a file is."""
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        if isinstance(value.get("path"), str):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            if isinstance(one, dict | list):
                yield from _files_in(one, depth + 1)


def _blocks(scope: Scope) -> Any:
    """Gradio's page behind this app, if it is one."""
    return getattr(scope.get("app"), "blocks", None)


def _queue(scope: Scope) -> Any:
    return getattr(_blocks(scope), "_queue", None)


def _endpoints(scope: Scope) -> set[str] | None:
    """The names that programs may call; None where there is no page to ask."""
    blocks = _blocks(scope)
    if blocks is None:
        return None
    return {fn.api_name for fn in blocks.fns.values() if fn.api_visibility != "private" and fn.api_name}


def _cancel(scope: Scope, said: dict[str, Any]) -> None:
    """Nobody waits for that event any more: who runs it asks (see `guard.visit`), and ends."""
    queue = _queue(scope)
    event = None if queue is None else queue.event_ids_to_events.get(str(said.get("event_id")))
    if event is not None and event.session_hash == said.get("session_hash"):
        event.alive = False
