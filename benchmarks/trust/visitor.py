"""A visitor of a page, as a program is one: a session of its own that uploads, calls endpoints and fetches."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

SENT = "picture.png"
"""What an uploaded file is called."""
SECONDS = 1800.0
"""How long one answer is waited for."""


class RefusedError(Exception):
    """The page said no; the text is its sentence, or what else it sent."""


class Visitor:
    """One session of the page behind `client`."""

    def __init__(self, client: httpx.AsyncClient, session: str) -> None:
        self._client, self.session = client, session

    async def upload(self, data: bytes, name: str = SENT) -> dict[str, Any]:
        """The file as an endpoint takes it. Raises RefusedError."""
        answer = await self._client.post("/gradio_api/upload", files={"files": (name, data)})
        if answer.status_code != 200:
            raise RefusedError(_sentence(answer))
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}

    async def call(self, endpoint: str, *values: Any) -> list[Any]:
        """What the endpoint answers, once its turn came. Raises RefusedError."""
        asked = {"data": values, "session_hash": self.session}
        answer = await self._client.post(f"/gradio_api/call/{endpoint}", json=asked)
        if answer.status_code != 200:
            raise RefusedError(_sentence(answer))
        event = answer.json()["event_id"]
        said = await self._client.get(f"/gradio_api/call/{endpoint}/{event}")
        kind, data = _last_event(said.text)
        if kind != "complete":
            raise RefusedError(_told(data))
        found: list[Any] = json.loads(data)
        return found

    async def analyse(self, files: list[dict[str, Any]], network: str) -> dict[str, Any]:
        """One network's answer on an uploaded picture, colour and depth in millimetres, at 240x320."""
        asked = [*files, "", [network], "mm", None, "cpu", "240x320", False, "float32", None, None, None]
        found: dict[str, Any] = (await self.call("analyse", *asked))[0]
        return found

    async def fetch(self, path: str) -> bytes:
        """The body of what is there. Raises RefusedError."""
        answer = await self._client.get(path)
        if answer.status_code != 200:
            raise RefusedError(_sentence(answer))
        return answer.content

    @asynccontextmanager
    async def there(self) -> AsyncIterator[None]:
        """Within the block the session is open, as a browser's tab keeps it."""
        async with self._client.stream("GET", f"/gradio_api/heartbeat/{self.session}"):
            yield


def client_of(url: str) -> httpx.AsyncClient:
    """For any number of visitors at once; each request has a connection of its own: one that was used before may be
    closed by the server at the moment when it is used again.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=url, timeout=SECONDS, limits=limits, trust_env=False)


def _last_event(text: str) -> tuple[str, str]:
    """The last event of a stream that counts, and its data; heartbeats do not."""
    events = [part for part in text.replace("\r\n", "\n").split("\n\n") if part.startswith("event: ")]
    lines = [part.partition("\ndata: ") for part in events if not part.startswith("event: heartbeat")]
    if not lines:
        return "nothing", text[-300:]
    head, _, data = lines[-1]
    return head.removeprefix("event: ").strip(), data


def _sentence(answer: httpx.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return answer.text[:300]
    return _told(json.dumps(said))


def _told(data: str) -> str:
    """The sentence in what an error brings, whichever of Gradio's forms it has."""
    try:
        said = json.loads(data)
    except ValueError:
        return data[:300]
    if isinstance(said, dict):
        said = said.get("error") or said.get("detail") or said
    return str(said)[:300]
