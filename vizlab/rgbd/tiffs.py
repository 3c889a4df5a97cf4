"""TIFF's tags, as far as they decide who can decode the picture: no library reads all that sensors and tools write."""

import io
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from vizlab.errors import InputError
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged, library
from vizlab.rgbd.orientation import UPRIGHT, upright

Decoder = Literal["Pillow", "OpenCV", "tifffile"]

_FLOAT = 3  # IEEE, as a sample format
_GREY, _RGB = (0, 1), 2  # photometric interpretations


@dataclass(frozen=True)
class TiffHeader:
    """The first directory: `size` (height, width) as stored, bits and samples per pixel, and what else decides."""

    size: tuple[int, int]
    bits: int
    samples: int
    is_float: bool
    photometric: int
    planar: bool
    orientation: int
    pages: bool

    @property
    def decoder(self) -> Decoder:
        """Which library gives these samples as stored: the others fail, or change them without a word."""
        one, wide = self.samples == 1, self.photometric in (*_GREY, _RGB)
        if not wide or self.bits <= 8 or (one and self.bits <= 32 and not (self.is_float and self.bits < 32)):
            return "Pillow"
        if self.is_float and self.bits == 64 and one:
            return "OpenCV"
        contiguous = self.photometric == _RGB and self.samples in (3, 4) and not self.planar
        if contiguous and (self.bits == 16 or self.is_float) and not (self.is_float and self.bits < 32):
            return "OpenCV"
        return "tifffile"

    @property
    def mode(self) -> str:
        """A name in the manner of Pillow's modes for what Pillow itself has no mode for."""
        return {1: "F64" if self.is_float else "I", 2: "LA", 3: "RGB"}.get(self.samples, "RGBA")


def tiff_header(file: StoredFile) -> TiffHeader | None:
    """The tags of the first picture in the TIFF `file`; None if they cannot be read. Raises InputError for a DNG."""
    stream = io.BytesIO(file.data)
    try:
        directory = ImageFileDirectory_v2(stream.read(16 if file.data[2:3] == b"+" else 8))
        stream.seek(directory.next)
        directory.load(stream)
        _refuse_raw(file, directory)
        bits = directory.get(258, (1,))
        return TiffHeader(
            size=(int(directory[257]), int(directory[256])),
            bits=int(max(bits)),
            samples=int(directory.get(277, len(bits))),
            is_float=_FLOAT in directory.get(339, (1,)),
            photometric=int(directory.get(262, 0)),
            planar=directory.get(284, 1) == 2,
            orientation=known_orientation(directory.get(274)),
            pages=directory.next != 0,
        )
    except InputError:
        raise
    except Exception:  # SyntaxError, struct.error, KeyError and more; whoever decodes it will say so
        return None


def decode_tiff(file: StoredFile, header: TiffHeader) -> NDArray:
    """The samples of the TIFF `file`, upright: HxW or HxWxC (RGB order), as stored. Raises InputError if damaged."""
    return _with_opencv(file) if header.decoder == "OpenCV" else _with_tifffile(file, header)


def known_orientation(value: object) -> int:
    """`value` of an EXIF or TIFF tag if it is an orientation that turns anything, else upright."""
    return value if isinstance(value, int) and value in range(2, 9) else UPRIGHT


def _refuse_raw(file: StoredFile, directory: ImageFileDirectory_v2) -> None:
    found = ""
    if 50706 in directory:  # DNGVersion
        found = "a DNG, a raw photograph, whose first picture may be only a small preview"
    elif file.data[8:10] == b"CR":
        found = "a camera's raw photograph (CR2)"
    elif int(directory.get(254, 0)) & 1:  # NewSubfileType: a reduced version of another picture in the file
        found = "a TIFF whose first picture is only a preview of another, as in cameras' raw photographs"
    if found:
        raise InputError(f"{file.name} is {found}; expected a developed picture: export it as PNG or JPEG.")


def _with_opencv(file: StoredFile) -> NDArray:
    """OpenCV has turned a TIFF upright already."""
    return decode_deep(file, "a TIFF")


def decode_deep(file: StoredFile, what: str) -> NDArray:
    """`file` by OpenCV, which keeps more than 8 bits: HxW or HxWxC in RGB(A) order. Raises InputError if damaged."""
    try:
        pixels = cv2.imdecode(np.frombuffer(file.data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as err:
        raise damaged(file, what, err) from err
    if pixels is None:
        raise damaged(file, what)
    return pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def _with_tifffile(file: StoredFile, header: TiffHeader) -> NDArray:
    kind = f"{header.bits}-bit {'floats' if header.is_float else 'integers'}"
    what = f"a TIFF of {header.samples} x {kind}"
    tifffile = library("tifffile", file, what)
    try:
        page = tifffile.TiffFile(io.BytesIO(file.data)).pages[0]
        pixels = page.asarray()
        if page.axes[:1] == "S":  # planes one after another
            pixels = np.moveaxis(pixels, 0, -1)
    except Exception as err:  # almost anything
        raise damaged(file, what, err) from err
    if pixels.shape[:2] != header.size or pixels.ndim > 3 or pixels.dtype.kind not in "uif":
        raise damaged(file, what, "its size or type is not the one announced")
    return upright(pixels.astype(pixels.dtype.newbyteorder("="), copy=False), header.orientation)
