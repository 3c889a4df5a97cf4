"""From a signal to the end of the process: work is cancelled, files are removed, all within a few seconds.

The process ends by `os._exit`. A thread that is inside a forward cannot be stopped from Python, and the interpreter's
own way out unwinds such threads through C++ code, which aborts ("terminate called without an active exception").
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

log = logging.getLogger("vizlab.page")

RUNS_END, SERVER_ENDS = 1.5, 1.0
"""Seconds that running work gets to end by itself, then open connections."""
ASKED_EVERY = 0.05


class Work(Protocol):
    """Whose turn it is to run networks, as `page.turns.Turns` knows it."""

    def close(self) -> None: ...

    @property
    def busy(self) -> bool: ...


class Stopping:
    """What is to be done when the process is asked to end, by SIGTERM or Ctrl-C. One a process."""

    def __init__(self) -> None:
        self._asked = False
        self._serving = False
        self._at_end: list[Callable[[], object]] = []

    @property
    def asked(self) -> bool:
        """Whether the process is about to end."""
        return self._asked

    def at_end(self, do: Callable[[], object]) -> None:
        """Call `do` before the process ends; what was given last comes first. It must take no more than a moment."""
        self._at_end.append(do)

    def heed(self) -> None:
        """Take the signals over. Must be called in the main thread; before `wait` they end the process at once."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def wait(self) -> None:
        """Return once a signal came. Polls: a lock could be held by the very thread that the signal interrupts."""
        self._serving = True
        while not self._asked:
            time.sleep(ASKED_EVERY)

    def leave(self, code: int = 0, said: str = "") -> None:
        """Do what is to be done at the end, say `said` as an error, and end the process with that code."""
        if said:
            print(said, file=sys.stderr)
        self.clean_up()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):  # a closed pipe
                continue
        os._exit(code)

    def clean_up(self) -> None:
        """Do what is to be done at the end, once; one failure does not keep the others from it."""
        while self._at_end:
            try:
                self._at_end.pop()()
            except Exception as err:
                log.warning("while stopping: %s", err)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        again, self._asked = self._asked, True
        if again or not self._serving:  # nobody waits for it, or not patiently
            self.leave(0 if not again else 128 + number)


def end_work(turns: Work, patience: float = RUNS_END) -> bool:
    """Let who waits give up and who runs end at its next step; whether nobody ran any more within `patience` s."""
    turns.close()
    until = time.monotonic() + patience
    while turns.busy and time.monotonic() < until:
        time.sleep(ASKED_EVERY)
    return not turns.busy


def join_threads(patience: float) -> bool:
    """Wait for the threads that the page began, by their names; whether all have ended within `patience` s."""
    until = time.monotonic() + patience
    ours = [one for one in threading.enumerate() if one.name.startswith("vizlab ")]
    for one in ours:
        if one is not threading.current_thread():
            one.join(max(0.0, until - time.monotonic()))
    return not any(one.is_alive() for one in ours)


def close_server(app: Any) -> None:
    """Close a launched app's server: no new requests; open ones get a second to end.

    Gradio's own `close` waits five. Those that do not end are left to the end of the process: cut off, each would
    write a traceback.
    """
    server, thread = app.server, getattr(app.server, "thread", None)
    if server is None or not isinstance(thread, threading.Thread):
        return
    app.is_running = False
    app.app.stop_event.set()  # ends the heartbeats of open pages
    server.should_exit = True
    thread.join(SERVER_ENDS)
