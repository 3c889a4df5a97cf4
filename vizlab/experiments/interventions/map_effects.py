"""What a sweep found, put on the network map's data: a number, a standing and a sentence for each edge."""

import math
from collections.abc import Mapping
from typing import Any

from vizlab.core.trace import FusionTrace
from vizlab.experiments.interventions.edges import Edge
from vizlab.experiments.interventions.standing import (
    WORDS,
    Standing,
    effect_part,
    place_of,
    standings,
    totals_known,
)
from vizlab.experiments.interventions.sweep import Row, Sweep
from vizlab.views.formatting import number, percent_words

WHY: dict[Standing, str] = {
    "idle": "its share is in the network's upper quarter, its effect in the lower half",
    "decisive": "its effect is in the network's upper quarter, its share in the lower half",
}


def with_effects(flow: Mapping[str, Any], trace: FusionTrace, sweep: Sweep) -> dict[str, Any]:
    """`flow` (see `vizlab.views.flow`) with what cutting each edge did; as it is while some edge was not cut yet.

    An edge's `effect` is its total effect on its target's own task over how far that answer moves with every edge cut:
    a number without a unit, None where that is undefined. Its `standing` is "idle", "decisive" or None (see
    `standing`). Sentences follow. Of sites that do not add, the sentence of each target says the same of all other
    streams together. `trace` is the one on show: of changes in force there, which a sweep knows nothing of, the
    sentences say that they are set aside.
    """
    if not totals_known(sweep):
        return dict(flow)
    rows = {(row.edge.site, row.edge.target, row.edge.source): row for row in sweep.rows}
    standing = standings(sweep)
    aside = "Without the changes in force: cut" if "intervention" in trace.changes else "Cut"
    sites = []
    for site in flow["sites"]:
        edges = [_edge(one, rows.get((site["name"], one["target"], one["source"])), sweep, standing, aside)
                 for one in site["edges"]]  # fmt: skip
        together = {target: rows.get((site["name"], target, None)) for target in site["targets"]}
        said = {
            target: f"{site['sentences'].get(target, '')} {effect_sentence(sweep, row, aside)}".strip()
            for target, row in together.items()
            if row is not None
        }
        sites.append({**site, "edges": edges, "sentences": {**site["sentences"], **said}})
    return {**flow, "sites": sites}


def _edge(
    edge: Mapping[str, Any], row: Row | None, sweep: Sweep, standing: Mapping[Edge, Standing], aside: str
) -> dict[str, Any]:
    if row is None:
        return dict(edge)
    part, stands = effect_part(sweep, row), standing.get(row.edge)
    said = f"{edge['sentence']} {effect_sentence(sweep, row, aside)}"
    if stands is not None:
        said += f" {WORDS[stands].capitalize()}: {WHY[stands]}."
    return {
        **edge,
        "effect": float(f"{part:.6g}") if math.isfinite(part) else None,
        "standing": stands,
        "sentence": said,
    }


def effect_sentence(sweep: Sweep, row: Row, begun: str = "Cut", task: str | None = None) -> str:
    """What cutting an edge did to its target's own task, or to `task`: "Cut, semseg moves by 0.037 nats (KL), 6.2 %
    of what cutting every edge does; 6.1 % of its cells change class."
    """
    at = place_of(sweep, row.edge, task)
    value, answer = row.total[at], sweep.tasks[at]
    who = f"with all that other streams send it, {answer}" if row.edge.source is None else answer
    if not math.isfinite(value):
        return f"{begun}, {who} is not finite any more."
    if value == 0:
        return f"{begun}, {who} does not move."
    part = effect_part(sweep, row, task)
    of_all = f", {percent_words(part)} of what cutting every edge does" if math.isfinite(part) else ""
    said = f"{begun}, {who} moves by {number(value, sweep.units[at])} ({sweep.measures[at]}){of_all}"
    flipped = row.flipped[at]
    if not math.isfinite(flipped):
        return f"{said}."
    return f"{said}; {percent_words(flipped) if flipped else 'none'} of its cells change class."
