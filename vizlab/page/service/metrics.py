"""The page's figures in Prometheus' text format, by the package prometheus_client (extra `serve`)."""

from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from typing import Any

import torch
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vizlab.page.guard.requests import API, path_of
from vizlab.page.service.jobs import Job

WAITS = (0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300)
"""Upper ends of the ranges, in seconds, in which waits and runs are counted."""
KINDS = {
    f"{API}/upload": "upload",
    f"{API}/queue": "event",
    f"{API}/call": "call",
    f"{API}/file=": "file",
    API: "other of Gradio",
    "/vizlab": "result",
    "/health": "health",
    "/metrics": "metrics",
    "/assets": "asset",
    "/static": "asset",
}
"""How a request is counted, by how its path begins; never by what a visitor made up."""

Gauges = Mapping[str, tuple[str, Callable[[], float]]]
"""What is asked for when somebody looks: by name its meaning and how to find it."""


class Metrics:
    """Counts jobs and requests from when it is made. Without the package it counts nothing."""

    def __init__(self) -> None:
        self._library: Any = None
        if find_spec("prometheus_client") is None:
            return
        import prometheus_client as library

        self._library, self._registry = library, library.CollectorRegistry()
        library.ProcessCollector(registry=self._registry)  # memory, processor time, open files
        given: Any = {"registry": self._registry}
        self._jobs = library.Counter("vizlab_jobs", "Jobs that have ended.", ["kind", "result"], **given)
        self._waits = library.Histogram(
            "vizlab_job_wait_seconds", "Seconds before a job's first turn.", buckets=WAITS, **given
        )
        self._seconds = library.Histogram(
            "vizlab_job_seconds", "Seconds that a job ran.", ["kind"], buckets=WAITS, **given
        )
        self._requests = library.Counter("vizlab_requests", "Requests answered.", ["kind", "status"], **given)

    def ask(self, gauges: Gauges) -> None:
        """Have these figures among the others, too."""
        if self._library is not None:
            from prometheus_client.core import GaugeMetricFamily

            self._registry.register(_Asked(GaugeMetricFamily, gauges))

    def job(self, job: Job) -> None:
        """Count a job that has ended."""
        if self._library is not None:
            self._jobs.labels(job.kind, job.result).inc()
            self._waits.observe(job.wait)
            self._seconds.labels(job.kind).observe(job.seconds)

    def request(self, path: str, status: int) -> None:
        """Count a request that was answered."""
        if self._library is not None:
            kind = next((kind for start, kind in KINDS.items() if path.startswith(start)), "page")
            self._requests.labels(kind, str(status)).inc()

    def text(self) -> bytes | None:
        """All figures; None without the package."""
        if self._library is None:
            return None
        found: bytes = self._library.generate_latest(self._registry)
        return found


class _Asked:
    """A collector of figures that are found when somebody looks."""

    def __init__(self, family: Any, gauges: Gauges) -> None:
        self._family, self._gauges = family, gauges

    def collect(self) -> Iterable[Any]:
        for name, (meaning, find) in self._gauges.items():
            yield self._family(name, meaning, value=find())
        if torch.cuda.is_available() and torch.cuda.is_initialized():
            family = self._family("vizlab_gpu_bytes", "Memory that tensors take.", labels=["device"])
            for index in range(torch.cuda.device_count()):
                family.add_metric([f"cuda:{index}"], torch.cuda.memory_allocated(index))
            yield family


class Counted:
    """Counts every request by the kind of its path and the status of its answer; it stands before all who refuse."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        path = path_of(scope)  # an app that is mounted has another idea of it later on

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.request(path, message["status"])
            await send(message)

        return await self._app(scope, receive, sending)
