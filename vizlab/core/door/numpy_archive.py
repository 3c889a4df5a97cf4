"""Arrays by name, as numpy.savez keeps them (.npz): a way out of any framework. Pickles in it are never opened."""

import math
import re
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from vizlab.core.door.tensorflow import without_slots
from vizlab.errors import CheckpointError, one_line

_SUFFIX = ".npy"
_OUTPUT = re.compile(r":0$")  # which TensorFlow's programs show behind a variable's name
_TYPES = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
_ARRAYS = 20_000
_TIMES = 10
"""How much larger than the file its arrays may be together; weights do not compress."""
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def is_npz(path: Path) -> bool:
    """Whether a zip archive holds arrays and nothing else."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except Exception:  # zipfile raises a dozen kinds; who opens it next says what is wrong
        return False
    return bool(names) and all(name.endswith(_SUFFIX) for name in names)


def read_npz(path: Path) -> dict[str, Tensor]:
    """The arrays by name, without what optimisers remember, as of a TensorFlow checkpoint. Raises CheckpointError."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = {_OUTPUT.sub("", e.filename.removesuffix(_SUFFIX)): e for e in archive.infolist()}
            if len(entries) < len(archive.infolist()) or len(entries) > _ARRAYS:
                raise ValueError("its names are not distinct, or too many")
            kept = {name: entries[name] for name in without_slots(entries)}
            if sum(e.file_size for e in kept.values()) > _TIMES * path.stat().st_size:
                raise ValueError(f"it unpacks to more than {_TIMES} times its size")
            return {name: _array(archive, entry, path.name) for name, entry in kept.items()}
    except CheckpointError:
        raise
    except Exception as err:  # zipfile, zlib and numpy raise a dozen kinds
        why = one_line(str(err) or type(err).__name__, 120).rstrip(".")
        raise CheckpointError(f"{path.name} is a damaged NumPy archive ({why}); copy it or save it again.") from err


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, file: str) -> Tensor:
    with archive.open(entry) as stream:
        shape, fortran, dtype = _header(stream)
        said = f"{file} holds '{one_line(entry.filename, 80)}' as"
        if dtype.hasobject:
            raise CheckpointError(
                f"{said} a pickle, which could run code and is not opened; save its arrays by name with "
                "numpy.savez('weights.npz', **arrays)."
            )
        if dtype.name not in _TYPES:
            raise CheckpointError(f"{said} {one_line(dtype, 40)}; expected numbers such as float32.")
        if math.prod(shape) * dtype.itemsize != entry.file_size - stream.tell():
            raise ValueError("an array has another size than it says")
        data = stream.read()
    array = np.ndarray(shape, dtype, data, order="F" if fortran else "C")
    return torch.from_numpy(array.astype(dtype.newbyteorder("="), order="C"))


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
    version = np.lib.format.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"an array of format {version[0]}.{version[1]}")
    return _HEADERS[version](stream)
