"""A run that its visitor gives up, and nobody else's."""

import pytest

from vizlab.errors import CancelledError
from vizlab.page.running import Running


def test_a_run_ends_at_its_next_step_after_stop() -> None:
    running, told = Running(), []
    with running.by("a", lambda done, what: told.append((done, what))) as step:
        step(0.2, "first")
        running.stop("a")
        with pytest.raises(CancelledError, match="Stopped"):
            step(0.4, "second")
    assert told == [(0.2, "first")]


def test_others_go_on_and_so_does_the_next_run() -> None:
    running = Running()
    with running.by("a", lambda done, what: None), running.by("b", lambda done, what: None) as theirs:
        running.stop("a")
        theirs(0.5, "still here")
    running.stop("a")
    with running.by("a", lambda done, what: None) as step:
        step(0.1, "anew")
