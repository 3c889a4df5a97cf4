"""An exam as a text: what it is, what was found, and what cannot be concluded."""

from vizlab.scenes.exam.needs import DEPTH, RGB
from vizlab.study.exam import prose, said, tables
from vizlab.study.exam.needs import SAID
from vizlab.study.exam.result import RESAMPLES, SEED, ExamResult
from vizlab.study.exam.summaries import ALL, CONTROL, RIGHT, counts, pointings
from vizlab.study.findings.markdown import listed, table
from vizlab.study.findings.prose import joined
from vizlab.tasks import NYU40_CLASSES


def exam_text(result: ExamResult, pictures: str) -> str:
    """The whole text, Markdown; figures are looked for in the folder `pictures`, seen from it."""
    parts = [*_head(result), *_short(result), *_what(result), *_networks(result, pictures),
             *_explanations(result, pictures), *_limits(result), *_made()]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _head(result: ExamResult) -> list[str]:
    checkpoints = ", ".join(f"`{one.name}` ({one.checkpoint[:12]})" for one in result.networks)
    places = sorted({f"{one.environment['precision']} on {one.environment['device']}" for one in result.graded})
    about = result.about
    seed = "" if about["seed"] is None else f", rendered with seed {about['seed']}"
    broken = f"; in {about['faults']} of them a sensor has a fault" if about["faults"] else ""
    head = (
        f"{len(result.pictures)} pictures{seed}{broken}. {len(result.objects)} objects are asked about, of "
        f"{result.objects.described} in the scenes. Checkpoints: {checkpoints}. Computed in {listed(places)}. "
        f"Intervals hold the middle 95 % of {RESAMPLES:,} resamples of pictures, seed {SEED}."
    )
    return [prose.TITLE, head]


def _short(result: ExamResult) -> list[str]:
    return ["## In short", "\n".join(f"- {line}" for line in said.short(result))]


def _what(result: ExamResult) -> list[str]:
    there = counts(result)
    rows = [(kind, made_of, str(there[kind])) for kind, made_of in SAID.items() if kind in there]
    first, second = (NYU40_CLASSES[index] for index in result.about["pair"])
    slabs = (
        f"Slabs are of the class {first} or {second}, as pattern and relief say together; the four cases are rendered "
        "equally often. All other pixels (walls, floor, the rest of the room) are not asked about, but counted."
    )
    return ["## What an exam is", joined(prose.WHAT), table(("needed", "objects of this kind", "objects"), rows),
            f"{slabs} {joined(prose.FAULTS)}"]  # fmt: skip


def _networks(result: ExamResult, pictures: str) -> list[str]:
    figure = f"![Objects that each network names rightly, by need, with intervals]({pictures}/accuracy.png)"
    refused = [f"- {one.refused}" for one in result.networks if one.refused]
    objects, pixels = table(*tables.object_rows(result)), table(*tables.pixel_rows(result))
    parts = [
        "## What networks can tell", figure, "Objects named rightly, %; in brackets how many there are:", objects,
        joined(prose.GRADED),
        "Pixels named rightly, %, of those that are labelled, whatever turned their need:", pixels,
    ]  # fmt: skip
    return parts + (["Not graded:", "\n".join(refused)] if refused else [])


def _explanations(result: ExamResult, pictures: str) -> list[str]:
    without = [f"- {one.unexplained}" for one in result.graded if one.unexplained]
    rest = ["Not explained, or not in every way:", "\n".join(without)] if without else []
    if not pointings(result):
        return ["## Where explanations point", *rest]
    caption = "Areas under the ROC curve; filled: all objects, hollow: those that the output explained names rightly"
    figure = f"![{caption}]({pictures}/explanations.png)"
    whole, rows = table(*tables.explanation_rows(result, ALL)), tables.explanation_rows(result, RIGHT)
    right = table(*rows) if rows[1] else "There are none."
    return [
        "## Where explanations point", figure, said.explained(result), joined(prose.CONTROLLED), "All objects:", whole,
        joined(prose.COLUMNS),        "Objects that the output explained names rightly:", right, *_few(result), *rest,
    ]  # fmt: skip


def _few(result: ExamResult) -> list[str]:
    """Which rows rest on few objects."""
    rows = [one for one in pointings(result) if one.explanation != CONTROL and one.rightly]
    thin = [one for one in rows if not said.enough(one.graded[RIGHT], DEPTH, RGB)]
    if not thin:
        return []
    return [
        f"In {len(thin)} of {len(rows)} rows of the second table there are fewer than {said.FEW} objects of rgb or of "
        "depth: figures of so few, and their intervals, say little."
    ]


def _limits(result: ExamResult) -> list[str]:
    general = [joined(line) for line in prose.LIMITS.strip().split("\n\n")]
    return ["## What cannot be concluded", "\n".join(f"- {line}" for line in (*general, *result.about["limits"]))]


def _made() -> list[str]:
    return ["## Made by", joined(prose.MADE)]
