"""Sentences about what an exam found, whose words are chosen by the figures and their intervals."""

from collections.abc import Sequence

from vizlab.study.exam.needs import BOTH, CHANCE, DEPTH, EITHER, NEEDS, RGB
from vizlab.study.exam.result import ExamResult
from vizlab.study.exam.summaries import ALL, CONTROL, RIGHT, Accuracy, Pointing, Ranked, accuracies, counts, pointings
from vizlab.study.findings.estimates import against, words
from vizlab.study.survey.intervals import Estimate

FEW = 10
"""With fewer objects than this of one kind nothing is said: where few happen to be alike, an interval has no width."""
Named = tuple[str, Estimate]
"""What an explanation is called, and one of its figures."""


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
    control = next(one.graded[which] for one in listed if one.explanation == CONTROL)
    modality = [(one.called, found.modality) for one, found in own if enough(found, DEPTH, RGB)]
    camouflage = [(one.called, found.camouflage) for one, found in own if enough(found, DEPTH, EITHER)]
    both = [
        (one.called, found.both) for one, found in own if found.both is not None and enough(found, BOTH, RGB, DEPTH)
    ]
    asked = {"Depth above rgb": modality, "Depth above either": camouflage}
    if any(found.both is not None for _, found in own):
        asked["By interaction, both above the rest"] = both
    parts = [f"{what}: {_sorted_out(known)}." for what, known in asked.items() if known]
    # Of those named rightly every output has others, and the control would be that of another's.
    parts += [_beyond(modality, control.modality)] if modality and which == ALL else []
    if silent := [what for what, known in asked.items() if not known]:
        parts.append(f"Nothing is said, for want of {FEW} objects of each kind, of: {'; '.join(silent).lower()}.")
    return " ".join(parts)


def _sorted_out(known: Sequence[Named]) -> str:
    """How many are above chance, and how many below it; and the highest."""
    signs = [against(one, CHANCE) for _, one in known]
    name, most = max(known, key=lambda one: float(one[1].value))
    said = f"{signs.count(1)} of {len(known)} above chance, {signs.count(-1)} below it; the highest is {name}"
    return f"{said}, {words(most)}" + ("" if against(most, CHANCE) > 0 else ", which is not above chance")


def _beyond(known: Sequence[Named], size: Estimate) -> str:
    """How many are above what the size of an object alone reaches, or its smallness, in the same resamples."""
    name = "size"
    if size.value < CHANCE:
        name, size = "smallness", Estimate.of(1 - size.value, 1 - size.resampled)
    beyond = sum(against(one.minus(size)) > 0 for _, one in known)
    return (
        f"Of depth above rgb, an object's {name} alone reaches {words(size)}; {beyond} of {len(known)} are above that."
    )
