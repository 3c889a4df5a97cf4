"""A network of one's own to take gradients on, while others go on using the shared one."""

import copy
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.errors import InputError, one_line
from vizlab.progress import Step, silent

WAIT = 0.2
"""Seconds between two looks whether another attribution has ended."""

_locks: WeakKeyDictionary[Model, threading.Lock] = WeakKeyDictionary()
_all_locks = threading.Lock()


@contextmanager
def one_at_a_time(model: Model, step: Step = silent) -> Iterator[None]:
    """Within the block nobody else attributes on `model`; who waits is told so, and may give up by his `step`."""
    with _all_locks:
        lock = _locks.setdefault(model, threading.Lock())
    while not lock.acquire(timeout=WAIT):
        step(0.0, "waiting for another attribution on this network")
    try:
        yield
    finally:
        lock.release()


def private_network(model: Model) -> tuple[FusionNetwork, torch.device]:
    """A copy of `model.network` in float32, in evaluation mode, whose parameters take no gradients; where it lies.

    Nothing in it changes its input in place, where a module can be told not to. Raises InputError for a network that
    cannot be copied.
    """
    with model.lock:
        try:
            network, device = copy.deepcopy(model.network), model.device
        except Exception as err:  # an adapted module may hold anything
            raise InputError(
                f"{model.name} cannot be copied ({one_line(err)}), and gradients are taken on a copy so that nobody "
                "else's results change; keep no tensors of past forwards in the module."
            ) from err
    network = network.float().eval().requires_grad_(False)
    for module in network.modules():
        not_in_place(module)
    return network, device


def not_in_place(module: nn.Module) -> None:
    """Gradients arrive only at tensors that nothing has overwritten."""
    if getattr(module, "inplace", False) is True:
        module.inplace = False  # type: ignore[assignment]


def run(network: FusionNetwork, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Raw outputs by name, float32 whatever precision is usual around it."""
    device = next(iter(inputs.values())).device
    ready = {name: x.contiguous(memory_format=torch.channels_last) for name, x in inputs.items()}
    with torch.autocast(device.type, enabled=False):
        return network(ready)
