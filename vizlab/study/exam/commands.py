"""`vizlab exam` and `vizlab exam-report`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vizlab.errors import DataError, InputError, one_line
from vizlab.replacing import replace_text

if TYPE_CHECKING:
    from vizlab.experiments.attribution.baselines import Baselines

Checkpoints = Annotated[list[Path], typer.Argument(help="one or more checkpoints")]
Data = Annotated[Path, typer.Option("--data", help="folder that `vizlab scenes exam` wrote")]
Limit = Annotated[int | None, typer.Option(help="only the first pictures", min=1)]
Out = Annotated[Path, typer.Option(help="the result, JSON; the same file again goes on with it")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")]
Precision = Annotated[str, typer.Option(help="auto, float32 or bfloat16")]
Explanations = Annotated[
    list[str] | None, typer.Option("--explanation", help="grade this one alone, by its name in the tables; repeatable")
]
Steps = Annotated[int, typer.Option(help="of integrated gradients, which take most of the time", min=1)]
Against = Annotated[
    list[str] | None,
    typer.Option("--baselines", help="of gradients, such as 'blurred, unknown', colour first; repeatable"),
]
Result = Annotated[Path, typer.Argument(help="the exam.json that `vizlab exam` wrote")]
Text = Annotated[
    Path, typer.Option("--out", help="the text, Markdown; figures go into a folder beside it, of its name")
]


def exam_command(
    checkpoints: Checkpoints,
    data: Data,
    limit: Limit = None,
    out: Out = Path("exam.json"),
    device: Device = "auto",
    precision: Precision = "float32",
    explanation: Explanations = None,
    steps: Steps = 8,
    baselines: Against = None,
) -> None:
    """Grade networks, and explanations of them, by pictures in which it is known which modality was needed.

    Writes one JSON file, which the page opens in its tab Study and `vizlab exam-report` makes a text of. What was
    graded when it is interrupted stays in OUT.parts, and the same command goes on from there.
    """
    from vizlab.study.exam.result import result_of
    from vizlab.study.exam.running import EVERYTHING, Explaining, run_exam
    from vizlab.study.exam.tables import accuracy_table, explanation_table

    against = tuple(map(_baselines, baselines)) if baselines else EVERYTHING.baselines
    explaining = Explaining(tuple(explanation or EVERYTHING.names), steps, against)
    try:
        values = run_exam(
            checkpoints, data, out, _bar, limit=limit, device=device, precision=precision, explaining=explaining
        )
    except KeyboardInterrupt as err:
        typer.echo("\nvizlab: interrupted; the same command goes on from here.", err=True)
        raise typer.Exit(130) from err
    result = result_of(values)
    for one in result.networks:
        for sentence in filter(None, (one.refused, one.unexplained)):
            print(sentence, file=sys.stderr)
    print("\n\n".join(filter(None, (accuracy_table(result), explanation_table(result)))))
    print(f"\n{out}: {len(result.pictures)} pictures, {len(result.objects)} objects.")


def exam_report_command(result: Result, out: Text = Path("exam.md")) -> None:
    """Write what an exam found as a text with tables, intervals and figures; its words are chosen by the figures."""
    from vizlab.study.exam.figures import draw_figures
    from vizlab.study.exam.result import load_result
    from vizlab.study.exam.text import exam_text

    found = load_result(result)
    replace_text(out, exam_text(found, out.stem), DataError)
    draw_figures(found, out.parent / out.stem)
    print(f"{out}: {len(found.pictures)} pictures, {len(found.objects)} objects.")


def _baselines(text: str) -> "Baselines":
    """Out of 'COLOUR, DEPTH'; raises InputError for names that there are not."""
    from vizlab.experiments.attribution.baselines import Baselines

    names = [name.strip() for name in text.split(",")]
    if len(names) != 2:
        raise InputError(f"'{one_line(text, 80)}' is no pair of baselines; expected two names, as 'blurred, unknown'.")
    return Baselines(*names)  # type: ignore[arg-type]


@contextmanager
def _bar(length: int) -> "Iterator[Callable[[int], object]]":
    with typer.progressbar(length=length, label="exam", file=sys.stderr) as bar:
        yield bar.update
