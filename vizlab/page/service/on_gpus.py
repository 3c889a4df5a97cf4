"""Networks that wait on GPUs, within bytes: which was not run for longest goes back to the CPU's memory."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable

import torch

from vizlab.core.model import Model


def is_gpu(device: torch.device) -> bool:
    """Whether a device has memory of its own."""
    return device.type != "cpu"


class OnGpus:
    """At most `max_bytes` of networks on devices that `bounded` names, or the one alone that was run last.

    For the one run whose turn it is. On a machine with CPUs alone it does nothing.
    """

    def __init__(self, max_bytes: int, bounded: Callable[[torch.device], bool] = is_gpu) -> None:
        self.max_bytes, self._bounded = max_bytes, bounded
        self._there: OrderedDict[int, weakref.ref[Model]] = OrderedDict()
        self._lock = threading.Lock()

    def used(self, model: Model) -> None:
        """`model` runs now, where it is; others make room for it."""
        with self._lock:
            self._there.pop(id(model), None)
            if self._bounded(model.device):
                self._there[id(model)] = weakref.ref(model)
            going = self._too_many()
        for one in going:
            one.move_to(torch.device("cpu"))
        if going and torch.cuda.is_initialized():
            torch.cuda.empty_cache()

    @property
    def total_bytes(self) -> int:
        """What the networks that are there weigh."""
        with self._lock:
            return sum(network_bytes(model) for model in self._models())

    def _too_many(self) -> list[Model]:
        """Those to go, the longest unused first; never the last."""
        models = self._models()
        self._there = OrderedDict((id(one), weakref.ref(one)) for one in models)
        total, going = sum(map(network_bytes, models)), []
        for one in models[:-1]:
            if total <= self.max_bytes:
                break
            total -= network_bytes(one)
            del self._there[id(one)]
            going.append(one)
        return going

    def _models(self) -> list[Model]:
        """Those that are still somewhere, and still there."""
        found = [ref() for ref in self._there.values()]
        return [one for one in found if one is not None and self._bounded(one.device)]


def network_bytes(model: Model) -> int:
    """Bytes of a network's weights and buffers."""
    return sum(t.numel() * t.element_size() for t in model.network.state_dict().values())
