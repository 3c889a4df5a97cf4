"""MATLAB files of both kinds with one array that fits, such as NYUv2's depths."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.choice import of_many
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged, library
from vizlab.rgbd.formats.hdf5 import open_hdf5
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays, max_unpacked, too_large

_WHAT = "a MATLAB file"
_HEADER = 128  # bytes before the first element of a MATLAB 5 file
_COMPRESSED = 15  # miCOMPRESSED, the type of an element that is a zlib stream
_STEP = 1 << 20
_TYPES = {
    **{"double": "f8", "single": "f4", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2"},
    **{"int32": "i4", "uint32": "u4", "int64": "i8", "uint64": "u8"},
}
_ASK = "save that one alone: save('depth.mat', 'depth')"


def open_matlab73(file: StoredFile, limits: Limits) -> StoredArrays:
    """MATLAB 7.3: HDF5 behind 512 bytes of text, the axes in reverse order. Raises InputError as `open_hdf5` does."""
    return open_hdf5(file, limits, "a MATLAB 7.3 file", transposed=True)


def open_matlab5(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the shapes of the variables in a MATLAB 5 `file`. Raises InputError if it is damaged or over `limits`."""
    scipy_io = library("scipy.io", file, _WHAT)
    _check_unpacked(file, limits)
    try:
        listed = scipy_io.whosmat(io.BytesIO(file.data))
    except Exception as err:  # zlib, struct and scipy raise a dozen kinds on damaged files
        raise damaged(file, _WHAT, err) from err
    entries = [
        Entry(name, tuple(int(side) for side in shape), np.dtype(_TYPES[kind]), _loader(file, name))
        for name, shape, kind in listed
        if kind in _TYPES
    ]
    return of_many(file, _WHAT, entries, _ASK, limits)


def _loader(file: StoredFile, name: str) -> Callable[[], NDArray]:
    def load() -> NDArray:
        try:
            loadmat = library("scipy.io", file, _WHAT).loadmat
            return np.asarray(loadmat(io.BytesIO(file.data), variable_names=[name])[name])
        except InputError:
            raise
        except Exception as err:  # as above
            raise damaged(file, _WHAT, err) from err

    return load


def _check_unpacked(file: StoredFile, limits: Limits) -> None:
    """Raise InputError if any element unpacks to more than the limits allow, since scipy unpacks without bounds."""
    order = ">" if file.data[126:128] == b"MI" else "<"
    at = _HEADER
    while at + 8 <= len(file.data):
        kind, length = struct.unpack(order + "II", file.data[at : at + 8])
        if kind == _COMPRESSED:
            unpacked = _unpacked_length(file.data[at + 8 : at + 8 + length], max_unpacked(limits))
            if unpacked > max_unpacked(limits):
                raise InputError(too_large(file.name, unpacked, limits))
        at += 8 + length


def _unpacked_length(packed: bytes, most: int) -> int:
    """The length of the zlib stream `packed` unpacked, counted until it passes `most`, nothing of it kept."""
    inflater, total = zlib.decompressobj(), 0
    try:
        while total <= most:
            part = inflater.decompress(packed, _STEP)
            total += len(part)
            packed = inflater.unconsumed_tail
            if inflater.eof or not (part or packed):
                break
    except zlib.error:
        pass  # scipy will say so
    return total
