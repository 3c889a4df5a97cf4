"""Replicas on Ray Serve: on this machine, or on a cluster that is there already. Nothing of it listens for visitors."""

import logging
import math
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from traceback import walk_tb
from typing import Any

from vizlab.errors import InputError
from vizlab.page.scale.application import could_not_start, last_line, running
from vizlab.page.scale.networks import Here, Networks
from vizlab.page.scale.replica import Replica
from vizlab.page.scale.replicated import ReplicaLostError, Replicated, SourceOf, Waited
from vizlab.page.settings import Settings
from vizlab.ray_clusters import JOINING, QUIET, answers, environment, no_token, turned_away

LOCAL = "local"
"""The address that stands for a Ray of this process' own, on this machine."""
STORE = 2**30
"""Bytes of its memory for questions and answers on their way."""
DEPLOYMENT = "Networks"
STARTS_OF_ONE = 2
"""How often a replica is started before it is given up, where none has come up yet."""
ENDS = 1.5
"""Seconds that Ray gets to end."""
ANSWERS = 120.0
"""Seconds in which a replica has to answer a page that starts; those of a cluster may have runs of others to do."""

_OWN = {
    **QUIET,
    "RAY_worker_niceness": "0",  # else replicas come after everything else that runs here
    "RAY_AUTH_MODE": "token",  # Ray listens on all addresses, and does what it is told by whoever reaches it
}
"""What a Ray of our own is started with, unless the environment says otherwise."""


def networks_for(settings: Settings, source_of: SourceOf, here: Here) -> Networks:
    """Who runs networks for a page of these settings: this process, or replicas if `scale` says so.

    Raises InputError where there is no Ray, none at that address, or no replica can be started.
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
        self._ray = ray = _connected(settings)
        with ExitStack() as opened:
            opened.callback(self.close)
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
            name, where = f"vizlab-{version('vizlab')}", _in_words(settings.scale)
            deploy = partial(_deploy, ray, serve, settings, name)
            self.count = running(ray, serve, name, deploy, where, alone=self._own).count
            self._handle = serve.get_app_handle(name)
            self._devices = self._what_it_has(where)
            logging.getLogger("ray.serve").setLevel(logging.ERROR)  # it tells of every answer that is late
            opened.pop_all()

    def ask(self, question: bytes) -> Waited:
        """One of them answers, as soon as it has nothing else to do."""
        return _RayAnswer(self._handle.answer.remote(question), self._lost)

    def devices(self) -> dict[str, str]:
        """A replica's, which all have the like of; a GPU is said to be any of them."""
        each = f", {self.count} replicas" if self.count > 1 else ""
        return {name.partition(":")[0]: f"{words}{each}" for name, words in self._devices.items()}

    def close(self) -> None:
        """A Ray of our own ends with all its processes; a cluster's goes on, without this process."""
        ending = threading.Thread(target=self._ray.shutdown, daemon=True, name="end of Ray")
        ending.start()
        ending.join(ENDS)  # what is left then ends with this process

    def _what_it_has(self, where: str) -> dict[str, str]:
        """A replica's devices, in words. Raises InputError where none says so in time."""
        try:
            return dict(self._handle.devices.remote().result(timeout_s=ANSWERS))
        except TimeoutError as err:
            raise InputError(
                f"The replicas on {where} run, but none has answered within {ANSWERS:.0f} s; expected one that is "
                "free. Start the page again when other pages ask them less, or without --scale."
            ) from err
        except self._lost as err:
            raise InputError(could_not_start(where, last_line(f"{type(err).__name__}: {err}"))) from err


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
    if settings.scale not in (LOCAL, "auto") and not answers(settings.scale):
        raise InputError(_no_ray(settings.scale))
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # it tells of every process that is started
    if settings.scale == LOCAL:
        for name, value in {**_OWN, "RAY_AUTH_TOKEN": secrets.token_hex(32)}.items():
            os.environ.setdefault(name, value)
    with environment({} if settings.scale == LOCAL else JOINING):
        import ray

        if ray.is_initialized():
            raise InputError(
                "This process has a Ray already; expected none, since --scale connects to one itself: call "
                "ray.shutdown() first."
            )
        given: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
        if settings.scale == LOCAL:
            given |= {"num_cpus": _cores(), "include_dashboard": False, "object_store_memory": STORE}
        try:
            with _sigterm_kept():
                ray.init(settings.scale, **given)
        except Exception as err:  # Ray's own, a plain Exception where a process of its does not start in time
            _end_what_started(ray, err)
            raise InputError(no_token(settings.scale) if turned_away(err) else _no_ray(settings.scale)) from err
    return ray


def _end_what_started(ray: Any, err: Exception) -> None:
    """Of a Ray that did not come up: then only the node that failed to be made knows its processes."""
    ray.shutdown()
    for frame, _ in walk_tb(err.__traceback__):
        kill = getattr(frame.f_locals.get("self"), "kill_all_processes", None)
        if kill is not None:
            kill(check_alive=False, wait=True)


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Ray takes SIGTERM and lets it exit from wherever the page is; whose it was knows better how a page ends."""
    if threading.current_thread() is not threading.main_thread():  # then Ray does not
        yield
        return
    kept = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL
    came = False
    try:
        yield
    except SystemExit as err:
        came = err.code == signal.SIGTERM
        raise
    finally:
        signal.signal(signal.SIGTERM, kept)
        if came:
            signal.raise_signal(signal.SIGTERM)


def _in_words(address: str) -> str:
    return "this machine" if address == LOCAL else f"the Ray cluster at '{address}'"


def _no_ray(address: str) -> str:
    if address == LOCAL:
        return "Ray could not be started on this machine (the error above says why); start the page without --scale."
    return f"There is no Ray cluster at '{address}'; expected auto or HOST:PORT of one that this machine is part of."


def _deploy(ray: Any, serve: Any, settings: Settings, name: str) -> None:
    """The application, new; its replicas start by and by."""
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
        max_constructor_retry_count=STARTS_OF_ONE,
        ray_actor_options={"num_cpus": min(threads, cores / math.ceil(count / len(nodes))), **needs},
    )
    made = serve.RunTarget(deployment.bind(threads, settings.gpu_models_mb), name=name, route_prefix=None)
    serve.run_many([made], wait_for_applications_running=False)


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
