"""Children that read, watched: one that dies or takes too long is a fault of the file it was at, and is replaced."""

import json
import queue
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

_START = 120.0  # seconds that a child may take to import its libraries


@dataclass
class Outcome:
    """Verdicts by name, faults as (number, kind, what), and the extremes in seconds (with the kind) and bytes."""

    verdicts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")
    most: int = 0

    def add(self, said: dict[str, Any]) -> None:
        self.verdicts[said["verdict"]] += 1
        self.slowest = max(self.slowest, (said.get("seconds", 0.0), said["kind"]))
        self.most = max(self.most, said.get("added", 0))
        if said["fault"]:
            self.faults.append((said["number"], said["kind"], said["fault"]))


def run(
    cases: range, seed: int, *, seconds: float = 30, memory: int = 4_000_000_000, workers: int = 1, keep: str = ""
) -> Outcome:
    """Read the changed files of numbers `cases` in `workers` children; `seconds` and `memory` (bytes) bound each."""
    outcome, lock = Outcome(), threading.Lock()

    def work(first: int) -> None:
        while first < cases.stop:
            options = (str(seed), str(workers), str(memory), keep, str(first), str(cases.stop))
            first = _watch(options, seconds, outcome, lock) + workers

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(cases.start, min(cases.start + workers, cases.stop))))
    return outcome


def _watch(options: tuple[str, ...], seconds: float, outcome: Outcome, lock: threading.Lock) -> int:
    """One child until it is done or ended; the number of the last case it was at."""
    command = [sys.executable, "-X", "faulthandler", "-m", "benchmarks.fuzz.child", *options]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_pump, args=(child, lines), daemon=True).start()
    at: dict[str, Any] | None = None
    last, step, stop = int(options[4]) - int(options[1]), int(options[1]), int(options[5])
    reason = ""
    while True:
        try:
            line = lines.get(timeout=_START if at is None and last < int(options[4]) else seconds)
        except queue.Empty:
            reason = f"ended after {seconds:g} s"
            child.kill()
            break
        if line is None:
            break
        said = json.loads(line)
        last = said["number"]
        at = None if "verdict" in said else said
        if at is None:
            with lock:
                outcome.add(said)
    code = child.wait()
    if at is not None:
        with lock:
            outcome.add({**at, "verdict": "ended", "fault": reason or f"the process ended with {code}"})
    elif last + step < stop:
        raise RuntimeError(f"The child that reads ended with {code} between two files, after number {last}.")
    return last


def _pump(child: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert child.stdout is not None
    for line in child.stdout:
        lines.put(line)
    child.stdout.close()
    lines.put(None)
