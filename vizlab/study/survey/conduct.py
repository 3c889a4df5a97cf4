"""A study from its configuration to its file."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from vizlab.study.survey.config import load_config
from vizlab.study.survey.engine import Progress, amount, run
from vizlab.study.survey.job import make_job
from vizlab.study.survey.study import FILE, Study, assemble

Counting = Callable[[int], AbstractContextManager[Progress]]
"""Opens a progress bar of that length."""


def conduct(
    config: Path,
    data: Path,
    out: Path,
    counting: Counting,
    *,
    limit: int | None = None,
    address: str | None = None,
    here: bool = False,
) -> Study:
    """Measure what `config` asks for on the pictures of `data`, and write OUT/study.npz; goes on with what is there.

    See `engine.run` for where it runs. Raises VizlabError for what cannot be read, computed or written.
    """
    job, folder = make_job(load_config(config), data, out, limit)
    for note in folder.notes:
        print(note, file=sys.stderr)
    with counting(amount(job)) as progress:
        run(job, progress, address=address, here=here)
    study = assemble(job, folder.manifest.source, str(folder.manifest.measured or ""))
    study.save(out / FILE)
    return study
