"""Networks as replicas: the page asks one of them, waits, and asks again once where that one was lost."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from vizlab.core.changes import Change
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.errors import LostError
from vizlab.measures.reference import Reference
from vizlab.page.scale.networks import Asked, Changed, Heed, Here, Traced
from vizlab.page.scale.questions import Intervened, Question, Refused, Source, Unreachable, packed, unpacked
from vizlab.rgbd import RGBDImage

log = logging.getLogger("vizlab.page")

ASKED_EVERY = 0.3
"""Seconds between two looks at whether the answer is still wanted."""
TRIES = 2
"""The same question has the same answer however often it is asked, so it may be asked again."""


SourceOf = Callable[[str], Source | None]
"""From the page's name of a network to what makes it again; None for one that this process alone has."""


class Waited(Protocol):
    """An answer that is on its way."""

    def result(self, timeout_s: float) -> bytes:
        """The answer. Raises TimeoutError while it is not there, ReplicaLostError once it never will be."""
        ...

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        ...


class Replicas(Protocol):
    """Some replicas, of which one answers; see `vizlab.page.scale.on_ray` for real ones."""

    count: int

    def ask(self, question: bytes) -> Waited: ...

    def devices(self) -> dict[str, str]: ...

    def close(self) -> None: ...


class ReplicaLostError(Exception):
    """The replica ended before it answered."""


class Replicated:
    """Asks `replicas`. What this process alone has, and networks whose files no replica finds, run `here`."""

    def __init__(self, replicas: Replicas, source_of: SourceOf, here: Here) -> None:
        self.at_once = replicas.count
        self._replicas, self._source_of, self._here = replicas, source_of, here

    def trace(self, model: Model, rgbd: RGBDImage, asked: Asked, heed: Heed) -> Traced:
        """Asks a replica."""
        found = self._ask(model, rgbd, asked, None, heed)
        return self._here.trace(model, rgbd, asked, heed) if found is None else found

    def change(
        self, model: Model, rgbd: RGBDImage, changes: Sequence[Change], before: FusionTrace, asked: Asked,
        truth: Reference | None, heed: Heed,
    ) -> Changed:  # fmt: skip
        """Asks a replica."""
        found = self._ask(model, rgbd, asked, Intervened(tuple(changes), before, truth), heed)
        return self._here.change(model, rgbd, changes, before, asked, truth, heed) if found is None else found

    def devices(self) -> dict[str, str]:
        """The replicas'."""
        return self._replicas.devices()

    def close(self) -> None:
        """Replicas that this process started end."""
        self._replicas.close()

    def _ask(self, model: Model, rgbd: RGBDImage, asked: Asked, change: Intervened | None, heed: Heed) -> Any:
        """The answer; None where no replica has the network. Raises what the replica raised, or LostError."""
        source = self._source_of(model.name)
        if source is None:
            return None
        question = packed(Question(source, rgbd, asked, change))
        for _ in range(TRIES):
            try:
                found = unpacked(self._waited(question, heed))
            except ReplicaLostError as err:
                log.warning("a replica was lost: %s", err)
                continue
            if isinstance(found, Refused):
                raise found.error()
            return None if isinstance(found, Unreachable) else found
        raise LostError(f"What ran {model.name} ended before it had answered, {TRIES} times; press Run again.")

    def _waited(self, question: bytes, heed: Heed) -> bytes:
        waited = self._replicas.ask(question)
        while True:
            try:
                return waited.result(ASKED_EVERY)
            except TimeoutError:
                try:
                    heed()
                except BaseException:
                    waited.cancel()
                    raise
