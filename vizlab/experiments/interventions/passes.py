"""The passes of a sweep over the edges of a network, for B pictures at once: one forward's rest each.

By the definitions of the measures, D being how far an answer moves (`vizlab.measures.movement`) from that of the
network as it is:

- total: D with one edge cut, everything after it recomputed (Pearl's do-operator on one part);
- direct: the same while what every later site takes from other streams is held at what it was (Vig et al., NeurIPS
  2020, after Pearl 2001);
- only: D with every edge cut but this one; sufficiency is 1 - only / all;
- all: D with every edge cut;
- site: D with every edge of one site cut.

Where an output moves is held against where something came: the rank correlation, over the cells of one picture, of the
map of how far what an edge brings is from its own mean with the map of how far the answer moves when the edge is cut.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from vizlab.core.changes import parts_on
from vizlab.core.edits import Put
from vizlab.core.framing import Framing
from vizlab.core.kept import LIMIT, Outputs
from vizlab.core.model import Model
from vizlab.core.outputs import answers
from vizlab.core.pixels import cropped
from vizlab.core.site import NO_INTERVENTION, Edit, Intervention, Way
from vizlab.experiments.interventions.baseline import Baseline
from vizlab.experiments.interventions.edges import CUT, Edge, cutting, edges_of, idle_edges, require_met, with_edits
from vizlab.measures.agreement import rank_agreement
from vizlab.measures.movement import movement

KINDS = ("total", "direct", "only")
PER_SITE = "site"
Score = Callable[[Outputs], Mapping[str, np.ndarray]]
"""Of the outputs of B pictures further figures, (B, ...) each, such as metrics against a reference."""


@dataclass(frozen=True)
class Pass:
    """One of the passes: its kind, and the place of its edge among the edges, or of its site (None for `all`)."""

    kind: str
    place: int | None = None


@dataclass(eq=False)
class Found:
    """What the passes found so far; NaN where a pass was not made yet.

    `size` by kind: (B, E, T), for "site" (B, S, T), for "all" (B, T); `flipped` likewise, NaN for tasks without
    classes. E `edges`, S `sites` that have any, T `tasks`. `where` (B, E, T) is the rank correlation of the maps.
    `scores` by kind and name hold what a `Score` said, (B, E or S, ...) or (B, ...), and under "plain" of the network
    as it is.
    """

    edges: tuple[Edge, ...]
    sites: tuple[str, ...]
    tasks: tuple[str, ...]
    size: dict[str, np.ndarray]
    flipped: dict[str, np.ndarray]
    where: np.ndarray
    scores: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)

    @classmethod
    def nothing(cls, edges: tuple[Edge, ...], tasks: tuple[str, ...], pictures: int) -> "Found":
        sites = tuple(dict.fromkeys(edge.site for edge in edges))
        shapes: dict[str, tuple[int, ...]] = {kind: (pictures, len(edges), len(tasks)) for kind in KINDS}
        shapes |= {"all": (pictures, len(tasks)), PER_SITE: (pictures, len(sites), len(tasks))}
        size, flipped = ({kind: np.full(shape, np.nan) for kind, shape in shapes.items()} for _ in range(2))
        return cls(edges, sites, tasks, size, flipped, np.full(shapes["total"], np.nan))

    def places(self, kind: str) -> int:
        """How many passes of a kind there are."""
        return len(self.sites) if kind == PER_SITE else len(self.edges)


class Passes:
    """The passes over `model` for B pictures; `run` makes them one by one, so that a caller may show each or stop.

    `score` is asked for the passes of the kinds in `scored`; `places` asks for `Found.where`, too. What nothing comes
    through is not run: its effect is 0.
    """

    def __init__(
        self,
        model: Model,
        inputs: Mapping[str, Tensor],
        framing: Framing,
        base: Intervention = NO_INTERVENTION,
        score: Score | None = None,
        scored: Sequence[str] = ("total", PER_SITE, "all"),
        places: bool = False,
        limit: int = LIMIT,
    ) -> None:
        self.model, self.base, self.framing = model, base, framing
        self._inputs, self._limit, self._score, self._scored = inputs, limit, score, scored
        self._places = places
        self.plain = Baseline(model, inputs, framing, base, limit)
        self.edges = edges_of(model)
        self._idle = idle_edges(model, base)
        self._answers = answers(self.plain.outputs)
        pictures = len(next(iter(inputs.values())))
        self.found = Found.nothing(self.edges, tuple(self._answers), pictures)
        self._bare: Baseline | None = None
        self._parts: Mapping[str, Mapping[Way, Tensor]] | None = None
        self._met = False
        if score is not None:
            self._note_scores("plain", None, score(self.plain.outputs))

    def listed(self, kinds: Sequence[str] = KINDS) -> list[Pass]:
        """The passes to make for these kinds, "all" first."""
        return [Pass("all"), *(Pass(kind, i) for kind in kinds for i in range(self.found.places(kind)))]

    def run(self, passes: Sequence[Pass]) -> Iterator[Pass]:
        """Make each of `passes`, put what it finds into `found`, and yield it."""
        for one in passes:
            if one.kind == "direct" and one.place is not None and self._is_direct(one.place):
                for known in (self.found.size, self.found.flipped):
                    known["direct"][:, one.place] = known["total"][:, one.place]
            else:
                self._note(one, self._outputs(one))
            yield one

    def _is_direct(self, edge: int) -> bool:
        """Whether the total effect is known and all of it is direct, since no later site can pass anything on."""
        return not np.isnan(self.found.size["total"][:, edge]).any() and not self._after(self.edges[edge])

    def _outputs(self, one: Pass) -> Outputs:
        if one.place is None:
            return self.bare.outputs
        if one.kind == PER_SITE:
            site = self.found.sites[one.place]
            return self.plain.under(cutting(self.base, [e for e in self.edges if e.site == site]))
        edge = self.edges[one.place]
        if edge in self._idle:
            return self.bare.outputs if one.kind == "only" else self.plain.outputs
        if one.kind == "only":
            return self.bare.under(cutting(self.base, [other for other in self.edges if other != edge]))
        held = self._held_after(edge) if one.kind == "direct" else {}
        return self.plain.under(with_edits(self.base, {edge: CUT, **held}))

    @property
    def bare(self) -> Baseline:
        """The network with every edge cut."""
        if self._bare is None:
            cut = cutting(self.base, self.edges)
            self._bare = Baseline(self.model, self._inputs, self.framing, cut, self._limit)
        return self._bare

    @property
    def parts(self) -> Mapping[str, Mapping[Way, Tensor]]:
        """What comes on every edge as it is, by site and way."""
        if self._parts is None:
            ways: dict[str, list[Way]] = {}
            for one in self.edges:
                ways.setdefault(one.site, []).append(one.way)
            self._parts = parts_on(self.model, self._inputs, ways, self.base)
        return self._parts

    def _held_after(self, edge: Edge) -> dict[Edge, Edit]:
        """What other streams send at every later site, as it is without a change."""
        known = self.parts
        return {one: Put(known[one.site][one.way]) for one in self._after(edge) if one.way in known[one.site]}

    def _after(self, edge: Edge) -> list[Edge]:
        """The edges that a change of this one can reach: at later sites, but not at those that work beside its own."""
        sites = {site.name: place for place, site in enumerate(self.model.sites)}
        kinds = {site.name: site.kind for site in self.model.sites}
        beside = kinds[edge.site] if kinds[edge.site] in self.model.method.side_by_side else None
        return [
            one
            for one in self.edges
            if sites[one.site] > sites[edge.site] and kinds[one.site] != beside and one not in self._idle
        ]

    def _note(self, one: Pass, outputs: Outputs) -> None:
        at = (slice(None),) if one.place is None else (slice(None), one.place)
        now = answers(outputs)
        for place, task in enumerate(self.found.tasks):
            moved = movement(task, self._answers[task], now[task], self.framing)
            self.found.size[one.kind][(*at, place)] = moved.size.double().cpu().numpy()
            if moved.share_flipped is not None:
                self.found.flipped[one.kind][(*at, place)] = moved.share_flipped.double().cpu().numpy()
            if one.kind == "total" and self._places and one.place is not None:
                self.found.where[:, one.place, place] = self._agreement(self.edges[one.place], moved.map)
        idle = one.kind not in ("all", "total") or (one.place is not None and self.edges[one.place] in self._idle)
        if not idle and not self._met and not self.found.size[one.kind][at].any():
            require_met(self.model, self._inputs, self.base)  # that nothing moves may be since nothing was cut
            self._met = True
        if self._score is not None and one.kind in self._scored:
            self._note_scores(one.kind, one.place, self._score(outputs))

    def _agreement(self, edge: Edge, moved: Tensor) -> np.ndarray:
        """(B,): of where something came on the edge with where the answer moves."""
        part = self.parts[edge.site].get(edge.way)
        if part is None or edge in self._idle:
            return np.full(len(moved), np.nan)
        came = cropped(part, self.framing).float()
        spread = (came - came.mean((-2, -1), keepdim=True)).square().sum(1).sqrt()
        return rank_agreement(spread, moved).double().cpu().numpy()

    def _note_scores(self, kind: str, place: int | None, scores: Mapping[str, np.ndarray]) -> None:
        held = self.found.scores.setdefault(kind, {})
        for name, value in scores.items():
            if place is None:
                held[name] = value
                continue
            if name not in held:
                held[name] = np.zeros((len(value), self.found.places(kind), *value.shape[1:]), value.dtype)
            held[name][:, place] = value


def sufficiency(found: Found) -> np.ndarray:
    """(B, E, T): 1 - D(all cut but this edge) / D(all cut); NaN where cutting all moves nothing."""
    whole = np.where(found.size["all"] > 0, found.size["all"], math.nan)
    return 1 - found.size["only"] / whole[:, None]


def interaction(found: Found) -> np.ndarray:
    """(B, T): D(all cut) less the sum of D of each edge cut: what single edges do not add up to."""
    return found.size["all"] - found.size["total"].sum(1)


def shares(model: Model, edges: Sequence[Edge], share: Mapping[str, np.ndarray | None]) -> np.ndarray:
    """(E,): each edge's share of its target, out of the shares (T, S) by site of a trace; NaN where there is none."""
    sites = {site.name: site for site in model.sites}
    found = []
    for edge in edges:
        of_site, site = share[edge.site], sites[edge.site]
        known = of_site is not None and edge.source is not None
        row, column = site.targets.index(edge.target), site.sources.index(edge.source or edge.target)
        found.append(float(of_site[row, column]) if known and of_site is not None else math.nan)
    return np.array(found)
