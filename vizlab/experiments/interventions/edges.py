"""The edges of a network: every way on which one stream reaches another, at every site, in network order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vizlab.core.edits import Scale
from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.site import NO_INTERVENTION, Edit, Intervention, Way, fusion_modules, intervening

CUT = Scale(0.0)


@dataclass(frozen=True, order=True)
class Edge:
    """What `source` adds to `target` at `site`; the source None stands for all other streams together."""

    site: str
    target: str
    source: str | None

    @property
    def way(self) -> Way:
        return self.target, self.source


def edges_of(model: Model) -> tuple[Edge, ...]:
    """Every edge that can be cut, in network order, then by target and source."""
    modules = fusion_modules(model.network)
    return tuple(Edge(site.name, *way) for site in model.sites for way in modules[site.name].edges())


def idle_edges(model: Model, change: Intervention = NO_INTERVENTION) -> frozenset[Edge]:
    """Those on which nothing comes, by the weights alone: to cut them changes nothing."""
    modules = fusion_modules(model.network)
    with intervening(change):
        return frozenset(edge for edge in edges_of(model) if not modules[edge.site].sends(*edge.way))


def with_edits(base: Intervention, edits: Mapping[Edge, Edit]) -> Intervention:
    """`base` with these edits on its edges, and no others."""
    by_site: dict[str, dict[Way, Edit]] = {}
    for edge, edit in edits.items():
        by_site.setdefault(edge.site, {})[edge.way] = edit
    return Intervention(base.settings, base.cross, base.sites, base.at, by_site)


def cutting(base: Intervention, edges: Iterable[Edge]) -> Intervention:
    """`base` with these edges cut."""
    return with_edits(base, dict.fromkeys(edges, CUT))


def task_of(stream: str, tasks: Iterable[str]) -> str:
    """The task that a stream works for: its own where it is called after one, else the network's first."""
    known = tuple(tasks)
    named = Output.parse(stream).task
    return named if named in known else known[0]
