"""`vizlab exam` and `vizlab exam-report`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

Checkpoints = Annotated[list[Path], typer.Argument(help="one or more checkpoints")]
Data = Annotated[Path, typer.Option("--data", help="folder that `vizlab scenes exam` wrote")]
Limit = Annotated[int | None, typer.Option(help="only the first pictures", min=1)]
Out = Annotated[Path, typer.Option(help="the result, JSON; the same file again goes on with it")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")]
Precision = Annotated[str, typer.Option(help="auto, float32 or bfloat16")]
Steps = Annotated[
    int, typer.Option(help="of integrated gradients, which take most of the time; 0 leaves them out", min=0)
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
    steps: Steps = 8,
) -> None:
    """Grade networks, and explanations of them, by pictures in which it is known which modality was needed.

    Writes one JSON file, which the page opens in its tab Study and `vizlab exam-report` makes a text of. What was
    graded when it is interrupted stays in OUT.parts, and the same command goes on from there.
    """
    from vizlab.study.exam.result import result_of
    from vizlab.study.exam.running import run_exam
    from vizlab.study.exam.tables import accuracy_table, explanation_table

    try:
        values = run_exam(checkpoints, data, out, _bar, limit=limit, device=device, precision=precision, steps=steps)
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
    out.write_text(exam_text(found, out.stem))
    draw_figures(found, out.parent / out.stem)
    print(f"{out}: {len(found.pictures)} pictures, {len(found.objects)} objects.")


@contextmanager
def _bar(length: int) -> "Iterator[Callable[[int], object]]":
    with typer.progressbar(length=length, label="exam", file=sys.stderr) as bar:
        yield bar.update
