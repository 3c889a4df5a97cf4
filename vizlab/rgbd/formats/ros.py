"""ROS compressedDepth messages dumped to a file: a header of 12 bytes, then a 16-bit PNG.

After `codec.cpp` of compressed_depth_image_transport: 16UC1 is millimetres as they are; 32FC1 is metres, stored as
a / depth + b with a and b in the header, 0 where unknown.
"""

import math
import struct
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.choice import of_one
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.pngs import PngHeader, check_complete, png_header
from vizlab.rgbd.stored import Entry, StoredArrays

_HEADER = 12
_WHAT = "a ROS compressedDepth message"


def open_ros(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the two headers of `file`. Raises InputError if the PNG is no 16-bit grey, damaged or over `limits`."""
    inner = StoredFile(file.name, "PNG", file.data[_HEADER:])
    header = png_header(inner)
    limits.check_pixels(file.name, header.size)
    if (header.bits, header.colour_type) != (16, 0):
        raise InputError(
            f"{file.name} is {_WHAT} whose PNG has {header.bits} bits and colour type {header.colour_type}; expected "
            "16-bit grey: export the depth topic, not a picture of it."
        )
    _, a, b = struct.unpack("<iff", file.data[:_HEADER])
    if _is_quantised(a, b):
        entry = Entry("", header.size, np.dtype("f4"), lambda: _metres(_counts(inner, header), a, b))
        return replace(of_one(file, f"{_WHAT} (metres as 32FC1)", entry, limits), encoding="m")
    entry = Entry("", header.size, np.dtype("u2"), lambda: _counts(inner, header))
    return replace(of_one(file, f"{_WHAT} (16UC1)", entry, limits), encoding="mm")  # by REP 118


def _is_quantised(a: float, b: float) -> bool:
    """Whether the header's numbers are those of 32FC1: 16UC1 leaves them at zero, or as they were in memory.

    a = q (q + 1) with a quantisation q of 1 to 150 in its settings, b = 1 - a / (the farthest depth, metres).
    """
    if not (math.isfinite(a) and math.isfinite(b)) or not 1 < a < 1e6 or b >= 1:
        return False
    return 0.5 <= a / (1 - b) <= 1000


def _metres(counts: NDArray, a: float, b: float) -> NDArray[np.float32]:
    """Metres from quantised inverse depth (HxW uint16), 0 where unknown."""
    metres = np.zeros(counts.shape, np.float32)
    np.divide(a, counts - np.float64(b), out=metres, where=counts > 0, casting="same_kind")
    return metres


def _counts(inner: StoredFile, header: PngHeader) -> NDArray:
    check_complete(inner, header)
    counts = cv2.imdecode(np.frombuffer(inner.data, np.uint8), cv2.IMREAD_UNCHANGED)
    if counts is None or counts.dtype != np.uint16 or counts.shape != header.size:
        raise damaged(inner, _WHAT)
    return counts
