"""Sentences about what an exam found, whose words are chosen by the figures and their intervals."""

from collections.abc import Sequence

import numpy as np

from vizlab.experiments.attribution.baselines import WORDS
from vizlab.scenes.exam.needs import BOTH, DEPTH, EITHER, NEEDS, RGB
from vizlab.study.exam import prose
from vizlab.study.exam.gradients import INPUT, INTEGRATED
from vizlab.study.exam.needs import CHANCE
from vizlab.study.exam.result import ExamResult
from vizlab.study.exam.summaries import ALL, CONTROL, RIGHT, Accuracy, Pointing, Ranked, accuracies, counts, pointings
from vizlab.study.findings.estimates import against, words
from vizlab.study.findings.prose import joined
from vizlab.study.survey.intervals import Estimate

FEW = 10
"""With fewer objects than this of one kind nothing is said: where few happen to be alike, an interval has no width."""
Named = tuple[str, Estimate]
"""What an explanation, or a control, is called, and one of its figures."""


def short(result: ExamResult) -> list[str]:
    """A sentence or two for each network, then for the explanations of each, on all objects and on those named
    rightly."""
    slabs = counts(result)[NEEDS[BOTH]]
    found = [_of_network(one, slabs) for one in accuracies(result) if one.answer]
    for network in dict.fromkeys(one.network for one in pointings(result)):
        listed = [one for one in pointings(result) if one.network == network]
        for which, title in ((ALL, "all objects"), (RIGHT, "objects named rightly")):
            found.append(f"**{network}, {title}.** {_pointed(listed, which)}")
    return found


def explained(result: ExamResult) -> str:
    """What the numbers of the explanations are which the result holds, and which explanations it does not hold."""
    about = result.about
    held = [name for name in prose.EXPLAINED if name in about["explanations"]]
    parts = [prose.SCORE, *(prose.EXPLAINED[name] for name in held)]
    if {INPUT, INTEGRATED} & set(held):
        pairs = "; ".join(f"{WORDS[rgb]} and {WORDS[depth]}" for rgb, depth in about["baselines"])
        steps = f", with {about['steps']} steps" if INTEGRATED in held else ""
        parts.append(f"Gradients are taken against {pairs}{steps}.")
    if lacking := [name for name in prose.EXPLAINED if name not in held]:
        parts.append(f"Not graded here: {', '.join(lacking)}.")
    return joined(" ".join(parts))


def _of_network(one: Accuracy, slabs: int) -> str:
    by_need = ", ".join(f"{NEEDS[kind]} {words(one.objects[kind], '.0f', 100)} %" for kind in (RGB, DEPTH, BOTH))
    return f"**{one.network}** names rightly, of the objects that need it: {by_need}. {_tells(one.pair, slabs)}"


def _tells(pair: Estimate, slabs: int) -> str:
    """Whether the slabs' classes are told apart."""
    if slabs < FEW:
        return f"There are {slabs} slabs, too few to say whether it tells their two classes apart."
    often = {1: "more often than chance would", -1: "less often than chance would"}
    how = often.get(against(pair, CHANCE), "no more and no less often than chance would, as far as can be told")
    return f"It tells the slabs' two classes apart {how} ({words(pair, '.0f', 100)} %; chance is 50)."


def enough(found: Ranked, *kinds: int) -> bool:
    """Whether there are `FEW` objects of each of the kinds, or more."""
    return all(found.counts[kind] >= FEW for kind in kinds)


def _pointed(listed: Sequence[Pointing], which: str) -> str:
    """How many explanations rank objects by need, of those that were graded on enough of them."""
    own = [(one, one.graded[which]) for one in listed if one.explanation != CONTROL]
    modality = [(one.called, found.modality) for one, found in own if enough(found, DEPTH, RGB)]
    camouflage = [(one.called, found.camouflage) for one, found in own if enough(found, DEPTH, EITHER)]
    both = [
        (one.called, found.both) for one, found in own if found.both is not None and enough(found, BOTH, RGB, DEPTH)
    ]
    asked = {"Depth above rgb": modality, "Depth above either": camouflage}
    if any(found.both is not None for _, found in own):
        asked["By interaction, both above the rest"] = both
    parts = [f"{what}: {_sorted_out(known)}." for what, known in asked.items() if known]
    if which == ALL:  # of those named rightly every output has others, and the controls would be those of another's
        controls = [(one.variant, one.graded[ALL]) for one in listed if one.explanation == CONTROL]
        if modality:
            parts.append(_beyond("depth above rgb", modality, [(name, found.modality) for name, found in controls]))
        if camouflage:
            parts.append(_beyond("depth above either", camouflage, [(n, found.camouflage) for n, found in controls]))
    if silent := [what for what, known in asked.items() if not known]:
        parts.append(f"Nothing is said, for want of {FEW} objects of each kind, of: {'; '.join(silent).lower()}.")
    return " ".join(parts)


def _sorted_out(known: Sequence[Named]) -> str:
    """How many are above chance, and how many below it; and the highest."""
    signs = [against(one, CHANCE) for _, one in known]
    name, most = max(known, key=lambda one: float(one[1].value))
    said = f"{signs.count(1)} of {len(known)} above chance, {signs.count(-1)} below it; the highest is {name}"
    return f"{said}, {words(most)}" + ("" if against(most, CHANCE) > 0 else ", which is not above chance")


def _beyond(what: str, known: Sequence[Named], controls: Sequence[Named]) -> str:
    """How many are above what the control that is farthest from chance reaches, in the same resamples."""
    name, most = max(((name, _turned(one)) for name, one in controls), key=lambda one: float(one[1].value))
    beyond = sum(against(one.minus(most)) > 0 for _, one in known)
    return (
        f"Of {what}, the {name} alone reaches {words(most)}, whichever way it points; {beyond} of {len(known)} "
        "are above that."
    )


def _turned(area: Estimate) -> Estimate:
    """An area above chance, of numbers that may be read either way; what is undefined is no better than chance."""
    if not np.isfinite(area.value):
        return Estimate.of(np.asarray(CHANCE), np.full(area.resampled.shape, CHANCE))
    return Estimate.of(1 - area.value, 1 - area.resampled) if area.value < CHANCE else area
