"""Whose turn it is to run networks: one at a time in this process, some elsewhere; visitors in rotation.

Background work runs only when nobody waits.
"""

import itertools
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from vizlab.errors import BusyError, CancelledError, TimeLimitError
from vizlab.page.guard.visit import Visit, visit
from vizlab.progress import Step

ENDING = "The page is being stopped; start it again to run this."
GONE = "Nobody waits for this run any more; start it again to have it."
ASKED_EVERY = 0.3
"""Seconds between two words to who waits; that is also how fast he may give up."""
PLACES = 64
"""How many may wait, where nothing else is said; half of them may be one visitor's."""
NEWEST = 0.2
"""Weight of the last turn in what a turn takes on average."""


@dataclass(frozen=True)
class _Ticket:
    number: int
    visitor: str
    background: bool
    elsewhere: bool


@dataclass
class _Lane:
    """Where networks run: `room` for so many at once, of which `taken` run; a turn takes `seconds` on average."""

    room: int
    taken: int = 0
    seconds: float = 0.0

    @property
    def full(self) -> bool:
        return self.taken >= self.room

    def expected(self, before: int) -> float:
        """Seconds until so many have had their turn, as turns have gone lately; 0 while none has ended."""
        return before * self.seconds / max(1, self.room)

    def learn(self, seconds: float) -> None:
        self.seconds = seconds if not self.seconds else (1 - NEWEST) * self.seconds + NEWEST * seconds


class Held:
    """A turn that somebody has: `earlier` are the seconds that its job had before."""

    def __init__(self, turns: "Turns", whose: Visit, earlier: float) -> None:
        self._turns, self._whose, self._earlier = turns, whose, earlier
        self._began = turns.now()

    @property
    def seconds(self) -> float:
        """What the job has run until now, without waiting."""
        return self._earlier + self._turns.now() - self._began

    def check(self) -> None:
        """Raise CancelledError where nobody wants the answer any more, TimeLimitError where it took too long."""
        self._turns.check()
        if self._whose.gone():
            raise CancelledError(GONE)
        if self.seconds > self._turns.longest:
            raise TimeLimitError(
                f"This was stopped after {seconds_words(self.seconds)}: one run may take "
                f"{seconds_words(self._turns.longest)} here. Choose a smaller working size or fewer networks."
            )

    def heeded(self, step: Step) -> Step:
        """A step that tells `step`, and raises what `check` does."""
        return _heeding(self.check, step)


