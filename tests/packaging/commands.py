"""Running things as a user does: in processes of their own, with no settings of ours."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 300
"""Far more than anything here takes, so that a process that hangs is found."""


def run(
    command: Sequence[str | Path], cwd: Path, path: Sequence[Path] = (), seconds: float = SECONDS
) -> subprocess.CompletedProcess[str]:
    """The finished process; `path` are folders in which it finds packages before all others."""
    texts = [str(part) for part in command]
    env = environment(path)
    return subprocess.run(texts, cwd=cwd, env=env, capture_output=True, text=True, timeout=seconds, check=False)


def run_python(script: Path, *arguments: str | Path, cwd: Path, path: Sequence[Path] = ()) -> str:
    """What a script prints; fails with what it said where it ends in an error."""
    done = run([sys.executable, script, *arguments], cwd, path)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(path: Sequence[Path] = ()) -> dict[str, str]:
    """One thread a process, no settings of vizlab's, nothing asked of an index."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIZLAB_", "PYTHON", "PIP_"))}
    given = {"OMP_NUM_THREADS": "1", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    found = {"PYTHONPATH": os.pathsep.join(map(str, path))} if path else {}
    return {**kept, **given, **found, "NO_PROXY": "127.0.0.1,localhost"}
