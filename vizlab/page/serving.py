"""What the page serves beside Gradio's events: documents, values and the viewer; and how everything travels."""

import hashlib
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vizlab.bundled import viewer_script
from vizlab.errors import VizlabError
from vizlab.page.documents import Documents
from vizlab.page.exports import export_routes
from vizlab.page.front import FrontPage
from vizlab.page.guard.threads import DRAWN, Workers
from vizlab.page.service.service import Service
from vizlab.page.workspace import Workspace

ROOT = "vizlab"
FOREVER = "private, max-age=31536000, immutable"
_NAMED_BY_CONTENT = ("/assets/", "/static/fonts/", "/theme.css")


def serving(workspace: Workspace, service: Service | None = None) -> dict[str, Any]:
    """Arguments for the app behind Gradio: routes of our own, compression, and how long a browser may keep files.

    With `service` its routes, and what it sees pass by.
    """
    answers = _Answers(workspace.documents)
    routes = [
        Route(f"/{ROOT}/document/{{key}}", answers.document),
        Route(f"/{ROOT}/values/{{key}}/{{name}}", answers.values),
        Route(f"/{ROOT}/viewer-{{mark}}.js", answers.viewer),
        *export_routes(workspace, ROOT),
    ]
    passed = [Middleware(Kept), Middleware(FrontPage), Middleware(GZipMiddleware, minimum_size=2000)]
    if service is None:
        return {"routes": routes, "middleware": passed}
    return {"routes": [*service.routes(workspace), *routes], "middleware": [*service.middleware, *passed]}


def viewer_address() -> str:
    """Where the page finds it, relative to itself: another viewer has another address."""
    return f"{ROOT}/viewer-{hashlib.sha256(viewer_script()).hexdigest()[:12]}.js"


class _Answers:
    """A key is a digest that nobody guesses; who has it sees that analysis, whatever else is on the server."""

    def __init__(self, documents: Documents) -> None:
        self._documents, self._workers = documents, Workers(DRAWN)

    async def document(self, request: Request) -> Response:
        key = request.path_params["key"]
        known = await self._workers.run(self._documents.mark, key)
        mark = f'"{viewer_address()[-15:-3]}-{key}{known}"'
        headers = {"ETag": mark, "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match", "").removeprefix("W/") == mark:
            return Response(status_code=304, headers=headers)
        try:
            data = await self._workers.run(self._documents.manifest, key)
        except VizlabError as err:
            return PlainTextResponse(str(err), 404)
        return Response(data, media_type="application/json", headers={**headers, "Content-Encoding": "gzip"})

    async def values(self, request: Request) -> Response:
        try:
            data = await self._workers.run(
                self._documents.values, request.path_params["key"], request.path_params["name"]
            )
        except VizlabError as err:
            return PlainTextResponse(str(err), 404)
        return Response(data, media_type="application/octet-stream", headers={"Cache-Control": FOREVER})

    async def viewer(self, request: Request) -> Response:
        return Response(viewer_script(), media_type="text/javascript", headers={"Cache-Control": FOREVER})


class Kept:
    """Files whose names change with their content may be kept by a browser; values are packed already."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        path = scope["path"]
        if path.startswith(f"/{ROOT}/values/"):  # a second compression would only cost time
            scope = {**scope, "headers": [h for h in scope["headers"] if h[0] != b"accept-encoding"]}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and any(part in path for part in _NAMED_BY_CONTENT):
                headers = MutableHeaders(scope=message)
                if message["status"] == 200 and "cache-control" not in Headers(raw=message["headers"]):
                    headers["Cache-Control"] = FOREVER
            await send(message)

        return await self._app(scope, receive, sending)
