"""Ratios of two things measured in one run: times interleaved in one process, peak memory in a fresh one each."""

import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any


def time_ratio(subject: Callable[[], Any], reference: Callable[[], Any], repeats: int = 5) -> tuple[float, float]:
    """Median over rounds of time(subject) / time(reference), and the reference's median in seconds.

    The two take turns, so that a machine that slows down slows both.
    """
    subject(), reference()
    ratios, references = [], []
    for _ in range(repeats):
        base, own = _seconds(reference), _seconds(subject)
        ratios.append(own / base)
        references.append(base)
    return statistics.median(ratios), statistics.median(references)


def peak_memory(task: Callable[..., None], *arguments: Any) -> int:
    """Peak resident bytes of a fresh process that runs `task`, which must be importable by name."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_report_peak, args=(send, task, arguments))
    process.start()
    peak = receive.recv()
    process.join()
    return int(peak)


def _report_peak(send: Any, task: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    task(*arguments)
    send.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def _seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
