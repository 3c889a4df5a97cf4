"""Turns where some run elsewhere: as many as there is room, beside one in this process, visitors in rotation."""

from contextlib import ExitStack

import pytest

from tests.page.waiters import waits
from vizlab.errors import BusyError
from vizlab.page.guard.visit import Visit, visiting
from vizlab.page.turns import Turn, Turns


def test_so_many_run_elsewhere_and_one_here() -> None:
    turns, done = Turns(elsewhere=2), list[str]()
    with ExitStack() as both:
        for elsewhere in (True, True, False):
            both.enter_context(turns.taken(elsewhere=elsewhere))  # nobody waits for another
        assert turns.running == 3
        threads = [
            waits(turns, "there", "there", done, elsewhere=True),
            waits(turns, "here", "here", done),
        ]
        assert (turns.waiting, done) == (2, [])
    for thread in threads:
        thread.join(5)
    assert sorted(done) == ["here", "there"]
    assert not turns.busy


def test_with_nobody_elsewhere_all_wait_for_each_other() -> None:
    turns, done = Turns(), list[str]()
    with turns.taken():
        thread = waits(turns, "a", "a", done, elsewhere=True)
        assert done == []
    thread.join(5)
    assert done == ["a"]


def test_who_waits_for_the_one_does_not_keep_the_other_up() -> None:
    """Nobody here waits behind those who wait for a replica, nor gives way to them."""
    turns, done = Turns(elsewhere=1), list[str]()
    with turns.taken(elsewhere=True):
        thread = waits(turns, "there", "there", done, elsewhere=True)
        assert not turns.wanted
        with Turn(turns, lambda before: pytest.fail("waits")) as turn:
            turn.take()
            turn.take()
            assert turns.running == 2
    thread.join(5)


def test_what_is_expected_is_of_where_one_waits() -> None:
    clock = [0.0]
    turns = Turns(elsewhere=4, now=lambda: clock[0], places=2)
    with turns.taken(elsewhere=True):
        clock[0] += 8
    assert turns.expected_seconds(2, elsewhere=True) == 4
    assert turns.expected_seconds(2) == 0
    assert turns.waiting_words(6, elsewhere=True) == "waiting: 6 runs come before this one, for about 12 s"
    with turns.taken():
        clock[0] += 30
    assert turns.expected_seconds(2) == 60
    assert turns.expected_seconds(2, elsewhere=True) == 4


def test_places_are_counted_over_both() -> None:
    turns, done = Turns(places=2, elsewhere=1), list[str]()
    with turns.taken(elsewhere=True), turns.taken():
        threads = [waits(turns, "a", "a", done, elsewhere=True), waits(turns, "b", "b", done)]
        with visiting(Visit("c")), pytest.raises(BusyError, match="2 runs wait already"), turns.taken(elsewhere=True):
            pass
    for thread in threads:
        thread.join(5)
