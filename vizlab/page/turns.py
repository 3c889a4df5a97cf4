"""Whose turn it is to run networks: one at a time, in the order of asking; background work only when nobody waits."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

ASKED_EVERY = 0.3
"""Seconds between two words to who waits; that is also how fast he may give up."""


class Turns:
    """Tickets of everybody who waits or runs; the smallest of those who wait is next."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._numbers = itertools.count()
        self._waiting: set[tuple[bool, int]] = set()
        self._taken = False

    @contextmanager
    def taken(self, tell: Callable[[int], object] = lambda before: None, background: bool = False) -> Iterator[None]:
        """The block runs when it is its turn. Meanwhile `tell(how many come before)` is called, which may raise."""
        ticket = (background, next(self._numbers))
        self._wait(ticket, tell)
        try:
            yield
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()

    @property
    def wanted(self) -> bool:
        """Whether somebody waits; who runs long may give way to him."""
        return bool(self._waiting)

    def _wait(self, ticket: tuple[bool, int], tell: Callable[[int], object]) -> None:
        with self._changed:
            self._waiting.add(ticket)
            try:
                while self._taken or min(self._waiting) != ticket:
                    tell(self._taken + sum(other < ticket for other in self._waiting))
                    self._changed.wait(ASKED_EVERY)
                self._taken = True
            finally:
                self._waiting.discard(ticket)
                self._changed.notify_all()


class Turn(AbstractContextManager["Turn"]):
    """One's turn among all who run networks: taken in the block when first needed, given back at its end.

    In between others may run, at moments of one's own choice.
    """

    def __init__(self, turns: Turns, tell: Callable[[int], object]) -> None:
        self._turns, self._tell = turns, tell
        self._held: AbstractContextManager[None] | None = None

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *raised: object) -> None:
        self._give_back()

    def take(self) -> None:
        """Wait for one's turn; who has it lets others run who wait, and waits again."""
        if self._held is None or self._turns.wanted:
            self._give_back()
            self._take()

    def _take(self) -> None:
        turn = self._turns.taken(self._tell)
        turn.__enter__()
        self._held = turn

    def _give_back(self) -> None:
        turn, self._held = self._held, None
        if turn is not None:
            turn.__exit__(None, None, None)
