"""The measure `zeros`: plain zeros where streams reach each other, which no network was trained on.

What follows is out of distribution and says nothing of importance: it is there to be held against the cut.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from vizlab.core.edits import CUT, Put
from vizlab.core.model import Model
from vizlab.core.site import NO_INTERVENTION, Edit
from vizlab.experiments.interventions.baseline import Baseline
from vizlab.experiments.interventions.edges import edges_of, with_edits
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows
from vizlab.study.survey.scores import score, score_labels

ZERO = Put(None)
REPLACEMENTS: dict[str, Edit] = {"cut": CUT, "zero": ZERO}


@dataclass(frozen=True)
class Zeros:
    """Every edge of a network at once, replaced: `cut`, what it would have without the exchange, beside `zero`.

    Rows: by `plain|`, `cut|` and `zero|OUTPUT|` the sums of how good the network's answers are (`scores`). Where parts
    are summed both are the same; where channels are replaced, a cut gives a target's own channels back.
    """

    name: ClassVar[str] = "zeros"

    def refuses(self, model: Model) -> str:
        return "" if edges_of(model) else f"{model.name} has no edge that could be cut."

    def run(self, model: Model, batch: Batch) -> Rows:
        plain = Baseline(model, batch.inputs, batch.framing)
        edges = edges_of(model)
        found = {"plain": score(plain.outputs, batch)}
        for name, edit in REPLACEMENTS.items():
            change = with_edits(NO_INTERVENTION, dict.fromkeys(edges, edit))
            found[name] = score(plain.under(change), batch)
        return {f"{kind}|{name}": values for kind, scores in found.items() for name, values in scores.items()}

    def meta(self, model: Model) -> dict[str, Any]:
        return {"axes": {"*|counts": ["count", "class"]}, "labels": score_labels(model)}
