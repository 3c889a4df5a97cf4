"""`vizlab study-report`."""

from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import DataError
from vizlab.replacing import replace_text

Result = Annotated[Path, typer.Argument(help="the study.npz that `vizlab study` wrote, or a smaller one of --keep")]
Out = Annotated[Path, typer.Option(help="the text, Markdown; figures go into a folder beside it, of its name")]
Claims = Annotated[Path | None, typer.Option(help="a TOML file of claims to hold against the study")]
Keep = Annotated[Path | None, typer.Option(help="also write the result, small enough to ship")]


def study_report_command(result: Result, out: Out = Path("study.md"), claims: Claims = None, keep: Keep = None) -> None:
    """Write what a study found as a text with tables, intervals and figures.

    Words about figures are chosen by the figures. The text is that of the small result, whichever one is given.
    """
    from vizlab.study.findings.claims import Claims as Known
    from vizlab.study.findings.claims import read_claims
    from vizlab.study.findings.compact import compact, save_small
    from vizlab.study.findings.figures import draw_figures
    from vizlab.study.findings.gathered import gather
    from vizlab.study.findings.text import study_text
    from vizlab.study.survey.study import load_study

    study = compact(load_study(result))
    listed = read_claims(claims) if claims else Known()
    found = gather(study)
    replace_text(out, study_text(found, listed, out.stem), DataError)
    draw_figures(found, out.parent / out.stem)
    if keep is not None:
        save_small(study, keep)
    print(f"{out}: {len(study.names)} pictures, {', '.join(study.networks)}.")
