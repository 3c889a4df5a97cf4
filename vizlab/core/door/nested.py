"""The tensors in whatever dictionaries a trainer put around them, by name."""

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from vizlab.core.door.names import Setting
from vizlab.core.published import Plain
from vizlab.errors import CheckpointError, one_line

_PLACES = 1_000_000
_DEPTH = 16
_TENSORS = 100_000
_SETTINGS = 10_000
_LONGEST = 1000
_PLAIN = str | int | float  # truth values are integers


def named_tensors(loaded: Any, name: str, expected: str) -> dict[str, Tensor]:
    """Every tensor that has a name, as OUTER.INNER.NAME; what optimisers remember is left out.

    `name` is the file's. Raises CheckpointError, saying what was `expected`, where there is none.
    """
    found: dict[str, Tensor] = {}
    for key, value in _walk(loaded, name):
        if isinstance(value, Tensor):
            found.setdefault(key, value.detach())
        if len(found) > _TENSORS:
            raise CheckpointError(f"{name} holds more than {_TENSORS:,} tensors; {expected}.")
    if not found and isinstance(loaded, Mapping) and any(isinstance(v, Tensor) for v in loaded.values()):
        raise CheckpointError(f"{name} holds tensors without names; {expected}.")
    if not found:
        raise CheckpointError(f"{name} holds {_describe(loaded)}, not a network's tensors by name; {expected}.")
    return found


def plain_settings(loaded: Any, name: str) -> dict[str, Plain]:
    """The texts, numbers and truth values beside the tensors, as OUTER.INNER.NAME: a trainer's configuration.

    Long texts, and what comes after the first ten thousand, are left out.
    """
    found: dict[str, Plain] = {}
    for key, value in _walk(loaded, name):
        if isinstance(value, _PLAIN) and len(str(value)) <= _LONGEST and len(found) < _SETTINGS:
            found.setdefault(key, value)
    return found


def _walk(loaded: Any, name: str) -> Iterator[tuple[str, Tensor | Plain]]:
    """Every tensor and plain value that has a name, depth first, in the file's order."""
    waiting: list[tuple[str, Any, int]] = [("", loaded, 0)]
    places = 0
    while waiting:
        path, value, depth = waiting.pop()
        places += not isinstance(value, _PLAIN)
        if places > _PLACES:
            raise CheckpointError(f"{name} holds more than {_PLACES:,} values; save its state dict alone.")
        if isinstance(value, Tensor | _PLAIN) and path:
            yield path, value
        elif depth < _DEPTH:
            inside = [(f"{path}.{key}" if path else key, item, depth + 1) for key, item in _items(value)]
            waiting.extend(reversed(inside))


def _items(value: Any) -> list[tuple[str, Any]]:
    """What a dictionary, a list or a namespace holds that may be, or lead to, a tensor with a name."""
    if isinstance(value, Setting):
        value = value.given if isinstance(value.given, Mapping) and not _is_network(value) else {}
    if isinstance(value, Mapping):
        if _is_optimiser(value):
            return []
        return [
            (key, item)
            for key, item in value.items()
            if isinstance(key, str) and (_leads_on(item) or isinstance(item, _PLAIN))
        ]
    if isinstance(value, list | tuple):
        return [(str(i), item) for i, item in enumerate(value) if _leads_on(item)]
    return []


def _leads_on(value: Any) -> bool:
    return isinstance(value, Tensor | Mapping | list | tuple | Setting)


def _is_optimiser(value: Mapping[Any, Any]) -> bool:
    """Moments are kept under the parameters' names in some files, and must not pass for weights."""
    return "param_groups" in value and "state" in value


def _is_network(value: Any) -> bool:
    return isinstance(value, Setting) and isinstance(value.given, Mapping) and "_modules" in value.given


def _describe(value: Any) -> str:
    if _is_network(value) or (isinstance(value, Mapping) and any(map(_is_network, value.values()))):
        return "a whole network as an object (save its state_dict())"
    if isinstance(value, Mapping) and value:
        return f"a dictionary of {one_line(', '.join(repr(one_line(k, 40)) for k in list(value)[:5]))}"
    return f"a {type(value).__name__}"
