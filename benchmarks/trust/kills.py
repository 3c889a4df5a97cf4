"""SIGKILL at random moments: what is left of a file, what the next run makes of it, and of a page and its visitors."""

import contextlib
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.trust.children import KILLED, run
from benchmarks.trust.commands import Command, Inputs, long_commands
from benchmarks.trust.killed_page import PageKills
from benchmarks.trust.record import Trial
from benchmarks.trust.whole import broken, files_below, parts_below

PAGE = "page"
TAKES = 1800.0
"""Seconds after which a run that nobody killed counts as one that hangs."""


@dataclass
class Found:
    """Of one command: how often it was killed; how many runs were then gone on with to their end, and how many of
    those came to other bytes; files that were not whole, by name; parts that were left; faults in words.
    """

    kills: int = 0
    finished: int = 0
    differing: int = 0
    broken: list[str] = field(default_factory=list)
    parts: int = 0
    faults: list[str] = field(default_factory=list)


def kills(trial: Trial, note: str, count: int, minutes: float, seed: int, only: Sequence[str]) -> None:
    """Kill `count` times, spread over the page and all commands or `only` some, and record what came of it."""
    torch.set_num_threads(1)  # a pool of threads would not be there in a child
    rng, until = random.Random(seed), time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as name:
        folder, found = Path(name), dict[str, Any]()
        known = {command.name: command for command in long_commands(Inputs(folder / "inputs"))}
        names = [name for name in (*known, PAGE) if not only or name in only]
        for place, name in enumerate(names):
            wanted = count // len(names) + (place < count % len(names))
            share = time.monotonic() + (until - time.monotonic()) / (len(names) - place)
            if name == PAGE:
                result = PageKills(folder / name, rng).kill(wanted, share)
            else:
                result = asdict(_killed(known[name], folder / name, wanted, rng, share))
            found[name] = {"wanted": wanted, **result}
            trial.record({"seed": seed, "wanted": count, "kills": sum(f["kills"] for f in found.values()),
                          "of": found}, note)  # fmt: skip
            print(name, found[name], flush=True)


def _killed(command: Command, folder: Path, wanted: int, rng: random.Random, until: float) -> Found:
    """One command killed and gone on with, again and again, against a run that nobody killed."""
    found, log = Found(), folder / "log"
    (folder / "whole").mkdir(parents=True)
    code, seconds = run(lambda: command.run(folder / "whole"), log, TAKES)
    expected = _results(command, folder / "whole")
    if code or not expected:
        found.faults.append(f"it ended with {code} without being killed, and {len(expected)} results: {_end_of(log)}")
        return found

    def moments() -> Iterator[float]:
        """Those of one run at which it is killed: any that a whole one takes, as long as kills are wanted."""
        while found.kills < wanted and time.monotonic() < until:
            yield rng.uniform(0, seconds)

    while found.kills < wanted and time.monotonic() < until:
        out = folder / f"run-{found.finished}"
        out.mkdir()
        _one_run(command, out, log, moments(), found)
        found.finished += 1
        found.differing += _results(command, out) != expected
    return found


def _one_run(command: Command, out: Path, log: Path, moments: Iterator[float], found: Found) -> None:
    """From nothing to the end; each try is killed at the next of the moments, in seconds, if it is still there."""
    while True:
        after = next(moments, None)
        code, _ = run(lambda: command.run(out), log, TAKES if after is None else after)
        if code != KILLED or after is None:  # or it hangs
            if code:
                found.faults.append(f"it ended with {code} after a kill: {_end_of(log)}")
            return
        found.kills += 1
        found.broken += broken(files_below(out))
        found.parts = max(found.parts, parts_below(out))


def _results(command: Command, out: Path) -> dict[str, bytes]:
    paths = {path for pattern in command.results for path in out.glob(pattern)}
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(paths)}


def _end_of(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = [line for line in log.read_text().splitlines() if line.strip()]
        return " / ".join(lines[-2:])[:300]
    return ""
