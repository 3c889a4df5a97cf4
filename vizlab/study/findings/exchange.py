"""What edges carry and what cutting them does: rows of a compact study, and the figures drawn from them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vizlab.core.outputs import Output
from vizlab.experiments.interventions.edges import task_of
from vizlab.study.findings.compact import CHANGE, PIXELS
from vizlab.study.findings.estimates import at, combined, correlation, median, over_pictures
from vizlab.study.survey import intervals
from vizlab.study.survey.intervals import Estimate, mean, partial_rank_correlation
from vizlab.study.survey.measures import Edge
from vizlab.study.survey.study import Section, Study
from vizlab.study.survey.summaries import draws_of, within

METRICS = {"semseg": ("mIoU", "points"), "depth": ("RMSE", "cm"), "normals": ("mean angle", "°")}
"""The metric of a task and the unit of its changes."""
Choice = Callable[[Study, Section], np.ndarray]


@dataclass(frozen=True, eq=False)
class Answer:
    """What cuts do to one answer of a network. n pictures, E edges, S sites.

    `total`, `direct`, `only` (n, E) and `every` (n,) say how far it moves with an edge cut, with all others cut, with
    all cut; `share` (n, E) is NaN for edges of sites that do not add; `where` (n, E). Worse is positive: `harm` (E,),
    `site_harm` (S,) and `all_harm` in the metric's unit, `logp_harm` (E,) in nats, of semseg alone.
    """

    network: str
    task: str
    edges: tuple[Edge, ...]
    sites: tuple[str, ...]
    own: np.ndarray
    share: np.ndarray
    total: np.ndarray
    direct: np.ndarray
    only: np.ndarray
    every: np.ndarray
    where: np.ndarray
    before: Estimate
    harm: Estimate
    site_harm: Estimate
    all_harm: Estimate
    logp_harm: Estimate | None
    draws: np.ndarray

    @property
    def position(self) -> np.ndarray:
        """(E,) the place of each edge's site."""
        return np.array([self.sites.index(edge[0]) for edge in self.edges], float)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(f"{edge[0]}: {edge[1]} → {edge[2]}" for edge in self.edges)


def answer(study: Study, network: str, task: str, which: np.ndarray | None = None) -> Answer:
    """Of one network and task; `which` (n,) of the pictures, or all. The study is to be compact."""
    sweep, traces = study.of(network, "sweep"), study.of(network, "traces")
    if which is not None:
        sweep, traces = within(sweep, which), within(traces, which)
    draws, tasks = draws_of(study, sweep), sweep.labels("task")
    edges: tuple[Edge, ...] = tuple((one[0], one[1], one[2]) for one in sweep.labels("edge"))
    column, damage = tasks.index(task), Damage(sweep, traces, task, draws)
    return Answer(
        network=network,
        task=task,
        edges=edges,
        sites=tuple(dict.fromkeys(edge[0] for edge in edges)),
        own=np.array([edge[2] in _streams_of(edges, task, tasks) for edge in edges]),
        share=_shares(traces, edges),
        **{kind: sweep.rows[kind][..., column] for kind in ("total", "direct", "only", "where")},
        every=sweep.rows["all"][..., column],
        before=damage.before,
        harm=damage.of("total"),
        site_harm=damage.of("site"),
        all_harm=damage.of("all"),
        logp_harm=damage.logp(),
        draws=draws,
    )


def _streams_of(edges: tuple[Edge, ...], task: str, tasks: list[str]) -> set[str]:
    return {edge[2] for edge in edges if task_of(edge[2], tasks) == task}


def _shares(traces: Section, edges: tuple[Edge, ...]) -> np.ndarray:
    known = {tuple(edge): place for place, edge in enumerate(traces.labels("edge"))}
    nothing = np.full(len(traces.pictures), np.nan)
    return np.stack([traces.rows["share"][:, known[e]] if e in known else nothing for e in edges], 1)


