"""An exam from its folder to its result, picture by picture; what was graded before an interruption stays."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vizlab.core.door import load_model
from vizlab.core.door.container import file_hash
from vizlab.core.door.door import checkpoint_name
from vizlab.core.model import Model
from vizlab.errors import DataError, InputError, one_line
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.replacing import made_folder, replace_text
from vizlab.study.exam.accuracy import refusal
from vizlab.study.exam.exchange import undefined
from vizlab.study.exam.explanations import STEPS, Sitting, missing
from vizlab.study.exam.folder import ExamFolder
from vizlab.study.exam.grading import EXPLANATIONS, grade, plain
from vizlab.study.exam.place import by_place
from vizlab.study.exam.result import KIND, VERSION, save_result
from vizlab.study.survey.worker import environment, exact

Counting = Callable[[int], AbstractContextManager[Callable[[int], object]]]
"""Opens a progress bar of that length."""
GRADING = 2
"""Of the way of grading: parts of another one are made again."""


@dataclass(frozen=True)
class Explaining:
    """Which explanations are graded, by name (see `EXPLANATIONS`); `steps` and `baselines` as in `Sitting`."""

    names: tuple[str, ...] = tuple(EXPLANATIONS)
    steps: int = STEPS
    baselines: tuple[Baselines, ...] = (Baselines(),)

    def __post_init__(self) -> None:
        """Raises InputError for an explanation that there is not."""
        if unknown := [name for name in self.names if name not in EXPLANATIONS]:
            raise InputError(
                f"'{one_line(unknown[0], 60)}' is no explanation that is graded; expected {', '.join(EXPLANATIONS)}."
            )

    def said(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "explanations": [name for name in EXPLANATIONS if name in self.names],
            "steps": self.steps,
            "baselines": [[one.rgb, one.depth] for one in self.baselines],
        }


EVERYTHING = Explaining()


@dataclass(frozen=True)
class Candidate:
    """A network before an exam: its checkpoint's path, name and SHA-256, on which device and in which precision."""

    path: Path
    name: str
    hash: str
    device: str
    precision: str
    explaining: Explaining

    def load(self) -> Model:
        return load_model(self.path, self.device, precision=self.precision)


def run_exam(
    checkpoints: Sequence[Path],
    data: Path,
    out: Path,
    counting: Counting,
    *,
    limit: int | None = None,
    device: str = "auto",
    precision: str = "float32",
    explaining: Explaining = EVERYTHING,
) -> dict[str, Any]:
    """Grade `checkpoints` by the exam in `data` and write the result to `out`; returns it, JSON-ready.

    What is graded of a picture is kept in the folder OUT.parts, so the same call goes on after an interruption; what
    was graded elsewhere, by another version or in another way is graded again. One network and one picture are held at
    a time, and nothing is computed in TF32. Raises DataError for a folder that is no exam, InputError where no network
    can sit it.
    """
    folder = ExamFolder(data, limit)
    names = [checkpoint_name(path.name) for path in checkpoints]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(f"Two checkpoints are called '{twice[0]}'; results are kept by name: rename one.")
    candidates = [
        Candidate(path, name, file_hash(path), device, precision, explaining)
        for path, name in zip(checkpoints, names, strict=True)
    ]
    parts = out.with_name(f"{out.name}.parts")
    made_folder(parts, DataError)
    with exact(torch.get_num_threads()), counting(len(candidates) * len(folder)) as progress:
        graded = [_sat(one, folder, parts, progress) for one in candidates]
    if all(one["refused"] for one in graded):
        raise InputError(graded[0]["refused"])
    values = assemble(folder, graded, explaining)
    save_result(values, out)
    return values


def _sat(candidate: Candidate, folder: ExamFolder, parts: Path, progress: Callable[[int], object]) -> dict[str, Any]:
    """One network through all pictures: what is said of it, and "rows" by picture."""
    model = candidate.load()
    said = {
        "name": candidate.name,
        "checkpoint": candidate.hash,
        "inputs": list(model.inputs),
        "environment": environment(model),
        "refused": refusal(model),
        "unexplained": "",
    }
    if said["refused"]:
        progress(len(folder))
        return {**said, "rows": []}
    rows = []
    for place in range(len(folder)):
        rows.append(_row(model, candidate, folder, place, parts))
        progress(1)
    return {**said, "unexplained": missing(model) or undefined(model, rows[0]["outputs"]), "rows": rows}


