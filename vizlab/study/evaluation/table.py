"""Results as one table: a row per output worth a row, a column per score, in Markdown that a terminal shows well."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vizlab.core.outputs import ENSEMBLE, Output
from vizlab.study.effects import effect_of
from vizlab.study.evaluation.curve import Curve
from vizlab.study.evaluation.gain import EVEN_WITHIN, JUDGED_BY, MULTI_TASK, Change, comparisons
from vizlab.study.evaluation.results import ByOutput, Cost, Result


@dataclass(frozen=True)
class Table:
    """Cells as they are printed; the first column holds names, the others numbers."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Row:
    """`scores` by task; `gain` over single-task networks in percent; `file` in bytes. What is None stays blank."""

    name: str
    scores: ByOutput = field(default_factory=dict)
    cost: Cost | None = None
    gain: float | None = None
    file: int | None = None


@dataclass(frozen=True)
class Column:
    """`value` of a row, None for a blank; `form` as in format()."""

    header: str
    value: Callable[[Row], float | None]
    form: str = ".1f"


def _score(header: str, task: str, score: str, form: str = ".1f") -> Column:
    return Column(header, lambda row: row.scores.get(task, {}).get(score), form)


def _cost(header: str, amount: Callable[[Cost], float], form: str) -> Column:
    return Column(header, lambda row: None if row.cost is None else amount(row.cost), form)


SCORES = (
    _score("semseg mIoU %", "semseg", "mIoU"),
    _score("mean acc. %", "semseg", "mean accuracy"),
    _score("pixel acc. %", "semseg", "pixel accuracy"),
    _score("depth RMSE m", "depth", "RMSE", ".3f"),
    _score("derived normals mean °", "normals", "mean angle"),
    _score("median °", "normals", "median angle"),
    _score("<11.25° %", "normals", "within 11.25"),
    _score("<22.5° %", "normals", "within 22.5"),
    _score("<30° %", "normals", "within 30"),
    _score("image L1 %", "image", "L1", ".2f"),
    _score("PSNR dB", "image", "PSNR"),
    _score("SSIM", "image", "SSIM", ".3f"),
    _score("FID", "image", "FID"),
    _score("KID ×100", "image", "KID", ".2f"),
)
COSTS = (
    _cost("params M", lambda cost: cost.parameters / 1e6, ".2f"),
    _cost("GFLOPs", lambda cost: cost.flops / 1e9, ".2f"),
    _cost("CPU ms", lambda cost: cost.milliseconds, ".0f"),
)
GAIN = Column("multi-task gain %", lambda row: row.gain, "+.1f")
COLUMNS = (*SCORES, *COSTS, GAIN)


def rows_of(result: Result, known: Iterable[Result] = (), file: int | None = None) -> list[Row]:
    """The network's answer first, then each stream alone; cost and gain stand in the first row.

    `known` are results among which baselines are looked for.
    """
    variants: dict[str, dict[str, Mapping[str, float]]] = {}
    for name, scores in result.outputs.items():
        output = Output.parse(name)
        if not output.initial:
            variants.setdefault(output.stream, {})[output.task] = scores
    first = ENSEMBLE if ENSEMBLE in variants else ""
    gains = [c.gain for c in comparisons(result, known) if c.title == MULTI_TASK]
    title = f"{result.name}, {first}" if first else result.name
    rows = [Row(title, variants.pop(first, {}), result.cost, gains[0] if gains else None, file)]
    return rows + [Row(f"{result.name}, {stream}", scores) for stream, scores in variants.items()]


def rows_in(result: Result) -> list[Row]:
    """`rows_of` a result that stands beside another one of the same network, named after its precision."""
    return [replace(row, name=f"{row.name}, {result.precision}") for row in rows_of(replace(result, cost=None))]


def table(rows: Sequence[Row], columns: Sequence[Column] = COLUMNS, first: str = "network") -> Table:
    """The rows with those of `columns` in which any of them has a value."""
    used = [column for column in columns if any(column.value(row) is not None for row in rows)]
    lines = [(row.name, *(_cell(column, row) for column in used)) for row in rows]
    return Table((first, *(column.header for column in used)), tuple(lines))


