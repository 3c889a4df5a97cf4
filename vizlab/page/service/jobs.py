"""What is run for visitors: one line a job in the log, and the same for who counts them. No names of files."""

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from vizlab.errors import BusyError, CancelledError, LostError, TimeLimitError, VizlabError

log = logging.getLogger("vizlab.jobs")

Result = Literal["done", "cancelled", "too long", "busy", "refused", "lost", "failed"]


@dataclass
class Job:
    """`kind` says what was asked for, of which `networks`, on a picture of `size` (H, W); `wait` and `seconds` are
    those before and after its first turn; `result` how it ended.

    Networks that users brought are called after their files: of those only that there were some is said.
    """

    kind: str
    networks: tuple[str, ...]
    size: tuple[int, int] | None
    wait: float = 0.0
    seconds: float = 0.0
    result: Result = "done"

    def line(self) -> str:
        """One line of JSON."""
        said = {
            "job": self.kind,
            "networks": list(self.networks),
            "size": None if self.size is None else list(self.size),
            "wait": round(self.wait, 3),
            "seconds": round(self.seconds, 3),
            "result": self.result,
        }
        return json.dumps(said)


class Jobs:
    """Tells everybody in `heard` of every job that has ended. Safe from several threads.

    `shown` gives the name under which a network may be logged; `now` seconds from any point in time.
    """

    def __init__(
        self, shown: Callable[[str], str] = lambda name: name, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.heard: list[Callable[[Job], object]] = [lambda job: log.info(job.line())]
        self._shown, self._now = shown, now

    @contextmanager
    def job(
        self, kind: str, networks: Sequence[str], size: tuple[int, int] | None = None
    ) -> Iterator[Callable[[], None]]:
        """The block is the job; it calls what it is given once its first turn has come."""
        asked = self._now()
        began: list[float] = []
        done = Job(kind, tuple(dict.fromkeys(self._shown(name) for name in networks)), size)
        try:
            yield lambda: None if began else began.append(self._now())
        except BaseException as err:
            done.result = _result(err)
            raise
        finally:
            ended = self._now()
            turn = began[0] if began else ended
            done.wait, done.seconds = turn - asked, ended - turn
            for tell in self.heard:
                tell(done)


def log_jobs() -> None:
    """Write the lines to this process' errors, as a service's log is read, whatever else is logged how."""
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(message)s"))
        log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def _result(err: BaseException) -> Result:
    if isinstance(err, TimeLimitError):
        return "too long"
    if isinstance(err, BusyError):
        return "busy"
    if isinstance(err, LostError):
        return "lost"
    if isinstance(err, CancelledError | GeneratorExit):
        return "cancelled"
    return "refused" if isinstance(err, VizlabError) else "failed"
