"""Edges that a network declares can be changed one by one: what comes on them goes through `FusionModule.arriving`."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from vizlab.checks.case import CUT, Case, by_output
from vizlab.checks.distances import furthest
from vizlab.checks.limits import EDGES
from vizlab.checks.report import Finding
from vizlab.checks.site_call import SiteCall, furthest_tensor
from vizlab.core.changes import ALL_OTHERS
from vizlab.core.edits import CUT as CUT_EDGE
from vizlab.core.edits import Meet
from vizlab.core.site import FusionModule, Intervention, Way, fusion_modules


def edited_at_a_site(call: SiteCall) -> Iterator[Finding]:
    """At a call of a site every edge is met by its edit, and with all of them cut it gives what it gives cut apart."""
    passed = _passed_over(call.module, call.run)
    if passed is not None:
        yield call.case.finding(EDGES, call.site.name, math.inf, passed)
    elif call.site.additive and call.module.edges():
        figure = furthest_tensor(call.run(_all_cut(call.module)), call.run(CUT))
        yield call.case.finding(EDGES, call.site.name, figure, "cut one by one it is another than cut apart")


def edited_in_a_network(case: Case) -> Iterator[Finding]:
    """The same in whole forwards, for sites that are no calls of their own."""
    modules = {name: module for name, module in fusion_modules(case.model.network).items() if module.site.additive}
    passed = {name: _passed_over(modules[name], case.forward) for name in modules if name in case.unvisited}
    for name, words in passed.items():
        if words is not None:
            yield case.finding(EDGES, name, math.inf, words)
    if passed and not any(passed.values()):
        every = {name: found for module in modules.values() for name, found in _all_cut(module).edits.items()}
        for name, figure in by_output(furthest(case.forward(Intervention(edits=every)), case.forward(CUT))).items():
            yield case.finding(EDGES, name, figure, "cut one by one they are another than cut apart")


def _passed_over(module: FusionModule, run: Callable[[Intervention], Any]) -> str | None:
    """What to say of the first edge whose edit is not met in `run`."""
    edits = {way: Meet() for way in module.edges()}
    run(Intervention(edits={module.site.name: edits}))
    way = next((way for way, edit in edits.items() if not edit.met), None)
    return None if way is None else f"{_words(way)} does not go through `arriving`, so it cannot be changed"


def _all_cut(module: FusionModule) -> Intervention:
    return Intervention(edits={module.site.name: dict.fromkeys(module.edges(), CUT_EDGE)})


def _words(way: Way) -> str:
    target, source = way
    return f"what comes from {source or ALL_OTHERS} to {target}"
