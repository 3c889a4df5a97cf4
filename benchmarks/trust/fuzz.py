"""Files damaged at random, each read in a child with bounds: see `benchmarks.fuzz`."""

import time
from collections import Counter

from benchmarks.fuzz.parent import run
from benchmarks.trust.record import Trial

AT_ONCE = 200
"""Files between two records."""
SECONDS, MEMORY = 30.0, 4_000_000_000
"""That one file may take, and bytes that its child may map beyond its libraries."""
SHOWN = 20


def fuzz(trial: Trial, note: str, count: int, minutes: float, seed: int) -> None:
    """Read up to `count` files in `minutes`, and record what became of them."""
    until, verdicts, faults = time.monotonic() + 60 * minutes, Counter[str](), list[str]()
    slowest, most = (0.0, ""), 0
    for first in range(0, count, AT_ONCE):
        if time.monotonic() > until:
            break
        outcome = run(range(first, min(first + AT_ONCE, count)), seed, seconds=SECONDS, memory=MEMORY)
        verdicts += outcome.verdicts
        faults += [f"{number} ({kind}): {fault}" for number, kind, fault in outcome.faults]
        slowest, most = max(slowest, outcome.slowest), max(most, outcome.most)
        trial.record(
            {
                "seed": seed, "wanted": count, "done": verdicts.total(), "verdicts": dict(verdicts.most_common()),
                "faults": len(faults), "first_faults": faults[:SHOWN],
                "slowest_seconds": round(slowest[0], 1), "slowest_kind": slowest[1], "most_mb": round(most / 1e6),
            },
            note,
        )  # fmt: skip
        print(verdicts.total(), len(faults), flush=True)
