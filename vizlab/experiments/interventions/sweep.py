"""`sweep`: every edge of a network on one picture, what it carries beside what it does."""

import csv
import io
import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vizlab.core.model import Model
from vizlab.core.outputs import answers
from vizlab.core.site import Intervention
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.experiments.interventions.edges import Edge, task_of
from vizlab.experiments.interventions.estimate import estimate, order_of
from vizlab.experiments.interventions.passes import KINDS, Found, Pass, Passes, interaction, shares, sufficiency
from vizlab.measures.movement import NAMES, UNITS, kind_of
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage


@dataclass(frozen=True)
class Row:
    """One edge of a sweep. Lists are by task, in `Sweep.tasks`; NaN is what is undefined or not known yet.

    `share` 0..1 of the target's variation; `total`, `direct` and `indirect` (total - direct) in the task's unit;
    `flipped` share of cells whose class is another one; `sufficiency`, 1 where this edge alone does what all do;
    `estimate` to first order, signed, of another number than `total` (see `estimate.WORDS`).
    """

    edge: Edge
    share: float
    total: tuple[float, ...]
    direct: tuple[float, ...]
    sufficiency: tuple[float, ...]
    flipped: tuple[float, ...]
    estimate: tuple[float, ...]

    @property
    def indirect(self) -> tuple[float, ...]:
        return tuple(t - d for t, d in zip(self.total, self.direct, strict=True))


@dataclass(frozen=True, eq=False)
class Sweep:
    """Every edge of one network on one picture. `before` is the trace as it is.

    `rows` in network order; `tasks` are the answers, `units` and `measures` how each is measured; `all_cut` by task
    how far the answers move with every edge cut, and `interaction` that less the sum over single edges: effects do not
    add up. `done` is false while exact figures are still to come.
    """

    before: FusionTrace
    tasks: tuple[str, ...]
    units: tuple[str, ...]
    measures: tuple[str, ...]
    rows: tuple[Row, ...]
    all_cut: tuple[float, ...]
    interaction: tuple[float, ...]
    done: bool = True

    def row(self, edge: Edge) -> Row:
        """The row of an edge; raises KeyError if there is none."""
        return {row.edge: row for row in self.rows}[edge]

    def own_task(self, edge: Edge) -> int:
        """The place of the task that an edge's target works for."""
        return self.tasks.index(task_of(edge.target, self.tasks))

    def effect(self, edge: Edge) -> float:
        """The total effect of an edge on its target's own task."""
        return self.row(edge).total[self.own_task(edge)]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, NaN as None."""
        return {
            "model": self.before.model.name,
            "tasks": list(self.tasks),
            "units": dict(zip(self.tasks, self.units, strict=True)),
            "measures": dict(zip(self.tasks, self.measures, strict=True)),
            "all_cut": _by_task(self.tasks, self.all_cut),
            "interaction": _by_task(self.tasks, self.interaction),
            "edges": [
                {
                    "site": row.edge.site, "target": row.edge.target, "source": row.edge.source,
                    "share": _plain(row.share),
                    **{name: _by_task(self.tasks, getattr(row, name)) for name in COLUMNS},
                }
                for row in self.rows
            ],
        }  # fmt: skip

    def csv(self) -> str:
        """A line for each edge and task."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["site", "target", "source", "share", "task", "unit", *COLUMNS])
        for row in self.rows:
            for place, task in enumerate(self.tasks):
                figures = [repr(getattr(row, name)[place]) for name in COLUMNS]
                edge = row.edge
                writer.writerow(
                    [edge.site, edge.target, edge.source or "all", repr(row.share), task, self.units[place], *figures]
                )
        return text.getvalue()


COLUMNS = ("total", "direct", "indirect", "sufficiency", "flipped", "estimate")


def sweep(
    model: Model,
    rgbd: RGBDImage,
    *,
    kinds: Sequence[str] = KINDS,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] | None = None,
    step: Step = silent,
) -> Sweep:
    """Cut every edge of `model` in turn on `rgbd` and say what each carries and what it does.

    `kinds` leaves out what is not needed of "total", "direct" and "only" (for sufficiency). Raises
    IncompatibleInputError if the picture lacks a modality. See `sweeping` for results as they come.
    """
    *_, last = sweeping(model, rgbd, kinds=kinds, working_size=working_size, settings=settings, step=step)
    return last