def curve_table(curve: Curve, own: float | None = None) -> Table:
    """How much of the effect happens and the score that stands for each output, by value; `own` is what ships."""
    effect, outputs = effect_of(curve.control), list(curve.points[0].outputs)
    judged = [JUDGED_BY[Output.parse(output).task][0] for output in outputs]
    scores = [f"{output} {score}" for output, score in zip(outputs, judged, strict=True)]
    lines = []
    for point in curve.points:
        name = effect.off if point.value is None else f"{point.value:g}"
        cells = [_judged(score, point.outputs[output][score]) for output, score in zip(outputs, judged, strict=True)]
        is_own = point.value is not None and point.value == own
        lines.append((name + (" (as it ships)" if is_own else ""), f"{100 * point.share:.1f}", *cells))
    return Table((curve.control.name, f"{effect.name} %", *scores), tuple(lines))


def markdown(shown: Table) -> str:
    """The table in Markdown, columns padded to one width, numbers to the right; ends without a line break."""
    widths = [max(3, *(len(cell) for cell in column)) for column in zip(shown.headers, *shown.rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = [cells[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(shown.headers), line(rule), *(line(row) for row in shown.rows)])


def gain_sentences(result: Result, known: Iterable[Result]) -> list[str]:
    """One sentence for each comparison that `known` allows: the gain, and the scores it is made of."""
    sentences = []
    for found in comparisons(result, known):
        parts = [
            f"{_change(change)}, {other.name}{_trained_otherwise(other, result)}"
            for change, other in zip(found.changes, found.against, strict=True)
        ]
        sentences.append(f"{found.title}: {found.gain:+.1f} % ({'; '.join(parts)})")
    return sentences


def even_sentences(gains: Sequence[str]) -> list[str]:
    """What to think of small gains, where there are `gains` at all."""
    if not gains:
        return []
    return [
        "Gains compare one training with one training each. Figures closer than "
        f"{EVEN_WITHIN['semseg']:g} point of mIoU, {EVEN_WITHIN['depth']:g} m of RMSE or {EVEN_WITHIN['normals']:g} "
        "degree of mean angle are called even: another seed may turn them round."
    ]


def remarks(results: Sequence[Result], known: Sequence[Result]) -> list[str]:
    """What must be said beside a table of `results`: gains over those of `known`, what was compared, what it cost."""
    gains = [f"{result.name}, {sentence}." for result in results for sentence in gain_sentences(result, known)]
    return [
        *gains,
        *even_sentences(gains),
        *measured_sentences(results),
        *cost_sentences(result.cost for result in results),
    ]


def _change(change: Change) -> str:
    score, _ = JUDGED_BY[change.task]
    ours, theirs = (_judged(score, value) for value in (change.ours, change.theirs))
    return f"{change.task} {score} {ours} against {theirs}{', even' if change.even else ''}"


def _trained_otherwise(other: Result, result: Result) -> str:
    if None in (other.epochs, result.epochs) or other.epochs == result.epochs:
        return ""
    return f", trained for {other.epochs} epochs instead of {result.epochs}"


def _judged(score: str, value: float) -> str:
    return format(value, ".3f" if score == "RMSE" else ".1f")


def measured_sentences(results: Iterable[Result]) -> list[str]:
    """In which part of the pictures depth and normals were compared, if not in all."""
    parts = dict.fromkeys(result.measured for result in results if result.measured)
    return [f"Depth and normals are compared in {part} only, where the depth was measured." for part in parts]


def cost_sentences(costs: Iterable[Cost | None]) -> list[str]:
    """How the cost was counted and on which machine it was timed."""
    known = [cost for cost in costs if cost is not None]
    if not known:
        return []
    timed = " and ".join(dict.fromkeys(f"{c.machine}, {c.precision}" for c in known))
    sizes = ", ".join(dict.fromkeys(f"{c.size[0]}x{c.size[1]}" for c in known))
    return [
        f"GFLOPs: convolutions and matrix products of one forward at the working size ({sizes}), a multiply-add "
        "counted as two operations.",
        f"CPU ms: fastest of several forwards at that size on {timed}; it varies with the machine and its load.",
    ]


def _cell(column: Column, row: Row) -> str:
    value = column.value(row)
    return "" if value is None or math.isnan(value) else format(value, column.form)
