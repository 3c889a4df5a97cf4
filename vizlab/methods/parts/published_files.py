"""How names and shapes are read off the tensors of published files."""

import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from vizlab.core.published import State
from vizlab.errors import CheckpointError
from vizlab.tasks import NYU40_CLASSES, nyu_task

Key = TypeVar("Key")
Value = TypeVar("Value")

TASK_ORDER = ("semseg", "human_parts", "sal", "normals", "edge", "depth")
"""The order in which the multi-task code base concatenates; it is not in the tensors."""


def width(state: State, key: str) -> int:
    """The first dimension of the tensor `key`."""
    if key not in state or state[key].ndim == 0:
        raise CheckpointError(f"it lacks the tensor '{key}', from which the network's size is read.")
    return int(state[key].shape[0])


def distinct(state: State, pattern: str) -> list[str]:
    """What the pattern's group matches at the start of the keys, each once, in the file's order."""
    found = (re.match(pattern, key) for key in state)
    return list(dict.fromkeys(match[1] for match in found if match))


def pick(options: Mapping[Key, Value], found: Key, what: str) -> Value:
    """The option for what was found in the tensors."""
    if found not in options:
        known = ", ".join(str(value) for value in options.values())
        raise CheckpointError(f"its {what} is none that vizlab builds (of {known}).")
    return options[found]


def known_tasks(names: Collection[str]) -> tuple[str, ...]:
    """The names in the authors' order."""
    unknown = [name for name in names if name not in TASK_ORDER]
    if unknown or not names:
        raise CheckpointError(f"its tasks are {', '.join(names) or 'none'}; expected some of {', '.join(TASK_ORDER)}.")
    return tuple(name for name in TASK_ORDER if name in names)


def task_widths(widths: Mapping[str, int]) -> tuple[int, dict[str, int]]:
    """The number of semseg classes, and the widths of the tasks that differ from NYUv2's."""
    classes = widths.get("semseg", len(NYU40_CLASSES))
    return classes, {name: n for name, n in widths.items() if n != nyu_task(name, classes).channels}


def nyu_classes(count: int, assumed: dict[str, str]) -> tuple[str, ...]:
    """NYUv2's 40 classes for a network of 40, which is noted; nothing for others."""
    if count != len(NYU40_CLASSES):
        return ()
    assumed["classes"] = "NYUv2's 40 classes, since there are 40"
    return NYU40_CLASSES
