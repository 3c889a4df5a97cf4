"""NumPy files (.npy, .npz): header first, never a pickle."""

import io
import zipfile
from dataclasses import dataclass
from typing import IO

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.limits import Limits

_HEADER_ROOM = 16_384  # bytes; NumPy itself refuses headers longer than 10 000


@dataclass(frozen=True)
class StoredArray:
    """An opened NumPy file: header read and within the limits, data not yet. `size` is (height, width)."""

    file: StoredFile
    size: tuple[int, int]
    dtype: np.dtype
    member: str | None  # the array's file inside an .npz

    @property
    def is_deep(self) -> bool:
        """Always true: 8-bit and many-channel arrays are refused when opened."""
        return True

    @property
    def summary(self) -> str:
        return f"a NumPy array ({self.file.container}, {self.dtype.name})"

    def decode(self) -> NDArray:
        """The numbers, HxW in the stored type and native byte order. Raises InputError if they are incomplete."""
        try:
            with _stream(self.file, self.member) as stream:
                values = np.lib.format.read_array(stream, allow_pickle=False)
        except Exception as err:  # zipfile, zlib and numpy raise a dozen kinds
            raise _damaged(self.file, err) from err
        return values.reshape(self.size).astype(self.dtype.newbyteorder("="), copy=False)


def open_array(file: StoredFile, limits: Limits) -> StoredArray:
    """Read the header of `file`. Raises InputError for pickles, 8-bit or coloured arrays, and sizes over `limits`."""
    try:
        member = _member(file, limits) if file.container == "npz" else None
        with _stream(file, member) as stream:
            shape, dtype = _header(stream)
    except InputError:
        raise
    except Exception as err:  # as above
        raise _damaged(file, err) from err
    check_depth_type(file.name, dtype)
    size = depth_shape(file.name, shape)
    limits.check_pixels(file.name, size)
    return StoredArray(file, size, dtype, member)


def check_depth_type(name: str, dtype: np.dtype) -> None:
    """Raise InputError unless `dtype` can hold depth: integers of 16 bits or more, or floats up to 64 bits."""
    if dtype.hasobject:
        raise InputError(
            f"{name} holds Python objects, which only a pickle could restore and are never loaded; "
            "expected an HxW array of numbers: save it with numpy.save(..., allow_pickle=False)."
        )
    if dtype.kind in "iu" and dtype.itemsize == 1:
        raise InputError(
            f"{name} holds 8-bit numbers ({dtype.name}), too coarse for depth; expected 16-bit counts or metres "
            "as float32: export the sensor's own values."
        )
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        raise InputError(
            f"{name} holds numbers of type {dtype}; expected HxW depth as 16-bit integers or float32: convert it."
        )


def depth_shape(name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """The (height, width) of a depth array of `shape`: HxW, 1xHxW or HxWx1. Raises InputError for any other."""
    if len(shape) == 3 and 1 in (shape[0], shape[-1]):
        shape = shape[:-1] if shape[-1] == 1 else shape[1:]
    if len(shape) != 2:
        found = "x".join(map(str, shape)) or "a single number"
        colour = ", which looks like colour," if len(shape) == 3 and shape[-1] in (3, 4) else ""
        raise InputError(f"{name} has the shape {found}{colour}; expected HxW: give depth as one number per pixel.")
    return shape[0], shape[1]


def _member(file: StoredFile, limits: Limits) -> str:
    with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
        members = {info.filename: info for info in archive.infolist() if info.filename.endswith(".npy")}
    chosen = "depth.npy" if "depth.npy" in members else next(iter(members), "")
    if not members or (chosen != "depth.npy" and len(members) > 1):
        found = ", ".join(name.removesuffix(".npy") for name in list(members)[:5]) or "none"
        raise InputError(
            f"{file.name} is a zip archive with {len(members)} arrays ({found}); "
            "expected one array, or one with the key 'depth': save it with numpy.savez(..., depth=depth)."
        )
    if members[chosen].file_size > limits.max_pixels * 8 + _HEADER_ROOM:
        raise InputError(
            f"{file.name} unpacks to {members[chosen].file_size / 1e6:.0f} MB, more than depth of "
            f"{limits.max_pixels / 1e6:g} million pixels needs: scale it down, or raise max_pixels of the limits."
        )
    return chosen


def _stream(file: StoredFile, member: str | None) -> IO[bytes]:
    stream = io.BytesIO(file.data)
    return stream if member is None else zipfile.ZipFile(stream).open(member)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:  # 3.0 exists for the field names of structured arrays only
        raise ValueError(f"format version {version[0]}.{version[1]}")
    shape, _, dtype = readers[version](stream)
    return shape, dtype


def _damaged(file: StoredFile, err: Exception) -> InputError:
    reason = (str(err).splitlines() or [type(err).__name__])[0].rstrip(".")
    return InputError(
        f"{file.name} starts like an {file.container} file but is cut off or damaged ({reason}); "
        "expected a complete NumPy array: save or copy it again."
    )
