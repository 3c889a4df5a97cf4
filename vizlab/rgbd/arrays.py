"""NumPy files (.npy, .npz, structured ones too): headers first, never a pickle."""

import io
import zipfile
from collections.abc import Callable
from typing import IO

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError, one_line
from vizlab.rgbd.choice import of_many, of_one
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays, max_unpacked, too_large

_HEADER_ROOM = 16_384  # bytes; NumPy itself refuses headers longer than 10 000
_MEMBERS = 100  # of an archive, that are looked at
_ASK = "save it with numpy.savez(..., depth=depth)"


def open_npy(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the header of a .npy `file`. Raises InputError if it is damaged or over `limits`."""
    entry = _entry(file, None, "")
    if entry.dtype.names:
        return of_many(
            file, "a structured NumPy array", _fields(entry), "save that field alone with numpy.save", limits
        )
    return of_one(file, f"a NumPy array (npy, {one_line(entry.dtype.name, 40)})", entry, limits)


def open_npz(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the headers of all arrays in a .npz `file`. Raises InputError if it is damaged or over `limits`."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as archive:
            infos = archive.infolist()
    except Exception as err:  # zipfile raises a dozen kinds
        raise _damaged(file, err) from err
    _refuse_other_archives(file, [info.filename for info in infos])
    members = [info for info in infos if info.filename.endswith(".npy")][:_MEMBERS]
    if not members:
        first = f", {one_line(infos[0].filename, 40)} the first" if infos else ""
        raise InputError(
            f"{file.name} is a zip archive of {len(infos)} files{first}, none of them a NumPy array; expected "
            "a picture or a .npz: unpack it, and give one of its files."
        )
    for info in members:
        if info.file_size > max_unpacked(limits) + _HEADER_ROOM:
            raise InputError(too_large(file.name, info.file_size, limits))
    entries = [_entry(file, info.filename, info.filename.removesuffix(".npy")) for info in members]
    if len(entries) == 1 and not entries[0].dtype.names:
        what = f"a NumPy array (npz, {one_line(entries[0].dtype.name, 40)})"
        return of_many(file, what, entries, _ASK, limits)
    entries = [part for entry in entries for part in (_fields(entry) if entry.dtype.names else [entry])]
    return of_many(file, "a zip archive", entries, _ASK, limits)


def _refuse_other_archives(file: StoredFile, names: list[str]) -> None:
    """Raise InputError naming an archive that people take for depth, by the files in it."""
    if "metadata" in names and any(name.startswith("rgbd/") for name in names):
        raise InputError(
            f"{file.name} is a Record3D recording (.r3d), whose depth is compressed with LZFSE; expected one frame: "
            "export it from Record3D as EXR + RGB, and give the .exr as depth."
        )
    if any(name.endswith("/data.pkl") or name == "data.pkl" for name in names):
        raise InputError(
            f"{file.name} is a PyTorch file (weights or tensors); expected a picture: save a depth tensor with "
            "numpy.save, or give a network's weights as a checkpoint."
        )


def _entry(file: StoredFile, member: str | None, name: str) -> Entry:
    try:
        with _stream(file, member) as stream:
            shape, dtype = _header(stream)
    except Exception as err:  # zipfile, zlib and numpy raise a dozen kinds
        raise _damaged(file, err) from err
    return Entry(name, shape, dtype, lambda: _values(file, member))


def _values(file: StoredFile, member: str | None) -> NDArray:
    try:
        with _stream(file, member) as stream:
            values: NDArray = np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as err:  # as above
        raise _damaged(file, err) from err
    return values


def _fields(entry: Entry) -> list[Entry]:
    """The fields of a structured array as arrays of their own."""
    fields = []
    for field in entry.dtype.names or ():
        dtype = entry.dtype[field]
        shape = (*entry.shape, *dtype.shape)
        fields.append(Entry(field, shape, dtype.base, _field(entry, field)))
    return fields


def _field(entry: Entry, field: str) -> Callable[[], NDArray]:
    return lambda: np.ascontiguousarray(entry.load()[field])


def _stream(file: StoredFile, member: str | None) -> IO[bytes]:
    stream = io.BytesIO(file.data)
    return stream if member is None else zipfile.ZipFile(stream).open(member)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:  # 3.0 exists for field names beyond Latin-1 only
        raise ValueError(f"format version {version[0]}.{version[1]}")
    shape, _, dtype = readers[version](stream)
    return shape, dtype


def _damaged(file: StoredFile, err: Exception) -> InputError:
    reason = one_line(str(err) or type(err).__name__, 120).rstrip(".")
    return InputError(
        f"{file.name} starts like an {file.container} file but is cut off, damaged or of a rare variant ({reason}); "
        "expected a complete NumPy array: save or copy it again."
    )
