"""Traces on disk: one .npz of arrays plus a JSON text, never pickle."""

import json
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vizlab.errors import TraceError
from vizlab.replacing import replacing

FORMAT = 2
"""Format 1 had one setting, the threshold, as a field of its own."""
READABLE = (1, 2)
_BROKEN = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error, SyntaxError,
    tokenize.TokenError, NotImplementedError,
)  # fmt: skip
"""What zipfile and NumPy raise on a file that is damaged."""


def write_archive(path: str | Path, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Write atomically: an interrupted save leaves no half file under the wanted name. Raises TraceError."""
    text = json.dumps({"format": FORMAT, **meta})
    with replacing(path, TraceError) as file:
        np.savez_compressed(file, meta=np.array(text), **arrays)  # type: ignore[arg-type]


def read_archive(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What `write_archive` wrote; raises TraceError for anything else."""
    name = Path(path).name
    try:
        # Opened here: of a file that it cannot read, np.load leaves its own handle open.
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = json.loads(str(arrays.pop("meta")))
        if meta["format"] not in READABLE:
            raise TraceError(
                f"'{name}' is a trace of format {meta['format']}, expected {FORMAT}; trace the picture again."
            )
        return meta, arrays
    except FileNotFoundError as err:
        raise TraceError(f"There is no trace file '{name}'; check the path.") from err
    except _BROKEN as err:
        raise no_trace(name) from err


def no_trace(name: str) -> TraceError:
    """The error for a file that holds something else."""
    return TraceError(f"'{name}' is not a vizlab trace (expected an .npz written by trace.save); save it again.")
