"""Out of an archive that anybody may have made: sizes are bounded before anything is unpacked, nothing is pickled."""

import hashlib
import io
import json
import math
import re
import struct
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from vizlab.core.trace import FusionTrace
from vizlab.core.trace_file import load_trace
from vizlab.errors import InputError, one_line
from vizlab.report.archive import FORMAT, MANIFEST, PICTURES
from vizlab.rgbd import ReadRecord, RGBDImage

MOST_FILES, MOST_BYTES, MOST_JSON, MOST_PIXELS = 500, 4_000_000_000, 20_000_000, 25_000_000
"""Files of an archive, and arrays of a trace are at most twenty times that; bytes of all, unpacked; bytes of a JSON
text; pixels of a picture."""
_NAME = re.compile(
    r"(analysis\.json|README\.txt|citation\.txt|inputs/\d{1,3}(-\d)?\.(json|png|npy)|traces/\d{1,3}\.npz)"
)
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
"""How every PNG begins; its width and height follow."""


@dataclass(frozen=True, eq=False)
class Stored:
    """An archive in memory: `facts` as analysis.json has them, traces by network name, and what each was given.

    `altered` are files that are no longer what they were when the archive was made.
    """

    facts: Mapping[str, Any]
    traces: Mapping[str, FusionTrace]
    inputs: Mapping[str, RGBDImage]
    altered: tuple[str, ...]

    @property
    def machine(self) -> Mapping[str, str]:
        return self.facts.get("machine", {})


def open_archive(path: str | Path) -> Stored:
    """What `write_archive` wrote. Raises InputError, with one sentence, for anything else."""
    name = Path(path).name
    try:
        with zipfile.ZipFile(path) as archive:
            return _stored(_Files(archive))
    except FileNotFoundError as err:
        raise InputError(f"There is no file '{one_line(name, 80)}'; check the path.") from err
    except Exception as err:  # of damaged bytes, zlib, NumPy and Pillow raise whatever they meet
        why = one_line(err, 160) or type(err).__name__
        raise InputError(
            f"'{one_line(name, 80)}' cannot be replayed: {why.rstrip('.')}. Expected a ZIP that vizlab wrote; make it "
            "again."
        ) from err


class _Refused(Exception):
    """Why an archive is not opened, as part of a sentence."""


