"""The measure `traces`: what every site mixed, and how good the answers are, of each picture of a batch."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import FusionModule, Mixing, observing
from vizlab.core.site_words import site_words
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows, edges_with_shares, ports_of
from vizlab.study.survey.ports import PortRows, reduce_batch
from vizlab.study.survey.scores import score, score_labels


@dataclass(frozen=True)
class Traces:
    """Shares and energies of every edge in one watched forward, and sums of how good its outputs are (`scores`).

    Rows: `share` (B, E) and `energy` (B, E) of each edge, `own_energy` and `outside_mean` (B, P) of each port (see
    `vizlab.core.reduction`), with `after` also `share_after` (B, P), which costs a pass more, and what `score` gives.
    """

    name: ClassVar[str] = "traces"
    scores: bool = True
    after: bool = False

    def refuses(self, model: Model) -> str:
        return ""

    def run(self, model: Model, batch: Batch) -> Rows:
        recorder = BatchRecorder(batch.framing, self.after)
        with observing(recorder):
            outputs = model.forward(batch.inputs)
        rows = mixing_rows(model, recorder, len(batch))
        if not self.after:
            del rows["share_after"]
        return rows | score(outputs, batch) if self.scores else rows

    def meta(self, model: Model) -> dict[str, Any]:
        axes = {name: ["edge"] for name in ("share", "energy")}
        axes["*|counts"] = ["count", "class"]
        axes |= {name: ["port"] for name in _PORT}
        labels = {"edge": edges_with_shares(model), "port": ports_of(model), **score_labels(model)}
        return {"axes": axes, "labels": labels, "sites": {n: w.label for n, w in site_words(model.sites).items()}}


@dataclass
class BatchRecorder:
    """The observer of a watched forward of several pictures: `ports` by site and target."""

    framing: Framing
    after: bool = False
    ports: dict[tuple[str, str], PortRows] = field(default_factory=dict)

    def __call__(self, module: FusionModule, mixing: Mixing) -> None:
        site = module.site
        if site.additive:
            self.ports[site.name, site.targets[mixing.target]] = reduce_batch(mixing, site, self.framing, self.after)


def mixing_rows(model: Model, recorder: BatchRecorder, pictures: int) -> Rows:
    """The rows of `Traces` but for the scores, out of what `recorder` saw of `model`."""
    columns: dict[str, list[np.ndarray]] = {key: [] for key in ("share", "energy", *_PORT)}
    for site in model.sites:
        for target in site.targets if site.additive else ():
            seen, own = recorder.ports[site.name, target], site.sources.index(target)
            others = [source for source in range(len(site.sources)) if source != own]
            columns["share"] += [seen.share[:, source] for source in others]
            columns["energy"] += [seen.energy[:, source] for source in others]
            columns["own_energy"].append(seen.energy[:, own])
            columns["outside_mean"].append(seen.outside_mean)
            columns["share_after"].append(seen.share_after)
    return {key: _stacked(found, pictures) for key, found in columns.items()}


_PORT = ("own_energy", "outside_mean", "share_after")


def _stacked(columns: list[np.ndarray], pictures: int) -> np.ndarray:
    return np.stack(columns, 1).astype(np.float32) if columns else np.zeros((pictures, 0), np.float32)


def cross_share(model: Model, recorder: BatchRecorder, pictures: int) -> np.ndarray:
    """(B, P) float32: of each port, the share that came from other streams."""
    ports = [(site, target) for site in model.sites if site.additive for target in site.targets]
    columns = [1 - recorder.ports[site.name, t].share[:, site.sources.index(t)] for site, t in ports]
    return _stacked(columns, pictures)
