"""Sites are what they are declared to be: known by one name, shown once a target, and made of what they say."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vizlab.checks.case import Case
from vizlab.checks.limits import DECLARED
from vizlab.checks.report import Finding
from vizlab.core.site import FusionModule, Mixing, Site, observing


@dataclass(frozen=True)
class Sight:
    """What one call of an observer said, without its tensors."""

    target: int
    channels: int
    own: int | None
    sources: frozenset[int]


def declared(case: Case) -> Iterator[Finding]:
    """The figure is the number of contradictions between what a site says it is and what it does."""
    seen = _seen(case)
    names = Counter(site.name for site in case.model.sites)
    modules = _declared_modules(case)
    for site in {site.name: site for site in case.model.sites}.values():
        wrong = [f"{names[site.name]} sites have this name"] if names[site.name] > 1 else []
        if modules.get(site.name) != site:
            wrong.append("no fusion module of the network is this site")
        wrong += [*_impossible(site), *_wrong_counts(site, seen.get(site.name, [])), *_wrong_sights(site, seen)]
        yield case.finding(DECLARED, site.name, len(wrong), "; ".join(wrong))
    for name in {**modules, **seen}:
        if name not in names:
            yield case.finding(DECLARED, name, 1, "a fusion module that is no site of the network")


def _seen(case: Case) -> dict[str, list[Sight]]:
    """By site, every call of an observer in one forward."""
    paths = {module: path for path, module in case.model.network.named_modules()}
    seen: dict[str, list[Sight]] = {}

    def observe(module: FusionModule, mixing: Mixing) -> None:
        name = module.site.name if hasattr(module, "site") else paths.get(module, type(module).__name__)
        sources = frozenset(part.source for part in mixing.parts)
        sight = Sight(mixing.target, mixing.output.shape[1], mixing.own, sources)
        seen.setdefault(name, []).append(sight)

    with observing(observe):
        case.model.forward(case.inputs)
    return seen


def _declared_modules(case: Case) -> dict[str, Site]:
    modules = (m for m in case.model.network.modules() if isinstance(m, FusionModule) and hasattr(m, "site"))
    return {module.site.name: module.site for module in modules}


def _impossible(site: Site) -> Iterator[str]:
    """What cannot be, whatever a forward shows."""
    for role, streams in (("targets", site.targets), ("sources", site.sources)):
        if len(set(streams)) < len(streams):
            yield f"its {role} are not different streams"
    lacking = [target for target in site.targets if target not in site.sources]
    if site.additive and lacking:
        yield f"it adds, but its target {lacking[0]} is not among its sources"


def _wrong_counts(site: Site, sights: list[Sight]) -> Iterator[str]:
    """Each target is shown once in a forward; where the site does not add, it may be that none is."""
    counts = Counter(sight.target for sight in sights)
    expected = int(site.additive or bool(sights))
    for target in range(len(site.targets)):
        if (count := counts.pop(target, 0)) != expected:
            yield f"{site.targets[target]} is shown {_times(count)}, expected {_times(expected)}"
    for target in counts:
        yield f"a target {target} is shown, but it has {len(site.targets)}"


def _wrong_sights(site: Site, seen: Mapping[str, list[Sight]]) -> Iterator[str]:
    for sight in seen.get(site.name, []):
        if not site.additive and sight.sources:
            yield "parts are shown, but it does not add"
        if not 0 <= sight.target < len(site.targets) or site.targets[sight.target] not in site.sources:
            continue
        target = site.targets[sight.target]
        if sight.channels != site.channels:
            yield f"{target} has {sight.channels} channels, declared are {site.channels}"
        if sight.own != site.sources.index(target):
            yield f"{target} is not said to be its own source"
        if beyond := [s for s in sight.sources if not 0 <= s < len(site.sources)]:
            yield f"{target} gets a part from source {beyond[0]}, but there are {len(site.sources)}"


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")