class _Files:
    """The files of an archive, once all their names and sizes are within bounds."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = MOST_BYTES
        infos = archive.infolist()
        if len(infos) > MOST_FILES:
            raise _Refused(f"it holds {len(infos)} files, and {MOST_FILES} at most are opened")
        self.infos = {info.filename: self._checked(info) for info in infos}
        if len(self.infos) != len(infos):
            raise _Refused("it holds two files of one name")

    def _checked(self, info: zipfile.ZipInfo) -> zipfile.ZipInfo:
        if not _NAME.fullmatch(info.filename) or "\\" in info.orig_filename or "\0" in info.orig_filename:
            raise _Refused(f"it holds '{one_line(info.filename, 60)}', which belongs in no analysis")
        if (info.external_attr >> 16) & 0o170000 not in (0, 0o100000):
            raise _Refused(f"'{info.filename}' is a link or a folder, not a file")
        if info.flag_bits & 1:
            raise _Refused(f"'{info.filename}' is encrypted")
        self.spend(info.file_size)
        return info

    def spend(self, count: int) -> None:
        """Of the bytes that all files may unpack to."""
        self._left -= count
        if self._left < 0:
            raise _Refused(f"it unpacks to more than {MOST_BYTES / 1e9:g} GB")

    def read(self, name: str, most: int = MOST_BYTES) -> bytes:
        """One file, whose size the archive said beforehand; it ends there whatever was packed."""
        if name not in self.infos:
            raise _Refused(f"'{one_line(name, 60)}' is missing")
        if self.infos[name].file_size > most:
            raise _Refused(f"'{name}' has {self.infos[name].file_size / 1e6:.1f} MB, more than it may")
        return self._archive.read(self.infos[name])

    def json(self, name: str) -> Any:
        found = json.loads(self.read(name, MOST_JSON))
        if not isinstance(found, dict):
            raise _Refused(f"'{name}' does not say what it should")
        return found


def _stored(files: _Files) -> Stored:
    facts = files.json(MANIFEST)
    if facts.get("format") != FORMAT:
        raise _Refused(f"its format is {one_line(facts.get('format'), 20)}, expected {FORMAT}")
    pictures: dict[str, RGBDImage] = {}
    traces: dict[str, FusionTrace] = {}
    inputs: dict[str, RGBDImage] = {}
    for network in facts["networks"]:
        name, place = str(network["name"]), str(network["input"])
        pictures[place] = pictures.get(place) or _picture(files, place)
        traces[name] = _trace(files, str(network["trace"]))
        inputs[name] = pictures[place]
    if not traces:
        raise _Refused("it holds no trace")
    return Stored(facts, traces, inputs, _altered(files, facts["files"]))


def _altered(files: _Files, digests: Mapping[str, str]) -> tuple[str, ...]:
    names = [name for name in files.infos if name != MANIFEST]
    return tuple(name for name in names if digests.get(name) != hashlib.sha256(files.read(name)).hexdigest())


def _picture(files: _Files, place: str) -> RGBDImage:
    said = files.json(f"{place}.json")
    record = ReadRecord.from_dict(said)
    names = [str(name) for name in said.get(PICTURES, ())]
    domains = {name: _colour(files.read(f"{place}-{index}.png")) for index, name in enumerate(names)}
    colour = _colour(files.read(f"{place}.png")) if f"{place}.png" in files.infos else None
    depth = None
    if f"{place}.npy" in files.infos:
        data = files.read(f"{place}.npy")
        if math.prod(_header(io.BytesIO(data), len(data))) > MOST_PIXELS:
            raise _Refused(f"'{place}.npy' has more than {MOST_PIXELS / 1e6:g} million pixels")
        depth = np.load(io.BytesIO(data), allow_pickle=False)
    return RGBDImage(colour, depth, record, domains)


def _colour(data: bytes) -> np.ndarray:
    """HxWx3 uint8 of a PNG, whose size is looked at before it is decoded."""
    if data[:16] != _PNG:
        raise _Refused("a picture in it is no PNG")
    width, height = struct.unpack(">II", data[16:24])
    if width * height > MOST_PIXELS:
        raise _Refused(f"a picture of {width}x{height} is larger than what is opened")
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as picture:
            return np.asarray(picture.convert("RGB"))
    except UnidentifiedImageError as err:
        raise _Refused("a picture in it is damaged") from err


def _trace(files: _Files, name: str) -> FusionTrace:
    """A trace, whose arrays are looked at before NumPy makes room for them."""
    data = files.read(name)
    with zipfile.ZipFile(io.BytesIO(data)) as inner:
        infos = inner.infolist()
        if len(infos) > 20 * MOST_FILES:
            raise _Refused(f"'{name}' holds {len(infos)} arrays")
        for info in infos:
            files.spend(info.file_size)
            with inner.open(info) as array:
                _header(array, info.file_size)
    with tempfile.TemporaryDirectory(prefix="vizlab-") as folder:
        path = Path(folder, "trace.npz")
        path.write_bytes(data)
        return load_trace(path)


def _header(file: Any, size: int) -> tuple[int, ...]:
    """The shape that an NPY file announces; raises where it has not exactly as many bytes, or holds objects."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    if kind.hasobject:
        raise _Refused("it holds objects, which are never opened")
    announced = math.prod(shape) * kind.itemsize
    if announced != size - file.tell():
        raise _Refused(f"an array announces {announced} bytes and has {size - file.tell()}")
    return tuple(shape)
