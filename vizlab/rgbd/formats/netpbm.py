"""PGM, PPM and PFM: counts or floats behind a few words of text.

Read here since Pillow stretches counts to 65535 where a file's maximum is another, which would change the depth.
"""

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vizlab.rgbd.choice import of_one
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays

# The magic, width, height and maximum (a scale in PFM), comments between them, and one white space before the numbers.
_SPACE = rb"(?:\s|#[^\n]{0,1000}\n){1,100}"
_HEADER = re.compile(
    rb"P([2356fF])"
    + _SPACE
    + rb"(\d{1,6})"
    + _SPACE
    + rb"(\d{1,6})"
    + _SPACE
    + rb"([-+.\deE]{1,40})(?:#[^\n]{0,1000})?\s"
)
_HEADER_ROOM = 8192


def open_netpbm(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the header of a PGM, PPM (plain or raw, 8 or 16 bits) or PFM. Raises InputError if damaged or over `limits`.

    PFM keeps its bottom row first; a negative scale means little-endian, its size nothing that programs agree on.
    """
    what = f"a {file.container}"
    found = _HEADER.match(file.data[:_HEADER_ROOM])
    if found is None:
        raise damaged(file, what, "its header is not width, height and maximum")
    kind, size = found[1].decode(), (int(found[3]), int(found[2]))
    limits.check_pixels(file.name, size)
    shape = (*size, 3) if kind in "36F" else size
    if kind in "fF":
        return _pfm(file, shape, found, limits)
    return _counts(file, shape, found, limits, plain=kind in "23")


def _pfm(file: StoredFile, shape: tuple[int, ...], found: re.Match[bytes], limits: Limits) -> StoredArrays:
    dtype = np.dtype("<f4" if found[4].startswith(b"-") else ">f4")

    def load() -> NDArray:
        return _raw(file, "a PFM", shape, dtype, found.end())[::-1]

    opened = of_one(file, "a PFM (32-bit floats)", Entry("", shape, dtype, load), limits)
    note = (
        f"{file.name} is a PFM, which does not say what its numbers are: they were taken as distances, but MiDaS, "
        "Middlebury and ETH3D write disparities to it, where near is large."
    )
    return replace(opened, linear=True, notes=(note,))


def _counts(
    file: StoredFile, shape: tuple[int, ...], found: re.Match[bytes], limits: Limits, plain: bool
) -> StoredArrays:
    top = int(found[4]) if found[4].isdigit() else 0
    if not 0 < top < 65536:
        raise damaged(file, f"a {file.container}", "its maximum is not between 1 and 65535")
    dtype = np.dtype("u1" if top < 256 else ">u2")

    def load() -> NDArray:
        if plain:
            return _plain(file, shape, dtype, found.end())
        return _raw(file, f"a {file.container}", shape, dtype, found.end())

    what = f"{'an' if top < 256 else 'a'} {8 * dtype.itemsize}-bit {file.container}"
    return replace(of_one(file, what, Entry("", shape, dtype, load), limits), top=top)


def _raw(file: StoredFile, what: str, shape: tuple[int, ...], dtype: np.dtype, start: int) -> NDArray:
    count = int(np.prod(shape))
    if len(file.data) - start < count * dtype.itemsize:
        raise damaged(file, what, f"{count * dtype.itemsize} bytes are needed, {len(file.data) - start} are there")
    return np.frombuffer(file.data, dtype, count, start).reshape(shape)


def _plain(file: StoredFile, shape: tuple[int, ...], dtype: np.dtype, start: int) -> NDArray:
    count = int(np.prod(shape))
    text = re.sub(rb"#[^\n]*", b" ", file.data[start:])
    numbers = text.split(maxsplit=count)[:count]
    if len(numbers) < count or not all(number.isdigit() and len(number) < 6 for number in numbers):
        raise damaged(file, f"a plain {file.container}", f"{count} whole numbers are expected")
    return np.array(numbers, np.int64).clip(0, 65535).astype(dtype).reshape(shape)
