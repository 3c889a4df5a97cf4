"""Tables of an exam, as rows of text that a page, a document and a terminal share, and in Markdown."""

from collections.abc import Sequence

from vizlab.scenes.exam.needs import NOT_ASKED
from vizlab.study.exam.needs import NAMES
from vizlab.study.exam.result import ExamResult
from vizlab.study.exam.summaries import ALL, NEEDED, RIGHT, Pointing, Ranked, accuracies, counts, pointings, present
from vizlab.study.findings.estimates import words
from vizlab.study.findings.markdown import table

Rows = list[tuple[str, ...]]


def pixel_rows(result: ExamResult) -> tuple[tuple[str, ...], Rows]:
    """Pixels named rightly by need, percent."""
    kinds = (*NEEDED, NOT_ASKED)
    rows = [
        (one.network, one.output, *(words(one.pixels[kind], ".1f", 100) for kind in kinds))
        for one in accuracies(result)
    ]
    return ("network", "output", *(NAMES[kind] for kind in kinds)), rows


def object_rows(result: ExamResult) -> tuple[tuple[str, ...], Rows]:
    """Objects named rightly by kind, percent, for the kinds that there are, and which of the two classes of `both`."""
    there, kinds = counts(result), present(result)
    rows = [
        (
            one.network,
            one.output,
            *(words(one.objects[kind], ".1f", 100) for kind in kinds),
            words(one.pair, ".1f", 100),
        )
        for one in accuracies(result)
    ]
    heads = (f"{NAMES[kind]} ({there[NAMES[kind]]})" for kind in kinds)
    return ("network", "output", *heads, "both, one of two"), rows


def explanation_rows(result: ExamResult, which: str = ALL) -> tuple[tuple[str, ...], Rows]:
    """How well every explanation points, on all objects or on those that its output names rightly, if there are any."""
    listed = [one for one in pointings(result) if which == ALL or one.rightly]
    several = len({one.network for one in listed}) > 1
    rows = [_pointing(one, one.graded[which], several) for one in listed]
    head = (
        "explanation", "of", "objects", "depth above rgb", "depth above either", "ρ with the need",
        "both above the rest",
    )  # fmt: skip
    return (("network", *head) if several else head), rows


def _pointing(one: Pointing, found: Ranked, several: bool) -> tuple[str, ...]:
    total = sum(found.counts.values())
    both = "–" if found.both is None else words(found.both)
    cells = (
        one.title, one.output, str(total), words(found.modality), words(found.camouflage), words(found.rho), both,
    )  # fmt: skip
    return (one.network, *cells) if several else cells


def accuracy_table(result: ExamResult) -> str:
    """Markdown: pixels, then objects."""
    return "\n\n".join(("Pixels named rightly, %:", table(*pixel_rows(result)), "Objects named rightly, %:",
                        table(*object_rows(result))))  # fmt: skip


def explanation_table(result: ExamResult) -> str:
    """Markdown: all objects, then those named rightly; empty where nothing was explained."""
    if not pointings(result):
        return ""
    parts: Sequence[str] = (
        "Explanations, all objects:", table(*explanation_rows(result, ALL)),
        "Explanations, objects that the output explained names rightly:", table(*explanation_rows(result, RIGHT)),
    )  # fmt: skip
    return "\n\n".join(parts)
