"""`python -m benchmarks.fuzz`: see the package."""

import argparse
import sys

from benchmarks.fuzz.parent import Outcome, run


def main() -> int:
    asked = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz", description=sys.modules["benchmarks.fuzz"].__doc__
    )
    asked.add_argument("--cases", type=int, default=2000)
    asked.add_argument("--first", type=int, default=0, help="the number of the first case, to see one again")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--seconds", type=float, default=30, help="that one file may take before its child is ended")
    asked.add_argument("--memory", type=float, default=4, help="GB that a child may map beyond its libraries")
    asked.add_argument("--workers", type=int, default=1)
    asked.add_argument("--keep", default="", help="a folder for the files that ended a child")
    given = asked.parse_args()
    outcome = run(
        range(given.first, given.first + given.cases),
        given.seed,
        seconds=given.seconds,
        memory=int(given.memory * 1e9),
        workers=given.workers,
        keep=given.keep,
    )
    print(_report(outcome))
    return int(bool(outcome.faults))


def _report(outcome: Outcome) -> str:
    lines = [f"case {number} ({kind}): {fault}" for number, kind, fault in sorted(outcome.faults)]
    counts = ", ".join(f"{count} {verdict}" for verdict, count in outcome.verdicts.most_common())
    lines.append(f"{outcome.verdicts.total()} files: {counts}; {len(outcome.faults)} faults")
    seconds, kind = outcome.slowest
    lines.append(f"slowest {seconds:.1f} s ({kind}), most memory added by one {outcome.most / 1e6:.0f} MB")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
