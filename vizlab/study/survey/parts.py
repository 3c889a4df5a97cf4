"""Part files: the rows of one piece, written whole or not at all, so that a study can be broken off anywhere."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vizlab.core.archive import read_archive, write_archive
from vizlab.errors import TraceError
from vizlab.study.survey.job import Piece


def write_part(folder: Path, piece: Piece, rows: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Write `rows`, (n, ...) for the n pictures of the piece. Raises TraceError where there is no room."""
    write_archive(folder / piece.file, {**meta, "key": piece.key, "index": list(piece.task.index)}, rows)


def read_part(folder: Path, piece: Piece) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """The rows and what was written beside them; None where the piece is still to be done.

    That is so if there is no such file, if it is damaged, and if it was made under another configuration.
    """
    if not (folder / piece.file).is_file():
        return None
    try:
        meta, rows = read_archive(folder / piece.file)
    except TraceError:
        return None
    return (rows, meta) if meta.get("key") == piece.key else None


def done(folder: Path, piece: Piece) -> bool:
    return read_part(folder, piece) is not None
