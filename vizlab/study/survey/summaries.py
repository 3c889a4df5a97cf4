"""What a study found, in figures with intervals: of networks, of edges, of modalities. Functions over its rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vizlab.core.outputs import Output
from vizlab.errors import DataError
from vizlab.experiments.corruptions.summaries import expected_metric
from vizlab.experiments.interventions.edges import task_of
from vizlab.experiments.modalities.shapley import Coalition, interactions, shapley_values
from vizlab.study.survey import intervals
from vizlab.study.survey.intervals import Estimate
from vizlab.study.survey.measures import Edge
from vizlab.study.survey.study import Section, Study

Unit = str


@dataclass(frozen=True, eq=False)
class Figure:
    """A figure of an output over a set: "mIoU" in %, "RMSE" in m, "mean angle" in °. `better` is +1 or -1."""

    output: str
    name: str
    unit: Unit
    better: int
    estimate: Estimate


def draws_of(study: Study, section: Section) -> np.ndarray:
    """The resamples of a section's pictures, by the study's seed; equal for sections of the same pictures."""
    return intervals.draw(len(section.pictures), study.resamples, study.seed)


def figures(section: Section, draws: np.ndarray, prefix: str = "") -> list[Figure]:
    """The figures of every output whose sums the rows after `prefix` hold, an array each where they have further axes.

    `prefix` is that of a measure's rows, such as "plain|" of a sweep.
    """
    rows = {name.removeprefix(prefix): values for name, values in section.rows.items() if name.startswith(prefix)}
    found = []
    for name in rows:
        output, _, kind = name.rpartition("|")
        if output and "|" not in output and kind in _FIGURES:
            found.append(_figure(output, kind, rows, draws))
    return found


def _figure(output: str, kind: str, rows: Mapping[str, np.ndarray], draws: np.ndarray) -> Figure:
    values = rows[f"{output}|{kind}"]
    if kind == "counts":
        return Figure(output, "mIoU", "%", 1, intervals.miou(values, draws))
    pixels = rows[f"{output}|pixels"]
    if kind == "squares":
        return Figure(output, "RMSE", "m", -1, intervals.rmse(values, pixels, draws))
    return Figure(output, "mean angle", "°", -1, intervals.ratio(values, pixels, draws))


_FIGURES = ("counts", "squares", "angles")


@dataclass(frozen=True, eq=False)
class Edges:
    """The edges of one network into one target, in network order, over the pictures of its sweep.

    `share` and `effect` are estimates over E edges, `position` (E,) the place of each one's site. The effect is how far
    the answer to the target's own `task` moves when the edge is cut. Rank correlations over the edges: `rho` of effect
    with share, `by_position` of effect with the site's place alone, `partial` of effect with share, the place held.

    `damage` says by how much the task's own figure over the set gets worse when the edge is cut, and `damage_rho` how
    that is correlated with share; None where the sweep has no scores. `figure` names it: "mIoU" in %, ...
    """

    network: str
    target: str
    task: str
    edges: tuple[Edge, ...]
    position: np.ndarray
    share: Estimate
    effect: Estimate
    rho: Estimate
    by_position: Estimate
    partial: Estimate
    damage: Estimate | None = None
    damage_rho: Estimate | None = None
    figure: tuple[str, Unit] = ("", "")


def edges_into_targets(study: Study, network: str, kind: str = "total") -> list[Edges]:
    """For each target of a network, its edges with what they carry and what they do; targets of one edge are left out.

    `kind` of effect: "total" or "direct". Needs the measures traces and sweep; raises DataError without them.
    """
    traces, sweep = study.of(network, "traces"), study.of(network, "sweep")
    if kind not in sweep.rows:
        raise DataError(f"The sweep of {network} has no {kind} effects; they were left out of its kinds.")
    tasks = tuple(sweep.labels("task"))
    known: dict[Any, int] = {tuple(edge): place for place, edge in enumerate(traces.labels("edge"))}
    shared = [(tuple(edge), place) for place, edge in enumerate(sweep.labels("edge")) if tuple(edge) in known]
    sites = list(dict.fromkeys(edge[0] for edge, _ in shared))
    places = _places(traces.pictures, sweep.pictures, network)
    draws = draws_of(study, sweep)
    found = []
    for target in dict.fromkeys(edge[2] for edge, _ in shared):
        own = [(edge, place) for edge, place in shared if edge[2] == target]
        if len(own) < 2:
            continue
        task = task_of(target, tasks)
        share = traces.rows["share"][places][:, [known[edge] for edge, _ in own]]
        effect = sweep.rows[kind][:, [place for _, place in own], tasks.index(task)]
        position = np.array([sites.index(edge[0]) for edge, _ in own], float)
        one = _edges(network, target, task, [edge for edge, _ in own], position, share, effect, draws)
        scored = _scored(study, traces, sweep, task, kind, places)
        found.append(one if scored is None else _with_damage(one, *scored, [place for _, place in own], draws))
    return found


CHANGE = " change"
"""Ends the rows of a compact study that hold what a cut changed in a sum, in place of the sum after it."""
_SUMS = ("counts", "squares", "angles", "pixels")


def _scored(
    study: Study, traces: Section, sweep: Section, task: str, kind: str, places: np.ndarray
) -> tuple[Section, Section] | None:
    """The sums of a task's answer as it is, and with each edge cut; None where the sweep has none of them.

    In a compact study the first are those of the traces, and counts are changed by whole steps of pixels.
    """
    for name in (task, f"{task}/ensemble"):
        keys = [f"{name}|{key}" for key in _SUMS]
        if full := [key for key in keys if f"{kind}|{key}" in sweep.rows]:
            plain = {key: sweep.rows[f"plain|{key}"] for key in full}
            return replace(sweep, rows=plain), replace(sweep, rows={key: sweep.rows[f"{kind}|{key}"] for key in full})
        if any(f"{kind}|{key}{CHANGE}" in sweep.rows for key in keys):
            plain = {key: traces.rows[key][places] for key in keys if key in traces.rows}
            step = study.meta.get("compact", {}).get("pixels", 1)
            cut = {key: _changed(value, sweep.rows.get(f"{kind}|{key}{CHANGE}"), step) for key, value in plain.items()}
            count = len(sweep.labels("edge"))
            for key, value in cut.items():
                if value.ndim == plain[key].ndim:  # pixels that are compared stay the same
                    cut[key] = np.repeat(value[:, None], count, 1)
            return replace(sweep, rows=plain), replace(sweep, rows=cut)
    return None


def _changed(plain: np.ndarray, change: np.ndarray | None, step: int) -> np.ndarray:
    """(n, E, ...) sums after each cut; the plain ones where nothing is said of a change."""
    if change is None:
        return plain
    if plain.ndim == 1:
        return plain[:, None].astype(float) + change
    cut = np.repeat(plain[:, None].astype(np.int64), change.shape[1], 1)
    cut[..., [0, 2], :] += step * change.astype(np.int64)  # hits and predicted pixels; labels stay
    return cut


def _with_damage(one: Edges, plain: Section, cut: Section, places: Sequence[int], draws: np.ndarray) -> Edges:
    """The same with what the task's figure loses."""
    rows = {key: values[:, places] for key, values in cut.rows.items()}
    (before,), (after,) = figures(plain, draws), figures(replace(cut, rows=rows), draws)
    worse = before.better * (before.estimate.value - after.estimate.value)
    each = before.better * (before.estimate.resampled[:, None] - after.estimate.resampled)
    rho = np.asarray(intervals.rank_correlation(worse, one.share.value))
    damage_rho = Estimate.of(rho, intervals.rank_correlation(each, one.share.resampled))
    return replace(one, damage=Estimate.of(worse, each), damage_rho=damage_rho, figure=(before.name, before.unit))