class Turns:
    """Tickets of everybody who waits. Of each visitor the oldest is next, and visitors take turns.

    `places` bounds how many wait, `longest` how many seconds one job may run; `now` gives seconds from any point in
    time. So many as `elsewhere` says run at once on other processes, beside one in this; at 0 all run in this.
    """

    def __init__(
        self,
        places: int = PLACES,
        longest: float = math.inf,
        now: Callable[[], float] = time.monotonic,
        elsewhere: int = 0,
    ) -> None:
        self.places, self.longest, self.now, self.elsewhere = places, longest, now, elsewhere
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._waiting: set[_Ticket] = set()
        self._served: dict[str, int] = {}  # by visitor, when his last turn began, as a number
        self._lanes = {False: _Lane(1), True: _Lane(elsewhere)}  # by whether it is elsewhere
        self._closed = False

    @contextmanager
    def taken(
        self,
        tell: Callable[[int], object] = lambda before: None,
        background: bool = False,
        earlier: float | None = None,
        elsewhere: bool = False,
    ) -> Iterator[Held]:
        """The block runs when it is its turn. Meanwhile `tell(how many come before)` is called, which may raise.

        `elsewhere` says that its networks run on other processes, where there are any.

        Raises BusyError where too many wait already, unless this goes on with a job that had `earlier` seconds.
        """
        whose = visit()
        ticket = _Ticket(next(self._numbers), whose.who, background, elsewhere and self.elsewhere > 0)
        self._wait(ticket, tell, whose, bound=not background and earlier is None)
        lane = self._lanes[ticket.elsewhere]
        held = Held(self, whose, -math.inf if background else earlier or 0.0)
        began = self.now()
        try:
            yield held
        finally:
            with self._changed:
                lane.taken -= 1
                lane.learn(self.now() - began)
                self._changed.notify_all()

    @property
    def wanted(self) -> bool:
        """Whether somebody waits to run in this process; who runs long there may give way to him."""
        return any(not one.elsewhere for one in tuple(self._waiting))

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether somebody runs networks."""
        return self.running > 0

    @property
    def running(self) -> int:
        """How many run networks."""
        return sum(lane.taken for lane in self._lanes.values())

    def expected_seconds(self, before: int, elsewhere: bool = False) -> float:
        """How long one waits behind so many, as turns have gone lately; 0 while none has ended."""
        return self._lanes[elsewhere and self.elsewhere > 0].expected(before)

    def close(self) -> None:
        """Nobody's turn comes any more: who waits, or asks later, gets a CancelledError."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def heeded(self, step: Step) -> Step:
        """A step that tells `step`, and raises CancelledError once turns are closed: for who runs."""
        return _heeding(self.check, step)

    def check(self) -> None:
        """Raise CancelledError once turns are closed."""
        if self._closed:
            raise CancelledError(ENDING)

    def _wait(self, ticket: _Ticket, tell: Callable[[int], object], whose: Visit, bound: bool) -> None:
        lane = self._lanes[ticket.elsewhere]
        with self._changed:
            self.check()
            if bound:
                self._refuse_too_many(ticket.visitor)
            self._waiting.add(ticket)
            try:
                while (before := self._before(ticket)) or lane.full:
                    tell(lane.full + before)
                    self._changed.wait(ASKED_EVERY)
                    self.check()
                    if whose.gone():
                        raise CancelledError(GONE)
                lane.taken += 1
                self._served[ticket.visitor] = next(self._numbers)
            finally:
                self._waiting.discard(ticket)
                if not self._waiting:  # nobody remembers whose turn it was
                    self._served = {ticket.visitor: self._served.get(ticket.visitor, 0)}
                self._changed.notify_all()

    def _before(self, ticket: _Ticket) -> int:
        """How many come before it of those that run where it does."""
        return [one for one in self._order() if one.elsewhere == ticket.elsewhere].index(ticket)

    def _order(self) -> list[_Ticket]:
        """Who waits, the next one first: all visitors' oldest, then their second ones; who had a turn last comes last.

        Nobody's tickets in the background come after all others.
        """
        own: Counter[tuple[str, bool]] = Counter()
        keys = {}
        for one in sorted(self._waiting, key=lambda one: one.number):
            place = own[one.visitor, one.background]
            own[one.visitor, one.background] += 1
            keys[one] = (one.background, place, self._served.get(one.visitor, 0), one.number)
        return sorted(keys, key=keys.__getitem__)

    def _refuse_too_many(self, visitor: str) -> None:
        """Raise BusyError where all places are taken, or half of them by this visitor."""
        asked = [one for one in self._waiting if not one.background]
        own = sum(one.visitor == visitor for one in asked)
        if len(asked) >= self.places:
            raise BusyError(self.busy_words(len(asked)))
        if visitor and own >= max(1, self.places // 2):
            raise BusyError(f"You have {own} runs waiting, which is as many as one visitor may; wait for one to end.")

    def waiting_words(self, before: int, elsewhere: bool = False) -> str:
        """What is said to who waits behind so many."""
        expected = self.expected_seconds(before, elsewhere)
        about = f", for about {seconds_words(expected)}" if expected >= 1 else ""
        runs = " for another run to end" if before == 1 else f": {before} runs come before this one"
        return f"waiting{runs}{about}"

    def busy_words(self, waiting: int | None = None) -> str:
        """What is said to who finds no place any more."""
        many = self.waiting if waiting is None else waiting
        expected = max(lane.expected(many + lane.taken) for lane in self._lanes.values())
        last = f", the last of them for about {seconds_words(expected)}" if expected else ""
        runs = "1 run waits" if many == 1 else f"{many} runs wait"
        return f"{runs} already{last}, and no more can; try again later."


class Turn(AbstractContextManager["Turn"]):
    """One's turn among all who run networks: taken in the block when first needed, given back at its end.

    In between others may run, at moments of one's own choice.
    """

    def __init__(self, turns: Turns, tell: Callable[[int], object]) -> None:
        self._turns, self._tell = turns, tell
        self._open: AbstractContextManager[Held] | None = None
        self._held: Held | None = None
        self._seconds: float | None = None

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *raised: object) -> None:
        self._give_back()

    def take(self) -> None:
        """Wait for one's turn; who has it lets others run who wait, and waits again.

        Raises TimeLimitError once all its turns took longer together than one job may.
        """
        self._turns.check()
        if self._held is not None:
            self._held.check()
        if self._held is None or self._turns.wanted:
            self._give_back()
            self._take()

    def _take(self) -> None:
        turn = self._turns.taken(self._tell, earlier=self._seconds)
        self._held = turn.__enter__()
        self._open = turn

    def _give_back(self) -> None:
        turn, self._open = self._open, None
        if turn is not None and self._held is not None:
            self._seconds, self._held = self._held.seconds, None
            turn.__exit__(None, None, None)


def _heeding(check: Callable[[], object], step: Step) -> Step:
    """A step that asks `check` first, which may raise."""

    def heeding(done: float, what: str) -> None:
        check()
        step(done, what)

    return heeding


def seconds_words(seconds: float) -> str:
    """So many seconds, as one says it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
