"""An error inside an observer comes out, and nothing of the interrupted forward stays behind."""

from collections.abc import Callable, Iterator
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

from torch import nn

from vizlab.checks.case import Case, differences, telling
from vizlab.checks.limits import AFTER_ERROR
from vizlab.checks.report import Finding
from vizlab.checks.site_call import SiteCall, furthest_tensor
from vizlab.core.site import FusionModule, Mixing, observing

_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


class _OnPurpose(Exception):
    """What the observer raises; nobody else does."""


@dataclass(frozen=True)
class Traces:
    """What a forward could leave behind: hooks on modules, modules in training mode, values of context variables."""

    hooks: int
    training: int
    context: dict[ContextVar[Any], Any]

    @classmethod
    def of(cls, network: nn.Module) -> "Traces":
        modules = list(network.modules())
        hooks = sum(len(getattr(module, name)) for module in modules for name in _HOOKS)
        return cls(hooks, sum(module.training for module in modules), dict(copy_context().items()))

    def since(self, before: "Traces") -> Iterator[str]:
        """In words, what is there now and was not before."""
        if self.hooks != before.hooks:
            yield f"{self.hooks - before.hooks:+d} hooks"
        if self.training != before.training:
            yield f"{self.training - before.training:+d} modules in training mode"
        for variable in {**before.context, **self.context}:
            if self.context.get(variable) is not before.context.get(variable):
                yield f"the context variable {variable.name} has another value"


def error_at_a_site(call: SiteCall) -> Iterator[Finding]:
    """The figure is the number of things left behind: hooks, context variables, a changed result."""
    if not call.site.additive:
        return
    plain, before = call.plain, Traces.of(call.case.model.network)
    left = [*_interrupted(call.run, call.site.name), *Traces.of(call.case.model.network).since(before)]
    if (change := furthest_tensor(call.run(), plain)) != 0:
        left.append(f"its results differ by {change:.2g} afterwards")
    yield call.case.finding(AFTER_ERROR, call.site.name, len(left), "; ".join(left))


def error_in_a_network(case: Case) -> Iterator[Finding]:
    """The same of a whole forward that ends at its first site: the next watched one is equal to the one before.

    Sites that are no calls of their own end a forward each.
    """
    expected = case.watched
    for name in [*expected.rows][:1] + [name for name in expected.rows if name in case.unvisited]:
        before = Traces.of(case.model.network)
        left = [*_interrupted(lambda: case.model.forward(case.inputs), name)]
        left += Traces.of(case.model.network).since(before)
        place, change = telling(differences(case.run(), expected), 0)
        if change != 0:
            left.append(f"{place} differs by {change:.2g} in the next forward")
        yield case.finding(AFTER_ERROR, name, len(left), "; ".join(left))


def _interrupted(forward: Callable[[], object], site: str) -> list[str]:
    """Nothing if the error that an observer raises at `site` comes out of `forward`, as it must."""
    raised = 0

    def explode(module: FusionModule, mixing: Mixing) -> None:
        nonlocal raised
        if module.site.name == site:
            raised += 1
            raise _OnPurpose

    try:
        with observing(explode):
            forward()
    except _OnPurpose:
        return []
    return ["the observer's error does not come out"] if raised else []
