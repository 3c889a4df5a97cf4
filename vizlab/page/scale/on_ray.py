"""Replicas on Ray Serve: on this machine, or on a cluster that is there already. Nothing of it listens for visitors."""

import logging
import math
import os
import secrets
import socket
import threading
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from vizlab.errors import InputError
from vizlab.page.scale.networks import Here, Networks
from vizlab.page.scale.replica import Replica
from vizlab.page.scale.replicated import ReplicaLostError, Replicated, SourceOf, Waited
from vizlab.page.settings import Settings

LOCAL = "local"
"""The address that stands for a Ray of this process' own, on this machine."""
STORE = 2**30
"""Bytes of its memory for questions and answers on their way."""
DEPLOYMENT = "Networks"
ENDS = 1.5
"""Seconds that Ray gets to end."""
CONNECTS = 5.0
"""Seconds in which a cluster has to answer."""

_OWN = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray would report to its makers
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_worker_niceness": "0",  # else replicas come after everything else that runs here
    "RAY_AUTH_MODE": "token",  # Ray listens on all addresses, and does what it is told by whoever reaches it
}
"""What a Ray of our own is started with, unless the environment says otherwise."""


def networks_for(settings: Settings, source_of: SourceOf, here: Here) -> Networks:
    """Who runs networks for a page of these settings: this process, or replicas if `scale` says so.

    Raises InputError where there is no Ray, or none at that address.
    """
    if not settings.scale:
        return here
    if find_spec("ray") is None or find_spec("grpc") is None:
        raise InputError("--scale needs Ray Serve, which is not installed: pip install 'vizlab[scale]'.")
    return Replicated(RayReplicas(settings), source_of, here)


class RayReplicas:
    """The replicas of this version of vizlab: those that run there already, or else new ones as `settings` say.

    Those on a cluster outlast this process, and other pages ask them as well.
    """

    def __init__(self, settings: Settings) -> None:
        self._own = settings.scale == LOCAL
        ray = _connected(settings)
        from ray import serve
        from ray.exceptions import ObjectLostError, RayActorError, WorkerCrashedError
        from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

        self._lost = (
            RayActorError,
            ObjectLostError,
            WorkerCrashedError,
            DeploymentUnavailableError,
            ReplicaUnavailableError,
        )
        self._ray, name = ray, f"vizlab-{version('vizlab')}"
        running = _running(serve, name)
        self._handle = serve.get_app_handle(name) if running else _deployed(ray, serve, settings, name)
        self.count = running or _running(serve, name)
        self._devices = self._handle.devices.remote().result()
        logging.getLogger("ray.serve").setLevel(logging.ERROR)  # it tells of every answer that is late

    def ask(self, question: bytes) -> Waited:
        """One of them answers, as soon as it has nothing else to do."""
        return _RayAnswer(self._handle.answer.remote(question), self._lost)

    def devices(self) -> dict[str, str]:
        """A replica's, which all have the like of; a GPU is said to be any of them."""
        each = f", {self.count} replicas" if self.count > 1 else ""
        return {name.partition(":")[0]: f"{words}{each}" for name, words in self._devices.items()}

    def close(self) -> None:
        """A Ray of our own ends with all its processes; a cluster's goes on."""
        if self._own:
            ending = threading.Thread(target=self._ray.shutdown, daemon=True, name="end of Ray")
            ending.start()
            ending.join(ENDS)  # what is left then ends with this process


class _RayAnswer:
    def __init__(self, response: Any, lost: tuple[type[Exception], ...]) -> None:
        self._response, self._lost = response, lost

    def result(self, timeout_s: float) -> bytes:
        try:
            return bytes(self._response.result(timeout_s=timeout_s))
        except self._lost as err:
            raise ReplicaLostError(type(err).__name__) from err

    def cancel(self) -> None:
        self._response.cancel()


def _connected(settings: Settings) -> Any:
    """Ray, started or joined."""
    if settings.scale not in (LOCAL, "auto") and not _answers(settings.scale):  # Ray would try for minutes
        raise InputError(_no_ray(settings.scale))
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # it tells of every process that is started
    if settings.scale == LOCAL:
        for name, value in {**_OWN, "RAY_AUTH_TOKEN": secrets.token_hex(32)}.items():
            os.environ.setdefault(name, value)
    import ray

    given: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if settings.scale == LOCAL:
        given |= {"num_cpus": _cores(), "include_dashboard": False, "object_store_memory": STORE}
    try:
        ray.init(settings.scale, **given)
    except Exception as err:  # Ray's own, a plain Exception where a process of its does not start in time
        raise InputError(_no_ray(settings.scale)) from err
    return ray


def _answers(address: str) -> bool:
    """Whether something listens at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), CONNECTS).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _no_ray(address: str) -> str:
    if address == LOCAL:
        return "Ray could not be started on this machine (the error above says why); start the page without --scale."
    return f"There is no Ray cluster at '{address}'; expected auto or HOST:PORT of one that this machine is part of."


def _running(serve: Any, name: str) -> int:
    """How many replicas of that application answer, 0 where there is none."""
    found = serve.status().applications.get(name)
    if found is None or found.status != "RUNNING":
        return 0
    return sum(one.replica_states.get("RUNNING", 0) for one in found.deployments.values())


def _deployed(ray: Any, serve: Any, settings: Settings, name: str) -> Any:
    """The application, new; returns once its replicas answer."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = 0 if settings.device == "cpu" else int(ray.cluster_resources().get("GPU", 0))
    count = settings.replicas or gpus or 2 * len(nodes)
    cores = min(int(node.get("CPU", 1)) for node in nodes)
    threads = max(1, cores // math.ceil(count / len(nodes)))
    needs = {"num_gpus": min(1.0, gpus / count)} if gpus else {}
    serve.start(proxy_location="Disabled", logging_config={"log_level": "ERROR", "enable_access_log": False})
    # One question at a time: a replica that is lost takes one answer with it, and another one may be free.
    deployment = serve.deployment(
        Replica,
        name=DEPLOYMENT,
        num_replicas=count,
        max_ongoing_requests=1,
        ray_actor_options={"num_cpus": min(threads, cores / math.ceil(count / len(nodes))), **needs},
    )
    return serve.run(deployment.bind(threads, settings.gpu_models_mb), name=name, route_prefix=None)


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
