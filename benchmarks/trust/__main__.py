"""`python -m benchmarks.trust`: see the package."""

import argparse
import sys
from pathlib import Path

from benchmarks.trust.record import FILE, Trial


def main(given: list[str] | None = None) -> None:
    """Run the trial that the command line names."""
    asked = _parser().parse_args(given)
    arguments = vars(asked)
    if asked.trial == "text":
        from benchmarks.trust.text import write_text

        write_text(asked.out, asked.out.with_suffix(".md"))
        return
    trial = Trial(asked.trial, arguments, asked.out)
    if asked.trial == "soak":
        from benchmarks.trust.soak import soak

        height, width = map(int, asked.size.split("x"))
        soak(trial, asked.note, asked.count, asked.minutes, asked.cache_mb, (height, width), asked.most_gb)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trust", description=sys.modules["benchmarks.trust"].__doc__
    )
    trials = parser.add_subparsers(dest="trial", required=True)

    def add(name: str, said: str, minutes: float) -> argparse.ArgumentParser:
        one = trials.add_parser(name, help=said, description=said)
        one.add_argument("--out", type=Path, default=FILE, help="the file of all trials' figures")
        one.add_argument("--note", default="", help="what else the machine does meanwhile")
        one.add_argument("--minutes", type=float, default=minutes, help="after which it ends, however far it is")
        return one

    one = add("soak", "memory after many analyses", 240)
    one.add_argument("--count", type=int, default=1000, help="analyses")
    one.add_argument("--cache-mb", type=int, default=100)
    one.add_argument("--size", default="120x160", help="of the pictures, HEIGHTxWIDTH")
    one.add_argument("--most-gb", type=float, default=4, help="of memory, at which it ends")
    return parser


if __name__ == "__main__":
    main()