def _edges(
    network: str,
    target: str,
    task: str,
    edges: Sequence[Any],
    position: np.ndarray,
    share: np.ndarray,
    effect: np.ndarray,
    draws: np.ndarray,
) -> Edges:
    return Edges(
        network=network,
        target=target,
        task=task,
        edges=tuple(edges),
        position=position,
        share=intervals.mean(share, draws),
        effect=intervals.mean(effect, draws),
        rho=intervals.spearman(effect, share, draws),
        by_position=intervals.spearman_with_position(effect, position, draws),
        partial=intervals.partial_spearman(effect, share, position, draws),
    )


def _places(known: np.ndarray, wanted: np.ndarray, network: str) -> np.ndarray:
    """Where the pictures `wanted` stand among those `known`; raises DataError where one does not."""
    at = {picture: place for place, picture in enumerate(known.tolist())}
    if missing := [picture for picture in wanted.tolist() if picture not in at]:
        raise DataError(f"{network} was swept on {len(missing)} pictures of which the study has no traces.")
    return np.array([at[picture] for picture in wanted.tolist()], int)


@dataclass(frozen=True)
class Mattered:
    """One picture, by its name and place in the study, and how far the answer moved there."""

    name: str
    place: int
    effect: float


def extremes(
    study: Study, network: str, edge: Edge, task: str, count: int = 6
) -> tuple[list[Mattered], list[Mattered]]:
    """The pictures in which cutting an edge moved an answer most, and least; the largest and the smallest first."""
    sweep = study.of(network, "sweep")
    labels = [tuple(one) for one in sweep.labels("edge")]
    if tuple(edge) not in labels or task not in sweep.labels("task"):
        raise DataError(f"The sweep of {network} knows no effect of {edge[1]} to {edge[2]} at {edge[0]} on {task}.")
    effect = sweep.rows["total"][:, labels.index(tuple(edge)), sweep.labels("task").index(task)]
    known = np.flatnonzero(np.isfinite(effect))
    order = known[np.argsort(-effect[known], kind="stable")]
    rows = [Mattered(study.names[sweep.pictures[i]], int(sweep.pictures[i]), float(effect[i])) for i in order]
    return rows[:count], rows[::-1][:count]


