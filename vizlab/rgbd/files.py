"""Files as they come in: read once, within the limits, and recognised by their first bytes, never by their name."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vizlab.errors import InputError
from vizlab.rgbd.kinds import container_of, refused_kind
from vizlab.rgbd.limits import Limits

Role = Literal["colour", "depth"]
PathLike = str | os.PathLike[str]

EXPECTED: dict[Role, str] = {
    "colour": "a colour picture as JPEG, PNG, WebP, TIFF, AVIF, HEIC, BMP, PPM or OpenEXR, or as an array",
    "depth": "depth as 16-bit PNG, TIFF or PGM, float TIFF, OpenEXR or PFM, or an array (.npy, .npz, .mat, HDF5)",
}


@dataclass(frozen=True)
class StoredFile:
    """One file in memory. `container` is what `container_of` says: JPEG, PNG, npy, OpenEXR..."""

    name: str
    container: str
    data: bytes


def read_file(path: PathLike, role: Role, limits: Limits) -> StoredFile:
    """Read the file at `path`, meant as `role`, without decoding it.

    Raises InputError if it is missing, no regular file, empty, over `limits.max_bytes`, or of no kind that is read.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(
            f"What was given as {role} is a {type(path).__name__}; expected the path of a file: "
            "use rgbd_from_arrays for arrays."
        )
    file = Path(path)
    name = display_name(file)
    try:
        if not file.exists():
            raise InputError(f"{name} does not exist; expected {EXPECTED[role]}: check the path.")
        if not file.is_file():
            kind = "a folder" if file.is_dir() else "no regular file"
            raise InputError(f"{name} is {kind}; expected {EXPECTED[role]}: give the file itself.")
        limits.check_bytes(name, file.stat().st_size)
        with file.open("rb") as stream:
            data = stream.read(limits.max_bytes + 1)
    except (OSError, ValueError) as err:  # ValueError: a path with a null byte
        reason = getattr(err, "strerror", None) or "invalid path"  # str(err) would show the whole path
        raise InputError(f"{name} cannot be opened ({reason}); check that it exists and may be read.") from err
    limits.check_bytes(name, len(data))  # it may have grown or shrunk since stat
    return StoredFile(name, _container(name, data, role), data)


def display_name(path: PathLike) -> str:
    """The base name of `path`, printable and short enough for a sentence."""
    name = "".join(c if c.isprintable() else "?" for c in Path(path).name) or "the given path"
    return name if len(name) <= 80 else f"{name[:50]}…{name[-25:]}"


def _container(name: str, data: bytes, role: Role) -> str:
    if found := container_of(data):
        return found
    kind = refused_kind(data, len(data))
    raise InputError(f"{name} is {kind.what}; expected {EXPECTED[role]}: {kind.way_out}.")
