"""`vizlab scales`: the scales of a training as a film."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import InputError
from vizlab.replacing import replace_text


def scales_command(
    files: Annotated[
        list[Path], typer.Argument(help="the folder insnorm_params of CEN's image translation, or some of its files")
    ],
    threshold: Annotated[float | None, typer.Option(help="|gamma| below which channels are exchanged")] = None,
    site: Annotated[
        str | None, typer.Option(help="the site whose channels are drawn one by one; the last otherwise")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="write the charts to this page (.html), which needs no network")
    ] = None,
) -> None:
    """Print how many channels a training made small, and when; draw it."""
    from vizlab.methods.cen.history_charts import exchange_history, scale_film, scale_map
    from vizlab.methods.cen.history_files import read_history
    from vizlab.methods.cen.pix2pix import THRESHOLD

    limit = THRESHOLD if threshold is None else threshold
    if not limit >= 0:
        raise InputError(f"The threshold is {limit}; expected a number of 0 or more.")
    history = read_history(files[0] if len(files) == 1 else files)
    if out is not None:
        charts = (scale_film(history, limit), exchange_history(history, limit), scale_map(history, site, limit))
        parts = [chart.to_html(full_html=False, include_plotlyjs=not at) for at, chart in enumerate(charts)]
        replace_text(out, _page(parts), InputError)
    share = history.share(limit)
    print(json.dumps({
        "epochs": list(history.epochs),
        "threshold": limit,
        "share": {name: [round(float(v), 4) for v in share[:, i]] for i, name in enumerate(history.streams)},
        "passed": len(history.crossings(limit)),
        "settled": history.settled(limit),
        "words": history.words(limit),
    }, indent=2))  # fmt: skip


def _page(charts: list[str]) -> str:
    body = "\n".join(charts)
    head = "<head><meta charset='utf-8'><title>The scales over training</title></head>"
    return f"<!DOCTYPE html><html lang='en'>{head}<body>{body}</body></html>\n"
