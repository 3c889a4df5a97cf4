"""Baselines whose weights do not ship: one JSON file with what `vizlab eval --write-baseline` measured of each."""

import json
from dataclasses import replace
from pathlib import Path

from vizlab.errors import DataError
from vizlab.replacing import replace_text
from vizlab.study.evaluation.results import Result, rounded

FILE = "baselines.json"
"""The file's name in a folder of checkpoints."""


def read_baselines(path: Path) -> tuple[Result, ...]:
    """The results in `path`, by name; none if there is no such file. Raises DataError if it is something else."""
    if not path.is_file():
        return ()
    try:
        return tuple(Result.from_dict(values) for values in json.loads(path.read_text()))
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise DataError(
            f"'{path}' holds no baselines ({type(err).__name__}: {err}); expected what `vizlab eval --write-baseline` "
            "writes. Remove it and write it again."
        ) from err


def write_baseline(path: Path, result: Result) -> None:
    """Put `result` into `path`, in the place of an earlier one of that name, with scores as cards keep them."""
    result = replace(result, outputs=rounded(result.outputs))
    others = [known for known in read_baselines(path) if known.name != result.name]
    ordered = sorted([*others, result], key=lambda r: (r.late_fusion, r.name))
    replace_text(path, json.dumps([r.to_dict() for r in ordered], indent=2) + "\n", DataError)