@dataclass(frozen=True, eq=False)
class Damage:
    """How much worse one answer becomes, in its own metric over the set, out of the rows of a compact sweep."""

    sweep: Section
    traces: Section
    task: str
    draws: np.ndarray

    @property
    def output(self) -> str:
        """The name under which the answer was scored."""
        names = [n for n in self.sweep.rows if n.startswith("all|") and Output.parse(n.split("|")[1]).task == self.task]
        return names[0].split("|")[1]

    @property
    def before(self) -> Estimate:
        return self._figure(None)

    def of(self, kind: str) -> Estimate:
        """Positive is worse: points of mIoU lost, centimetres or degrees more."""
        before, after = self._figure(None), self._figure(kind)
        sign, spread = (-1 if self.task == "semseg" else 1), after.value.ndim
        whole = before.resampled[:, None] if spread else before.resampled
        return combined(sign * (after.value - before.value), sign * (after.resampled - whole))

    def logp(self) -> Estimate | None:
        name = f"total|{self.output}|logp{CHANGE}"
        return mean(-self.sweep.rows[name], self.draws) if name in self.sweep.rows else None

    def _figure(self, kind: str | None) -> Estimate:
        if self.task == "semseg":
            return intervals.miou(self._counts(kind), self.draws)
        key = {"depth": "squares", "normals": "angles"}[self.task]
        above = self._sum(kind, key)
        below = self.traces.rows[f"{self.output}|pixels"].reshape(len(above), *(1,) * (above.ndim - 1))
        if self.task == "depth":
            found = intervals.rmse(above, below, self.draws)
            return combined(100 * found.value, 100 * found.resampled)
        return intervals.ratio(above, below, self.draws)

    def _counts(self, kind: str | None) -> np.ndarray:
        plain = self.traces.rows[f"{self.output}|counts"].astype(float)
        if kind is None:
            return plain
        change = self.sweep.rows[f"{kind}|{self.output}|counts{CHANGE}"].astype(float) * PIXELS
        counts = np.broadcast_to(
            plain if kind == "all" else plain[:, None], (*change.shape[:-2], *plain.shape[1:])
        ).copy()
        counts[..., [0, 2], :] += change
        return counts

    def _sum(self, kind: str | None, key: str) -> np.ndarray:
        plain = self.traces.rows[f"{self.output}|{key}"].astype(float)
        if kind is None:
            return plain
        change = self.sweep.rows[f"{kind}|{self.output}|{key}{CHANGE}"]
        return change + (plain if kind == "all" else plain[:, None])


@dataclass(frozen=True, eq=False)
class Target:
    """The edges of a network into one target that carry a share, and what is said of them over the pictures.

    Rank correlations over edges with the mean share: of how far the answer `moves`, of that with the site's place
    (`place`), with the place held (`held`), of how much `worse` it gets in its metric and by log p (`worse_logp`).
    `where` is the mean agreement of maps, `picture` the median over edges of the correlation over pictures, `pictures`
    (E,) that of each edge. `share`, `effect`, `harm` (E,) are estimates.
    """

    answer: Answer
    target: str
    columns: np.ndarray
    share: Estimate
    effect: Estimate
    harm: Estimate
    moves: Estimate
    place: Estimate
    held: Estimate
    worse: Estimate
    worse_logp: Estimate | None
    direct: Estimate
    where: Estimate
    where_each: Estimate
    picture: Estimate
    pictures: Estimate

    @property
    def edges(self) -> list[Edge]:
        return [self.answer.edges[i] for i in self.columns]

    @property
    def name(self) -> str:
        return f"{self.answer.network}|{self.target}"

    @property
    def place_size(self) -> Estimate:
        """How well the site's place ranks with the effect, either way round."""
        return combined(abs(self.place.value), np.abs(self.place.resampled))

    @property
    def worst_lead(self) -> Estimate:
        """How much more the most damaging edge costs than the edge of the largest share, picture by picture."""
        worst, largest = int(self.harm.value.argmax()), int(self.share.value.argmax())
        return at(self.harm, worst).minus(at(self.harm, largest))


