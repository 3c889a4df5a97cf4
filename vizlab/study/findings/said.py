"""Sentences about a study's figures, in which every word and count is chosen by the figures."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from vizlab.study.findings import tables
from vizlab.study.findings.estimates import against, apart, number, total, words
from vizlab.study.findings.exchange import Target
from vizlab.study.findings.gathered import Gathered
from vizlab.study.findings.markdown import counted, listed
from vizlab.study.findings.modalities import alike, probability_worth, similarity_predicts
from vizlab.study.findings.sensors import Errors, kept_mean, mean_error
from vizlab.study.survey.intervals import Estimate


def short(all_: Gathered) -> list[str]:
    """The findings, a line each."""
    lines = [_moves(all_), _worse(all_), _where(all_), _which(all_), _single(all_), _together(all_)]
    return lines + ([_worth(all_)] if all_.worths else []) + ([_graceful(all_)] if all_.errors else [])


def _targets(all_: Gathered, chosen: Iterable[Target]) -> str:
    every = [tables.into(all_, one) for one in all_.targets]
    return counted([tables.into(all_, one) for one in chosen], every, "targets")


def _above(all_: Gathered, what: str) -> str:
    return _targets(all_, [one for one in all_.targets if against(getattr(one, what)) > 0])


def _range(estimates: Sequence[Estimate]) -> str:
    values = [float(one.value) for one in estimates]
    return f"{number(min(values))} to {number(max(values))}"


def _moves(all_: Gathered) -> str:
    better = [one for one in all_.targets if apart(one.place_size, one.moves) > 0]
    return (
        f"**How far the answer moves.** ρ of share and effect is {_range([t.moves for t in all_.targets])}, its "
        "interval "
        f"above 0 in {_above(all_, 'moves')}; with the site's place held, in {_above(all_, 'held')}. The place "
        "alone, sign "
        f"aside, ranks with effect better than share in {_targets(all_, better)}."
    )


def _worse(all_: Gathered) -> str:
    less = [one for one in all_.targets if apart(one.worse, one.moves) < 0]
    return (
        f"**Whether it gets worse.** ρ of share and damage to the task's own metric is "
        f"{_range([t.worse for t in all_.targets])}, above 0 in {_above(all_, 'worse')}. Share predicts damage less "
        "well "
        f"than movement in {_targets(all_, less)}."
    )


def _where(all_: Gathered) -> str:
    each = _range([t.where for t in all_.targets])
    return f"**Where.** The maps of what came and of what moved agree at {each}, by target."


def _which(all_: Gathered) -> str:
    each = _range([t.picture for t in all_.targets])
    return f"**Which picture.** The median edge's ρ over pictures is {each}, above 0 in {_above(all_, 'picture')}."


def _single(all_: Gathered) -> str:
    each = [
        f"{all_.title(one.network)} {int((one.site_harm.low > 0).sum())} of {len(one.sites)}, and "
        f"{words(one.all_harm, '.1f')} points with all cut"
        for one in all_.answers
        if one.task == "semseg"
    ]
    return f"**Single sites.** Sites that cost mIoU when cut alone: {'; '.join(each)}."


def _together(all_: Gathered) -> str:
    each = [f"{_answer(all_, i)} {words(all_.together(one).singles)}" for i, one in enumerate(all_.answers)]
    return f"**Together.** Single effects add up to so many times the effect of cutting all: {'; '.join(each)}."


def _answer(all_: Gathered, place: int) -> str:
    return f"{all_.title(all_.answers[place].network)} {all_.answers[place].task}"


def _worth(all_: Gathered) -> str:
    each = [f"{one.replacement}: {tables.winner(one.phi)}" for _, one in all_.worths]
    return f"**Modalities.** Worth more for mIoU, by what stands in for the missing one: {'; '.join(each)}."


def _graceful(all_: Gathered) -> str:
    shared = all_.shared_corruptions()
    each = [f"{all_.title(one.network)} {words(kept_mean(one, shared), '.0f', 100)} %" for one in _scored(all_)]
    return f"**Broken colour.** mIoU left, the mean over {len(shared)} corruptions: {'; '.join(each)}."


def _scored(all_: Gathered) -> list[Errors]:
    return [one for one in all_.errors if one.task == "semseg"]


def leaders(all_: Gathered) -> str:
    moves = [t for t in all_.targets if t.share.value.argmax() == t.effect.value.argmax()]
    worst = [t for t in all_.targets if t.share.value.argmax() == t.harm.value.argmax()]
    sure = [t for t in all_.targets if t.harm.low[t.harm.value.argmax()] > 0]
    more = [t for t in all_.targets if against(t.worst_lead) > 0]
    return (
        f"The edge of the largest share moves the answer most in {_targets(all_, moves)}, and is the most damaging "
        "one in "
        f"{_targets(all_, worst)}. The most damaging edge's damage is above 0 in {_targets(all_, sure)}, and, "
        f"in the same resamples, above that of the edge of the largest share in {_targets(all_, more)}."
    )


def sites(all_: Gathered) -> str:
    word = {1: "more", 0: "even", -1: "less"}
    held = [f"{_answer(all_, i)} {word[apart(a.all_harm, total(a.site_harm))]}" for i, a in enumerate(all_.answers)]
    gain = []
    for place, one in enumerate(all_.answers):
        better = [all_.site(one.network, s) for s, high in zip(one.sites, one.site_harm.high, strict=True) if high < 0]
        gain += [f"{_answer(all_, place)} at {listed(better)}"] if better else []
    return (
        f"What all sites cost at once, held against the sum of each alone: {'; '.join(held)}. Cutting one site makes "
        "the "
        f"answer better, its interval apart from 0: {'; '.join(gain) or 'nowhere'}."
    )


def wholes(all_: Gathered) -> str:
    found = {_answer(all_, i): all_.together(one) for i, one in enumerate(all_.answers)}
    below = [name for name, one in found.items() if against(one.singles, 1) < 0]
    above = [name for name, one in found.items() if against(one.singles, 1) > 0]
    half = [name for name, one in found.items() if against(one.top, 0.5) >= 0]
    same = [name for name, one in found.items() if one.necessary == one.sufficient]
    every = list(found)
    return (
        "All of it on how far the answer moves, D. The sum of single effects is below the effect of cutting all in "
        f"{counted(below, every, 'answers')} and above it in {counted(above, every, 'answers')}. The three largest "
        "edges "
        f"have half of the sum or more, or are even with it, in {counted(half, every, 'answers')}. Necessity is "
        "D(cut) / "
        "D(all cut), sufficiency 1 - D(all others cut) / D(all cut); the most necessary edge is the most sufficient "
        "one in "
        f"{counted(same, every, 'answers')}. With the direct effect alone, later sites held, ρ of share and effect is "
        f"{_range([t.direct for t in all_.targets])}."
    )


def bands(all_: Gathered, title: str) -> str:
    costs: dict[str, list[Estimate]] = {}
    rho: dict[str, list[Estimate]] = {}
    for band in all_.bands:
        if band.title == title:
            name = f"{all_.title(band.answer.network)} {band.answer.task}"
            costs.setdefault(name, []).append(band.answer.all_harm)
            for one in band.targets:
                rho.setdefault(tables.into(all_, one), []).append(one.moves)
    word = {1: "more", 0: "even", -1: "less"}
    ended = [f"{name} {word[apart(each[-1], each[0])]}" for name, each in costs.items()]
    falls = [name for name, each in rho.items() if apart(each[-1], each[0]) < 0]
    rises = [name for name, each in rho.items() if apart(each[-1], each[0]) > 0]
    every = list(rho)
    return (
        f"In the last band, held against the first, cutting all costs: {'; '.join(ended)}. ρ of share and effect is "
        "lower "
        f"there in {counted(falls, every, 'targets')} and higher in {counted(rises, every, 'targets')}. Bands differ "
        "in more "
        "than their name."
    )


def holes(all_: Gathered) -> list[str]:
    """That nothing can be said of depth holes where all pictures have the same share of them."""
    known = all_.study.pictures.get("holes")
    if known is None or known.max() > known.min():
        return []
    share = number(100 * float(known.max()), ".1f")
    return [
        f"Every picture has {share} % of its pixels without depth: what depends on holes cannot be said from these."
    ]


def winners(all_: Gathered) -> str:
    """Whether what stands in for a missing modality decides which one is worth more."""
    by_figure: dict[str, list[str]] = {}
    for network, one in all_.worths:
        by_figure.setdefault(one.figure, []).append(tables.winner(one.phi))
        probability = probability_worth(all_.study, network, one.replacement, one.output)
        by_figure.setdefault("p(true class)", []).append(tables.winner(probability))
    each = [
        f"for {figure} the replacement {_turned(names)} ({', '.join(names)})" for figure, names in by_figure.items()
    ]
    return f"By the intervals, {'; '.join(each)}."


def _turned(names: Sequence[str]) -> str:
    if len(set(names) - {"even"}) > 1:
        return "turns the winner round"
    return "decides whether there is a winner" if len(set(names)) > 1 else "changes nothing"


def broken(all_: Gathered) -> str:
    shared, scored = all_.shared_corruptions(), _scored(all_)
    order = sorted(scored, key=lambda one: -float(kept_mean(one, shared).value))
    kept = [
        f"{all_.title(a.network)} {_more(apart(kept_mean(a, shared), kept_mean(b, shared)))} {all_.title(b.network)}"
        for a, b in pairwise(order)
    ]
    first = scored[0]
    worse = [
        f"{all_.title(one.network)} {_more(against(mean_error(one, first, shared), 1))} {all_.title(first.network)}"
        for one in scored[1:]
    ]
    errors = f"mCE, less is better: {'; '.join(worse)}."
    return f"Over {', '.join(shared)}, which every network was shown. mIoU left: {'; '.join(kept)}. {errors}"


def _more(sign: int) -> str:
    return {1: "has more than", 0: "is even with", -1: "has less than"}[sign]


def responses(all_: Gathered) -> str:
    word = {1: "more", 0: "no more and no less", -1: "less"}
    each = [
        f"{all_.title(one.network)} with broken {one.broken} takes {word[against(one.change)]} of others into its "
        f"{one.target} stream, the largest change at site {all_.site(one.network, one.site)}"
        for one in all_.responses
        if one.broken == one.target and {r.target for r in all_.responses if r.network == one.network} <= _MODALITIES
    ]
    return f"Where streams are modalities: {'; '.join(each)}." if each else ""


_MODALITIES = {"rgb", "depth"}


def similar(all_: Gathered) -> str:
    likeness = {name: alike(all_.study, name) for name in dict.fromkeys(t.answer.network for t in all_.compared())}
    mixed = [
        f"{all_.title(name)} more alike at {one.grew} and less at {one.fell} of {one.count} pairs"
        for name, one in likeness.items()
        if one.count
    ]
    found = [(one, similarity_predicts(all_.study, one)[0]) for one in all_.compared()]
    plus = [one for one, rho in found if against(rho) > 0]
    minus = [one for one, rho in found if against(rho) < 0]
    both = " What ranks with influence here and against it there does not measure it." if plus and minus else ""
    return (
        f"Mixing leaves streams: {'; '.join(mixed) or 'not measured'}. CKA ranks with the effect of a cut in "
        f"{_targets(all_, plus)} and against it in {_targets(all_, minus)}.{both}"
    )
