"""`vizlab study`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vizlab.errors import InputError

if TYPE_CHECKING:
    from vizlab.study.survey.engine import Progress

Config = Annotated[Path, typer.Argument(help="what to measure, a TOML file; see below")]
Data = Annotated[Path, typer.Option("--data", help="folder with rgb/, depth/, label40/, train.txt, test.txt")]
Out = Annotated[Path, typer.Option(help="folder of the study; the same folder again goes on with it")]
Address = Annotated[str | None, typer.Option(help="a Ray cluster of which this machine is part: auto or HOST:PORT")]
Here = Annotated[bool, typer.Option("--here", help="in this process, without Ray")]
Limit = Annotated[int | None, typer.Option(help="only the first pictures of the split", min=1)]


def study_command(
    config: Config,
    data: Data,
    out: Out = Path("study"),
    address: Address = None,
    here: Here = False,
    limit: Limit = None,
) -> None:
    """Measure networks over all pictures of a split; resumable, with progress. The extra `scale` brings Ray Data.

    Writes OUT/study.npz, which the page opens in its tab Study. What was measured when it is interrupted stays in
    OUT/parts, and the same command goes on from there.

    On a cluster (--address) vizlab has to be installed on every machine, and DIR, the checkpoints and OUT have to lie
    under the same paths everywhere.

    CONFIG lists checkpoints, seen from its own folder, and has a table measures.NAME for each measure, which may be
    empty: traces, sweep, shapley, similarity, corruptions, messages, zeros. In it, every = 6 takes each sixth picture
    alone; what else stands there is the measure's own. Further keys: split, batch, device, precision, threads, seed,
    resamples, and thumbnails, the width of small pictures that are kept for the page.
    """
    from vizlab.study.survey.conduct import conduct
    from vizlab.study.survey.study import FILE

    if here and address is not None:
        raise InputError("--here and --address contradict each other; leave one of them out.")
    try:
        study = conduct(config, data, out, _bar, limit=limit, address=address, here=here)
    except KeyboardInterrupt as err:
        typer.echo("\nvizlab: interrupted; the same command goes on from here.", err=True)
        raise typer.Exit(130) from err
    print(f"{out / FILE}: {len(study.names)} pictures, {', '.join(study.networks)}.")


@contextmanager
def _bar(length: int) -> "Iterator[Progress]":
    with typer.progressbar(length=length, label="study", file=sys.stderr) as bar:
        yield bar.update
