"""Processes that are killed: forked from this one, which has its libraries already, so that kills fall into work."""

import multiprocessing
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

from vizlab.errors import VizlabError

KILLED = -9
"""Exit code of a process that SIGKILL ended."""


def started(do: Callable[[], object], log: Path) -> BaseProcess:
    """A process that runs `do`, whose output goes to the end of `log`. Raises RuntimeError in a process of threads:
    what they hold at a fork stays held in the child.
    """
    if threading.active_count() > 1:
        raise RuntimeError(f"There are {threading.active_count()} threads; a process is forked from one alone.")
    child = multiprocessing.get_context("fork").Process(target=_run, args=(do, log))
    child.start()
    return child


def run(do: Callable[[], object], log: Path, kill_after: float | None = None) -> tuple[int, float]:
    """Run `do` in a process, killed after so many seconds; its exit code and how long it ran."""
    began = time.monotonic()
    child = started(do, log)
    child.join(kill_after)
    if child.is_alive():
        child.kill()
        child.join()
    return int(child.exitcode or 0), time.monotonic() - began


def _run(do: Callable[[], object], log: Path) -> None:
    """The child: 0 where `do` returns, 1 where it raises, with its sentence in the log or a traceback."""
    sys.stdout = sys.stderr = file = log.open("a", buffering=1)
    os.dup2(file.fileno(), 1)
    os.dup2(file.fileno(), 2)
    code = 1
    try:
        do()
        code = 0
    except VizlabError as err:
        print(f"vizlab: {err}", file=sys.stderr)
    except SystemExit as err:  # of the command line, which has said why
        code = int(err.code or 0)
    except BaseException:
        traceback.print_exc()
    file.flush()
    os._exit(code)
