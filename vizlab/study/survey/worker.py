"""The one function that does the work, whatever hands it out: pictures read, networks run, parts written."""

import os
import platform
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
import torch

from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.errors import InputError
from vizlab.study.data import RGBDFolder, Sample
from vizlab.study.survey.batch import Batch, Split, batches
from vizlab.study.survey.job import Checkpoint, Job, Piece, Task
from vizlab.study.survey.measures import Measure, Rows
from vizlab.study.survey.parts import done, write_part
from vizlab.study.survey.strata import picture_rows

READERS = 8
"""How many threads read pictures for a GPU; for a CPU one does, since it has other work."""


@dataclass(frozen=True)
class Receipt:
    """What a worker says of a piece: its `file`, the `pictures` in it, and the `seconds` it took."""

    file: str
    pictures: int
    seconds: float


class Worker:
    """Does tasks of a job one after the other; loads each network once, when it is first needed."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._folder = RGBDFolder(job.data, job.config.split, job.limit)
        self._split = Split(self._folder.read, range(len(self._folder)))
        self._models: dict[str, Model] = {}

    def work(self, tasks: Sequence[Task]) -> Iterator[Receipt]:
        """Do what is not done yet of `tasks`; the pictures of the next one are read while this one is computed.

        No more than two tasks' pictures are held at a time. Raises VizlabError for what cannot be read or computed.
        """
        with exact(self._job.config.threads), ThreadPoolExecutor(self._readers()) as readers:
            coming = self._start_reading(readers, tasks[0]) if tasks else []
            for place, task in enumerate(tasks):
                samples = [one.result() for one in coming]
                coming = self._start_reading(readers, tasks[place + 1]) if place + 1 < len(tasks) else []
                yield from self._do(task, samples)

    def _readers(self) -> int:
        on_cpu = self._job.config.device == "cpu" or not torch.cuda.is_available()
        return 1 if on_cpu else min(READERS, os.cpu_count() or 1)

    def _start_reading(self, readers: ThreadPoolExecutor, task: Task) -> "list[Future[Sample]]":
        return [readers.submit(self._read, place) for place in task.index]

    def _read(self, place: int) -> Sample:
        sample = self._folder.read(place)
        if any(task.name == "normals" for model in tuple(self._models.values()) for task in model.tasks):
            _ = sample.normals  # derived here, where it keeps nobody waiting, and kept
        return sample

    def _do(self, task: Task, samples: Sequence[Sample]) -> Iterator[Receipt]:
        ready: dict[str, list[Batch]] = {}
        for piece in self._job.pieces(task):
            if done(self._job.parts, piece):
                continue
            started = time.perf_counter()
            if piece.checkpoint is None:
                write_part(self._job.parts, piece, picture_rows(samples, self._job.config.thumbnails), {})
            else:
                model = self._model(piece.checkpoint)
                if model.name not in ready:
                    # The last network's are needed no more.
                    ready = {model.name: batches(model, task.index, samples, self._split)}
                self._measure(piece, model, ready[model.name])
            yield Receipt(piece.file, len(task.index), time.perf_counter() - started)

    def _measure(self, piece: Piece, model: Model, ready: Sequence[Batch]) -> None:
        measure = piece.asked.make(self._job.config.seed)
        refused = measure.refuses(model)
        rows = {} if refused else rows_of(measure, model, ready, piece.task.index)
        meta = {} if refused else measure.meta(model)
        said = {"measured": meta, "refused": refused, "environment": environment(model)}
        write_part(self._job.parts, piece, rows, said)

    def _model(self, checkpoint: Checkpoint) -> Model:
        config = self._job.config
        if checkpoint.name not in self._models:
            model = load_model(checkpoint.path, config.device, precision=config.precision)
            self._models[checkpoint.name] = model
        return self._models[checkpoint.name]


def rows_of(measure: Measure, model: Model, ready: Sequence[Batch], index: Sequence[int]) -> Rows:
    """The rows of all batches of a task in the order of `index`."""
    found = [_rows_that_fit(measure, model, batch) for batch in ready]
    seen = [place for batch in ready for place in batch.index]
    order = [seen.index(place) for place in index]
    return {name: np.concatenate([rows[name] for rows in found])[order] for name in found[0]}


def _rows_that_fit(measure: Measure, model: Model, batch: Batch) -> Rows:
    """The rows of a batch; where the device's memory is too small for it, of its halves. Raises InputError for one."""
    try:
        rows = measure.run(model, batch)
    except torch.OutOfMemoryError as err:
        if len(batch) == 1:
            raise InputError(
                f"One picture does not fit into the memory of {model.device} for {measure.name} with {model.name}; set "
                "device = 'cpu'."
            ) from err
    else:
        wrong = sorted(name for name, values in rows.items() if len(values) != len(batch))
        if wrong:
            raise InputError(f"The measure {measure.name} gives rows '{wrong[0]}' that are not one for each picture.")
        return rows
    torch.cuda.empty_cache()
    middle = len(batch) // 2
    halves = [_rows_that_fit(measure, model, batch.some(slice(*ends))) for ends in ((0, middle), (middle, len(batch)))]
    return {name: np.concatenate([half[name] for half in halves]) for name in halves[0]}


@contextmanager
def exact(threads: int) -> Iterator[None]:
    """Within the block, so many threads and no TF32, whatever the process had: numbers do not depend on who works."""
    kept = torch.get_num_threads(), torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.set_num_threads(threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.set_num_threads(kept[0])
        torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = kept[1:]


def environment(model: Model) -> dict[str, str]:
    """On what the numbers of a part were computed."""
    device = torch.cuda.get_device_name(model.device) if model.device.type == "cuda" else "cpu"
    versions = {"vizlab": version("vizlab"), "torch": torch.__version__, "numpy": np.__version__}
    return {"device": device, "precision": model.precision, **versions, "python": platform.python_version()}
