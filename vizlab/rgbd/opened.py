"""An opened file of either sort, picture or numbers, and what it gives as colour and as depth."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.channels import depth_channel, packed_in_bytes
from vizlab.rgbd.colour import decode_colour, decode_colour_array
from vizlab.rgbd.files import EXPECTED, PathLike, Role, StoredFile, read_file
from vizlab.rgbd.formats import ARRAY_OPENERS
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.pictures import Picture, load, open_picture
from vizlab.rgbd.stored import StoredArrays, check_depth_type

Opened: TypeAlias = Picture | StoredArrays


def open_file(path: PathLike, role: Role, limits: Limits) -> Opened:
    """The file at `path`, meant as `role`: header read and within `limits`, data not. Raises InputError."""
    file = read_file(path, role, limits)
    return open_stored(file, limits)


def open_stored(file: StoredFile, limits: Limits) -> Opened:
    """The same for a `file` in memory."""
    opener = ARRAY_OPENERS.get(file.container)
    return open_picture(file, limits) if opener is None else opener(file, limits)


def check_roles(colour: Opened | None, depth: Opened | None) -> None:
    """Raise InputError if the two look exchanged; whether each is what it was given as shows when it is decoded."""
    if colour is not None and depth is not None and (colour.only, depth.only) == ("depth", "colour"):
        raise InputError(
            f"The two files look swapped: {colour.file.name}, given as colour, is {colour.summary}, as depth is, and "
            f"{depth.file.name}, given as depth, is {depth.summary}; exchange them."
        )


def colour_of(opened: Opened) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The colour of `opened`, upright HxWx3 uint8, and a sentence for each change. Raises InputError if it has none."""
    return decode_colour(opened) if isinstance(opened, Picture) else decode_colour_array(opened)


def colour_type(opened: Opened) -> tuple[tuple[int, int], str, int]:
    """(height, width) as stored, the stored type and the EXIF orientation of the colour of `opened`."""
    if isinstance(opened, Picture):
        floating = opened.tiff is not None and opened.tiff.is_float
        dtype = f"float{opened.bits}" if floating else "uint16" if opened.bits == 16 else "uint8"
        return opened.size, dtype, opened.orientation
    assert opened.colour is not None
    return opened.colour.size, opened.colour.dtype.newbyteorder("=").name, 1


def depth_of(opened: Opened) -> tuple[NDArray, tuple[str, ...]]:
    """The depth of `opened` as stored (HxW, any numeric type, upright), and a sentence for each choice made.

    Raises InputError if it has none.
    """
    return _depth_of_picture(opened) if isinstance(opened, Picture) else _depth_of_arrays(opened)


def _depth_of_arrays(opened: StoredArrays) -> tuple[NDArray, tuple[str, ...]]:
    if opened.depth is None:
        raise InputError(opened.no_depth)
    counts, notes = depth_channel(opened.depth.decode(), opened.file.name, opened.summary)
    return counts, (*opened.notes, *notes)


def _depth_of_picture(picture: Picture) -> tuple[NDArray, tuple[str, ...]]:
    if picture.only == "colour":
        raise _no_distances(picture)
    name = picture.file.name
    pages = (f"{name} holds more than one picture; the first was read.",) if picture.pages else ()
    counts, notes = depth_channel(picture.decode(), name, picture.summary)
    check_depth_type(name, counts.dtype)
    return counts.astype(counts.dtype.newbyteorder("="), copy=False), (*pages, *notes)


def _no_distances(picture: Picture) -> InputError:
    """The refusal of an 8-bit picture as depth, by what it seems to be."""
    name, way_out = picture.file.name, "export the sensor's own values, not a picture of them"
    found = "whose 8 bits are too coarse for distances (a picture of depth or a map of heights and angles, perhaps)"
    if picture.mode in ("RGB", "RGBA") and packed_in_bytes(np.array(load(picture).convert("RGB"))):
        found = "which seems to hold depth as numbers spread over the bytes of red, green and blue, as CARLA writes it"
        way_out = (
            "unpack it as its maker says (CARLA: metres = 1000 (R + 256 G + 65536 B) / 16777215) and save the metres "
            "with numpy.save"
        )
    return InputError(f"{name} is {picture.summary}, {found}; expected {EXPECTED['depth']}: {way_out}.")
