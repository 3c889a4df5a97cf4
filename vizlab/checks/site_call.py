"""One call of one site inside a forward, which can be repeated with the same inputs under other conditions.

What goes wrong at a site shows there and names it, untouched by what other sites did before; and to repeat one module
costs a fraction of a forward.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from vizlab.checks.case import CUT, Case
from vizlab.checks.distances import distance
from vizlab.core.site import FusionModule, Intervention, Mixing, Observer, Site, intervening, observing


@dataclass(frozen=True)
class Shown:
    """What a site showed of one target: a copy of `mixing.output`, what it amounts to by its parts, and the rest.

    `total` is the sum of the parts and the constant, float64. `rest` (C,) bool are the channels that are the target's
    own because no part names them. `parts` are the sources that were named, `channels` how many there are.
    """

    target: int
    own: int | None
    output: Tensor
    total: Tensor
    rest: Tensor
    parts: tuple[int, ...]

    @classmethod
    def of(cls, mixing: Mixing) -> "Shown":
        named = torch.zeros(mixing.output.shape[1], dtype=torch.bool, device=mixing.output.device)
        total = torch.zeros_like(mixing.output, dtype=torch.float64)
        for part in mixing.parts:
            where = torch.arange(len(named), device=named.device) if part.channels is None else part.channels
            total.index_add_(1, where, part.value.double())
            named[where] = True
        if mixing.constant is not None:
            total += mixing.constant.double()[:, None, None]
        rest = ~named if mixing.own_is_rest else torch.zeros_like(named)
        total[:, rest] = mixing.output[:, rest].double()
        sources = tuple(part.source for part in mixing.parts)
        return cls(mixing.target, mixing.own, mixing.output.clone(), total, rest, sources)

    @property
    def residual(self) -> float:
        """How far the sum is from the output."""
        return distance(self.total, self.output)


@dataclass(frozen=True, eq=False)
class SiteCall:
    """The call of `module` with these arguments; every run gets copies of them."""

    case: Case
    module: FusionModule
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @property
    def site(self) -> Site:
        return self.module.site

    @property
    def others(self) -> frozenset[str]:
        """The names of all sites but this one."""
        return frozenset(site.name for site in self.case.model.sites) - {self.site.name}

    @cached_property
    def plain(self) -> list[Tensor]:
        return self.run()

    @cached_property
    def watched(self) -> tuple[list[Tensor], list[Shown]]:
        return self.watch()

    @cached_property
    def cut(self) -> tuple[list[Tensor], list[Shown]]:
        return self.watch(CUT)

    def watch(self, change: Intervention | None = None) -> tuple[list[Tensor], list[Shown]]:
        """What the module gives, and what it shows meanwhile."""
        shown: list[Shown] = []
        return self.run(change, lambda module, mixing: shown.append(Shown.of(mixing))), shown

    def run(self, change: Intervention | None = None, observer: Observer | None = None) -> list[Tensor]:
        """The tensors that the module gives under `change`, shown to `observer`."""
        with torch.inference_mode(), ExitStack() as conditions:
            if change is not None:
                conditions.enter_context(intervening(change))
            if observer is not None:
                conditions.enter_context(observing(observer))
            return tensors(self.module.forward(*copied(self.args), **copied(self.kwargs)))


def visit_sites(case: Case, visit: Callable[[SiteCall], None]) -> None:
    """One plain forward, before each of whose site calls `visit` may repeat that call; no hook stays behind."""
    busy = False

    def before(module: FusionModule, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal busy
        if not busy:  # a site inside another one is visited by the forward itself, not by what `visit` repeats
            busy = True
            case.visited.add(module.site.name)
            try:
                visit(SiteCall(case, module, args, kwargs))
            finally:
                busy = False

    modules = [m for m in case.model.network.modules() if isinstance(m, FusionModule) and hasattr(m, "site")]
    handles = [m.register_forward_pre_hook(before, with_kwargs=True) for m in modules]
    try:
        case.model.forward(case.inputs)
    finally:
        for handle in handles:
            handle.remove()


def tensors(value: Any) -> list[Tensor]:
    """Every tensor of a result, which may be one, or lists and mappings of some."""
    if isinstance(value, Tensor):
        return [value]
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return [tensor for item in items for tensor in tensors(item)]


def copied(value: Any) -> Any:
    """Arguments with every tensor copied, so that a module may change them in place."""
    if isinstance(value, Tensor):
        return value.clone()
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return type(value)(copied(item) for item in value) if type(value) in (list, tuple) else value


def furthest_tensor(found: list[Tensor], expected: list[Tensor]) -> float:
    """The largest distance of two results; infinite if they hold different numbers of tensors."""
    if len(found) != len(expected):
        return float("inf")
    return max((distance(a, b) for a, b in zip(found, expected, strict=True)), default=0.0)
