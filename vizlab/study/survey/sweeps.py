"""The measure `sweep`: what happens to the answers of a network when each edge, each site, or all edges are cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.kept import LIMIT
from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.pixels import at_input_size
from vizlab.experiments.interventions.edges import edges_of
from vizlab.experiments.interventions.passes import KINDS, PER_SITE, Passes
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows
from vizlab.study.survey.scores import score, score_labels
from vizlab.tasks import VOID

ALL_OTHERS = "all"
"""The source of an edge on which what other streams send cannot be told apart."""


@dataclass(frozen=True)
class Sweep:
    """Every edge of a network (E, those of sites that do not add as well), every site (S) and all of them cut.

    Rows: `total`, `direct` and `only` (B, E, T), `site` (B, S, T), `all` (B, T): how far the answer of each task moves,
    in its unit (`measures.movement`); the same after `flipped|`, the share of cells whose class changes; `where`
    (B, E, T), the rank correlation of where something came and where the answer moves. By `plain|`, `all|`, `total|`
    and `site|OUTPUT|` the sums of how good the network's answers are (`scores`), and of semseg `logp` (B, ...), the
    mean log p of the true class in nats over labelled cells at the resolution of the network's input.
    """

    name: ClassVar[str] = "sweep"
    kinds: Sequence[str] = (*KINDS, PER_SITE)
    scores: bool = True

    def refuses(self, model: Model) -> str:
        return "" if edges_of(model) else f"{model.name} has no edge that could be cut."

    def run(self, model: Model, batch: Batch) -> Rows:
        def scored(outputs: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
            final = {name: y for name, y in outputs.items() if Output.parse(name).answer}
            return score(final, batch) | _log_probability(final, batch)

        passes = Passes(
            model, batch.inputs, batch.framing, score=scored if self.scores else None, places=True,
            limit=_bytes_to_keep(model),
        )  # fmt: skip
        for _ in passes.run(passes.listed(self.kinds)):
            pass
        found = passes.found
        kinds = (*self.kinds, "all")
        rows: Rows = {kind: found.size[kind].astype(np.float32) for kind in kinds}
        rows |= {f"flipped|{kind}": found.flipped[kind].astype(np.float32) for kind in kinds}
        rows["where"] = found.where.astype(np.float32)
        for kind, values in found.scores.items():
            rows |= {f"{kind}|{name}": value for name, value in values.items()}
        return rows

    def meta(self, model: Model) -> dict[str, Any]:
        edges = edges_of(model)
        labels = {
            "edge": [(edge.site, edge.source or ALL_OTHERS, edge.target) for edge in edges],
            "site": list(dict.fromkeys(edge.site for edge in edges)),
            "task": [task.name for task in model.tasks],
            **score_labels(model),
        }
        places = {"total": "edge", "direct": "edge", "only": "edge", PER_SITE: "site"}
        axes = {kind: [place, "task"] for kind, place in places.items()} | {"all": ["task"], "where": ["edge", "task"]}
        axes |= {f"flipped|{kind}": axes[kind] for kind in (*places, "all")}
        axes["*|counts"] = ["count", "class"]
        for output in _answer_names(model):
            for kind, place in places.items():
                axes[f"{kind}|{output}|counts"] = [place, "count", "class"]
                axes |= {f"{kind}|{output}|{key}": [place] for key in _SUMS}
        return {"axes": axes, "labels": labels, "sources": {"all": ALL_OTHERS}}


def _bytes_to_keep(model: Model) -> int:
    """For what comes before the sites: much of a GPU's memory is free for it."""
    if model.device.type != "cuda":
        return LIMIT
    free, _ = torch.cuda.mem_get_info(model.device)
    return max(LIMIT, free // 16)


_SUMS = ("confidence", "squares", "pixels", "angles", "logp")


def _answer_names(model: Model) -> list[str]:
    """What the answers of a network may be called."""
    return [name for task in model.tasks for name in (task.name, f"{task.name}/ensemble")]


def _log_probability(outputs: Mapping[str, Tensor], batch: Batch) -> dict[str, np.ndarray]:
    found = {}
    for name, y in outputs.items():
        if Output.parse(name).task == "semseg":
            logits = at_input_size(y, batch.framing)
            size = (logits.shape[-2], logits.shape[-1])
            label = F.interpolate(batch.label[:, None].float(), size=size, mode="nearest-exact")[:, 0].long()
            known = label != VOID
            of_true = logits.log_softmax(1).gather(1, label.where(known, 0)[:, None])[:, 0]
            total = of_true.where(known, 0).sum((1, 2)) / known.sum((1, 2))
            found[f"{name}|logp"] = total.double().cpu().numpy()
    return found
