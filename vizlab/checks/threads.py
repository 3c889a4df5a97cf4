"""Threads that run one network at once under different interventions, each as if it were alone.

What threads do to each other must not depend on luck, so they go in step: none enters a site, or goes on after it has
shown a target there, before all have come that far.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from vizlab.checks.case import CUT, Case, Run, differences, telling
from vizlab.checks.limits import THREADS
from vizlab.checks.report import Finding
from vizlab.core.site import NO_INTERVENTION, FusionModule, Intervention

T = TypeVar("T")
STEP = 20.0
"""Seconds a thread waits for the others before all go on without: a network may let one thread in at a time."""
PATIENCE = 900.0
"""Seconds after which threads that do not come to an end are given up."""


def forwards_in_step(case: Case) -> Iterator[Finding]:
    """A plain forward, one with every edge cut and one with other settings at once, each against itself alone."""
    changes = {"plain": NO_INTERVENTION, "cut": CUT}
    alone = {"plain": case.watched, "cut": case.cut}
    if case.model.settings:
        changes["other settings"] = Intervention(settings=case.other_settings)
        alone["other settings"] = case.run(changes["other settings"])
    together = in_step(case, list(changes.values()))
    for (word, expected), found in zip(alone.items(), together, strict=True):
        place, figure = telling(differences(found, expected), case.limits[THREADS])
        yield case.finding(THREADS, place, figure, word)


def in_step(case: Case, changes: Sequence[Intervention]) -> list[Run]:
    """Watched forwards in step, a thread for each change."""
    barrier = threading.Barrier(len(changes), timeout=STEP)
    ours = threading.local()

    def wait(*_: Any) -> None:
        if hasattr(ours, "inside"):
            with suppress(threading.BrokenBarrierError):  # one has ended, or failed, or cannot come
                barrier.wait()

    def job(change: Intervention) -> Run:
        ours.inside = True
        try:
            return case.run(change, also=lambda module, mixing: wait())
        finally:
            barrier.abort()

    modules = [m for m in case.model.network.modules() if isinstance(m, FusionModule) and hasattr(m, "site")]
    handles = [module.register_forward_pre_hook(wait) for module in modules]
    try:
        return in_threads([partial(job, change) for change in changes])
    finally:
        for handle in handles:
            handle.remove()


def in_threads(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """What the jobs return, each run in a thread of its own at the same time; raises what any of them raises."""
    results: dict[int, T] = {}
    errors: list[BaseException] = []

    def run(index: int) -> None:
        try:
            results[index] = jobs[index]()
        except BaseException as err:
            errors.append(err)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    if errors:
        raise errors[0]
    if len(results) < len(jobs):
        raise TimeoutError(f"a thread has not come to its end in {PATIENCE:g} s: threads wait for each other")
    return [results[index] for index in range(len(jobs))]
