"""The measure `messages`: how much of what comes on each edge the target's own features would have told anyway."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vizlab.core.model import Model
from vizlab.experiments.interventions.edges import Edge
from vizlab.experiments.similarity.messages import PredictedMessages
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows, edges_with_shares


@dataclass(frozen=True)
class Messages:
    """Row: `predicted` (B, E) float32, the share of each edge's message that a linear map from own features predicts.

    NaN where it is undefined, such as where a map has too few cells for its channels; see `linear_prediction`.
    """

    name: ClassVar[str] = "messages"

    def refuses(self, model: Model) -> str:
        return "" if edges_with_shares(model) else f"In {model.name} nothing adds streams up."

    def run(self, model: Model, batch: Batch) -> Rows:
        messages = PredictedMessages(batch.framing)
        with messages.watching():
            model.forward(batch.inputs)
        absent = np.full(len(batch), np.nan)
        listed = [Edge(site, target, source) for site, source, target in edges_with_shares(model)]
        found = [messages.found[edge].numpy() if edge in messages.found else absent for edge in listed]
        return {"predicted": np.stack(found, 1).astype(np.float32)}

    def meta(self, model: Model) -> dict[str, Any]:
        return {"axes": {"predicted": ["edge"]}, "labels": {"edge": edges_with_shares(model)}}
