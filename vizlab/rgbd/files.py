"""Files as they come in: read once, within the limits, and recognised by their first bytes, never by their name."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vizlab.errors import InputError
from vizlab.rgbd.limits import Limits

Role = Literal["colour", "depth"]
PathLike = str | os.PathLike[str]

EXPECTED: dict[Role, str] = {
    "colour": "a colour picture as JPEG, PNG, WebP or TIFF",
    "depth": "depth as 16-bit PNG or TIFF, float TIFF, .npy or .npz",
}

_READABLE = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
    b"\x93NUMPY": "npy",
    b"PK\x03\x04": "npz",
    b"PK\x05\x06": "npz",
}

# Kinds that people do bring and that deserve their name in the answer.
_REFUSED = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"\x76\x2f\x31\x01": "an OpenEXR file",
    b"\x89HDF": "an HDF5 or MATLAB file",
    b"MATLAB 5.0": "a MATLAB file",
    b"%PDF": "a PDF",
    b"P5": "a PGM",
    b"P6": "a PPM",
    b"\x1f\x8b": "a gzip archive",
    b"ply\n": "a point cloud (PLY)",
}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")


@dataclass(frozen=True)
class StoredFile:
    """One file in memory. `container` is one of JPEG, PNG, WebP, TIFF, npy, npz."""

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
    for magic, container in _READABLE.items():
        if data.startswith(magic):
            return container
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    raise InputError(f"{name} is {_refused_kind(data)}; expected {EXPECTED[role]}: convert it or choose another file.")


def _refused_kind(data: bytes) -> str:
    for magic, kind in _REFUSED.items():
        if data.startswith(magic):
            return kind
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "a HEIC or AVIF picture"
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "a Python pickle, which is never loaded"
    head = data[:512]
    if b"\x00" not in head and _is_text(head):
        return "a text file"
    return f"no kind of file that is known here (it starts with the bytes {data[:4].hex(' ')})"


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")  # a character may be cut at the end of the head
    lost = len(head) - len(text.encode())
    return lost <= 3 and all(c.isprintable() or c in "\r\n\t\f\ufeff" for c in text)