def sweeping(
    model: Model,
    rgbd: RGBDImage,
    *,
    kinds: Sequence[str] = KINDS,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] | None = None,
    known: Sweep | None = None,
    before: FusionTrace | None = None,
    every: int = 4,
    step: Step = silent,
) -> Iterator[Sweep]:
    """The same as it comes: estimates first, then exact figures, the edges with the largest estimates first.

    `known` is an unfinished sweep of the same network and picture to go on with; `before` its trace, if at hand.
    Yields after every `every` steps, of which each is one forward at most, but for what is found once.
    """
    settings = dict(settings or {})
    given: dict[str, Any] = {"working_size": working_size, **settings}
    before = trace(model, rgbd, **given) if before is None else before
    framing = model.frame(rgbd.size, working_size)
    inputs = model.preprocess(rgbd, framing)
    base = Intervention(settings=settings)
    step(0.0, "first-order estimates")
    draft = estimate(model, inputs, framing, base)
    passes = Passes(model, inputs, framing, base)
    if known is not None:
        _restore(passes.found, known)
    order = order_of(draft, passes.edges)
    wanted = [Pass("all"), *(Pass(kind, edge) for kind in KINDS if kind in kinds for edge in order)]
    left = _unmade(passes.found, wanted)
    whole = len(left)
    yield _sweep(before, model, passes, draft, done=not left)
    for count in itertools.count(1):
        if not left:
            return
        step((whole - len(left) + 1) / (whole + 1), _words(passes, left[0]))
        made = passes.make(left)
        left = [one for one in left if one not in made]
        if count % every == 0 or not left:
            yield _sweep(before, model, passes, draft, done=not left)


def _words(passes: Passes, one: Pass) -> str:
    if one.place is None:
        return "every edge cut"
    edge = passes.edges[one.place]
    what = {"total": "cut", "direct": "cut, later sites held", "only": "alone"}[one.kind]
    return f"{edge.site}: {edge.source or 'all others'} to {edge.target} {what}"


def _unmade(found: Found, listed: Sequence[Pass]) -> list[Pass]:
    """Those of which nothing is known yet."""
    return [
        one
        for one in listed
        if np.isnan(found.size[one.kind] if one.place is None else found.size[one.kind][:, one.place]).all()
    ]


def _restore(found: Found, known: Sweep) -> None:
    """Put what an unfinished sweep knew where the passes would have put it."""
    found.size["all"][0] = known.all_cut
    for place, row in enumerate(known.rows):
        found.size["total"][0, place], found.size["direct"][0, place] = row.total, row.direct
        found.size["only"][0, place] = (1 - np.array(row.sufficiency)) * known.all_cut
        found.flipped["total"][0, place] = row.flipped


def _sweep(before: FusionTrace, model: Model, passes: Passes, draft: np.ndarray, done: bool) -> Sweep:
    found = passes.found
    share = shares(model, passes.edges, {name: site.share for name, site in before.sites.items()})
    enough, together = sufficiency(found), interaction(found)
    kinds = {task: kind_of(task, y.shape[1]) for task, y in answers(passes.plain.outputs).items()}
    rows = tuple(
        Row(
            edge, float(share[e]), _numbers(found.size["total"][0, e]), _numbers(found.size["direct"][0, e]),
            _numbers(enough[0, e]), _numbers(found.flipped["total"][0, e]), _numbers(draft[0, e]),
        )
        for e, edge in enumerate(passes.edges)
    )  # fmt: skip
    return Sweep(
        before=before,
        tasks=found.tasks,
        units=tuple(UNITS[kinds[task]] for task in found.tasks),
        measures=tuple(NAMES[kinds[task]] for task in found.tasks),
        rows=rows,
        all_cut=_numbers(found.size["all"][0]),
        interaction=_numbers(together[0]),
        done=done,
    )


def _numbers(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _by_task(tasks: Sequence[str], values: Sequence[float]) -> dict[str, float | None]:
    return {task: _plain(value) for task, value in zip(tasks, values, strict=True)}