def partner(place: int, count: int) -> int:
    """The place of another picture: the other one of a pair, whatever `count` is, so that a longer run can go on.

    Each picture of an exam is of a room of its own. Of an odd number the last one takes the one before it; the only one
    has none but itself.
    """
    return place ^ 1 if place ^ 1 < count else max(0, place - 1)


def _row(model: Model, candidate: Candidate, folder: ExamFolder, place: int, parts: Path) -> dict[str, Any]:
    """What was graded of a picture, out of its part if there is one that still holds."""
    file = parts / f"{candidate.name}-{place:04d}.json"
    beside = partner(place, len(folder)) if len(model.inputs) > 1 else place
    key = _key(candidate, model, folder, place, beside)
    kept = _kept(file, key)
    if kept is None:
        other = None if beside == place else folder.read(beside).image
        how = candidate.explaining
        kept = grade(Sitting(model, folder.read(place), other, how.steps, how.baselines), folder.pair, how.names)
        replace_text(file, json.dumps({"key": key, "row": kept}), DataError)
    return kept


def _kept(file: Path, key: str) -> dict[str, Any] | None:
    try:
        part = json.loads(file.read_text())
        return part["row"] if part["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _key(candidate: Candidate, model: Model, folder: ExamFolder, place: int, beside: int) -> str:
    """By everything that decides what is graded, and all that is said of where it was."""
    decides = [
        GRADING, environment(model), candidate.hash, candidate.explaining.said() if len(model.inputs) > 1 else {},
        model.device.type, folder.digest(place), folder.digest(beside),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(decides).encode()).hexdigest()


def assemble(folder: ExamFolder, graded: Sequence[Mapping[str, Any]], explaining: Explaining) -> dict[str, Any]:
    """The result, JSON-ready, of what `_sat` says of each network."""
    rows = next(one["rows"] for one in graded if one["rows"])
    listed = [(place, thing) for place, row in enumerate(rows) for thing in row["objects"]]
    columns = ("number", "need", "built", "class", "what", "pattern", "raised", "pixels", "row", "column")
    objects: dict[str, Any] = {key: [thing[key] for _, thing in listed] for key in columns}
    places = plain(by_place(folder.read(place) for place in range(len(folder))))
    about = {
        "source": folder.source,
        "limits": list(folder.limits),
        "seed": folder.seed,
        "pair": list(folder.pair),
        "faults": sum(row["broken"] for row in rows),
        **explaining.said(),
    }
    return {
        "kind": KIND,
        "version": VERSION,
        "about": about,
        "pictures": list(folder.names),
        "objects": {
            "picture": [place for place, _ in listed], **objects, "place": places,
            "described": sum(row["described"] for row in rows),
        },
        "networks": [_joined(one) for one in graded],
    }  # fmt: skip


def _joined(one: Mapping[str, Any]) -> dict[str, Any]:
    """A network's rows as columns over all pictures, or over all objects."""
    rows: Sequence[Mapping[str, Any]] = one["rows"]
    outputs = {
        name: {
            **{key: [row["outputs"][name][key] for row in rows] for key in ("right", "labelled")},
            **{key: [value for row in rows for value in row["outputs"][name][key]] for key in ("objects", "pair")},
        }
        for name in (rows[0]["outputs"] if rows else ())
    }
    explanations: dict[tuple[str, str, str], dict[str, Any]] = {}
    for explanation in _explanations(rows):
        name = (explanation["explanation"], explanation["variant"], explanation["output"])
        whole = explanations.setdefault(name, {**explanation, "points": [], "interaction": None})
        whole["points"] = whole["points"] + explanation["points"]
        if explanation["interaction"] is not None:
            whole["interaction"] = (whole["interaction"] or []) + explanation["interaction"]
    said = {key: value for key, value in one.items() if key != "rows"}
    return {**said, "outputs": outputs, "explanations": list(explanations.values())}


def _explanations(rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        yield from row["explanations"]
