"""An owner's outputs under the names that vizlab knows, and the tasks that follow from them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from torch import Tensor

from vizlab.core.adapt.values import reason
from vizlab.core.outputs import Output
from vizlab.errors import InputError
from vizlab.tasks import Task, TaskName, nyu_task

Getter = int | str | Callable[[Any], Tensor] | None
"""Where an output is in what a module returns: an index, a key, a function of it; None where it is all of it."""

WIDTHS = {"depth": 1, "normals": 3, "edge": 1, "image": 3}
"""Channels of the tasks that have a fixed number."""
MOST_CLASSES = 255
"""A label map has eight bits, and 255 is void."""


@dataclass(frozen=True)
class NamedOutputs:
    """`getters` by output name (`semseg`, `semseg/rgb`, `depth`, ...); calling it takes what the module returned."""

    getters: Mapping[str, Getter]

    def __post_init__(self) -> None:
        if not self.getters:
            raise InputError("No output is named; give outputs= a name such as semseg or depth for each.")
        for name in self.getters:
            if Output.parse(name).task not in get_args(TaskName):
                raise InputError(
                    f"The output '{name[:60]}' is of no known task; expected TASK or TASK/STREAM with a task of "
                    f"{', '.join(get_args(TaskName))}."
                )

    def __call__(self, result: Any) -> dict[str, Tensor]:
        """(B, C, h, w) by name; raises InputError for one that is not there or has another form."""
        return {name: _checked(name, self._get(name, getter, result)) for name, getter in self.getters.items()}

    def _get(self, name: str, getter: Getter, result: Any) -> Any:
        try:
            if getter is None:
                return result
            return getter(result) if callable(getter) else _item(result, getter)
        except (LookupError, TypeError, AttributeError) as err:
            raise InputError(
                f"The output '{name}' cannot be taken by {getter!r} from the {type(result).__name__} that the module "
                f"returned ({reason(err)}); give outputs= an index, a key or a function that finds it."
            ) from err


def named_outputs(given: Mapping[str, Getter] | Sequence[str]) -> NamedOutputs:
    """Names alone mean: the one output, or items in that order, or entries of a dict by these names."""
    if isinstance(given, Mapping):
        return NamedOutputs(dict(given))
    names = [given] if isinstance(given, str) else list(given)
    return NamedOutputs({name: _by_name(name, place, len(names)) for place, name in enumerate(names)})


def _by_name(name: str, place: int, count: int) -> Callable[[Any], Tensor]:
    def get(result: Any) -> Tensor:
        if isinstance(result, Mapping):
            return result[name]
        return result if isinstance(result, Tensor) and count == 1 else result[place]

    return get


def _item(result: Any, key: int | str) -> Any:
    return getattr(result, key) if isinstance(key, str) and not isinstance(result, Mapping) else result[key]


def _checked(name: str, y: Any) -> Tensor:
    if not isinstance(y, Tensor) or y.ndim != 4:
        found = f"of shape {tuple(y.shape)}" if isinstance(y, Tensor) else f"a {type(y).__name__}"
        raise InputError(
            f"The output '{name}' is {found}; expected a tensor (batch, channels, height, width): give outputs= a "
            "function that brings it into that form."
        )
    return y


def tasks_of(outputs: Mapping[str, Tensor], given: Sequence[Task] | None = None) -> tuple[Task, ...]:
    """The tasks of the final outputs, each as wide as its outputs; those `given` must agree.

    Raises InputError for a width that the task cannot have.
    """
    widths: dict[str, int] = {}
    for name, y in outputs.items():
        task = Output.parse(name).task
        _check_width(name, task, y.shape[1], widths.setdefault(task, y.shape[1]))
    found = tuple(_task(name, width) for name, width in widths.items())
    if given is None:
        return found
    if {task.name: task.channels for task in given} != widths:
        told = ", ".join(f"{task.name} of {task.channels}" for task in given)
        raise InputError(f"tasks= says {told}, but the outputs have {_listed(widths)} channels; leave tasks= out.")
    return tuple(given)


def _check_width(name: str, task: str, width: int, first: int) -> None:
    wanted = WIDTHS.get(task, first)
    if width != wanted or width > MOST_CLASSES:
        limit = f"{wanted}" if width != wanted else f"at most {MOST_CLASSES}"
        raise InputError(f"The output '{name}' has {width} channels; expected {limit}: check outputs=.")


def _task(name: str, width: int) -> Task:
    return Task("image", width) if name == "image" else Task(name, width, nyu_task(name).unit)


def _listed(widths: Mapping[str, int]) -> str:
    return ", ".join(f"{name} of {width}" for name, width in widths.items())
