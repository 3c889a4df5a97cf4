"""Turns go in the order of asking, background work last; who gives up leaves the queue."""

import threading
import time

import pytest

from vizlab.page.turns import Turns


def run(turns: Turns, name: str, done: list[str], background: bool = False) -> threading.Thread:
    """A thread that waits for its turn; returns once it does wait."""
    waits = threading.Event()

    def work() -> None:
        with turns.taken(lambda before: waits.set(), background):
            done.append(name)

    thread = threading.Thread(target=work)
    thread.start()
    assert waits.wait(5)
    return thread


def test_the_order_of_asking_but_background_last() -> None:
    turns, done = Turns(), []
    with turns.taken():
        threads = [run(turns, "idle", done, background=True), run(turns, "a", done), run(turns, "b", done)]
        time.sleep(0.05)
        assert done == []
    for thread in threads:
        thread.join(5)
    assert done == ["a", "b", "idle"]


def test_who_waits_is_told_how_many_come_before() -> None:
    turns, done, told = Turns(), [], []
    with turns.taken():
        first = run(turns, "a", done)
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
