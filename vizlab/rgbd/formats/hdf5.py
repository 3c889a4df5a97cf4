"""HDF5 with one array that fits, such as Hypersim's 'dataset'; MATLAB 7.3 is the same with its axes reversed."""

import io
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.choice import of_many
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged, library
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays, max_unpacked, too_large

_DATASETS = 200  # that are looked at
_ASK = "save that one alone, as .npy or under the name 'depth'"


def open_hdf5(file: StoredFile, limits: Limits, what: str = "an HDF5 file", transposed: bool = False) -> StoredArrays:
    """Read the shapes in an HDF5 `file`, whose axes are in reverse order if `transposed`.

    Links to other files, external storage and virtual data sets are not followed. Raises InputError if it is damaged,
    holds nothing that fits, or over `limits`.
    """
    h5py = library("h5py", file, what)
    try:
        with h5py.File(io.BytesIO(file.data), "r") as opened:
            entries = _entries(h5py, opened, file, what, transposed, limits)
    except InputError:
        raise
    except Exception as err:  # HDF5 and h5py raise a dozen kinds on damaged files
        raise damaged(file, what, err) from err
    return of_many(file, what, entries, _ASK, limits)


def _entries(h5py: Any, opened: Any, file: StoredFile, what: str, transposed: bool, limits: Limits) -> list[Entry]:
    entries: list[Entry] = []

    def look(name: str | bytes, node: Any) -> bool | None:  # bytes where a name is no text
        if isinstance(node, h5py.Dataset) and node.dtype.kind in "iuf" and not _reaches_out(node):
            _check_chunk(file, node, limits)
            shape = node.shape[::-1] if transposed else node.shape
            shown = name if isinstance(name, str) else name.decode(errors="replace")
            entries.append(Entry(shown, shape, node.dtype, lambda: _values(h5py, file, what, name, transposed)))
        return True if len(entries) >= _DATASETS else None  # anything but None ends the walk

    opened.visititems(look)  # hard links only: none to another file
    return entries


def _reaches_out(dataset: Any) -> bool:
    """Whether the numbers lie in other files, which a file from a stranger must not name."""
    return bool(dataset.is_virtual or dataset.external)


def _check_chunk(file: StoredFile, dataset: Any, limits: Limits) -> None:
    """A compressed chunk is unpacked whole, however little of it the shape needs."""
    needed = math.prod(dataset.chunks or ()) * dataset.dtype.itemsize if dataset.chunks else 0
    if needed > max_unpacked(limits):
        raise InputError(too_large(file.name, needed, limits))


def _values(h5py: Any, file: StoredFile, what: str, name: str | bytes, transposed: bool) -> NDArray:
    try:
        with h5py.File(io.BytesIO(file.data), "r") as opened:
            values = np.asarray(opened[name][()])
    except Exception as err:  # as above
        raise damaged(file, what, err) from err
    return values.T if transposed else values
