"""The process that reads changed files, one after another, and says before and after each what it does.

`python -m benchmarks.fuzz.child SEED STEP MEMORY KEEP FIRST LAST`: numbers from FIRST on, STEP apart, below LAST.
"""

import json
import os
import resource
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TextIO

import numpy as np

import vizlab
from benchmarks.fuzz.mutate import mutate
from benchmarks.fuzz.seeds import checkpoints, pictures
from vizlab.errors import VizlabError

_LONGEST = 700  # characters of a sentence
_PEAK = 1.3e9  # bytes that one file may add to the process
_SLOW = 10.0  # seconds


def main() -> None:
    seed, step, memory, keep, first, last = sys.argv[1:]
    warnings.simplefilter("ignore")
    _limit(int(memory))
    report = _own_stdout()
    kinds = {**{f"picture: {name}": data for name, data in pictures().items()}}
    kinds |= {f"checkpoint: {name}": data for name, data in checkpoints().items()}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(int(first), int(last), int(step)):
            kind, data = case(int(seed), number, kinds)
            _say(report, number=number, kind=kind)
            path = Path(keep or folder) / f"case{number}"
            path.write_bytes(data)
            _say(report, number=number, kind=kind, **_read(path, kind, number))
            path.unlink()


def case(seed: int, number: int, kinds: dict[str, bytes]) -> tuple[str, bytes]:
    """The kind and the bytes of case `number`: kinds in turn, changes drawn from `seed` and the number."""
    kind = list(kinds)[number % len(kinds)]
    return kind, mutate(kinds[kind], np.random.default_rng((seed, number)))


def _read(path: Path, kind: str, number: int) -> dict[str, object]:
    """What became of the file: `verdict`, with `fault` where it should not be; seconds and bytes."""
    start, before = time.perf_counter(), _peak()
    fault, verdict = "", "read"
    try:
        if kind.startswith("checkpoint"):
            vizlab.load_model(path, "cpu")
        else:
            role = ("colour", "depth")[number // 7 % 2]
            vizlab.read_rgbd(**{role: path})
    except VizlabError as err:
        verdict, fault = "refused", _what_is_wrong(str(err))
    except BaseException as err:  # whatever it is, it should have been a sentence
        verdict, fault = "leaked", f"{type(err).__name__}: {str(err)[:200]}"
    seconds, added = time.perf_counter() - start, _peak() - before
    if seconds > _SLOW:
        fault = fault or f"took {seconds:.0f} s"
    if added > _PEAK:
        fault = fault or f"took {added / 1e9:.1f} GB"
    return {"verdict": verdict, "fault": fault, "seconds": round(seconds, 3), "added": added}


def _what_is_wrong(sentence: str) -> str:
    if len(sentence) > _LONGEST:
        return f"a sentence of {len(sentence)} characters: {sentence[:200]}"
    if not sentence.isprintable():
        return f"unprintable: {sentence[:200]!r}"
    return "" if sentence.endswith(".") else f"no sentence: {sentence[:200]}"


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _limit(memory: int) -> None:
    """`memory` bytes on top of what is mapped once the libraries are there."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * os.sysconf("SC_PAGE_SIZE") + memory
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _own_stdout() -> TextIO:
    """Standard output for this module alone: libraries in C print there what they think of a file."""
    own = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return own


def _say(report: TextIO, **words: object) -> None:
    print(json.dumps(words), file=report, flush=True)


if __name__ == "__main__":
    main()
