"""What results weigh: all that they hold, whoever else holds it too, counted once."""

import gc
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

_NOT_OURS = (type(None), bool, type, torch.nn.Module)
"""What is there once, whoever names it, and networks."""
ARRAY = sys.getsizeof(np.empty(0))
"""Bytes of an array beside its values."""


def held_bytes(*held: Any) -> int:
    """Bytes of all that can be reached from `held`: arrays and tensors, texts, numbers, and whatever holds them.

    Arrays that are views of one buffer are counted as that buffer, once. It looks into mappings (not at their keys),
    sequences, sets and whatever has fields or a `__dict__`, but not into networks: those are kept, and counted,
    elsewhere.
    """
    buffers: dict[int, int] = {}
    seen: set[int] = set()
    waiting, around = list(held), 0
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, _NOT_OURS):
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            buffers |= _of_array(one)
            around += ARRAY
        elif isinstance(one, torch.Tensor):
            storage = one.untyped_storage()
            buffers[storage.data_ptr()] = storage.nbytes()
        elif isinstance(one, bytes | bytearray):
            buffers[id(one)] = sys.getsizeof(one)
        else:
            around += sys.getsizeof(one)
            waiting.extend(_within(one))
    return around + sum(buffers.values())


def _of_array(array: np.ndarray) -> dict[int, int]:
    """Where the memory of that array begins, and how much there is: that of what it is a view of."""
    base: Any = array
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    if isinstance(base, np.ndarray):
        return {base.__array_interface__["data"][0]: base.nbytes}
    if isinstance(base, torch.Tensor):
        return {base.untyped_storage().data_ptr(): base.untyped_storage().nbytes()}
    if isinstance(base, memoryview):
        base = base.obj
    if isinstance(base, bytes | bytearray):
        return {id(base): sys.getsizeof(base)}
    return {array.__array_interface__["data"][0]: array.nbytes}


def _within(one: Any) -> Iterable[Any]:
    if isinstance(one, str | int | float):
        return ()
    if isinstance(one, MappingProxyType):
        return gc.get_referents(one)  # the mapping that it stands before
    if isinstance(one, Mapping):
        return list(one.values())
    if isinstance(one, list | tuple | set | frozenset):
        return list(one)
    own = getattr(one, "__dict__", None)
    if own is not None:  # where fields are, and what was worked out once and kept, see functools.cached_property
        return [own]
    return [getattr(one, field.name) for field in fields(one)] if is_dataclass(one) else ()
