"""What a site shows is what it does: parts that sum to the output, an output that is handed on, unchanged by watching.

Each holds for the site as it is and with its edges cut.
"""

from collections.abc import Callable, Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.checks.case import CUT, Case, by_output
from vizlab.checks.distances import distance, furthest
from vizlab.checks.limits import HANDED_ON, REST, SUM, WATCHING
from vizlab.checks.report import Finding
from vizlab.checks.site_call import Shown, SiteCall, furthest_tensor
from vizlab.core.site import NO_INTERVENTION, FusionModule, Mixing, Site, observing

ACTIVATIONS: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda y: y, F.relu, F.leaky_relu, F.relu6, F.elu, F.gelu, F.silu, F.hardswish, F.softplus, torch.sigmoid,
    torch.tanh,
)  # fmt: skip
"""What may follow a site's sum inside its module."""


def parts_sum(call: SiteCall) -> Iterator[Finding]:
    """Of every target: all parts and the constant, added in float64, against the output."""
    if call.site.additive:
        figures = ((shown.residual, where) for shown, where in _shown(call))
        yield _worst(call, SUM, figures)


def parts_sum_in_forwards(case: Case) -> Iterator[Finding]:
    """The same of the sites that are no calls of their own, in a plain forward and one with every edge cut."""
    figures: dict[str, list[tuple[float, str]]] = {name: [] for name in case.unvisited}
    for change, word in ((NO_INTERVENTION, ""), (CUT, ", cut")) if case.unvisited else ():

        def observe(module: FusionModule, mixing: Mixing, word: str = word) -> None:
            if module.site.name in figures:
                shown = Shown.of(mixing)
                figures[module.site.name].append((shown.residual, _target(module.site, shown) + word))

        with observing(observe):
            case.forward(change)
    for name, found in figures.items():
        figure, note = max(found, default=(0.0, ""))
        yield case.finding(SUM, name, figure, note)


def rest_is_own(call: SiteCall) -> Iterator[Finding]:
    """Channels that no part names are what the target has there with every edge cut, given the same inputs."""
    cut = {shown.target: shown for shown in call.cut[1]}
    pairs = [(shown, cut[shown.target]) for shown in call.watched[1] if shown.rest.any() and shown.target in cut]
    if pairs:
        figures = (
            (distance(shown.output[:, shown.rest], alone.output[:, shown.rest]), _target(call.site, shown))
            for shown, alone in pairs
        )
        yield _worst(call, REST, figures)


def handed_on(call: SiteCall) -> Iterator[Finding]:
    """The module gives the output that it shows, itself or through an activation.

    Else it would show one sum and compute another one. Results in which no tensor has a target's shape are not judged.
    """
    figures = []
    for (given, all_shown), word in ((call.watched, ""), (call.cut, ", cut")):
        for shown in all_shown:
            candidates = _candidates(given, shown, len(call.site.targets))
            if candidates:
                nearest = _nearest(candidates, shown.output, call.case.limits[HANDED_ON])
                figures.append((nearest, _target(call.site, shown) + word))
    if figures:
        yield _worst(call, HANDED_ON, figures)


def _candidates(given: list[Tensor], shown: Shown, targets: int) -> list[Tensor]:
    """The tensors of a result that may be what a target received: on their own, or stacked over the targets."""
    found = [y for y in given if y.shape == shown.output.shape]
    for dim in (0, 1):
        size = list(shown.output.shape)
        size[dim] *= targets
        if targets > 1:
            found += [y.chunk(targets, dim)[shown.target] for y in given if list(y.shape) == size]
    return found


def _nearest(candidates: list[Tensor], output: Tensor, limit: float) -> float:
    """The least distance of any candidate from the output or an activation of it."""
    nearest = float("inf")
    for activation in ACTIVATIONS:
        expected = activation(output)
        nearest = min(nearest, *(distance(y, expected) for y in candidates), nearest)
        if nearest <= limit:
            break
    return nearest


def watching_a_site(call: SiteCall) -> Iterator[Finding]:
    """A site gives the same whether or not somebody looks, be it cut or not."""
    figures = [
        (furthest_tensor(call.watched[0], call.plain), "watched"),
        (furthest_tensor(call.cut[0], call.run(CUT)), "watched, cut"),
    ]
    yield _worst(call, WATCHING, figures)


def watching_a_network(case: Case) -> Iterator[Finding]:
    """The outputs of a watched forward against those of a plain one."""
    for name, figure in by_output(furthest(case.watched.outputs, case.plain)).items():
        yield case.finding(WATCHING, name, figure)


def _shown(call: SiteCall) -> Iterator[tuple[Shown, str]]:
    """Whatever the site shows, as it is and cut, with words that say what it is of."""
    for (_, all_shown), word in ((call.watched, ""), (call.cut, ", cut")):
        for shown in all_shown:
            yield shown, _target(call.site, shown) + word


def _target(site: Site, shown: Shown) -> str:
    known = 0 <= shown.target < len(site.targets)
    return f"target {site.targets[shown.target] if known else shown.target}"


def _worst(call: SiteCall, name: str, figures: Iterable[tuple[float, str]]) -> Finding:
    figure, note = max(figures, default=(0.0, ""))
    return call.case.finding(name, call.site.name, figure, note)
