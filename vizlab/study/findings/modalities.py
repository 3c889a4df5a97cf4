"""What each modality was worth, and whether similar streams are those that matter."""

from dataclasses import dataclass

import numpy as np

from vizlab.experiments.modalities.shapley import shapley_values
from vizlab.study.findings.estimates import combined, correlation
from vizlab.study.findings.exchange import Target
from vizlab.study.survey.intervals import Estimate, mean
from vizlab.study.survey.study import Study
from vizlab.study.survey.summaries import draws_of, likeness


def probability_worth(study: Study, network: str, replacement: str, output: str) -> dict[str, Estimate]:
    """Shapley values of the mean probability of the true class, by modality; empty where it was not measured."""
    section = study.of(network, "shapley")
    rows = section.rows.get(f"{replacement}|{output}|probability")
    if rows is None:
        return {}
    whole, modalities = mean(rows, draws_of(study, section)), section.labels("modality")
    sets = [frozenset(filter(None, name.split("+"))) for name in section.labels("coalition")]
    value = shapley_values(modalities, {some: whole.value[i] for i, some in enumerate(sets)})
    each = shapley_values(modalities, {some: whole.resampled[:, i] for i, some in enumerate(sets)})
    return {name: combined(value[name], each[name]) for name in modalities}


@dataclass(frozen=True, eq=False)
class Likeness:
    """Unbiased CKA of two streams, the mean over places `before` and `after` their sites mixed; `count` pairs."""

    before: Estimate
    after: Estimate
    grew: int
    fell: int
    count: int


def alike(study: Study, network: str) -> Likeness:
    places, cka = likeness(study, network)
    pairs: dict[tuple[str, ...], dict[str, int]] = {tuple(place[:1] + place[2:]): {} for place in places}
    for number, place in enumerate(places):
        pairs[tuple(place[:1] + place[2:])][place[1]] = number
    known = np.isfinite(cka.value) & np.isfinite(cka.resampled).all(0)
    both = [p for p in pairs.values() if len(p) == 2 and known[p["before"]] and known[p["after"]]]
    before, after = ([p[when] for p in both] for when in ("before", "after"))
    if not both:
        after = [p["after"] for p in pairs.values() if known[p["after"]]]
        nothing = combined(np.nan, np.full(len(cka.resampled), np.nan))
        return Likeness(nothing, combined(cka.value[after].mean(), cka.resampled[:, after].mean(-1)), 0, 0, 0)
    change = combined(cka.value[after] - cka.value[before], cka.resampled[:, after] - cka.resampled[:, before])
    return Likeness(
        before=combined(cka.value[before].mean(), cka.resampled[:, before].mean(-1)),
        after=combined(cka.value[after].mean(), cka.resampled[:, after].mean(-1)),
        grew=int((change.low > 0).sum()),
        fell=int((change.high < 0).sum()),
        count=len(both),
    )


def similarity_predicts(study: Study, one: Target) -> tuple[Estimate, int]:
    """The rank correlation over a target's edges of CKA before mixing with the effect, and over how many edges."""
    places, cka = likeness(study, one.answer.network)
    at = {(p[0], frozenset(p[2:])): i for i, p in enumerate(places) if p[1] == "before" and np.isfinite(cka.value[i])}
    at = at or {(p[0], frozenset(p[2:])): i for i, p in enumerate(places)}
    chosen = [at.get((edge[0], frozenset(edge[1:]))) for edge in one.edges]
    there = [i for i, place in enumerate(chosen) if place is not None and np.isfinite(cka.value[place])]
    columns = [place for place in chosen if place is not None and np.isfinite(cka.value[place])]
    similar = combined(cka.value[columns], cka.resampled[:, columns])
    effect = combined(one.effect.value[there], one.effect.resampled[:, there])
    return correlation(effect, similar), len(there)