def targets(one: Answer) -> list[Target]:
    """The targets that work for an answer."""
    known = np.isfinite(one.share).any(0)
    names = dict.fromkeys(edge[2] for edge, own in zip(one.edges, one.own, strict=True) if own)
    found = []
    for name in names:
        columns = np.flatnonzero(known & np.array([edge[2] == name for edge in one.edges]))
        if len(columns) > 2:
            found.append(_target(one, name, columns))
    return found


def _target(one: Answer, name: str, columns: np.ndarray) -> Target:
    draws, position = one.draws, one.position[columns]
    share, effect = mean(one.share[:, columns], draws), mean(one.total[:, columns], draws)
    harm, logp = _some(one.harm, columns), one.logp_harm
    where = mean(one.where[:, columns], draws)
    pictures = over_pictures(one.share[:, columns], one.total[:, columns], draws)
    return Target(
        answer=one,
        target=name,
        columns=columns,
        share=share,
        effect=effect,
        harm=harm,
        moves=correlation(effect, share),
        place=correlation(effect, position),
        held=combined(
            partial_rank_correlation(effect.value, share.value, position),
            partial_rank_correlation(effect.resampled, share.resampled, position),
        ),
        worse=correlation(harm, share),
        worse_logp=None if logp is None else correlation(_some(logp, columns), share),
        direct=correlation(mean(one.direct[:, columns], draws), share),
        where=_mean_of(where),
        where_each=where,
        picture=median(pictures),
        pictures=pictures,
    )


def _some(estimate: Estimate, columns: np.ndarray) -> Estimate:
    parts = (estimate.value, estimate.low, estimate.high, estimate.resampled)
    return Estimate(*(part[..., columns] for part in parts))


def _mean_of(estimate: Estimate) -> Estimate:
    known = np.isfinite(estimate.value) & np.isfinite(estimate.resampled).all(0)
    return combined(estimate.value[known].mean(), estimate.resampled[:, known].mean(-1))


@dataclass(frozen=True, eq=False)
class Together:
    """How the effects of single edges make up the whole: all on how far the answer moves.

    `singles` is the sum of the edges' effects over that of all cut; `top` the share of the sum that the three largest
    have, `top_edges`; `direct` the direct part of the sum; `necessity` the largest edge's effect and `sufficiency` the
    best edge's 1 - only / all, `agree` the rank correlation of the two over edges.
    """

    singles: Estimate
    top: Estimate
    top_edges: tuple[str, ...]
    direct: Estimate
    necessity: Estimate
    necessary: str
    sufficiency: Estimate
    sufficient: str
    agree: Estimate


def together(one: Answer, count: int = 3) -> Together:
    total, direct, only = (mean(rows, one.draws) for rows in (one.total, one.direct, one.only))
    every = mean(one.every, one.draws)
    largest = np.argsort(-total.value, kind="stable")[:count]
    alone = combined(1 - only.value / every.value, 1 - only.resampled / every.resampled[:, None])
    best = int(np.argmax(alone.value))
    return Together(
        singles=_quotient(total, every, slice(None)),
        top=combined(
            total.value[largest].sum() / total.value.sum(),
            total.resampled[:, largest].sum(-1) / total.resampled.sum(-1),
        ),
        top_edges=tuple(one.labels[i] for i in largest),
        direct=combined(direct.value.sum() / total.value.sum(), direct.resampled.sum(-1) / total.resampled.sum(-1)),
        necessity=_quotient(total, every, largest[:1]),
        necessary=one.labels[largest[0]],
        sufficiency=combined(alone.value[best], alone.resampled[:, best]),
        sufficient=one.labels[best],
        agree=correlation(alone, total),
    )


def _quotient(total: Estimate, every: Estimate, which: slice | np.ndarray) -> Estimate:
    return combined(total.value[which].sum() / every.value, total.resampled[:, which].sum(-1) / every.resampled)
