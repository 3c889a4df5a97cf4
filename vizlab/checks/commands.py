"""`vizlab check`: the table of each checkpoint."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import VizlabError


def check_command(
    checkpoints: Annotated[list[Path], typer.Argument(help="one or more checkpoints")],
    every: Annotated[bool, typer.Option("--all", help="a line for every finding, not for every property")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")] = "auto",
    weights: Annotated[
        str | None, typer.Option(help="which weights of a file that holds several: raw, ema, or their name in the file")
    ] = None,
) -> None:
    """Check what every network must be for its traces to be true: parts that sum up, cuts that cut, no leaks.

    Ends with exit code 1 if a property does not hold, or a file cannot be checked.
    """
    results = [_checked(path, every, device, weights) for path in checkpoints]
    if not all(results):
        raise typer.Exit(1)


def _checked(path: Path, every: bool, device: str, weights: str | None) -> bool:
    """Whether the network in that file has every property; prints the table, or the sentence that says why not."""
    from vizlab.checks.checking import check
    from vizlab.core.door import load_model

    try:
        report = check(load_model(path, device, weights=weights))
    except VizlabError as err:
        print(f"vizlab: {err}", file=sys.stderr)
        return False
    print(f"{report.table(every=True)}\n" if every else f"{report}\n")
    return report.ok
