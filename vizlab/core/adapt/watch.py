"""Hooks on an owner's module for the duration of one forward, and only for the thread that runs it."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from vizlab.core.adapt.contents import get, item_of, put
from vizlab.core.adapt.layout import Layout
from vizlab.core.adapt.readings import Forward
from vizlab.core.adapt.sites import AdaptedSite
from vizlab.core.adapt.values import Arguments, Point, Value
from vizlab.errors import InputError

_current: ContextVar[object] = ContextVar("vizlab_adapted_forward", default=None)
# torch numbers hooks with a counter that two threads may read at once; the second hook would then replace the first.
_numbering = threading.Lock()


@contextmanager
def hooked(module: nn.Module, watches: Iterable["SiteWatch"]) -> Iterator[None]:
    """Within the block, in this context, `watches` see what happens inside `module`; then nothing is left in it.

    Other threads that run the same module meanwhile call the hooks too, which do nothing there.
    """
    forward = object()
    token = _current.set(forward)
    handles: list[RemovableHandle] = []
    try:
        with _numbering:
            for watch in watches:
                for point in watch.points:
                    handles.append(_register(module.get_submodule(point.path), point, watch, forward))
        yield
    finally:
        for handle in handles:
            handle.remove()
        _current.reset(token)


def _register(module: nn.Module, point: Point, watch: "SiteWatch", forward: object) -> RemovableHandle:
    # The rest is open: torch forgets that a hook takes keywords when it is removed, perhaps while another thread,
    # which found it a moment before, is about to call it.
    def before(module: nn.Module, *rest: Any) -> Any:
        if _current.get() is not forward:
            return None
        positional, named = rest
        changed = watch.meet(point, Arguments(module, positional, named))
        return None if changed is None else (changed.positional, changed.named)

    def after(module: nn.Module, *rest: Any) -> Any:
        return watch.meet(point, rest[-1]) if _current.get() is forward else None

    if point.side == "input":
        return module.register_forward_pre_hook(before, with_kwargs=True)
    return module.register_forward_hook(after)


Receive = Callable[[AdaptedSite, str, Forward], Tensor | None]
"""What is done with a target's output and what it is made of: returns the output in its place, None to leave it."""


class SiteWatch:
    """One site in one forward: keeps a copy of every value it needs until the targets that need it are there.

    Copies, since what a module was given or returned may be changed in place before the site is reached.
    """

    def __init__(self, place: AdaptedSite, module: nn.Module, layout: Layout, receive: Receive) -> None:
        self._place, self._module, self._layout, self._receive = place, module, layout, receive
        self._values: dict[Point, list[Value]] = defaultdict(list)
        self._targets: dict[Point, list[str]] = defaultdict(list)
        self._held: dict[Value, Tensor] = {}
        self._calls: Counter[Point] = Counter()
        declared = place.declared
        for value in declared.values():
            if value.point is not None:
                self._values[value.point].append(value)
        for target in declared.targets:
            self._targets[declared.place(target)].append(target)

    @property
    def points(self) -> Sequence[Point]:
        """Where it needs hooks."""
        return tuple(dict.fromkeys([*self._values, *self._targets]))

    def meet(self, point: Point, found: Any) -> Any:
        """A hook's news: keep the values found there, serve the targets seen there; None if nothing changes."""
        call = self._calls[point]
        self._calls[point] += 1
        self._keep(point, call, found)
        if not self._targets[point]:
            return None
        if call:
            raise self._called_again(point)
        self._place.reach()
        changed = found
        for target in self._targets[point]:
            changed = self._serve(target, point, changed)
        self._drop()
        return None if changed is found else changed

    def finish(self) -> None:
        """After the forward: raise InputError if a target was never seen."""
        for point, targets in self._targets.items():
            if not self._calls[point]:
                raise self._place.declared.error(
                    targets[0],
                    f"the module '{point.path}' was not called in this forward; name one that is called each time, and "
                    "adapt the module itself, not a compiled or parallel copy of it",
                )

    def _keep(self, point: Point, call: int, found: Any) -> None:
        for value in self._values[point]:
            if value.call is None and call:
                raise self._called_again(point)
            if value.call in (None, call):
                try:
                    self._held[value] = value.find(found).clone()
                except InputError as err:
                    raise self._place.declared.error("", err) from err

    def _drop(self) -> None:
        """Let go of all copies once the last target was served."""
        if all(self._calls[point] for point in self._targets):
            self._held.clear()

    def _serve(self, target: str, point: Point, found: Any) -> Any:
        """`found`, with the target's output replaced where the intervention asks for it."""
        declared = self._place.declared
        try:
            item = item_of(found, target, self._targets[point], declared.targets[target].item)
            output = get(found, item)
        except InputError as err:
            raise declared.error(target, f"its output is not there: {err}") from err
        new = self._receive(self._place, target, Forward(self._module, output, self._layout, self._take))
        return found if new is None else put(found, item, new)

    def _take(self, value: Value) -> Tensor:
        if value.point is None:
            return value.find(self._module)
        if value not in self._held:
            raise InputError(f"{value} was not seen before the site's; name what is computed before it")
        return self._held[value]

    def _called_again(self, point: Point) -> InputError:
        return self._place.declared.error(
            "",
            f"the module '{point.path}' was called several times in one forward, and which call is meant is not said; "
            "say it with output_of(..., call=0), or give each call a module of its own",
        )
