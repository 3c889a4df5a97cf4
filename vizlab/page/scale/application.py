"""The application of replicas on a Ray Serve: the one that is there, or a new one, which one page alone deploys.

Whose turn it is to deploy says an actor with a name, of which a cluster has one. It ends with the process that made it:
where a page is killed while it deploys, the next one that waits goes on.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vizlab.errors import InputError

log = logging.getLogger("vizlab.page")

STARTS = 300.0
"""Seconds in which replicas have to run; each of them reads PyTorch first."""
LOOKS_EVERY = 0.5
TOLD = 200
"""Characters of what a replica said that go into a sentence."""
ABSENT, RUNNING, FAILED = "ABSENT", "RUNNING", "DEPLOY_FAILED"
"""States of an application: the first is ours, the others are Serve's, which has more; in those one has to wait."""


@dataclass(frozen=True)
class State:
    """How an application is: the word for it, how many replicas run, and what was last said of those that do not."""

    word: str = ABSENT
    count: int = 0
    why: str = ""

    @classmethod
    def of(cls, serve: Any, name: str) -> "State":
        """As Serve knows it now."""
        found = serve.status().applications.get(name)
        if found is None:
            return cls()
        each = list(found.deployments.values())
        count = sum(one.replica_states.get("RUNNING", 0) for one in each)
        said = [one.message for one in each if one.message] or [found.message]
        return cls(found.status.value, count, last_line(said[0]))

    @property
    def runs(self) -> bool:
        """Whether it can be asked."""
        return self.word == RUNNING and self.count > 0


class Turn:
    """To deploy an application is one process' of all that are connected to the cluster; of one that is `alone` there
    it is anyway.
    """

    def __init__(self, ray: Any, name: str, alone: bool) -> None:
        self.mine = alone
        self._ray, self._name = ray, f"{name} is being deployed"
        self._actor: Any = None

    def take(self) -> bool:
        """Whether it was free, and is this process' now."""

        class Deploying:
            """Of this function's, so that it travels as it is: no node has to read vizlab for it."""

        try:
            self._actor = self._ray.remote(num_cpus=0)(Deploying).options(name=self._name, namespace="vizlab").remote()
        except ValueError:  # an actor has that name
            return False
        self.mine = True
        return True

    def give_back(self) -> None:
        """Whoever waits may take it."""
        if self._actor is not None:
            self._ray.kill(self._actor)


def running(ray: Any, serve: Any, name: str, deploy: Callable[[], object], where: str, alone: bool) -> State:
    """The application of that name, once it runs; where there is none, or one that has failed, `deploy` makes it.

    Who finds it being deployed waits for that. `where` is the cluster in words, `alone` says that no other page has it.
    Raises InputError where a replica cannot be started or none runs within `STARTS` seconds; what this page deployed
    goes then.
    """
    until, turn, deployed = time.monotonic() + STARTS, Turn(ray, name, alone), False
    try:
        while not (state := State.of(serve, name)).runs:
            if not turn.mine and turn.take():
                continue  # who had it may have deployed since we looked
            if turn.mine and not deployed and state.word in (ABSENT, FAILED):
                deployed = True
                _said(deploy, where)
            elif deployed and state.word == FAILED:
                raise InputError(could_not_start(where, state.why))
            if time.monotonic() > until:
                raise InputError(_too_late(where, state))
            time.sleep(LOOKS_EVERY)
        return state
    except BaseException:
        if deployed and not alone:  # else it ends with its Ray
            _remove(serve, name)
        raise
    finally:
        turn.give_back()


def could_not_start(where: str, why: str) -> str:
    """The sentence for replicas of which none came up, for that reason."""
    return (
        f"No replica could be started on {where} ({why}); expected this version of vizlab and enough free memory "
        "wherever one is to run. Mend that and start the page again, or start it without --scale."
    )


def last_line(text: str) -> str:
    """Of a traceback what was raised."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:TOLD] if lines else "nothing was said why"


def _said(deploy: Callable[[], object], where: str) -> None:
    try:
        deploy()
    except Exception as err:  # Ray's own, of many kinds
        raise InputError(could_not_start(where, last_line(f"{type(err).__name__}: {err}"))) from err


def _too_late(where: str, state: State) -> str:
    return (
        f"No replicas run on {where} after {STARTS:.0f} s ({state.word}: {state.why}); expected free cores, or a free "
        "GPU, for each of them. Free some or ask for fewer with --replicas, or start the page without --scale."
    )


def _remove(serve: Any, name: str) -> None:
    try:
        serve.delete(name)
    except Exception as err:  # the reason why it is removed is what has to be said
        log.warning("%s could not be removed: %s", name, err)
