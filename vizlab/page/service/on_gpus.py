"""Networks that wait on GPUs, within bytes: which was not run for longest goes back to the CPU's memory."""

import threading
import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from vizlab.core.device import Precision
from vizlab.core.model import Model


def is_gpu(device: torch.device) -> bool:
    """Whether a device has memory of its own."""
    return device.type != "cpu"


class OnGpus:
    """At most `max_bytes` of networks on devices that `bounded` names, or those alone that are in use.

    For the one run whose turn it is. On a machine with CPUs alone it only moves what is asked for.
    """

    def __init__(self, max_bytes: int, bounded: Callable[[torch.device], bool] = is_gpu) -> None:
        self.max_bytes, self._bounded = max_bytes, bounded
        self._there: OrderedDict[int, weakref.ref[Model]] = OrderedDict()
        self._in_use: Counter[int] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def placed(self, model: Model, device: torch.device, precision: Precision) -> Iterator[None]:
        """Within the block `model` is on `device` in `precision`, and stays; others make room for it beforehand.

        Afterwards it waits there, and has to go when others need the room.
        """
        with self._lock:
            self._in_use[id(model)] += 1
            self._there.pop(id(model), None)
            if self._bounded(device):
                self._there[id(model)] = weakref.ref(model)
            going = self._too_many()
        try:
            _to_the_cpu(going)
            if (model.device, model.precision) != (device, precision):
                model.move_to(device, precision)
            yield
        finally:
            with self._lock:
                self._in_use[id(model)] -= 1
                self._in_use += Counter()  # without those that nobody uses

    @property
    def total_bytes(self) -> int:
        """What the networks that are there weigh."""
        with self._lock:
            return sum(network_bytes(model) for model in self._models() if self._bounded(model.device))

    def _too_many(self) -> list[Model]:
        """Those to go, the longest unused first; none that is in use."""
        models = self._models()
        self._there = OrderedDict((id(one), weakref.ref(one)) for one in models)
        total, going = sum(map(network_bytes, models)), []
        for one in models:
            if total <= self.max_bytes:
                break
            if not self._in_use[id(one)]:
                total -= network_bytes(one)
                del self._there[id(one)]
                going.append(one)
        return going

    def _models(self) -> list[Model]:
        """Those that are still somewhere, and there or on their way."""
        found = [ref() for ref in self._there.values()]
        return [one for one in found if one is not None and (self._bounded(one.device) or self._in_use[id(one)])]


def _to_the_cpu(models: list[Model]) -> None:
    for one in models:
        one.move_to(torch.device("cpu"))
    if models and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def network_bytes(model: Model) -> int:
    """Bytes of a network's weights and buffers."""
    return sum(t.numel() * t.element_size() for t in model.network.state_dict().values())
