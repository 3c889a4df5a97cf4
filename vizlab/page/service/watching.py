"""What passes by on its way to Gradio: files that are uploaded, events that name them, pages that open and close."""

import json

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vizlab.errors import InputError
from vizlab.page.guard.requests import API, EVENT, Event, address_of, header_values, path_of
from vizlab.page.service.uploads import Uploads

UPLOAD, HEARTBEAT = f"{API}/upload", f"{API}/heartbeat/"
READ = 2_000_000
"""Bytes of an event's body that are looked through for names of files; and of an upload's answer."""


class Watched:
    """Keeps `uploads` informed, and refuses what is more than fits: 413 with a sentence, 411 for an unknown length.

    Of events it hears what `guard.doors.OneDoor`, which stands before it, has read. Assistants come by one client that
    Gradio keeps for all of them and that never leaves: it is no open page, so that their files go in time.
    """

    def __init__(self, app: ASGIApp, uploads: Uploads) -> None:
        self._app, self._uploads = app, uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope) if scope["type"] == "http" else ""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "POST" and path == UPLOAD:
            await self._upload(scope, receive, send)
        elif path.startswith(HEARTBEAT) and header_values(scope, b"x-gradio-user") != ["mcp"]:
            await self._page(path.removeprefix(HEARTBEAT), scope, receive, send)
        else:
            if EVENT in scope:
                self._named(scope[EVENT], address_of(scope))
            await self._app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "")
        if not length.isdecimal() or "transfer-encoding" in headers:  # which counts where both are sent
            words = "This upload does not say how long it is; send its Content-Length."
            return await PlainTextResponse(words, 411)(scope, receive, send)
        visitor, size = address_of(scope), int(length)
        try:
            self._uploads.coming(visitor, size)
        except InputError as err:
            return await PlainTextResponse(str(err), 413)(scope, receive, send)
        answer = bytearray()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.body" and len(answer) < READ:
                answer.extend(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._uploads.came(visitor, size, _paths(bytes(answer)))

    async def _page(self, session: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._uploads.opened(session)
        try:
            await self._app(scope, receive, send)
        finally:
            self._uploads.closed(session)

    def _named(self, event: Event, visitor: str) -> None:
        session = event.said.get("session_hash")
        if isinstance(session, str):
            self._uploads.named(session, visitor, event.body[:READ].decode(errors="replace"))


def _paths(answer: bytes) -> list[str]:
    """The files that an upload was answered with."""
    try:
        found = json.loads(answer)
    except (ValueError, RecursionError):
        return []
    return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []
