"""The passes of a sweep over the edges of a network, for B pictures at once: one forward's rest each, or less.

By the definitions of the measures, D being how far an answer moves (`vizlab.measures.movement`) from that of the
network as it is:

- total: D with one edge cut, everything after it recomputed (Pearl's do-operator on one part);
- direct: the same while what every later site takes from other streams is held at what it was (Vig et al., NeurIPS
  2020, after Pearl 2001);
- only: D with every edge cut but this one; sufficiency is 1 - only / all;
- all: D with every edge cut;
- site: D with every edge of one site cut.

Passes of one kind and site share a forward where what they change stays apart: no stream that one of them reaches is
reached by another. Each then takes from it the outputs of its own streams, and the rest from the network without it
(`FusionNetwork.spliced`). Where nothing is passed on after an edge's site its total effect is its direct one, and
so it is where a cut reaches its own target alone in a network that says this.

Where an output moves is held against where something came: the rank correlation, over the cells of one picture, of the
map of how far what an edge brings is from its own mean with the map of how far the answer moves when the edge is cut.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from vizlab.core.changes import parts_on
from vizlab.core.edits import Hold
from vizlab.core.framing import Framing
from vizlab.core.kept import LIMIT, Outputs
from vizlab.core.model import Model
from vizlab.core.outputs import answers
from vizlab.core.pixels import cropped
from vizlab.core.site import NO_INTERVENTION, Edit, Intervention, Site, Way, fusion_modules
from vizlab.experiments.interventions.baseline import Baseline
from vizlab.experiments.interventions.edges import CUT, Edge, cutting, edges_of, idle_edges, require_met, with_edits
from vizlab.measures.agreement import rank_agreement
from vizlab.measures.movement import Movement, Start

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
    """The passes over `model` for B pictures; `make` takes one forward, so that a caller may show each or stop.

    What all passes of a kind need is found first, once: the network with every edge cut, or what comes on each.

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
        self._modules = fusion_modules(model.network)
        self._starts = {task: Start(task, y, framing) for task, y in answers(self.plain.outputs).items()}
        self._moved: dict[tuple[str, int], Movement] = {}
        pictures = len(next(iter(inputs.values())))
        self.found = Found.nothing(self.edges, tuple(self._starts), pictures)
        self._splices = _spliced_to_the_bit(model, self.plain.outputs)
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
        left = list(passes)
        while left:
            made = self.make(left)
            left = [one for one in left if one not in made]
            yield from made

    def make(self, left: Sequence[Pass]) -> tuple[Pass, ...]:
        """Make the first of `left`, and with it those of the others that its forward answers, too; says which."""
        first = left[0]
        if self._is_direct(first):
            for known in (self.found.size, self.found.flipped):
                known["direct"][:, first.place] = known["total"][:, first.place]
            return (first,)
        together = self._together(left)
        outputs = self._outputs(together)
        for one in together:
            self._note(one, outputs if len(together) == 1 else self._own(one, outputs))
        return together

    def _together(self, left: Sequence[Pass]) -> tuple[Pass, ...]:
        """The first of `left` and others of its kind and site, no stream being reached by two of them."""
        first = left[0]
        if not self._splices or not self._is_forward(first):
            return (first,)
        found, taken = [first], self._reached(first)
        for one in left[1:]:
            if self._is_forward(one) and self._begins(one) == self._begins(first) and not self._is_direct(one):
                reached = self._reached(one)
                if taken.isdisjoint(reached):
                    found, taken = [*found, one], taken | reached
        return tuple(found)

    def _begins(self, one: Pass) -> tuple[str, str]:
        """Kind and site of a pass over an edge."""
        return one.kind, self._edge(one).site

    def _is_forward(self, one: Pass) -> bool:
        """Whether a pass is over an edge, and something comes on that."""
        return one.kind in KINDS and self._edge(one) not in self._idle

    def _edge(self, one: Pass) -> Edge:
        assert one.place is not None
        return self.edges[one.place]

    def _own(self, one: Pass, outputs: Outputs) -> Outputs:
        """What a pass by itself would have given, out of the outputs of one that did the same for others."""
        without = self.bare if one.kind == "only" else self.plain
        found = self.model.spliced(without.outputs, outputs, self._reached(one))
        assert found is not None
        return found

    def _is_direct(self, one: Pass) -> bool:
        """Whether the total effect is known and all of it is direct, since no later site passes anything on."""
        if one.kind != "direct" or "direct" in self._scored or np.isnan(self.found.size["total"][:, one.place]).any():
            return False
        edge = self._edge(one)
        # Elsewhere what another stream sends may depend on the target itself, and then has to be held.
        return not self._after(edge) or (self._splices and self._reached(Pass("total", one.place)) == {edge.target})

    def _reached(self, one: Pass) -> frozenset[str]:
        """The streams that a pass over an edge can change: by what it leaves open after its site."""
        edge = self._edge(one)
        found = {edge.target}
        for site in self._later(edge.site):
            found |= {target for target, senders in self._open_ways(site, one.kind) if found & senders}
        return frozenset(found)

    def _open_ways(self, site: Site, kind: str) -> list[tuple[str, set[str]]]:
        """Targets with the streams that come to them at a site after the one of a pass of that kind."""
        ways: Iterable[Way] = self._modules[site.name].edges()
        if not ways and not site.apart:  # in one piece, which nothing can hold or cut
            ways = [(target, None) for target in site.targets]
        elif kind != "total":
            ways = ()
        everybody = {site.sender(source) for source in site.sources}
        return [
            (target, everybody if source is None else {site.sender(source)})
            for target, source in ways
            if Edge(site.name, target, source) not in self._idle
        ]

    def _outputs(self, together: Sequence[Pass]) -> Outputs:
        """Of passes of one kind and site, in one forward."""
        first = together[0]
        if first.place is None:
            return self.bare.outputs
        if first.kind == PER_SITE:
            site = self.found.sites[first.place]
            return self.plain.under(cutting(self.base, [e for e in self.edges if e.site == site]))
        edges = [self._edge(one) for one in together]
        if edges[0] in self._idle:
            return self.bare.outputs if first.kind == "only" else self.plain.outputs
        if first.kind == "only":
            return self.bare.under(cutting(self.base, [other for other in self.edges if other not in edges]))
        held = self._held_after(edges[0]) if first.kind == "direct" else {}
        return self.plain.under(with_edits(self.base, {**dict.fromkeys(edges, CUT), **held}))

    @property
    def bare(self) -> Baseline:
        """The network with every edge cut."""
        if self._bare is None:
            cut = cutting(self.base, self.edges)
            self._bare = Baseline(self.model, self._inputs, self.framing, cut, self._limit, like=self.plain)
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
        return {one: Hold(known[one.site][one.way]) for one in self._after(edge) if one.way in known[one.site]}

    def _after(self, edge: Edge) -> list[Edge]:
        """The edges that a change of this one can reach: at later sites, but not at those that work beside its own."""
        later = {site.name for site in self._later(edge.site)}
        return [one for one in self.edges if one.site in later and one not in self._idle]

    def _later(self, name: str) -> list[Site]:
        """The sites after that one, but those that work beside it."""
        sites = self.model.sites
        at = [site.name for site in sites].index(name)
        beside = sites[at].kind if sites[at].kind in self.model.method.side_by_side else None
        return [site for site in sites[at + 1 :] if site.kind != beside]

    def _note(self, one: Pass, outputs: Outputs) -> None:
        at = (slice(None),) if one.place is None else (slice(None), one.place)
        now = answers(outputs)
        for place, task in enumerate(self.found.tasks):
            moved = self._movement(task, now[task])
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

    def _movement(self, task: str, now: Tensor) -> Movement:
        """How far an answer moved; once of those that a pass leaves as they are, which are the same tensors."""
        if (task, id(now)) in self._moved:
            return self._moved[task, id(now)]
        moved = self._starts[task].to(now)
        if any(now is y for one in (self.plain, self._bare) if one is not None for y in one.outputs.values()):
            self._moved[task, id(now)] = moved  # as long as they live
        return moved

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


def _spliced_to_the_bit(model: Model, outputs: Outputs) -> bool:
    """Whether the network says how its outputs are told apart by stream, and by that gives these again as they are."""
    found = model.spliced(outputs, outputs, ())
    return found is not None and all(torch.equal(found[name], y) for name, y in outputs.items())


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
