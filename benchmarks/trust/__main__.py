"""`python -m benchmarks.trust`: see the package."""

import argparse
import signal
import sys
from pathlib import Path

from benchmarks.trust.record import FILE, Trial


def main(given: list[str] | None = None) -> None:
    """Run the trial that the command line names."""
    asked = _parser().parse_args(given)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))  # what it has begun ends with it
    arguments = vars(asked)
    if asked.trial == "text":
        from benchmarks.trust.text import write_text

        write_text(asked.out, asked.out.with_suffix(".md"))
        return
    trial = Trial(asked.trial, arguments, asked.out)
    if asked.trial == "load":
        from benchmarks.trust.load import load

        load(
            trial, asked.note, asked.visitors, asked.crowd, asked.minutes, asked.size, asked.cache_mb,
            asked.places, asked.most_gb,
        )  # fmt: skip
    elif asked.trial == "soak":
        from benchmarks.trust.soak import soak

        soak(trial, asked.note, asked.count, asked.minutes, asked.cache_mb, asked.size, asked.most_gb)
    elif asked.trial == "kills":
        from benchmarks.trust.kills import kills

        kills(trial, asked.note, asked.count, asked.minutes, asked.seed, asked.only)
    elif asked.trial == "disk":
        from benchmarks.trust.disk import disk

        disk(trial, asked.note, asked.minutes, asked.only)
    elif asked.trial == "fuzz":
        from benchmarks.trust.fuzz import fuzz

        fuzz(trial, asked.note, asked.count, asked.minutes, asked.seed)


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

    one = add("load", "many visitors at once", 10)
    one.add_argument("--visitors", type=int, default=50)
    one.add_argument("--crowd", type=int, default=120, help="who come at once in the end, more than there are places")
    one.add_argument("--places", type=int, default=64, help="for runs that wait")
    _of_a_page(one)
    one = add("soak", "memory after many analyses", 240)
    one.add_argument("--count", type=int, default=1000, help="analyses")
    _of_a_page(one)
    one = add("kills", "SIGKILL at random moments", 120)
    one.add_argument("--count", type=int, default=100)
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--only", nargs="*", default=[], help="some of train study exam sweep report page")
    one = add("disk", "a disk that is full", 60)
    one.add_argument("--only", nargs="*", default=[], help="some of page train study exam sweep report trace ...")
    one = add("fuzz", "files damaged at random", 600)
    one.add_argument("--count", type=int, default=10_000)
    one.add_argument("--seed", type=int, default=0)
    text = trials.add_parser("text", help="make the text of what was found")
    text.add_argument("--out", type=Path, default=FILE, help="the file of all trials' figures; the text lies beside it")
    return parser


def _of_a_page(one: argparse.ArgumentParser) -> None:
    one.add_argument("--cache-mb", type=int, default=100)
    one.add_argument("--size", type=_size, default="120x160", help="of the pictures, HEIGHTxWIDTH")
    one.add_argument("--most-gb", type=float, default=4, help="of memory, at which it ends")


def _size(text: str) -> tuple[int, int]:
    height, width = map(int, text.split("x"))
    return height, width


if __name__ == "__main__":
    main()
