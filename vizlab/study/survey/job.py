"""A study cut into pieces: which pictures, which network, which measure. Plain values that any worker understands."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vizlab.core.device import pick_device
from vizlab.core.door.container import file_hash
from vizlab.core.door.door import checkpoint_name
from vizlab.study.data import RGBDFolder
from vizlab.study.survey.config import Asked, StudyConfig, batch_on

PICTURES = "pictures"
"""The pieces that say of pictures what no network decides: depth holes, distance, a thumbnail."""


@dataclass(frozen=True)
class Checkpoint:
    """A file of weights: its path, the name and the SHA-256 by which results know it."""

    path: Path
    name: str
    hash: str


@dataclass(frozen=True)
class Task:
    """Pictures that are read together, by their places in the split: the `number`-th chunk of each `every`-th."""

    every: int
    number: int
    index: tuple[int, ...]


@dataclass(frozen=True)
class Piece:
    """One part file's worth: what `measure` finds with `checkpoint` (None: no network) in the pictures of `task`.

    `key` tells it from a piece of another configuration: a part that was made with another key is made again.
    """

    task: Task
    checkpoint: Checkpoint | None
    asked: Asked
    key: str

    @property
    def file(self) -> str:
        owner = PICTURES if self.checkpoint is None else f"{self.checkpoint.name}-{self.asked.name}"
        every = "" if self.checkpoint else f"-{self.task.every}"
        return f"{owner}{every}-{self.task.number:04d}.npz"


@dataclass(frozen=True)
class Job:
    """Everything a worker has to know. `names` are the split's pictures in order, `batch` how many go together."""

    config: StudyConfig
    data: Path
    limit: int | None
    out: Path
    names: tuple[str, ...]
    checkpoints: tuple[Checkpoint, ...]
    batch: int

    @property
    def parts(self) -> Path:
        return self.out / "parts"

    def tasks(self) -> list[Task]:
        """All pictures in chunks of `batch`, once for each `every` that some measure has, in order."""
        found = []
        for every in sorted({asked.every for asked in self.config.measures}):
            index = range(0, len(self.names), every)
            chunks = (index[start : start + self.batch] for start in range(0, len(index), self.batch))
            found += [Task(every, number, tuple(chunk)) for number, chunk in enumerate(chunks)]
        return found

    def pieces(self, task: Task) -> Iterator[Piece]:
        """What is to be found in the pictures of `task`: first what no network decides, then network by network."""
        yield self._piece(task, None, Asked(PICTURES, task.every, {"thumbnails": self.config.thumbnails}))
        for checkpoint in self.checkpoints:
            for asked in self.config.measures:
                if asked.every == task.every:
                    yield self._piece(task, checkpoint, asked)

    def _piece(self, task: Task, checkpoint: Checkpoint | None, asked: Asked) -> Piece:
        decides = {
            "checkpoint": checkpoint and checkpoint.hash,
            "measure": asdict(asked),
            "pictures": [(i, self.names[i]) for i in task.index],
            "of": len(self.names),  # by it, other pictures are chosen
            "seed": self.config.seed,
            "precision": self.config.precision,
        }
        key = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
        return Piece(task, checkpoint, asked, key)


def make_job(config: StudyConfig, data: Path, out: Path, limit: int | None = None) -> tuple[Job, RGBDFolder]:
    """The job of `config` on the pictures of the folder `data`, and the folder; raises DataError or InputError."""
    folder = RGBDFolder(data, config.split, limit)
    checkpoints = tuple(Checkpoint(path, checkpoint_name(path.name), file_hash(path)) for path in config.checkpoints)
    batch = config.batch or batch_on(pick_device(config.device).type)
    return Job(config, data.resolve(), limit, out.resolve(), tuple(folder.names), checkpoints, batch), folder


def described(config: StudyConfig) -> dict[str, Any]:
    """The configuration JSON-ready, for the result: files by name only, since their folders mean nothing elsewhere."""
    values = asdict(config) | {"checkpoints": [path.name for path in config.checkpoints]}
    return json.loads(json.dumps(values))
