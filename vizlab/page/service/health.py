"""Whether the page lives and takes work, for who starts it again; and its figures, for Prometheus.

/health    200 while it takes work, else 503; JSON
/metrics   text; to this machine and its private networks alone
"""

import ipaddress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from vizlab import __version__
from vizlab.page.guard.requests import address_of
from vizlab.page.service.metrics import Metrics
from vizlab.page.service.stopping import Stopping

ELSEWHERE = "The figures of this page are for the machine it runs on and its private networks."
MISSING = "The figures need the package prometheus_client: pip install 'vizlab[serve]'."


def service_routes(workspace: Any, stopping: Stopping, metrics: Metrics) -> list[Route]:
    """The routes of a page that answers from `workspace`."""
    device = workspace.default_device()

    async def health(request: Request) -> Response:
        turns = workspace.turns
        takes = not stopping.asked and turns.waiting < turns.places
        said = {
            "status": "stopping" if stopping.asked else "ok",
            "takes_work": takes,
            "version": __version__,
            "device": device,
            "waiting": turns.waiting,
            "running": turns.running,
        }
        return JSONResponse(said, 503 if stopping.asked else 200, headers={"Cache-Control": "no-store"})

    async def figures(request: Request) -> Response:
        if not is_near(address_of(request.scope)):
            return PlainTextResponse(ELSEWHERE, 403)
        found = await run_in_threadpool(metrics.text)
        if found is None:
            return PlainTextResponse(MISSING, 501)
        return Response(found, media_type="text/plain; version=0.0.4; charset=utf-8")

    return [Route("/health", health), Route("/metrics", figures)]


def is_near(address: str) -> bool:
    """Whether an address is this machine's or one of a private network."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return found.is_loopback or found.is_private
