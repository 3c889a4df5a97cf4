"""Pictures (JPEG, PNG, WebP, TIFF, AVIF...): what the header says first, the pixels only when asked for."""

import importlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from vizlab.errors import InputError
from vizlab.rgbd.files import Role, StoredFile
from vizlab.rgbd.formats.extra import damaged, library
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.orientation import UPRIGHT, upright, upright_size
from vizlab.rgbd.pngs import check_complete, png_header
from vizlab.rgbd.tiffs import TiffHeader, decode_deep, decode_tiff, known_orientation, tiff_header

# The plugins themselves, not Image.open: it warns about large pictures with a limit of its own, process-wide, and
# warnings cannot be caught per thread.
_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": JpegImageFile,
    "PNG": PngImageFile,
    "WebP": WebPImageFile,
    "TIFF": TiffImageFile,
    "GIF": GifImageFile,
    "BMP": BmpImageFile,
}
_DEEP_MODES = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F", "F64")


@dataclass(frozen=True)
class Picture:
    """An opened picture: header read and within the limits, pixels not yet decoded.

    `size` is (height, width) as stored; `orientation` the EXIF value that brings it upright; `mode` Pillow's, or what
    `TiffHeader.mode` calls it; `bits` per channel; `tiff` its tags where Pillow does not decode it.
    """

    file: StoredFile
    size: tuple[int, int]
    mode: str
    bits: int
    orientation: int
    pages: bool
    image: ImageFile.ImageFile | None
    tiff: TiffHeader | None = None

    @property
    def is_deep(self) -> bool:
        """Whether it has one channel of more than 8 bits, as depth has and colour has not."""
        return self.mode in _DEEP_MODES

    @property
    def has_deep_channels(self) -> bool:
        """Whether it has several channels of more than 8 bits, which may be colour, depth or both."""
        return self.bits > 8 and self.mode in ("RGB", "RGBA", "LA")

    @property
    def only(self) -> Role | None:
        """What it can serve as, where that is clear from the header."""
        if self.is_deep:
            return "depth"
        return None if self.has_deep_channels else "colour"

    @property
    def summary(self) -> str:
        kind = f"{self.bits}-bit"
        if self.mode in ("F", "F64") or (self.tiff is not None and self.tiff.is_float):
            kind = "floating-point"
        article = "an" if kind.startswith("8") else "a"
        return f"{article} {kind} {'single-channel' if self.is_deep else _mode_name(self.mode)} {self.file.container}"

    def decode(self) -> NDArray:
        """The pixels, upright: HxW or HxWxC in the stored type (palette and alpha as Pillow's mode has them)."""
        if self.tiff is not None:
            return decode_tiff(self.file, self.tiff)
        if self.has_deep_channels and self.file.container == "PNG":  # Pillow keeps the upper 8 bits only
            check_complete(self.file, png_header(self.file))
            return self.upright(decode_deep(self.file, "a PNG"))
        return self.upright(np.array(load(self)))

    def upright(self, pixels: NDArray) -> NDArray:
        """Decoded `pixels` (HxW or HxWxC) brought upright; all libraries have done so with a TIFF, and only there."""
        return pixels if self.file.container == "TIFF" else upright(pixels, self.orientation)


def open_picture(file: StoredFile, limits: Limits) -> Picture:
    """Read the header of `file`. Raises InputError if it is damaged or announces more pixels than `limits` allow."""
    tiff = tiff_header(file) if file.container == "TIFF" else None
    if tiff is not None and tiff.decoder != "Pillow":
        limits.check_pixels(file.name, tiff.size)
        return Picture(file, tiff.size, tiff.mode, tiff.bits, tiff.orientation, tiff.pages, None, tiff)
    plugin = _plugin(file)
    try:
        image = plugin(io.BytesIO(file.data))
    except Exception as err:  # plugins raise almost anything on damaged files: SyntaxError, struct.error, KeyError...
        raise _damaged(file, err) from err
    limits.check_pixels(file.name, (image.height, image.width))
    if file.container == "PNG":  # before the pixels are asked for, which reading the EXIF tags may do
        check_complete(file, png_header(file))
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


def _plugin(file: StoredFile) -> type[ImageFile.ImageFile]:
    """Pillow's class for `file`. Raises InputError if it is in a package that is not installed."""
    if file.container == "HEIC":
        heif: type[ImageFile.ImageFile] = library("pillow_heif.as_plugin", file, "a HEIC picture").HeifImageFile
        return heif
    if file.container == "AVIF":
        return _avif(file)
    if file.container not in _PLUGINS:
        raise InputError(f"{file.name} is an {file.container} file; expected a picture such as PNG: export it as one.")
    return _PLUGINS[file.container]


def _avif(file: StoredFile) -> type[ImageFile.ImageFile]:
    try:
        module = importlib.import_module("PIL.AvifImagePlugin")
        supported = bool(module.SUPPORTED)
    except ImportError:
        supported = False
    if not supported:
        raise InputError(
            f"{file.name} is an AVIF picture, which the installed Pillow cannot decode; install the extra 'formats' "
            '(pip install "vizlab[formats]"), or export it as PNG or JPEG, as expected.'
        )
    avif: type[ImageFile.ImageFile] = module.AvifImageFile
    return avif


def _orientation(image: ImageFile.ImageFile, file: StoredFile) -> int:
    try:
        return known_orientation(image.getexif().get(ExifTags.Base.Orientation))
    except OSError as err:  # Pillow decodes a PNG here, looking for a tag behind its pixels
        raise _damaged(file, err) from err
    except Exception:  # a damaged tag says nothing about the pixels
        return UPRIGHT


def _bits(image: ImageFile.ImageFile, file: StoredFile) -> int:
    """Bits per channel as stored: Pillow reduces 16-bit colour to 8 without a word."""
    if isinstance(image, PngImageFile):
        return file.data[24]  # the bit depth in IHDR, the first chunk of every PNG
    if isinstance(image, TiffImageFile):
        return int(image.tag_v2.get(258, (1,))[0])
    return 8


def _damaged(file: StoredFile, err: Exception) -> InputError:
    article = "an" if file.container == "AVIF" else "a"
    return damaged(file, f"{article} {file.container}", str(err))


def _mode_name(mode: str) -> str:
    names = {"L": "grey", "LA": "grey", "1": "black-and-white", "P": "palette", "PA": "palette"}
    return names.get(mode, "colour")
