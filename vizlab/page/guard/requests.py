"""What every guard does with a request: find its path, read its body once, answer with a sentence."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope

API = "/gradio_api"
"""Where Gradio answers programs, and the page's own script."""
EVENT = "vizlab.event"
"""Where in a request's scope its `Event` is, once `doors.OneDoor` has let it pass."""


@dataclass(frozen=True)
class Event:
    """What was sent to join the queue, to call an endpoint or to cancel: `said` is the object that `body` is in JSON.

    Read once, for all that stands between the door and Gradio.
    """

    body: bytes
    said: dict[str, Any]

    @classmethod
    def of(cls, body: bytes) -> "Event | None":
        """None for what is no object in JSON."""
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            return None
        return cls(body, said) if isinstance(said, dict) else None


class TooLongError(Exception):
    """A body is longer than what is read of it."""


def path_of(scope: Scope) -> str:
    """The path as routes see it: behind the prefix of a proxy, if any, and without a slash at its end."""
    path, prefix = scope["path"], scope.get("root_path", "").rstrip("/")
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        path = path[len(prefix) :]
    return path.rstrip("/") or "/"


def split_url(text: str) -> SplitResult | None:
    """An address in its parts, None for what is none, such as http://[."""
    try:
        parts = urlsplit(text)
        _ = parts.hostname, parts.port  # the port raises where it is no number
    except ValueError:
        return None
    return parts


def refusal(path: str, status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    """A sentence: as programs and the page's script read it, else as a person does."""
    if path.startswith(f"{API}/") or path == "/login":
        return JSONResponse({"detail": sentence, "error": sentence}, status, headers)
    return PlainTextResponse(sentence, status, headers)


async def read_body(receive: Receive, at_most: int) -> bytes:
    """The whole body; raises TooLongError for a longer one."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > at_most:
            raise TooLongError
        if not message.get("more_body"):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives `body` once more, then what comes."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def address_of(scope: Scope) -> str:
    """The address that a request comes from; behind a proxy on this machine the one that the proxy names."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def header_values(scope: Scope, name: bytes) -> list[str]:
    """All values of one header, in the order they came."""
    return [value.decode("latin-1").strip() for key, value in _headers(scope) if key == name]


def _headers(scope: Scope) -> Iterable[tuple[bytes, bytes]]:
    found: Iterable[tuple[bytes, bytes]] = scope["headers"]
    return found
