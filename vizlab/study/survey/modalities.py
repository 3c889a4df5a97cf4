"""The measure `shapley`: how good a network is with every set of its modalities, the missing ones replaced.

What each modality was worth, their interaction, and what to expect when one fails now and then follow from it (see
`study.survey.worth`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from vizlab.core.model import Model
from vizlab.experiments.modalities.batch import BatchTruth, CoalitionScores, worth_batch
from vizlab.experiments.modalities.replacements import OTHER, TRAINING, stand_ins
from vizlab.experiments.modalities.shapley import Coalition, coalitions
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows
from vizlab.study.survey.scores import score_labels


@dataclass(frozen=True)
class Shapley:
    """C coalitions: sets of modalities that are there, from none to all. Under each of `replacements`:

    Rows, by `REPLACEMENT|OUTPUT|`: what `worth_batch` measures of each picture, (B, C) float64, larger is better:
    `probability` (of the true class), `accuracy`, `-rmse` (metres), `-angle` (degrees); `pixels` (B, C) compared; and
    of which a set's figures follow: `counts` (B, C, 3, K) as in `scores`, `squares` (B, C) m².
    """

    name: ClassVar[str] = "shapley"
    replacements: Sequence[str] = (TRAINING, OTHER)

    def refuses(self, model: Model) -> str:
        alone = f"{model.name} takes {' and '.join(model.inputs)} alone: there are no modalities to tell apart."
        return "" if len(model.inputs) > 1 else alone

    def run(self, model: Model, batch: Batch) -> Rows:
        found = worth_batch(model, batch.inputs, self._stand_ins(model, batch), truth_of(model, batch), batch.framing)
        order = coalitions(model.inputs)
        rows: Rows = {}
        for replacement, outputs in found.scores.items():
            for output, scores in outputs.items():
                columns = [_columns(scores[coalition]) for coalition in order]
                for key in columns[0]:
                    rows[f"{replacement}|{output}|{key}"] = np.stack([column[key] for column in columns], 1)
        return rows

    def _stand_ins(self, model: Model, batch: Batch) -> dict[str, dict[str, Tensor]]:
        others = batch.others if OTHER in self.replacements else batch.pictures
        each = [
            stand_ins(model, picture, batch.framing, self.replacements, other)
            for picture, other in zip(batch.pictures, others, strict=True)
        ]
        return {
            name: {modality: torch.cat([one[name][modality] for one in each]) for modality in model.inputs}
            for name in self.replacements
        }

    def meta(self, model: Model) -> dict[str, Any]:
        named = [coalition_name(model.inputs, coalition) for coalition in coalitions(model.inputs)]
        labels = {"coalition": named, "modality": model.inputs, "replacement": self.replacements, **score_labels(model)}
        return {"axes": {"*": ["coalition"], "*|counts": ["coalition", "count", "class"]}, "labels": labels}


def coalition_name(inputs: Sequence[str], coalition: Coalition) -> str:
    """ "rgb+depth"; empty where nothing is there."""
    return "+".join(name for name in inputs if name in coalition)


def truth_of(model: Model, batch: Batch) -> BatchTruth:
    """References of what the network predicts; what it does not predict is not derived."""
    tasks = {task.name for task in model.tasks}
    return BatchTruth(
        batch.label if "semseg" in tasks else None,
        batch.depth if "depth" in tasks else None,
        batch.normals if "normals" in tasks else None,
    )


def _columns(scores: CoalitionScores) -> dict[str, np.ndarray]:
    found = {name: value.numpy() for name, value in scores.measures.items()}
    found["pixels"] = scores.known.numpy()
    if scores.squares is not None:
        found["squares"] = scores.squares.numpy()
    if scores.confusion is not None:
        matrix = scores.confusion  # true classes by predicted ones
        hit, labelled, predicted = matrix.diagonal(dim1=1, dim2=2), matrix.sum(2), matrix.sum(1)
        found["counts"] = torch.stack([hit, labelled, predicted], 1).int().numpy()
    return found
