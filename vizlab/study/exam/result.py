"""The result of an exam: what networks and explanations said of every object, in one JSON file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vizlab.errors import DataError, one_line
from vizlab.replacing import replace_text
from vizlab.scenes.exam.needs import CODES, NEEDS
from vizlab.study.exam.explanations import Explained
from vizlab.study.exam.needs import kinds
from vizlab.tasks import NYU40_CLASSES

KIND, VERSION = "exam", 2
FILE = "exam.json"
MOST_BYTES = 2**26
"""Of a file: one from elsewhere may be of any size."""
RESAMPLES, SEED = 1000, 0
"""Of the bootstrap over pictures by which all intervals are taken."""


@dataclass(frozen=True, eq=False)
class Objects:
    """The n objects that were asked about: the place of each one's picture, its kind (a code, see `needs.NAMES`),
    class and visible pixels.

    (n,) each; `row` and `column` are those of its centre, as shares of the picture's height and width, `place` what
    `by_place` says. `what` are words, `described` counts all that the exam holds, also those that were not asked about.
    """

    picture: np.ndarray
    kind: np.ndarray
    index: np.ndarray
    pixels: np.ndarray
    row: np.ndarray
    column: np.ndarray
    place: np.ndarray
    what: tuple[str, ...]
    described: int

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, eq=False)
class OutputMarks:
    """Of one output: pixels `right` and `labelled` (N, 6) by picture and need, `objects` and `pair` (n,) as in
    `Marks`."""

    right: np.ndarray
    labelled: np.ndarray
    objects: np.ndarray
    pair: np.ndarray

    @property
    def told(self) -> np.ndarray:
        """(n,) bool: objects the majority of whose pixels is named rightly."""
        return self.objects > 0.5


@dataclass(frozen=True, eq=False)
class NetworkMarks:
    """Of one network: its `outputs` by name, the answer last, and `explanations` over all objects.

    `refused` says why it could not sit the exam, `unexplained` why it has no explanations, or some have none; empty
    otherwise. `environment` is that of its forwards.
    """

    name: str
    checkpoint: str
    inputs: tuple[str, ...]
    environment: Mapping[str, str]
    outputs: Mapping[str, OutputMarks]
    explanations: tuple[Explained, ...]
    refused: str = ""
    unexplained: str = ""

    @property
    def answer(self) -> str:
        """The name of its final answer."""
        return list(self.outputs)[-1]


@dataclass(frozen=True, eq=False)
class ExamResult:
    """`pictures` by name in order, what was asked, and what each network and its explanations said.

    `about` has the exam's "source", "limits", "seed" (None: not known), "pair" of classes of what needs both, and
    "faults", in how many pictures a sensor is broken; of what was graded "explanations", by name, the "steps" of
    integrated gradients and the "baselines" of all gradients, pairs of names.
    """

    pictures: tuple[str, ...]
    objects: Objects
    networks: tuple[NetworkMarks, ...]
    about: Mapping[str, Any]

    @property
    def graded(self) -> tuple[NetworkMarks, ...]:
        """The networks that sat it."""
        return tuple(one for one in self.networks if not one.refused)


def save_result(values: Mapping[str, Any], path: Path) -> None:
    """Write what `assemble` gave; raises DataError if it cannot be written."""
    replace_text(path, json.dumps(values, separators=(",", ":")) + "\n", DataError)


def load_result(path: str | Path) -> ExamResult:
    """What `save_result` wrote; raises DataError for anything else."""
    name = one_line(Path(path).name, 80)
    wanted = f"expected the {FILE} that `vizlab exam` wrote."
    if not Path(path).is_file():
        raise DataError(f"There is no file '{name}'; {wanted}")
    if (size := Path(path).stat().st_size) > MOST_BYTES:
        raise DataError(f"'{name}' has {size / 2**20:.0f} MiB; at most {MOST_BYTES // 2**20} are read.")
    try:
        values = json.loads(Path(path).read_text())
        if values["kind"] != KIND or values["version"] != VERSION:
            raise ValueError("another kind")
        return result_of(values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as err:
        raise DataError(f"'{name}' is no result of an exam; {wanted}") from err


def result_of(values: Mapping[str, Any]) -> ExamResult:
    """The result out of its JSON; raises ValueError, KeyError or TypeError for what does not fit together."""
    listed, pictures = values["objects"], tuple(map(str, values["pictures"]))
    objects = _objects(listed)
    if not pictures or _outside(objects.picture, len(pictures)):
        raise ValueError("objects of no picture")
    networks = tuple(_network(one, len(objects), len(pictures)) for one in values["networks"])
    return ExamResult(pictures, objects, networks, _about(values["about"]))


def _objects(listed: Mapping[str, Any]) -> Objects:
    picture, need, index, pixels = (np.array(listed[key], int) for key in ("picture", "need", "class", "pixels"))
    what, built = tuple(map(str, listed["what"])), np.array([CODES[name] for name in listed["built"]], int)
    row, column, place = (_column(listed[key], len(need)) for key in ("row", "column", "place"))
    if {len(one) for one in (picture, index, pixels, what, built)} != {len(need)} or _outside(need, len(NEEDS)):
        raise ValueError("objects that do not fit")
    kind = kinds(need, built)
    return Objects(picture, kind, index, pixels, row, column, place, what, int(listed["described"]))


def _about(values: Mapping[str, Any]) -> dict[str, Any]:
    first, second = (range(len(NYU40_CLASSES))[int(index)] for index in values["pair"])
    seed = None if values["seed"] is None else int(values["seed"])
    limits = [str(limit) for limit in values["limits"]]
    return {
        "source": str(values["source"]), "limits": limits, "seed": seed, "pair": (first, second),
        "faults": int(values["faults"]), "steps": int(values["steps"]),
        "explanations": [str(name) for name in values["explanations"]],
        "baselines": [(str(rgb), str(depth)) for rgb, depth in values["baselines"]],
    }  # fmt: skip


def _outside(places: np.ndarray, count: int) -> bool:
    return bool(places.size) and not 0 <= places.min() <= places.max() < count


def _network(values: Mapping[str, Any], objects: int, pictures: int) -> NetworkMarks:
    outputs = {
        str(name): OutputMarks(
            _table(one["right"], (pictures, len(NEEDS))), _table(one["labelled"], (pictures, len(NEEDS))),
            _column(one["objects"], objects), _column(one["pair"], objects),
        )
        for name, one in values["outputs"].items()
    }  # fmt: skip
    explanations = tuple(
        Explained(
            str(one["explanation"]), str(one["variant"]), str(one["output"]), _column(one["points"], objects),
            None if one["interaction"] is None else _column(one["interaction"], objects),
        )
        for one in values["explanations"]
    )  # fmt: skip
    refused = str(values["refused"])
    if bool(outputs) == bool(refused) or any(one.output not in outputs for one in explanations):
        raise ValueError("a network that does not fit")
    environment = {str(key): str(value) for key, value in values["environment"].items()}
    return NetworkMarks(
        str(values["name"]), str(values["checkpoint"]), tuple(map(str, values["inputs"])), environment, outputs,
        explanations, refused, str(values["unexplained"]),
    )  # fmt: skip


def _table(values: Any, shape: tuple[int, int]) -> np.ndarray:
    return np.array(values, int).reshape(shape)


def _column(values: Sequence[float | None], count: int) -> np.ndarray:
    column = np.array([np.nan if value is None else float(value) for value in values])
    if len(column) != count:
        raise ValueError("a column of another length")
    return column
