"""Effects held against shares within one network: how large a part of what all edges do, and who stands out.

A share says what comes, an effect what it did; where the two fall apart an edge stands out. By ranks within the
network, over the edges on which something comes: "idle" is loud but idle, its share in the upper quarter and its
effect in the lower half; "decisive" is quiet but decisive, the reverse. What is in an upper quarter must also be
something: a share of 5 %, an effect of 5 % of what cutting every edge does.
"""

import math
from typing import Literal

import numpy as np

from vizlab.experiments.interventions.edges import Edge
from vizlab.experiments.interventions.sweep import Row, Sweep
from vizlab.measures.movement import relative

Standing = Literal["idle", "decisive"]
WORDS: dict[Standing, str] = {"idle": "loud but idle", "decisive": "quiet but decisive"}
UPPER, LOWER, LEAST = 0.75, 0.5, 0.05
RULE = (
    "By ranks within a network, over the edges on which something comes: loud but idle has a share in the upper "
    "quarter and an effect in the lower half, quiet but decisive the reverse; the larger of both is 5 % at least."
)


def place_of(sweep: Sweep, edge: Edge, task: str | None = None) -> int:
    """The place among the sweep's tasks of `task`, or of the one that the edge's target works for (None)."""
    return sweep.own_task(edge) if task is None else sweep.tasks.index(task)


def part_of_all(sweep: Sweep, row: Row, value: float, task: str | None = None) -> float:
    """`value`, in the task's unit, over how far that answer moves with every edge cut; NaN where that is nothing."""
    return relative(value, sweep.all_cut[place_of(sweep, row.edge, task)])


def effect_part(sweep: Sweep, row: Row, task: str | None = None) -> float:
    """The total effect of an edge as a part of what cutting every edge does: comparable between tasks and networks.

    May be above 1; NaN where one of both is not known, or where all together move nothing.
    """
    return part_of_all(sweep, row, row.total[place_of(sweep, row.edge, task)], task)


def totals_known(sweep: Sweep) -> bool:
    """Whether every edge was cut."""
    return all(math.isfinite(row.total[sweep.own_task(row.edge)]) for row in sweep.rows)


def carries(row: Row) -> bool:
    """Whether a share is defined and not 0."""
    return math.isfinite(row.share) and row.share != 0


def standings(sweep: Sweep, task: str | None = None) -> dict[Edge, Standing]:
    """The edges that stand out, by the module's rule; none before every edge was cut. Shares count by their size."""
    if not totals_known(sweep):
        return {}
    rows = [row for row in sweep.rows if carries(row)]
    effects = np.array([effect_part(sweep, row, task) for row in rows])
    if not rows or not np.isfinite(effects).all():
        return {}
    shares = np.abs([row.share for row in rows])
    by_share, by_effect = fractions(shares), fractions(effects)
    loud, strong = ((by > UPPER) & (v >= LEAST) for by, v in ((by_share, shares), (by_effect, effects)))
    idle, decisive = loud & (by_effect < LOWER), strong & (by_share < LOWER)
    found: dict[Edge, Standing] = {row.edge: "idle" for row, which in zip(rows, idle, strict=True) if which}
    return found | {row.edge: "decisive" for row, which in zip(rows, decisive, strict=True) if which}


def fractions(values: np.ndarray) -> np.ndarray:
    """(E,): the part of all values below each, half of what equals it included: 0..1, the middle one at 0.5."""
    below = (values[None] < values[:, None]).sum(1)
    equal = (values[None] == values[:, None]).sum(1)
    return (below + equal / 2) / len(values)
