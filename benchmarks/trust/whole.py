"""Whether a file is whole: it can be read to its end as what its name says it is."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load

PART = ".part"
"""How a file ends that is being written; it takes its place when it is complete, and may be left by a kill."""


def broken(files: Iterable[Path]) -> list[str]:
    """The names of those that are not whole; parts do not count, nor files of kinds that cannot be told."""
    return [path.name for path in files if path.suffix in _READERS and not _is_whole(path)]


def files_below(folder: Path) -> list[Path]:
    """All files there, without parts."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != PART)


def parts_below(folder: Path) -> int:
    """How many files there were being written."""
    return sum(path.suffix == PART for path in folder.rglob("*"))


def _is_whole(path: Path) -> bool:
    data = path.read_bytes()
    try:
        return bool(_READERS[path.suffix](data))
    except Exception:  # whatever a reader makes of half a file
        return False


def _archive(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.testzip() is None


def _picture(data: bytes) -> bool:
    Image.open(io.BytesIO(data)).load()
    return data.endswith(b"IEND\xaeB`\x82")


def _table(data: bytes) -> bool:
    """Rows of one length, the last one ended."""
    rows = list(csv.reader(io.StringIO(data.decode())))
    return data.endswith(b"\n") and len({len(row) for row in rows}) == 1


def _checkpoint(data: bytes) -> bool:
    return bool(torch.load(io.BytesIO(data), weights_only=True))


def _array(data: bytes) -> bool:
    return np.load(io.BytesIO(data), allow_pickle=False) is not None


_READERS: dict[str, Callable[[bytes], object]] = {
    ".json": lambda data: json.loads(data) is not None,
    ".npz": _archive,
    ".zip": _archive,
    ".npy": _array,
    ".csv": _table,
    ".png": _picture,
    ".ckpt": _checkpoint,
    ".safetensors": load,
    ".html": lambda data: data.rstrip().endswith(b"</html>"),
    ".pdf": lambda data: data.rstrip().endswith(b"%%EOF"),
    ".svg": lambda data: data.rstrip().endswith(b"</svg>"),
    ".md": lambda data: data.endswith(b"\n"),
}
