"""Where the tensors that meet at a site come from: an argument of a module, a module's output, or a stored tensor."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from torch import Tensor, nn

from vizlab.errors import InputError

Item = int | str
"""A place in a tuple or list, or a key of a dict."""
Side = Literal["input", "output"]


class Point(NamedTuple):
    """Where a hook sits: before ("input") or after ("output") the module at `path`."""

    path: str
    side: Side


class Arguments(NamedTuple):
    """What a module is called with."""

    module: nn.Module
    positional: tuple[Any, ...]
    named: Mapping[str, Any]


@dataclass(frozen=True)
class Value:
    """One tensor of a forward, named so that it can be found again in the next one.

    Made by `argument`, `output_of` and `stored`. `value[1]` or `value["rgb"]` is an item of it, where it is a tuple,
    list or dict; `value.then(torch.sigmoid)` what a function makes of it. `path` is a module's, None being the site's
    own (for a stored tensor, the tensor's); `call` counts the calls of one forward from 0, None where there is one.
    """

    origin: Literal["argument", "output", "stored"]
    path: str | None
    key: Item = 0
    call: int | None = None
    steps: tuple[Item | Callable[[Any], Any], ...] = ()

    __iter__ = None
    """Without it Python would take indices to mean that there is an end."""

    def __getitem__(self, item: Item) -> "Value":
        return replace(self, steps=(*self.steps, item))

    def then(self, change: Callable[[Any], Any]) -> "Value":
        """What `change` makes of this value; it must not change the tensor in place."""
        return replace(self, steps=(*self.steps, change))

    def within(self, path: str) -> "Value":
        """The same value, where the site's own module is at `path`."""
        return self if self.path is not None else replace(self, path=path)

    @property
    def point(self) -> Point | None:
        """Where a hook finds it; None for a stored tensor, which is there all the time."""
        if self.origin == "stored" or self.path is None:
            return None
        return Point(self.path, "input" if self.origin == "argument" else "output")

    def __str__(self) -> str:
        if self.origin == "stored":
            return f"the stored tensor '{self.path}'"
        of = "the site's module" if self.path is None else f"'{self.path}'"
        nth = "" if self.call is None else f" in call {self.call}"
        return f"argument {self.key} of {of}{nth}" if self.origin == "argument" else f"the output of {of}{nth}"

    def find(self, found: Any) -> Tensor:
        """The tensor in `found`: a module's `Arguments`, its output, or the root module for a stored tensor.

        Raises InputError where it is not there.
        """
        try:
            return _tensor(self._follow(found))
        except InputError:
            raise
        except (LookupError, TypeError, AttributeError, ValueError, RuntimeError) as err:
            raise InputError(f"{self} cannot be read as declared ({reason(err)})") from err

    def _follow(self, found: Any) -> Any:
        if isinstance(found, Arguments):
            found = _argument(found, self.key)
        elif self.origin == "stored":
            found = attribute(found, self.path or "")
        for step in self.steps:
            found = step(found) if callable(step) else found[step]
        return found


ValueLike = Value | int | str
"""A value; a number is short for an argument of the site's module, a text for the output of the module at that path."""


def argument(key: Item, of: str | None = None, call: int | None = None) -> Value:
    """What a module is called with, by position or by name: the site's own module, or the one at the path `of`."""
    return Value("argument", of, key, call)


def output_of(path: str, call: int | None = None) -> Value:
    """What the module at `path` returns; `call` says in which of several calls in one forward, from 0."""
    return Value("output", path, call=call)


def stored(path: str) -> Value:
    """The parameter, buffer or other tensor attribute at `path`, such as "fuse.bn.weight"."""
    return Value("stored", path)


def as_value(given: ValueLike) -> Value:
    """`given` as a value; raises InputError for anything that is not short for one."""
    if isinstance(given, Value):
        return given
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise InputError(
            f"{given!r} names no tensor of a forward; give the number of an argument, the path of a module, or "
            "argument(...), output_of(...) or stored(...)."
        )
    return argument(given) if isinstance(given, int) else output_of(given)


def attribute(root: Any, path: str) -> Any:
    """The attribute at a dotted path below `root`; raises AttributeError if there is none."""
    for name in filter(None, path.split(".")):
        root = getattr(root, name)
    return root


def reason(err: Exception) -> str:
    """What kind of error it is and the first line of what it says: torch's messages may be a page long."""
    lines = str(err).strip().splitlines()
    return f"{type(err).__name__}: {lines[0][:160]}" if lines else type(err).__name__


def _argument(found: Arguments, key: Item) -> Any:
    """By position or name, however the caller passed it; defaults count."""
    if isinstance(key, int) and key < len(found.positional):
        return found.positional[key]
    if key in found.named:
        return found.named[key]  # type: ignore[index]
    bound = inspect.signature(found.module.forward).bind(*found.positional, **found.named)
    bound.apply_defaults()
    return list(bound.arguments.values())[key] if isinstance(key, int) else bound.arguments[key]


def _tensor(found: Any) -> Tensor:
    if not isinstance(found, Tensor):
        raise TypeError(f"expected a tensor, found a {type(found).__name__}")
    return found
