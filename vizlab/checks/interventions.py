"""Interventions do what they say: nothing where they ask for nothing, and where they cut, nothing else comes across."""

import math
from collections.abc import Iterator

import numpy as np
from torch import Tensor

from vizlab.checks.case import CUT, Case, by_output, differences, telling
from vizlab.checks.distances import distance, furthest, largest_difference, relative
from vizlab.checks.limits import APART, CUT_SHARES, ELSEWHERE, EMPTY, EVERY_SITE, WITHOUT
from vizlab.checks.report import Finding
from vizlab.checks.site_call import SiteCall, furthest_tensor
from vizlab.core.outputs import Output
from vizlab.core.reduction import TargetReduction
from vizlab.core.site import Intervention, Site


def empty_at_a_site(call: SiteCall) -> Iterator[Finding]:
    """A site gives the very same under an intervention that is empty, or that sets its controls to their own values."""
    own = call.case.model.settings
    changes = {"": Intervention()} | ({"its own settings": Intervention(settings=own)} if own else {})
    figures = [(furthest_tensor(call.run(change), call.plain), word) for word, change in changes.items()]
    figure, note = max(figures)
    yield call.case.finding(EMPTY, call.site.name, figure, note)


def empty_in_a_network(case: Case) -> Iterator[Finding]:
    """The outputs under an empty intervention are bit-identical to those of a plain forward."""
    for name, figure in by_output(furthest(case.forward(Intervention()), case.plain)).items():
        yield case.finding(EMPTY, name, figure)


def elsewhere(call: SiteCall) -> Iterator[Finding]:
    """A site gives the very same as under an empty intervention while all other sites are cut and set anew."""
    change = Intervention(settings=call.case.other_settings, cross=False, sites=call.others)
    figure = furthest_tensor(call.run(change), call.run(Intervention()))
    yield call.case.finding(ELSEWHERE, call.site.name, figure)


def elsewhere_in_a_network(case: Case) -> Iterator[Finding]:
    """For sites that are no calls of their own: to change things at no site at all is to change nothing."""
    if case.unvisited:
        nowhere = Intervention(settings=case.other_settings, cross=False, sites=frozenset())
        for name, figure in by_output(furthest(case.forward(nowhere), case.forward(Intervention()))).items():
            yield case.finding(ELSEWHERE, name, figure)


def cut_shares(case: Case) -> Iterator[Finding]:
    """With its edges cut, every target's share is 1 of its own stream, and no other sends energy."""
    sites = {site.name: site for site in case.model.sites if site.additive}
    for name, site in sites.items():
        figures = [
            (_from_others(row, site, target, (name, target) in case.cut.constant), site.targets[target])
            for target, row in case.cut.rows.get(name, {}).items()
        ]
        figure, target = max(figures, default=(math.nan, ""))
        yield case.finding(CUT_SHARES, name, figure, f"target {target}" if target else "it shows nothing when cut")


def _from_others(row: TargetReduction, site: Site, target: int, constant: bool) -> float:
    """The largest deviation of a row of shares from its own stream alone, or of the others' size against its own."""
    own = site.sources.index(site.targets[target])
    energy = float(np.delete(row.energy, own).sum())
    size = relative(math.sqrt(energy) if energy >= 0 else math.nan, math.sqrt(max(float(row.energy[own]), 0)))
    if constant:  # it has no shares
        return size
    deviation = largest_difference(row.share, np.eye(len(site.sources))[own])
    return max(size, math.inf if math.isnan(deviation) else deviation)


def every_site(case: Case) -> Iterator[Finding]:
    """To cut all sites by their names is to cut without naming any."""
    named = Intervention(cross=False, sites=frozenset(site.name for site in case.model.sites))
    place, figure = telling(differences(case.run(named), case.cut), case.limits[EVERY_SITE])
    yield case.finding(EVERY_SITE, place, figure)


def without_exchange(case: Case) -> Iterator[Finding]:
    """Where the method knows settings at which nothing is exchanged, they give the outputs of a cut network."""
    settings = {name: value for name, value in case.model.method.without.items() if name in case.model.settings}
    if settings:
        found = case.forward(Intervention(settings=settings))
        for name, figure in by_output(furthest(found, case.cut.outputs)).items():
            yield case.finding(WITHOUT, name, figure)


def streams_apart(case: Case) -> Iterator[Finding]:
    """Where all sites are cut, another input's pixels do not change the outputs of a stream (`TASK/INPUT`).

    Only for networks of several inputs whose sites all add: others have streams that cannot be cut apart.
    """
    if len(case.model.inputs) < 2 or not all(site.additive for site in case.model.sites):
        return
    for altered in case.model.inputs:
        found = case.forward(CUT, {k: _turned(x) if k == altered else x for k, x in case.inputs.items()})
        for name, expected in case.cut.outputs.items():
            stream = Output.parse(name).stream
            if stream in case.model.inputs and stream != altered:
                yield case.finding(APART, f"output {name}", distance(found[name], expected), f"another {altered}")


def _turned(x: Tensor) -> Tensor:
    """The same pixels upside down and left to right."""
    return x.flip((-2, -1))
