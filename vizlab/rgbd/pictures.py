"""Pictures (JPEG, PNG, WebP, TIFF): what the header says first, the pixels only when asked for."""

import io
import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from vizlab.errors import InputError
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.orientation import UPRIGHT, upright, upright_size

# The plugins themselves, not Image.open: it warns about large pictures with a limit of its own, process-wide, and
# warnings cannot be caught per thread.
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "TIFF": TiffImageFile,
}
_DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F", "F64")


@dataclass(frozen=True)
class Picture:
    """An opened picture: header read and within the limits, pixels not yet decoded.

    `size` is (height, width) as stored; `orientation` the EXIF value that brings it upright; `mode` Pillow's, or
    "F64" for a TIFF of doubles; `bits` per channel.
    """

    file: StoredFile
    size: tuple[int, int]
    mode: str
    bits: int
    orientation: int
    pages: bool
    image: ImageFile.ImageFile | None

    @property
    def is_deep(self) -> bool:
        """Whether it has one channel of more than 8 bits, as depth has and colour has not."""
        return self.mode in _DEEP_MODES

    @property
    def summary(self) -> str:
        kind = "floating-point" if self.mode in ("F", "F64") else f"{self.bits}-bit"
        article = "an" if kind.startswith("8") else "a"
        return f"{article} {kind} {'single-channel' if self.is_deep else _mode_name(self.mode)} {self.file.container}"

    def decode(self) -> NDArray:
        """The pixels, upright: HxW or HxWxC in the stored type (palette and alpha as Pillow's mode has them)."""
        pixels = _decode_double_tiff(self.file) if self.image is None else np.array(load(self))
        return self.upright(pixels)

    def upright(self, pixels: NDArray) -> NDArray:
        """Decoded `pixels` (HxW or HxWxC) brought upright; both libraries have done so with a TIFF, and only there."""
        return pixels if self.file.container == "TIFF" else upright(pixels, self.orientation)


def open_picture(file: StoredFile, limits: Limits) -> Picture:
    """Read the header of `file`. Raises InputError if it is damaged or announces more pixels than `limits` allow."""
    try:
        if file.container == "TIFF" and (double := _double_tiff(file)):
            limits.check_pixels(file.name, double.size)
            return double
        image = _PLUGINS[file.container](io.BytesIO(file.data))
    except InputError:
        raise
    except Exception as err:  # plugins raise almost anything on damaged files: SyntaxError, struct.error, KeyError...
        raise _damaged(file, err) from err
    limits.check_pixels(file.name, (image.height, image.width))
    orientation = _orientation(image, file)
    size = (image.height, image.width)
    return Picture(
        file=file,
        # Pillow announces a TIFF's size upright, every other one's as stored.
        size=upright_size(size, orientation) if file.container == "TIFF" else size,
        mode=image.mode,
        bits=_bits(image, file),
        orientation=orientation,
        pages=bool(getattr(image, "is_animated", False)),
        image=image,
    )


def load(picture: Picture) -> Image.Image:
    """Decode the first page of `picture` with Pillow. Raises InputError if the pixels are incomplete or damaged."""
    assert picture.image is not None
    try:
        picture.image.load()
    except Exception as err:  # as above
        raise _damaged(picture.file, err) from err
    return picture.image


def _orientation(image: ImageFile.ImageFile, file: StoredFile) -> int:
    try:
        return _known_orientation(image.getexif().get(ExifTags.Base.Orientation))
    except OSError as err:  # Pillow decodes a PNG here, looking for a tag behind its pixels
        raise _damaged(file, err) from err
    except Exception:  # a damaged tag says nothing about the pixels
        return UPRIGHT


def _known_orientation(value: object) -> int:
    return value if isinstance(value, int) and value in range(2, 9) else UPRIGHT


def _bits(image: ImageFile.ImageFile, file: StoredFile) -> int:
    """Bits per channel as stored: Pillow reduces 16-bit colour to 8 without a word."""
    if isinstance(image, PngImageFile):
        return file.data[24]  # the bit depth in IHDR, the first chunk of every PNG
    if isinstance(image, TiffImageFile):
        return int(image.tag_v2.get(258, (1,))[0])
    return 8


def _double_tiff(file: StoredFile) -> Picture | None:
    """The header of a single-channel TIFF of doubles, which Pillow does not open; None for any other."""
    stream = io.BytesIO(file.data)
    try:
        directory = ImageFileDirectory_v2(stream.read(16 if file.data[2:3] == b"+" else 8))
        stream.seek(directory.next)
        directory.load(stream)
    except (SyntaxError, struct.error, OSError, ValueError):
        return None
    if directory.get(258) != (64,) or directory.get(339) != (3,):  # bits per sample, sample format 3: IEEE float
        return None
    size = (int(directory[257]), int(directory[256]))
    return Picture(file, size, "F64", 64, _known_orientation(directory.get(274)), directory.next != 0, None)


def _decode_double_tiff(file: StoredFile) -> NDArray:
    pixels = cv2.imdecode(np.frombuffer(file.data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise _damaged(file, None)
    return pixels


def _damaged(file: StoredFile, err: Exception | None) -> InputError:
    reason = f" ({str(err).splitlines()[0].rstrip('.')})" if err and str(err) else ""
    return InputError(
        f"{file.name} starts like a {file.container} but is cut off, damaged or of a rare variant{reason}; "
        "expected a complete picture: copy or export it again."
    )


def _mode_name(mode: str) -> str:
    names = {"L": "grey", "LA": "grey", "1": "black-and-white", "P": "palette", "PA": "palette"}
    return names.get(mode, "colour")
