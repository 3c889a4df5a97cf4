"""The edges of a network: every way on which one stream reaches another, at every site, in network order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from vizlab.core.changes import ALL_OTHERS
from vizlab.core.edits import CUT, Meet
from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.site import (
    NO_INTERVENTION,
    Edit,
    Intervention,
    Way,
    fusion_modules,
    intervening,
)
from vizlab.errors import InputError


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


def require_met(model: Model, inputs: Mapping[str, Tensor], base: Intervention = NO_INTERVENTION) -> None:
    """One forward in which every edge must be met, so that an effect of 0 is one; raises InputError where it is not."""
    edits = {edge: Meet() for edge in edges_of(model)}
    with intervening(with_edits(base, edits)):
        model.forward(inputs)
    for edge, edit in edits.items():
        if not edit.met:
            raise InputError(
                f"What comes from {edge.source or ALL_OTHERS} to {edge.target} at site '{edge.site}' of "
                f"{model.name} cannot be changed: its module does not pass it through `arriving` (see `vizlab check`)."
            )


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
