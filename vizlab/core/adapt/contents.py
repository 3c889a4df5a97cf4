"""Finding and replacing one tensor in what a module is called with or returns: a tensor, tuple, list or dict."""

import copy
import inspect
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from vizlab.core.adapt.values import Arguments, Item, Value
from vizlab.errors import InputError


def item_of(found: Any, target: str, targets: Sequence[str], given: Item | None) -> Item | None:
    """Where the output of `target`, one of `targets`, is in `found`; None where `found` is that output.

    `given` goes first; else a dict has it by name, and a tuple, a list or a call's arguments in the order of `targets`.
    Raises InputError for one tensor that would have to serve several targets.
    """
    if given is not None or isinstance(found, Tensor):
        if isinstance(found, Tensor) and len(targets) > 1:
            raise InputError(f"one tensor is returned for {len(targets)} targets; expected a tuple, list or dict")
        return None if isinstance(found, Tensor) else given
    return target if isinstance(found, dict) else list(targets).index(target)


def get(found: Any, item: Item | None) -> Tensor:
    """The tensor there; raises InputError if there is none."""
    if isinstance(found, Arguments):
        return Value("argument", "", 0 if item is None else item).find(found)
    return Value("output", "", steps=() if item is None else (item,)).find(found)


def put(found: Any, item: Item | None, new: Tensor) -> Any:
    """A shallow copy of `found` with `new` there."""
    if item is None:
        return new
    if isinstance(found, Arguments):
        return _put_argument(found, item, new)
    if isinstance(found, tuple):
        items = [new if index == item else value for index, value in enumerate(found)]
        return type(found)(*items) if hasattr(found, "_fields") else type(found)(items)
    changed = copy.copy(found)
    changed[item] = new
    return changed


def _put_argument(found: Arguments, item: Item, new: Tensor) -> Arguments:
    if isinstance(item, int) and item < len(found.positional):
        kept = found.positional
        return found._replace(positional=(*kept[:item], new, *kept[item + 1 :]))
    names = list(inspect.signature(found.module.forward).parameters)
    if isinstance(item, str) and item not in found.named:
        place = names.index(item)
        return _put_argument(found, place, new)
    name = item if isinstance(item, str) else names[item]
    return found._replace(named={**found.named, name: new})
