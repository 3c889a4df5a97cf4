"""What the page asks of networks, in the same words wherever they run; and how they run in this process."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from vizlab.core.changes import Change
from vizlab.core.device import Precision, pick_device, pick_precision, threads
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import InputError
from vizlab.experiments.interventions.effect import OutputEffect
from vizlab.measures.reference import Reference
from vizlab.page.benches import Benches
from vizlab.page.service.on_gpus import OnGpus
from vizlab.rgbd import RGBDImage

Heed = Callable[[], object]
"""Called again and again while an answer is waited for; raises where nobody wants it any more."""


@dataclass(frozen=True)
class Asked:
    """How one network is to run: `device` and `precision` as a visitor names them, "auto" included; `working_size`
    (H, W), None for the network's own; `settings` of its controls, by name, where they are not its own.
    """

    device: str = "auto"
    precision: str = "auto"
    working_size: tuple[int, int] | None = None
    settings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Traced:
    """One traced forward, and sentences about how it was run."""

    trace: FusionTrace
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Changed:
    """The trace under changes, and by output how far they moved it."""

    trace: FusionTrace
    effects: Mapping[str, OutputEffect]


class Networks(Protocol):
    """Whoever runs networks for the page. Safe from several threads; numbers do not depend on who it is.

    `at_once` is how many may be asked at a time, 0 where they run in this process: one.
    """

    at_once: int

    def trace(self, model: Model, rgbd: RGBDImage, asked: Asked, heed: Heed) -> Traced:
        """A traced forward of `model` on `rgbd`. Raises a VizlabError for what cannot be."""
        ...

    def change(
        self, model: Model, rgbd: RGBDImage, changes: Sequence[Change], before: FusionTrace, asked: Asked,
        truth: Reference | None, heed: Heed,
    ) -> Changed:  # fmt: skip
        """What `changes` do; `before` is the trace without them, asked alike. `truth` adds metrics."""
        ...

    def devices(self) -> dict[str, str]:
        """Devices networks can run on, by name, in words; memory for those that have their own."""
        ...

    def close(self) -> None:
        """Nobody asks any more."""
        ...


class Here:
    """Networks in this process, one after the other; on GPUs as far as `on_gpus` has room."""

    at_once = 0

    def __init__(self, on_gpus: OnGpus) -> None:
        self._on_gpus, self._benches = on_gpus, Benches()
        self._one = threading.Lock()

    def trace(self, model: Model, rgbd: RGBDImage, asked: Asked, heed: Heed) -> Traced:
        """Where it is asked for or, where a GPU's memory does not suffice, on the CPU."""
        device = pick_device(asked.device)
        with self._one:
            try:
                return Traced(self._trace_on(model, rgbd, asked, device))
            except torch.OutOfMemoryError:
                note = f"{model.name} did not fit into the memory of {device}; it ran on the CPU instead."
            # Outside the handler: the traceback would keep the tensors of the failed run alive.
            torch.cuda.empty_cache()
            return Traced(self._trace_on(model, rgbd, asked, torch.device("cpu")), (note,))

    def change(
        self, model: Model, rgbd: RGBDImage, changes: Sequence[Change], before: FusionTrace, asked: Asked,
        truth: Reference | None, heed: Heed,
    ) -> Changed:  # fmt: skip
        """On the device on which the trace before was made."""
        place = ran_on(before, asked)
        with self._one, self._on_gpus.placed(model, *place), model.lock:
            effect = self._benches.effect(model, rgbd, changes, before, asked.settings, asked.working_size, truth)
        return Changed(effect.after, effect.outputs)

    def devices(self) -> dict[str, str]:
        """GPUs first."""
        found = {}
        for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
            gpu = torch.cuda.get_device_properties(index)
            found[f"cuda:{index}"] = f"{gpu.name}, {gpu.total_memory / 2**30:.0f} GB"
        return found | {"cpu": f"CPU, {threads()}"}

    def close(self) -> None:
        """Nothing has to end."""

    def _trace_on(self, model: Model, rgbd: RGBDImage, asked: Asked, device: torch.device) -> FusionTrace:
        given: dict[str, Any] = {"working_size": asked.working_size, **asked.settings}
        try:
            with self._on_gpus.placed(model, device, pick_precision(asked.precision, device)), model.lock:
                return trace(model, rgbd, **given)
        except RuntimeError as err:
            # What torch raises on a CPU has no class of its own.
            if device.type == "cpu" and (isinstance(err, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(err)):
                said = f"{model.name} needs more memory than there is; choose a smaller working size."
                raise InputError(said) from err
            raise


class AsAsked(Protocol):
    """What names a device and a precision: a visitor's request, or what is asked of one network."""

    @property
    def device(self) -> str: ...

    @property
    def precision(self) -> str: ...


def ran_on(before: FusionTrace, asked: AsAsked) -> tuple[torch.device, Precision]:
    """Where that trace, asked for so, was made in this process, and in which precision."""
    # A network that did not fit into the memory of a GPU ran on the CPU.
    device = pick_device("cpu" if before.environment["device"] == "cpu" else asked.device)
    return device, pick_precision(asked.precision, device)
