"""Who hands the work out: Ray Data, on this machine or on a cluster, or a plain loop where there is no Ray.

All the work is `Worker.work`'s; parts on disk are the only thing that comes of it, so it may stop anywhere. On a
cluster the data folder, the checkpoints and the folder of the study must be found under the same paths everywhere.
"""

import logging
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from vizlab.errors import DataError, InputError, VizlabError
from vizlab.ray_clusters import JOINING, QUIET, answers, environment, no_token, turned_away
from vizlab.replacing import made_folder
from vizlab.study.survey.job import Job, Task
from vizlab.study.survey.parts import done
from vizlab.study.survey.worker import Receipt, Worker

Progress = Callable[[int], object]
"""Called with how many pictures' rows have been written since the last call."""
AHEAD = 4
"""How many tasks a worker gets at once, at most: it reads the next one's pictures while it computes."""
STORE = 128 * 2**20
"""Bytes of Ray's object store here: only indices and receipts go through it."""


def has_ray() -> bool:
    return find_spec("ray") is not None


def amount(job: Job) -> int:
    """How many pictures' rows the whole study has: what `Progress` adds up to."""
    return sum(len(task.index) for task in job.tasks() for _ in job.pieces(task))


def run(job: Job, progress: Progress = lambda rows: None, *, address: str | None = None, here: bool = False) -> None:
    """Make every part of the study that is not there yet; the same call after an interruption goes on.

    With `here`, or where Ray is not installed, in this process; else on Ray: a cluster's `address` (auto or HOST:PORT),
    of which this machine is part, or all of this machine. The numbers do not depend on it. Raises VizlabError for what
    cannot be read or computed.
    """
    if address is not None and not has_ray():
        raise InputError("A cluster's address is given, but Ray is not installed: pip install 'vizlab[scale]'.")
    made_folder(job.parts, DataError)
    waiting = []
    for task in job.tasks():
        missing = [piece for piece in job.pieces(task) if not done(job.parts, piece)]
        waiting += [task] if missing else []
        progress(len(task.index) * (sum(1 for _ in job.pieces(task)) - len(missing)))
    if not waiting:
        return
    work = _here if here or not has_ray() else _on_ray
    for receipt in work(job, waiting, address):
        progress(receipt.pictures)


def _here(job: Job, tasks: Sequence[Task], address: str | None) -> Iterator[Receipt]:
    return Worker(job).work(tasks)


def _on_ray(job: Job, tasks: Sequence[Task], address: str | None) -> Iterator[Receipt]:
    """One actor for each GPU or, on CPUs, for each core; each is given some tasks at a time."""
    with _cluster(address) as ray:
        needs, count = _needs(job, [node["Resources"] for node in ray.nodes() if node["Alive"]])
        size = max(1, min(AHEAD, len(tasks) // (2 * count)))
        rows = [{"first": first, "size": size} for first in range(0, len(tasks), size)]
        receipts = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            RayWorker,
            fn_constructor_args=(job, tuple(tasks)),
            batch_size=1,
            compute=ray.data.ActorPoolStrategy(size=min(count, len(rows))),
            **needs,
        )
        for row in receipts.iter_rows():
            error = row.pop("error")
            if error:
                raise VizlabError(error)
            yield Receipt(**row)


class RayWorker:
    """A `Worker` as Ray Data calls it: batches of columns in and out. Errors come back as sentences."""

    def __init__(self, job: Job, tasks: tuple[Task, ...]) -> None:
        self._tasks, self._refused = tasks, ""
        try:
            self._worker = _worker(job)
        except VizlabError as err:
            self._refused = str(err)  # raised here, it would come to nobody's eyes: Ray would make the actor anew

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[Any]]]:
        if self._refused:
            yield _columns(Receipt("", 0, 0.0), self._refused)
            return
        pairs = zip(batch["first"], batch["size"], strict=True)
        tasks = [task for first, size in pairs for task in self._tasks[first : first + size]]
        try:
            for receipt in self._worker.work(tasks):
                yield _columns(receipt, "")
        except VizlabError as err:
            yield _columns(Receipt("", 0, 0.0), str(err))


def _worker(job: Job) -> Worker:
    """One on this machine; raises InputError where the job's folders are not those of the machine that asks."""
    gone = [path for path in (job.data, job.parts, *(one.path for one in job.checkpoints)) if not path.exists()]
    if gone:
        raise InputError(
            f"'{gone[0]}' is not on {platform.node()}, which is part of the Ray cluster; the data, the checkpoints and "
            "the study's folder have to lie under the same paths on every machine."
        )
    return Worker(job)


def _columns(receipt: Receipt, error: str) -> dict[str, list[Any]]:
    return {name: [value] for name, value in {**asdict(receipt), "error": error}.items()}


def _needs(job: Job, nodes: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], int]:
    """What each actor asks of Ray, and how many find room at once on machines with these resources.

    An actor is on one machine: Ray would wait for ever for one that has more cores than any of them.
    """
    gpus = sum(int(node.get("GPU", 0)) for node in nodes)
    if job.config.device != "cpu" and gpus:
        return {"num_gpus": 1}, gpus
    cores = [int(node.get("CPU", 0)) for node in nodes]
    threads = max(1, min(job.config.threads, max(cores, default=1)))
    return {"num_cpus": threads}, max(1, sum(each // threads for each in cores))


@contextmanager
def _cluster(address: str | None) -> Iterator[Any]:
    """Ray, connected; what is started here is stopped here, what was there before stays."""
    with environment(QUIET | JOINING if address else QUIET):
        import ray
        import ray.data

        started = not ray.is_initialized()
        if started and address is None:
            quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
            try:
                ray.init("local", include_dashboard=False, object_store_memory=STORE, **quiet)
            except Exception as err:  # Ray's own, a plain Exception where a process of its does not start in time
                raise VizlabError(
                    "Ray could not be started on this machine, which may be busy; try again, or do without it: --here."
                ) from err
        elif started:
            _connect(ray, address)
        log = logging.getLogger("ray.data")
        context = ray.data.DataContext.get_current()
        kept = log.level, context.enable_progress_bars
        log.setLevel(logging.ERROR)
        context.enable_progress_bars = False
        try:
            yield ray
        finally:
            log.setLevel(kept[0])
            context.enable_progress_bars = kept[1]
            if started:
                ray.shutdown()


def _connect(ray: Any, address: str | None) -> None:
    """To a cluster that is there; raises InputError where none answers, or one that takes only who has its token."""
    from ray.exceptions import AuthenticationError

    if "://" in str(address):
        raise InputError(
            f"'{address}' is an address for Ray Client, with which Ray Data does not work; give auto, or HOST:PORT as "
            "`ray start` prints it, on a machine that is part of the cluster."
        )
    if address not in ("auto", "local") and not answers(str(address)):
        raise InputError(_NOBODY.format(address))
    try:
        ray.init(address, logging_level=logging.ERROR, log_to_driver=False)
    except (AuthenticationError, ConnectionError, TimeoutError, RuntimeError, ValueError) as err:
        raise InputError(no_token(address) if turned_away(err) else _NOBODY.format(address)) from err


_NOBODY = (
    "No Ray cluster answers at '{}'; start one with `ray start --head` and give the address that it prints, or leave "
    "--address out."
)
