"""Turns go in the order of asking, background work last; who gives up leaves the queue."""

import threading
import time

import pytest

from tests.page.waiters import waits
from vizlab.errors import BusyError, TimeLimitError
from vizlab.page.guard.visit import Visit, visiting
from vizlab.page.turns import Turn, Turns


def test_the_order_of_asking_but_background_last() -> None:
    turns, done = Turns(), []
    with turns.taken():
        threads = [
            waits(turns, "", "idle", done, background=True),
            waits(turns, "", "a", done),
            waits(turns, "", "b", done),
        ]
        time.sleep(0.05)
        assert done == []
    for thread in threads:
        thread.join(5)
    assert done == ["a", "b", "idle"]


def test_who_waits_is_told_how_many_come_before() -> None:
    turns, done, told = Turns(), [], []
    with turns.taken():
        first = waits(turns, "", "a", done)
        with pytest.raises(KeyError), turns.taken(lambda before: (told.append(before), {}["gone"])):
            done.append("never")
    first.join(5)
    assert told == [2]
    assert done == ["a"]


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="inside"), turns.taken():
        raise ValueError("inside")
    with turns.taken():
        pass


def test_visitors_take_turns_however_many_runs_one_of_them_has() -> None:
    turns, done = Turns(), list[str]()
    with visiting(Visit("a")), turns.taken():
        threads = [waits(turns, "a", f"a{n}", done) for n in range(20)]
        threads += [waits(turns, who, f"{who}{n}", done) for n in range(2) for who in "bc"]
    for thread in threads:
        thread.join(10)
    # a has just run: b and c come first; then all three in the order of asking, until only a is left.
    assert done[:6] == ["b0", "c0", "a0", "b1", "c1", "a1"]
    assert done[6:] == [f"a{n}" for n in range(2, 20)]


def test_who_waits_is_told_his_place_among_visitors() -> None:
    turns, told = Turns(), list[int]()
    with visiting(Visit("a")), turns.taken():
        threads = [waits(turns, "a", "a", []) for _ in range(5)]
        with visiting(Visit("b")), pytest.raises(KeyError), turns.taken(lambda n: (told.append(n), {}["gone"])):
            pass
    for thread in threads:
        thread.join(5)
    assert told == [1]  # behind the one that runs alone


def test_who_left_frees_his_place() -> None:
    turns, done, gone = Turns(), list[str](), threading.Event()
    with turns.taken():
        first, second = waits(turns, "a", "a", done, gone), waits(turns, "b", "b", done)
        gone.set()
        first.join(5)
        assert turns.waiting == 1
    second.join(5)
    assert done == ["b"]


def test_places_are_bounded_in_all_and_for_one() -> None:
    turns, threads = Turns(places=4), []
    with turns.taken():
        threads = [waits(turns, "a", "a", []) for _ in range(2)]
        with visiting(Visit("a")), pytest.raises(BusyError, match="You have 2 runs waiting"), turns.taken():
            pass
        threads += [waits(turns, who, who, []) for who in "bc"]
        turns._lanes[False].seconds = 30.0
        with visiting(Visit("d")), pytest.raises(BusyError) as said, turns.taken():
            pass
        threads.append(waits(turns, "", "idle", [], background=True))
    for thread in threads:
        thread.join(5)
    assert str(said.value) == (
        "4 runs wait already, the last of them for about 2 min, and no more can; try again later."
    )  # five turns of 30 s: the one that runs and the four that wait
    with turns.taken():
        pass  # and there is room again


def test_a_run_that_takes_too_long_is_stopped_where_it_looks() -> None:
    clock = [0.0]
    turns = Turns(longest=60, now=lambda: clock[0])
    with turns.taken() as held:
        clock[0] = 60
        held.heeded(lambda done, what: None)(0.5, "")
        clock[0] = 61
        with pytest.raises(TimeLimitError, match=r"stopped after 61 s: one run may take 60 s here"):
            held.heeded(lambda done, what: None)(0.6, "")


def test_a_job_of_several_turns_counts_them_all_and_no_waiting() -> None:
    clock, other = [0.0], list[str]()
    turns = Turns(longest=60, now=lambda: clock[0])
    with Turn(turns, lambda before: None) as turn:
        turn.take()
        clock[0] += 40
        thread = waits(turns, "b", "b", other)
        turn.take()  # gives way to b and goes on
        thread.join(5)
        assert other == ["b"]
        clock[0] += 15
        turn.take()
        clock[0] += 10
        with pytest.raises(TimeLimitError):
            turn.take()


def test_who_goes_on_is_not_refused_for_lack_of_places() -> None:
    turns, done = Turns(places=1), list[str]()
    with Turn(turns, lambda before: None) as turn:
        turn.take()
        thread = waits(turns, "b", "b", done)
        turn.take()
    thread.join(5)
    assert done == ["b"]


def test_how_long_one_waits_follows_what_turns_take() -> None:
    clock = [0.0]
    turns = Turns(now=lambda: clock[0])
    assert turns.waiting_words(2) == "waiting: 2 runs come before this one"
    for _ in range(3):
        with turns.taken():
            clock[0] += 8
    assert turns.expected_seconds(3) == pytest.approx(24)
    assert turns.waiting_words(1) == "waiting for another run to end, for about 8 s"
