"""MATLAB files of both kinds with one array that fits, such as NYUv2's depths.

MATLAB 5's numbers are read here, after "MAT-File Format" (MathWorks), and not by SciPy: that unpacks without bounds,
and damaged files, as the fuzzer makes them, end its process.
"""

import math
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.choice import of_many
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged
from vizlab.rgbd.formats.hdf5 import open_hdf5
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays, max_unpacked, too_large

_WHAT = "a MATLAB file"
_ASK = "save that one alone: save('depth.mat', 'depth')"
_HEADER = 128  # bytes before the first element
_VARIABLES = 200  # that are looked at
_HEAD = 4096  # bytes of a variable, which hold its flags, dimensions and name
_MATRIX, _COMPRESSED = 14, 15  # kinds of element: an array, and a zlib stream of one element
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_COMPLEX = 0x800


@dataclass(frozen=True)
class _Element:
    """One element: its `kind`, where its content starts and ends, and where the next one starts."""

    kind: int
    start: int
    stop: int
    next: int


@dataclass(frozen=True)
class _Variable:
    """A numeric variable: name, shape, the type it has in MATLAB, and where its stored numbers start."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    numbers: int


def open_matlab73(file: StoredFile, limits: Limits) -> StoredArrays:
    """MATLAB 7.3: HDF5 behind 512 bytes of text, the axes in reverse order. Raises InputError as `open_hdf5` does."""
    return open_hdf5(file, limits, "a MATLAB 7.3 file", transposed=True)


def open_matlab5(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the shapes of the variables in a MATLAB 5 `file`. Raises InputError if it is damaged or over `limits`."""
    order = ">" if file.data[126:128] == b"MI" else "<"
    entries = []
    try:
        for element in _elements(file.data, _HEADER, order):
            found = _variable(_content(file.data, element, _HEAD), order)
            if found is not None:
                loader = _loader(file, element, order, limits)
                entries.append(Entry(found.name, found.shape, found.dtype, loader))
            if len(entries) >= _VARIABLES:
                break
    except (struct.error, zlib.error, ValueError) as err:
        raise damaged(file, _WHAT, err) from err
    return of_many(file, _WHAT, entries, _ASK, limits)


def _loader(file: StoredFile, element: _Element, order: str, limits: Limits) -> Callable[[], NDArray]:
    def load() -> NDArray:
        most = max_unpacked(limits) + _HEAD
        try:
            content = _content(file.data, element, most + 1)
            if len(content) > most:
                raise InputError(too_large(file.name, len(content), limits))
            return _numbers(content, order)
        except (struct.error, zlib.error, ValueError) as err:
            raise damaged(file, _WHAT, err) from err

    return load


def _content(data: bytes, element: _Element, most: int) -> bytes:
    """Up to `most` bytes of what `element` holds, unpacked where it is compressed, without its own tag."""
    packed = data[element.start : element.stop]
    if element.kind == _MATRIX:
        return packed[:most]
    if element.kind != _COMPRESSED:
        return b""
    return zlib.decompressobj().decompress(packed, most + 8)[8:]


def _elements(data: bytes, at: int, order: str) -> Iterator[_Element]:
    while at + 8 <= len(data):
        element = _element(data, at, order)
        if element.stop > len(data):
            raise ValueError(f"{element.stop - len(data)} bytes are missing")
        yield element
        at = element.next


def _element(data: bytes, at: int, order: str) -> _Element:
    """The element whose tag is at `at`: eight bytes of kind and length, or both in four and the content beside them."""
    first, length = struct.unpack_from(order + "II", data, at)
    if first >> 16:
        return _Element(first & 0xFFFF, at + 4, at + 4 + (first >> 16), at + 8)
    stop = at + 8 + length
    # Everything but a compressed element is padded to a multiple of eight bytes.
    return _Element(first, at + 8, stop, stop if first == _COMPRESSED else at + 8 + -(-length // 8) * 8)


def _variable(content: bytes, order: str) -> _Variable | None:
    """The variable in the `content` of a matrix, of which its beginning is enough; None if it is not of numbers."""
    if len(content) < 16:
        return None
    flags, dimensions, name = _first_three(content, order)
    (bits,) = struct.unpack_from(order + "I", content, flags.start)
    kind = _CLASSES.get(bits & 0xFF)
    if kind is None or bits & _COMPLEX:
        return None
    shape = np.frombuffer(content[dimensions.start : dimensions.stop], order + "i4")
    if (shape < 0).any() or shape.size > 16:
        raise ValueError("its dimensions are none")
    words = content[name.start : name.stop].decode("latin-1")
    return _Variable(words, tuple(int(side) for side in shape), np.dtype(kind), name.next)


def _first_three(content: bytes, order: str) -> tuple[_Element, _Element, _Element]:
    flags = _element(content, 0, order)
    dimensions = _element(content, flags.next, order)
    return flags, dimensions, _element(content, dimensions.next, order)


def _numbers(content: bytes, order: str) -> NDArray:
    """The numbers of a matrix, column after column, which MATLAB stores in the smallest type that holds them."""
    found = _variable(content, order)
    if found is None:
        raise ValueError("it holds no numbers")
    stored = _element(content, found.numbers, order)
    kind = _STORED.get(stored.kind)
    if kind is None:
        raise ValueError(f"numbers of the kind {stored.kind}")
    values = np.frombuffer(content, order + kind, math.prod(found.shape), stored.start)
    return values.astype(found.dtype).reshape(found.shape, order="F")
