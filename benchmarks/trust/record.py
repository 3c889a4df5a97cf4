"""What trials have found, in one file: each trial's figures beside when, where and how it was run."""

import datetime
import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks.page_process import ROOT
from vizlab.errors import DataError
from vizlab.replacing import replace_text

FILE = ROOT / "docs" / "trust.json"
VERSION = 1


class Trial:
    """One trial under way: `record` writes it down, again and again if it is long."""

    def __init__(self, name: str, arguments: Mapping[str, Any], out: Path = FILE) -> None:
        self.name, self.out = name, out
        self._began = time.monotonic()
        self._about = {
            "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M"),
            "commit": _commit(),
            "arguments": {key: value for key, value in arguments.items() if key not in ("trial", "out", "note")},
            "machine": machine(),
        }

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    def record(self, figures: Mapping[str, Any], note: str = "") -> None:
        """Put the figures into the file in place of what an earlier trial of that name found; `note` says what else
        the machine did."""
        load = round(os.getloadavg()[2], 1)
        found = {**self._about, "seconds": round(self.seconds), "load_average": load, "note": note}
        trials = {**read(self.out), self.name: {**found, "figures": dict(figures)}}
        text = json.dumps({"version": VERSION, "trials": dict(sorted(trials.items()))}, indent=1)
        replace_text(self.out, text + "\n", DataError)


def read(path: Path = FILE) -> dict[str, Any]:
    """Trials by name; none where there is no file. Raises DataError for a file of another version."""
    if not path.is_file():
        return {}
    found = json.loads(path.read_text())
    if found.get("version") != VERSION:
        raise DataError(
            f"'{path.name}' is of version {found.get('version')}; expected {VERSION}: run the trials again."
        )
    trials: dict[str, Any] = found["trials"]
    return trials


def machine() -> dict[str, Any]:
    """What this process runs on: cores of the machine and those it may use, memory, versions."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "cores_used": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _commit() -> str:
    """The commit that is checked out; a plus where files differ from it, empty where there is none."""
    try:
        command = ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
