"""Float maps behind a header of a few bytes: COLMAP's dense depth and Sintel's .dpt."""

import re
import struct
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.choice import of_one
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays

_COLMAP_HEADER = re.compile(rb"(\d{1,6})&(\d{1,6})&(\d{1,6})&")


def open_colmap(file: StoredFile, limits: Limits) -> StoredArrays:
    """COLMAP's dense depth (.geometric.bin): "width&height&channels&", then little-endian floats, row by row.

    After `scripts/python/read_write_dense.py` of COLMAP. Raises InputError for its normal maps, three channels each.
    """
    found = _COLMAP_HEADER.match(file.data)
    if found is None:
        raise damaged(file, "a COLMAP map")
    width, height, channels = (int(number) for number in found.groups())
    limits.check_pixels(file.name, (height, width))
    if channels != 1:
        raise InputError(
            f"{file.name} is a COLMAP map of {channels} channels, such as its normal maps; expected a "
            "depth map of one: give the file of the same name in stereo/depth_maps."
        )
    note = (
        f"{file.name} is a depth map of COLMAP, whose unit is that of the reconstruction: it is metres only if the "
        "cameras' positions were given in metres."
    )
    opened = _floats(file, "a COLMAP depth map", (height, width), found.end(), limits)
    return replace(opened, notes=(note,))


def open_sintel(file: StoredFile, limits: Limits) -> StoredArrays:
    """Sintel's .dpt: "PIEH", width and height as int32, then little-endian floats, row by row, in metres.

    After `sintel_io.py` of the MPI Sintel depth training data. Optical flow (.flo) starts alike, with two floats a
    pixel, and is refused.
    """
    if len(file.data) < 12:
        raise damaged(file, "a Sintel depth map")
    width, height = struct.unpack("<ii", file.data[4:12])
    limits.check_pixels(file.name, (height, width))
    if len(file.data) - 12 == width * height * 8:
        raise InputError(
            f"{file.name} is optical flow (.flo), two numbers a pixel; expected depth: give the .dpt of the same frame."
        )
    return replace(_floats(file, "a Sintel depth map (.dpt)", (height, width), 12, limits), encoding="m")


def _floats(file: StoredFile, what: str, size: tuple[int, int], start: int, limits: Limits) -> StoredArrays:
    needed = size[0] * size[1] * 4
    if len(file.data) - start < needed:
        raise damaged(file, what, f"{needed} bytes of numbers are needed, {len(file.data) - start} are there")

    def load() -> NDArray:
        return np.frombuffer(file.data, "<f4", size[0] * size[1], start).reshape(size)

    return of_one(file, what, Entry("", size, np.dtype("<f4"), load), limits)
