"""PNG's own promises: what the header announces, and whether the pixel stream holds that much.

Decoders fill up a stream that is well formed but short with rows of their own making, without a word.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from vizlab.errors import InputError, one_line
from vizlab.rgbd.files import StoredFile

_SIGNATURE = 8
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type: grey, RGB, palette, grey and alpha, RGBA
# Adam7: first column, first row, and the steps between columns and rows of each of the seven passes (PNG 1.2, 8.2).
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_STEP = 1 << 18  # bytes unpacked at a time


@dataclass(frozen=True)
class PngHeader:
    """IHDR: `size` (height, width), `bits` per channel, `colour_type` as PNG numbers it, `interlaced` by Adam7."""

    size: tuple[int, int]
    bits: int
    colour_type: int
    interlaced: bool

    @property
    def unpacked(self) -> int:
        """The bytes that the pixel stream unpacks to: rows of packed pixels, a filter byte before each."""
        height, width = self.size
        passes = _PASSES if self.interlaced else ((0, 0, 1, 1),)
        return sum(
            self._rows(-(-(width - column) // across), -(-(height - row) // down))
            for column, row, across, down in passes
        )

    def _rows(self, width: int, height: int) -> int:
        if width <= 0 or height <= 0:
            return 0
        return height * (1 + -(-width * self.bits * _CHANNELS[self.colour_type] // 8))


def png_header(file: StoredFile) -> PngHeader:
    """The header of the PNG `file`. Raises InputError if there is none, or none that PNG allows."""
    head = file.data[_SIGNATURE : _SIGNATURE + 21]
    if len(head) < 21 or head[4:8] != b"IHDR":
        raise _damaged(file, "its header is missing")
    width, height, bits, colour_type, _, _, interlace = struct.unpack(">IIBBBBB", head[8:21])
    if colour_type not in _CHANNELS or bits not in (1, 2, 4, 8, 16) or interlace > 1:
        raise _damaged(file, "its header is none that PNG allows")
    return PngHeader((height, width), bits, colour_type, interlace == 1)


def check_complete(file: StoredFile, header: PngHeader) -> None:
    """Raise InputError if the pixel stream of the PNG `file` unpacks to less than `header` announces.

    The chunks are all gone through, though counting ends when there is enough: one that is cut is an error too.
    """
    inflater, total = zlib.decompressobj(), 0
    try:
        for part in _pixel_chunks(file):
            while part and total < header.unpacked:
                total += len(inflater.decompress(part, _STEP))
                part = inflater.unconsumed_tail
        if total < header.unpacked:
            total += len(inflater.flush())  # the little that was held back
    except zlib.error as err:
        raise _damaged(file, one_line(err, 80)) from err
    if total < header.unpacked:
        share = total / header.unpacked
        announced = f"{header.size[1]}x{header.size[0]}"
        raise _damaged(file, f"its pixels end after {100 * share:.0f} % of the {announced} it announces")


def _pixel_chunks(file: StoredFile) -> Iterator[bytes]:
    """The contents of the IDAT chunks in turn. Raises InputError at a chunk that goes beyond the end of the file.

    OpenCV makes room for what a chunk announces, up to 2 GB, before it looks for it.
    """
    at, data = _SIGNATURE, file.data
    while at + 8 <= len(data) and data[at + 4 : at + 8] != b"IEND":
        length = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + length > len(data):
            raise _damaged(file, "a chunk goes beyond the end of the file")
        if data[at + 4 : at + 8] == b"IDAT":
            yield data[at + 8 : at + 8 + length]
        at += 12 + length


def _damaged(file: StoredFile, reason: str) -> InputError:
    return InputError(
        f"{file.name} starts like a PNG but is cut off or damaged ({reason}); expected a complete picture: copy or "
        "export it again."
    )
