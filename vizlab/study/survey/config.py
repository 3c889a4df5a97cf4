"""What a study measures: one TOML file.

checkpoints = ["../checkpoints/one.safetensors", "../checkpoints/two.safetensors"]   # seen from the file's folder
split = "test"
seed = 0
resamples = 1000

[measures.traces]

[measures.corruptions]
every = 6        # each sixth picture only; whatever else stands in the table is the measure's own
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from vizlab.core.door.door import checkpoint_name
from vizlab.core.door.file_sets import checkpoint_files
from vizlab.errors import DataError
from vizlab.study.survey.measures import Measure, make_measure
from vizlab.study.toml_files import read_toml


@dataclass(frozen=True)
class Asked:
    """One measure as a configuration asks for it: of each `every`-th picture, with `options` of its own."""

    name: str
    every: int = 1
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self, seed: int = 0) -> Measure:
        """The measure; one that draws at random draws by `seed`. Raises DataError for an option that there is not."""
        return make_measure(self.name, self.options, seed)


@dataclass(frozen=True)
class StudyConfig:
    """`batch` pictures go through a network together (0: as many as suit the device, see `batch_on`).

    `device` and `precision` are those of `load_model`; `threads` of each worker, one by default, so that numbers are
    the same however many work. `seed` is that of measures that draw at random and of the `resamples` of intervals;
    `thumbnails` the width in pixels of the pictures that are stored with the result (0: none).
    """

    checkpoints: tuple[Path, ...]
    measures: tuple[Asked, ...]
    split: str = "test"
    batch: int = 0
    device: str = "auto"
    precision: str = "float32"
    threads: int = 1
    seed: int = 0
    resamples: int = 1000
    thumbnails: int = 0


ON_CPU, ON_GPU = 4, 32


def batch_on(device: str) -> int:
    """How many pictures go together on a device of that type. Where memory is short, a worker halves it by itself."""
    return ON_CPU if device == "cpu" else ON_GPU


def load_config(path: Path) -> StudyConfig:
    """Read a configuration; raises DataError, with the key, for one that cannot be followed."""
    values = read_toml(path, "configuration")
    if unknown := sorted(set(values) - {f.name for f in fields(StudyConfig)}):
        known = ", ".join(f.name for f in fields(StudyConfig))
        raise DataError(f"'{path.name}' sets {', '.join(unknown)}, which no study has; known: {known}.")
    checkpoints, measures = values.pop("checkpoints", None), values.pop("measures", None)
    _check_numbers(path.name, values)
    return StudyConfig(_checkpoints(path, checkpoints), _measures(path.name, measures), **values)


_LEAST = {"batch": 0, "threads": 1, "seed": 0, "resamples": 1, "thumbnails": 0}
_TEXTS = ("split", "device", "precision")


def _check_numbers(name: str, values: Mapping[str, Any]) -> None:
    for key, least in _LEAST.items():
        value = values.get(key, least)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise DataError(f"'{name}' gives {key} as {value!r}; expected a whole number of {least} or more.")
    for key in _TEXTS:
        if not isinstance(values.get(key, ""), str):
            raise DataError(f"'{name}' gives {key} as {values[key]!r}; expected a text.")


def _checkpoints(path: Path, listed: Any) -> tuple[Path, ...]:
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) for one in listed):
        raise DataError(f"'{path.name}' gives checkpoints as {listed!r}; expected a list of paths.")
    found = tuple(checkpoint_files((path.parent / one).resolve())[0] for one in listed)
    for one, given in zip(found, listed, strict=True):
        if not one.is_file():
            raise DataError(f"'{path.name}' names '{given}', but there is no such file seen from '{path.parent}'.")
    names = [checkpoint_name(one.name) for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"'{path.name}' names two checkpoints '{twice[0]}'; results are kept by name: rename one.")
    return found


def _measures(name: str, tables: Any) -> tuple[Asked, ...]:
    if not isinstance(tables, dict) or not tables or not all(isinstance(table, dict) for table in tables.values()):
        raise DataError(f"'{name}' asks for no measure; expected a table for each, such as [measures.traces].")
    asked = []
    for measure, table in tables.items():
        options = dict(table)
        every = options.pop("every", 1)
        if not isinstance(every, int) or isinstance(every, bool) or every < 1:
            raise DataError(f"'{name}' gives every of {measure} as {every!r}; expected a whole number of 1 or more.")
        one = Asked(measure, every, options)
        one.make()  # says now what would fail in every worker
        asked.append(one)
    return tuple(asked)
