"""MATLAB files of both kinds, with a sentence for each way in which one can be the wrong one.

7.3 is HDF5 behind 512 bytes of text, with the axes in reverse order; 5 is MATLAB's own container.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vizlab.errors import DataError
from vizlab.rgbd.files import display_name

_HDF5 = b"\x89HDF\r\n\x1a\n"
_USER_BLOCK = 512  # bytes before the HDF5 part of a MATLAB 7.3 file


@contextmanager
def open_hdf5(path: Path, role: str) -> Iterator[Any]:
    """The h5py file at `path`, meant as `role`. Raises DataError if it is no MATLAB 7.3 file, cut off or damaged."""
    h5py = _library("h5py")
    _check_kind(path, "a MATLAB 7.3 file (HDF5)", role)
    try:
        # MATLAB may have packed several pictures into one chunk: a large cache unpacks it once.
        file = h5py.File(path, "r", rdcc_nbytes=64 << 20, rdcc_nslots=10007)
    except OSError as err:
        raise DataError(
            f"{display_name(path)} is a MATLAB 7.3 file (HDF5), but cut off or damaged ({_reason(err)}); expected "
            f"{role}, complete: copy or download it again."
        ) from err
    with file:
        yield file


def load_matlab5(path: Path, role: str) -> dict[str, Any]:
    """The variables of the MATLAB 5 file at `path`, meant as `role`; structs as dicts, vectors as 1-D arrays.

    Raises DataError if it is another kind of file or damaged.
    """
    loadmat = _library("scipy.io").loadmat
    _check_kind(path, "a MATLAB 5 file", role)
    try:
        variables: dict[str, Any] = loadmat(path, simplify_cells=True)
    except Exception as err:  # zlib, struct and scipy raise a dozen kinds on damaged files
        raise DataError(
            f"{display_name(path)} is a MATLAB 5 file, but cut off or damaged ({_reason(err)}); expected {role}: "
            "copy or download it again."
        ) from err
    return {name: value for name, value in variables.items() if not name.startswith("__")}


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as err:
        raise DataError(
            f"Reading MATLAB files needs {name.split('.')[0]}, which is not installed; install the extra `train`: "
            "pip install 'vizlab[train]'."
        ) from err


def _check_kind(path: Path, expected: str, role: str) -> None:
    found = _kind(path)
    if found != expected:
        raise DataError(f"{display_name(path)} is {found}; expected {role}, {expected}: give that file's path.")


def _kind(path: Path) -> str:
    """What the file at `path` is, as the object of a sentence."""
    if path.is_dir():
        return "a folder"
    try:
        with path.open("rb") as stream:
            head = stream.read(_USER_BLOCK + len(_HDF5))
    except FileNotFoundError:
        return "not there"
    except OSError as err:
        return f"not readable ({err.strerror})"
    if head.startswith(_HDF5) or head[_USER_BLOCK:] == _HDF5:
        return "a MATLAB 7.3 file (HDF5)"
    if head.startswith(b"MATLAB 5.0"):
        return "a MATLAB 5 file"
    if head.startswith(b"MATLAB 7.3"):
        return "the beginning of a MATLAB 7.3 file, cut off or damaged"
    if head.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return "a web page (a download that failed)"
    return "no MATLAB file" if head else "empty (0 bytes)"


def _reason(err: Exception) -> str:
    return (str(err).splitlines() or [type(err).__name__])[0].rstrip(".")
