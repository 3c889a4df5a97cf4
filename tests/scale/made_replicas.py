"""Replicas without Ray: in this process, with the same bytes back and forth, and lost when a test says so."""

from collections.abc import Callable

from vizlab.page.scale.replica import Replica
from vizlab.page.scale.replicated import ReplicaLostError


class Answer:
    """One that comes after `late` looks; `lost` says that it never will."""

    def __init__(self, work: Callable[[], bytes], late: int, lost: bool) -> None:
        self._work, self._late, self._lost = work, late, lost
        self.cancelled = False

    def result(self, timeout_s: float) -> bytes:
        self._late -= 1
        if self._late >= 0:
            raise TimeoutError
        if self._lost:
            raise ReplicaLostError("killed")
        return self._work()

    def cancel(self) -> None:
        self.cancelled = True


class MadeReplicas:
    """`lose` is how many of the next answers are lost, `late` after how many looks each comes."""

    def __init__(self, count: int = 2, lose: int = 0, late: int = 0) -> None:
        self.count, self.lose, self.late = count, lose, late
        self.replica = Replica()
        self.asked: list[Answer] = []
        self.closed = False

    def ask(self, question: bytes) -> Answer:
        self.asked.append(Answer(lambda: self.replica.answer(question), self.late, self.lose > 0))
        self.lose -= 1
        return self.asked[-1]

    def devices(self) -> dict[str, str]:
        return {"cpu": "CPU elsewhere"}

    def close(self) -> None:
        self.closed = True
