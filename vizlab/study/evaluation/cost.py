"""What a network costs: parameters, operations, and time on this machine's CPU."""

import platform
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from vizlab.core.device import threads
from vizlab.core.model import Model
from vizlab.study.evaluation.results import Cost

WARM_UP, REPEATS = 2, 15


def measure_cost(model: Model) -> Cost:
    """One forward of `model`, which must be on the CPU, at its working size: counted once, timed several times."""
    size = model.config.working_size
    height, width = model.frame(size).padded
    generator = torch.Generator().manual_seed(0)
    inputs = {name: torch.randn(1, 3, height, width, generator=generator) for name in model.inputs}
    with FlopCounterMode(display=False) as counter:
        model.forward(inputs)
    return Cost(
        parameters=sum(p.numel() for p in model.network.parameters()),
        flops=counter.get_total_flops(),
        milliseconds=round(_least_milliseconds(model, inputs), 1),
        machine=f"{processor()}, {threads()}",
        precision=model.precision,
        size=size,
    )


def total_cost(costs: Sequence[Cost]) -> Cost:
    """What it takes to run all of them, one after the other."""
    first = costs[0]
    return Cost(
        sum(c.parameters for c in costs),
        sum(c.flops for c in costs),
        round(sum(c.milliseconds for c in costs), 1),
        first.machine,
        first.precision,
        first.size,
    )


def processor() -> str:
    """The CPU's name as the operating system gives it."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.is_file() else []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.processor() or platform.machine()


def _least_milliseconds(model: Model, inputs: dict[str, torch.Tensor]) -> float:
    taken = []
    for _ in range(WARM_UP + REPEATS):
        started = time.perf_counter()
        model.forward(inputs)
        taken.append(time.perf_counter() - started)
    # The fastest: whatever else the machine does can only make a forward slower.
    return min(taken[WARM_UP:]) * 1000
