"""What results weigh: every array that they hold, whoever else holds it too, counted once."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import torch

_PLAIN = (str, int, float, bool, type(None), type)


def held_bytes(*held: Any) -> int:
    """Bytes of all arrays and tensors that can be reached from `held`, and of long bytes and texts.

    Arrays that are views of one buffer are counted as that buffer, once. It looks into mappings, sequences, sets and
    whatever has fields or a `__dict__`, but not into networks: those are kept, and counted, elsewhere.
    """
    buffers: dict[int, int] = {}
    seen: set[int] = set()
    waiting = list(held)
    while waiting:
        one = waiting.pop()
        if isinstance(one, _PLAIN) and not isinstance(one, str):
            continue
        if id(one) in seen or isinstance(one, torch.nn.Module):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes | bytearray):
            buffers[id(one)] = len(one)
        elif isinstance(one, np.ndarray):
            buffers |= _of_array(one)
        elif isinstance(one, torch.Tensor):
            storage = one.untyped_storage()
            buffers[storage.data_ptr()] = storage.nbytes()
        else:
            waiting.extend(_within(one))
    return sum(buffers.values())


def _of_array(array: np.ndarray) -> dict[int, int]:
    """Where the memory of that array begins, and how much there is: that of what it is a view of."""
    base: Any = array
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    if isinstance(base, np.ndarray):
        return {base.__array_interface__["data"][0]: base.nbytes}
    if isinstance(base, torch.Tensor):
        return {base.untyped_storage().data_ptr(): base.untyped_storage().nbytes()}
    if isinstance(base, memoryview | bytes | bytearray):
        return {id(base): memoryview(base).nbytes}
    return {array.__array_interface__["data"][0]: array.nbytes}


def _within(one: Any) -> Iterable[Any]:
    if isinstance(one, Mapping):
        return list(one.values())
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    if is_dataclass(one) and not isinstance(one, type):
        # Beside fields there is what was worked out once and kept, see functools.cached_property.
        return [getattr(one, field.name) for field in fields(one)] + list(getattr(one, "__dict__", {}).values())
    return list(getattr(one, "__dict__", {}).values())
