"""The measure `traces`: what every site mixed, and how good the answers are, of each picture of a batch."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.reduction import TargetReduction, reduce_mixing
from vizlab.core.site import FusionModule, Mixing, Site, observing
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows, edges_of, ports_of
from vizlab.study.survey.scores import score, score_labels


@dataclass(frozen=True)
class Traces:
    """Shares and energies of every edge in one watched forward, and sums of how good its outputs are (`scores`).

    Rows: `share` (B, E) and `energy` (B, E) of each edge, `own_energy`, `outside_mean` and `share_after` (B, P) of each
    port (see `vizlab.core.reduction`), and what `score` gives.
    """

    name: ClassVar[str] = "traces"
    scores: bool = True

    def refuses(self, model: Model) -> str:
        return ""

    def run(self, model: Model, batch: Batch) -> Rows:
        recorder = BatchRecorder(batch.framing)
        with observing(recorder):
            outputs = model.forward(batch.inputs)
        rows = mixing_rows(model, recorder, len(batch))
        return rows | score(outputs, batch) if self.scores else rows

    def meta(self, model: Model) -> dict[str, Any]:
        axes = {name: ["edge"] for name in ("share", "energy")}
        axes["*|counts"] = ["count", "class"]
        axes |= {name: ["port"] for name in ("own_energy", "outside_mean", "share_after")}
        return {"axes": axes, "labels": {"edge": edges_of(model), "port": ports_of(model)} | score_labels(model)}


@dataclass
class BatchRecorder:
    """The observer of a watched forward of several pictures: `rows` by site, by target, for each picture."""

    framing: Framing
    rows: dict[str, dict[int, list[TargetReduction]]] = field(default_factory=dict)

    def __call__(self, module: FusionModule, mixing: Mixing) -> None:
        found = [reduce_mixing(_of_one(mixing, i), module.site, self.framing) for i in range(len(mixing.output))]
        self.rows.setdefault(module.site.name, {})[mixing.target] = found


def _of_one(mixing: Mixing, picture: int) -> Mixing:
    """What `mixing` holds of one picture, as if it had gone through alone; what only the first one has is left out."""
    one = slice(picture, picture + 1)
    return replace(
        mixing,
        output=mixing.output[one],
        parts=[replace(part, value=part.value[one]) for part in mixing.parts],
        gates={source: gate[one] for source, gate in mixing.gates.items()},
        extras=None,
    )


def mixing_rows(model: Model, recorder: BatchRecorder, pictures: int) -> Rows:
    """The rows of `Traces` but for the scores, out of what `recorder` saw of `model`."""
    columns: dict[str, list[np.ndarray]] = {key: [] for key in ("share", "energy", *_PORT)}
    for site in model.sites:
        if site.additive:
            for target in range(len(site.targets)):
                seen = recorder.rows[site.name][target]
                _add(columns, site, target, seen)
    return {key: np.stack(found, 1) if found else np.zeros((pictures, 0), np.float32) for key, found in columns.items()}


_PORT = ("own_energy", "outside_mean", "share_after")


def _add(columns: dict[str, list[np.ndarray]], site: Site, target: int, seen: list[TargetReduction]) -> None:
    """One port's columns (B,), one edge after the other."""
    own = site.sources.index(site.targets[target])
    for source in range(len(site.sources)):
        if source != own:
            columns["share"].append(np.array([row.share[source] for row in seen], np.float32))
            columns["energy"].append(np.array([row.energy[source] for row in seen], np.float32))
    after = [np.nan if row.share_after is None else row.share_after for row in seen]
    columns["own_energy"].append(np.array([row.energy[own] for row in seen], np.float32))
    columns["outside_mean"].append(np.array([row.outside_mean for row in seen], np.float32))
    columns["share_after"].append(np.array(after, np.float32))