@dataclass(frozen=True, eq=False)
class ModalityWorth:
    """What each modality was worth to an output's figure over the set, the missing ones replaced in one way.

    `figure` names it and its unit; for RMSE and angles worth is how far it is brought down. `values` by coalition,
    `phi` by modality, `interaction` by pair.
    """

    replacement: str
    output: str
    figure: str
    unit: Unit
    values: Mapping[Coalition, Estimate]
    phi: Mapping[str, Estimate]
    interaction: Mapping[tuple[str, str], Estimate]

    def expected(self, missing: float) -> Estimate:
        """The figure to expect when each modality is missing independently with that probability."""
        sign = 1 if self.figure == "mIoU" else -1
        value = expected_metric({some: float(one.value) for some, one in self.values.items()}, missing)
        count = len(next(iter(self.values.values())).resampled)
        each = [
            expected_metric({some: float(one.resampled[i]) for some, one in self.values.items()}, missing)
            for i in range(count)
        ]
        return Estimate.of(np.asarray(sign * value), sign * np.array(each))


def worths(study: Study, network: str) -> list[ModalityWorth]:
    """Of every replacement and output of a network's measure `shapley`."""
    section = study.of(network, "shapley")
    draws, modalities = draws_of(study, section), section.labels("modality")
    sets = [frozenset(filter(None, name.split("+"))) for name in section.labels("coalition")]
    found = []
    for replacement in section.labels("replacement"):
        for figure in figures(section, draws, f"{replacement}|"):
            whole = figure.estimate
            values = {
                some: Estimate.of(figure.better * whole.value[i], figure.better * whole.resampled[:, i])
                for i, some in enumerate(sets)
            }
            found.append(_worth(replacement, figure, values, modalities))
    return found


def _worth(
    replacement: str, figure: Figure, values: Mapping[Coalition, Estimate], modalities: Sequence[str]
) -> ModalityWorth:
    of_all = {some: one.value for some, one in values.items()}
    of_each = {some: one.resampled for some, one in values.items()}
    phi = shapley_values(modalities, of_all), shapley_values(modalities, of_each)
    pairs = interactions(modalities, of_all), interactions(modalities, of_each)
    return ModalityWorth(
        replacement=replacement,
        output=figure.output,
        figure=figure.name,
        unit=figure.unit,
        values=values,
        phi={name: Estimate.of(phi[0][name], phi[1][name]) for name in modalities},
        interaction={pair: Estimate.of(pairs[0][pair], pairs[1][pair]) for pair in pairs[0]},
    )


def likeness(study: Study, network: str) -> tuple[list[Any], Estimate]:
    """The places of the measure `similarity`, [site, when, first, second], and the unbiased CKA at each."""
    section = study.of(network, "similarity")
    terms, draws = section.rows["terms"][..., :3], draws_of(study, section)
    whole = np.ones((1, len(terms)))
    return section.labels("place"), Estimate.of(_cka(terms, whole)[0], _cka(terms, draws))


def _cka(terms: np.ndarray, draws: np.ndarray) -> np.ndarray:
    added = intervals.sums(np.nan_to_num(terms), draws)
    size = added[..., 1] * added[..., 2]
    return np.divide(added[..., 0], np.sqrt(np.maximum(size, 0)), out=np.full(size.shape, np.nan), where=size > 0)


def strata(study: Study, section: Section, count: int = 3) -> Iterator[tuple[str, str, np.ndarray]]:
    """Bands of a section's pictures: what they differ in, between which values, and which (n,) they are."""
    for name, title in (("distance", "median distance, m"), ("holes", "share without depth")):
        if name in study.pictures:
            for label, which in intervals.bands(study.pictures[name][section.pictures], count):
                yield title, label, which


def within(section: Section, which: np.ndarray) -> Section:
    """The section with some of its pictures alone."""
    rows = {name: values[which] for name, values in section.rows.items()}
    return Section(section.network, section.measure, section.pictures[which], rows, section.meta, section.environments)


def tasks_of(study: Study, measure: str = "sweep") -> list[str]:
    """The tasks whose answers some network's section of that measure moves, in order of first appearance."""
    found = [task for (_, one), s in study.sections.items() if one == measure for task in s.labels("task")]
    return list(dict.fromkeys(Output.parse(task).task for task in found))
