"""Who runs what: so that a visitor can stop his own run, and nobody else's."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vizlab.errors import CancelledError
from vizlab.progress import Step

STOPPED = "Stopped. What was there before is still there; press Run to run it again."


class Running:
    """The runs in progress by visitor. Safe from several threads."""

    def __init__(self) -> None:
        self._stops: dict[str, set[threading.Event]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def by(self, visitor: str, step: Step) -> Iterator[Step]:
        """Within the block, a step that tells `step`, and raises CancelledError once `stop` was called."""
        stop = threading.Event()
        with self._lock:
            self._stops.setdefault(visitor, set()).add(stop)

        def stoppable(done: float, what: str) -> None:
            if stop.is_set():
                raise CancelledError(STOPPED)
            step(done, what)

        try:
            yield stoppable
        finally:
            with self._lock:
                self._stops[visitor].discard(stop)
                if not self._stops[visitor]:
                    del self._stops[visitor]

    def stop(self, visitor: str) -> None:
        """End what that visitor has running at its next step: between two networks, or while it waits."""
        with self._lock:
            for stop in self._stops.get(visitor, ()):
                stop.set()
