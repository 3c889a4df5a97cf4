"""A cluster without Ray: what Serve and Ray answer of one application, for pages in threads of one process."""

import threading
from collections.abc import Callable
from enum import StrEnum
from types import ModuleType, SimpleNamespace
from typing import Any

NAME = "vizlab-made"


class Word(StrEnum):
    """As Serve's own states are."""

    DEPLOYING = "DEPLOYING"
    RUNNING = "RUNNING"
    DEPLOY_FAILED = "DEPLOY_FAILED"
    UNHEALTHY = "UNHEALTHY"


class MadeCluster:
    """`then` is what its application becomes after `looks` looks at it while it is deployed; `why` what is said of it.

    One page's `ray` and `serve` are made by `page`; the cluster takes a deployment whenever it is asked to.
    """

    def __init__(self, then: Word = Word.RUNNING, looks: int = 2, why: str = "") -> None:
        self.then, self.looks, self.why = then, looks, why
        self.word: Word | None = None
        self.deployed: list[str] = []
        self.removed = 0
        self.names: set[str] = set()
        self._one = threading.Lock()

    def deploy(self, who: str) -> None:
        """The application is deployed, over the one that is there."""
        with self._one:
            self.deployed.append(who)
            self.word, self._left = Word.DEPLOYING, self.looks

    def page(self, before_turn: Callable[[], object] = lambda: None) -> tuple[Any, Any]:
        """Ray and Serve as one page has them; it calls `before_turn` when it asks for its turn."""
        ray = SimpleNamespace(remote=lambda **given: lambda kind: self._actors(before_turn), kill=self._kill)
        return ray, SimpleNamespace(status=self._status, delete=self._delete)

    def _status(self) -> Any:
        with self._one:
            if self.word is None:
                return SimpleNamespace(applications={})
            if self.word is Word.DEPLOYING:
                self._left -= 1
                self.word = self.then if self._left < 0 else self.word
            count = 2 if self.word is Word.RUNNING else 0
            one = SimpleNamespace(replica_states={"RUNNING": count}, message=self.why)
            found = SimpleNamespace(status=self.word, message="", deployments={"Networks": one})
            return SimpleNamespace(applications={NAME: found})

    def _actors(self, before_turn: Callable[[], object]) -> Any:
        def make(name: str) -> str:
            before_turn()
            with self._one:
                if name in self.names:
                    raise ValueError(f"The name {name} is already taken.")
                self.names.add(name)
            return name

        return SimpleNamespace(options=lambda name, namespace: SimpleNamespace(remote=lambda: make(name)))

    def _kill(self, actor: str) -> None:
        self.names.remove(actor)

    def _delete(self, name: str) -> None:
        with self._one:
            self.word = None
            self.removed += 1


class AuthenticationError(Exception):
    """As Ray's own."""


def modules(**ray: Any) -> dict[str, ModuleType]:
    """What stands for the package, by name: `ray` is what is asked of it, `serve` included."""
    lost = ("ObjectLostError", "RayActorError", "WorkerCrashedError")
    gone = ("DeploymentUnavailableError", "ReplicaUnavailableError")
    kinds = {name: type(name, (Exception,), {}) for name in (*lost, *gone)}
    package, errors, serves = (ModuleType(name) for name in ("ray", "ray.exceptions", "ray.serve.exceptions"))
    given = {"is_initialized": lambda: False, "init": lambda address, **options: None, "shutdown": lambda: None}
    vars(package).update({**given, "serve": ModuleType("ray.serve"), **ray})
    vars(errors).update({**{name: kinds[name] for name in lost}, "AuthenticationError": AuthenticationError})
    vars(serves).update({name: kinds[name] for name in gone})
    return {"ray": package, "ray.exceptions": errors, "ray.serve": package.serve, "ray.serve.exceptions": serves}
