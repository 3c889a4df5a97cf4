"""The outputs of a network by name: `TASK`, `TASK/STREAM`, `TASK/ensemble`, and `scale_K/TASK` for initial ones."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
ENSEMBLE = "ensemble"
"""The stream that stands for all streams of a task together."""
_SCALE = "scale_"


@dataclass(frozen=True)
class Output:
    """Which output it is; `str()` gives the name that users see and files hold.

    `task` is what is predicted, `stream` from which of several streams (empty: there is one), `scale` at which scale an
    initial prediction was made (None: a final prediction).
    """

    task: str
    stream: str = ""
    scale: int | None = None

    @classmethod
    def parse(cls, name: str) -> "Output":
        """The inverse of `str()`; any name that is of no known form is a task's."""
        first, _, second = name.partition("/")
        number = first.removeprefix(_SCALE)
        if second and first.startswith(_SCALE) and number.isdecimal():
            return cls(second, scale=int(number))
        return cls(first, second)

    def __str__(self) -> str:
        if self.scale is not None:
            return f"{_SCALE}{self.scale}/{self.task}"
        return f"{self.task}/{self.stream}" if self.stream else self.task

    @property
    def initial(self) -> bool:
        """Whether later parts of the network refine it."""
        return self.scale is not None

    @property
    def ensemble(self) -> bool:
        """Whether it is made of all streams of its task."""
        return self.stream == ENSEMBLE

    @property
    def answer(self) -> bool:
        """Whether it is what the network says in the end: final, and not of one stream among several."""
        return not self.initial and self.stream in ("", ENSEMBLE)


def spliced_by_task(before: Mapping[str, T], after: Mapping[str, T], tasks: Collection[str]) -> dict[str, T]:
    """The outputs of `tasks` out of `after`, initial ones too, all others out of `before`."""
    return {name: after[name] if Output.parse(name).task in tasks else y for name, y in before.items()}


def answers(outputs: Mapping[str, T]) -> dict[str, T]:
    """By task, the output that is the network's answer: `TASK`, or `TASK/ensemble` where there are streams."""
    parsed = ((Output.parse(name), value) for name, value in outputs.items())
    return {output.task: value for output, value in parsed if output.answer}
