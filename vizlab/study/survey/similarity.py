"""The measure `similarity`: how alike two streams are at each site, by linear CKA."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np

from vizlab.core.model import Model
from vizlab.experiments.similarity.streams import Place, StreamSimilarity, When
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows

TERMS = ("xy", "xx", "yy", "biased xy", "biased xx", "biased yy")
"""What a CKA is made of: each is averaged over pictures, then xy / sqrt(xx yy) is taken."""


@dataclass(frozen=True)
class Similarity:
    """Row: `terms` (B, P, 6) float64, `TERMS` at each place: two targets of a site, before or after it mixed.

    NaN before it mixed where a target's own part is not among what the site adds.
    """

    name: ClassVar[str] = "similarity"

    def refuses(self, model: Model) -> str:
        return "" if any(site.additive for site in model.sites) else f"In {model.name} nothing adds streams up."

    def run(self, model: Model, batch: Batch) -> Rows:
        similarity = StreamSimilarity()
        similarity.add(model, batch.inputs, batch.framing)
        found, absent = similarity.terms(), np.full((len(batch), len(TERMS)), np.nan)
        return {"terms": np.stack([found.get(place, absent) for place in places(model)], 1)}

    def meta(self, model: Model) -> dict[str, Any]:
        named = [[place.site, place.when, place.first, place.second] for place in places(model)]
        return {"axes": {"terms": ["place", "term"]}, "labels": {"place": named, "term": TERMS}}


def places(model: Model) -> list[Place]:
    """Every two targets of every site that adds, in network order, before it mixed and after."""
    whens: tuple[When, ...] = ("before", "after")
    return [
        Place(site.name, when, first, second)
        for site in model.sites
        if site.additive
        for when in whens
        for first, second in combinations(site.targets, 2)
    ]
