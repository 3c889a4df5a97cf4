"""The one way in for pictures: page, command line and Python all call `read_rgbd`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.align import Frame
from vizlab.rgbd.cameras import Cameras
from vizlab.rgbd.colour import check_colour_array
from vizlab.rgbd.domains import Given, with_domains
from vizlab.rgbd.files import PathLike
from vizlab.rgbd.image import RGBDImage
from vizlab.rgbd.limits import DEFAULT_LIMITS, Limits
from vizlab.rgbd.measuring import Question, RawDepth, measure
from vizlab.rgbd.opened import Opened, check_roles, colour_of, colour_type, depth_of, open_file
from vizlab.rgbd.orientation import UPRIGHT
from vizlab.rgbd.pairing import Pairing, depth_alone, pair
from vizlab.rgbd.pictures import Picture
from vizlab.rgbd.record import ColourRecord, DepthRecord, ReadRecord
from vizlab.rgbd.shrink import shrink
from vizlab.rgbd.stored import check_depth_type, depth_shape
from vizlab.rgbd.units import parse_unit


@dataclass(frozen=True)
class _Colour:
    pixels: NDArray[np.uint8]
    record: ColourRecord
    notes: tuple[str, ...] = ()


def read_rgbd(
    colour: PathLike | None = None,
    depth: PathLike | None = None,
    *,
    depth_unit: float | str | None = None,
    depth_kind: str = "auto",
    field_of_view: float | str | None = None,
    align: str = "auto",
    turn: str = "none",
    cameras: Cameras | None = None,
    domains: Mapping[str, Given] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> RGBDImage:
    """Read a colour picture, a depth map, or a pair of them; and further pictures of the scene, if there are any.

    depth_unit: metres per count, or in words: "mm", "1/512", "0.25 mm", "6553.5 per metre", "tum" (1/5000 m), "sunrgbd"
    (rotated bits), see `parse_unit`; None detects it. depth_kind: what the numbers measure, see `Meaning`; "auto" takes
    them for depth and says what speaks against it. field_of_view: degrees across the width, for lengths of rays.
    align: how depth of another size is brought to the colour's, see `align_depth`; turn: "mirrored", "upside down" or
    "turned 90", 180, 270 (clockwise), done to the depth first; cameras: both cameras, where they are known, instead.
    domains: what networks take beside rgb and depth, by the name they give it ("light"), see `with_domains`.
    limits: checked before decoding; what is larger than they keep is scaled down after aligning.
    The result's record says what was found, assumed and changed. Raises InputError with a sentence for the user.
    """
    question = Question.of(depth_unit, depth_kind, field_of_view)
    pairing = Pairing(align, turn, cameras)
    if colour is None and depth is None:
        if domains:
            return with_domains(None, domains, limits)
        raise InputError("No file was given; expected a colour picture, a depth map or both.")
    colour_file = None if colour is None else open_file(colour, "colour", limits)
    depth_file = None if depth is None else open_file(depth, "depth", limits)
    check_roles(colour_file, depth_file)
    rgbd = _assemble(
        None if colour_file is None else _read_colour(colour_file),
        None if depth is None or depth_file is None else _read_depth(depth_file, "/".join(Path(depth).parts[-3:])),
        question,
        pairing,
        limits,
    )
    return with_domains(rgbd, domains or {}, limits)


def rgbd_from_arrays(
    colour: NDArray | None = None,
    depth: NDArray | None = None,
    *,
    depth_unit: float | str | None = None,
    depth_kind: str = "auto",
    field_of_view: float | str | None = None,
    align: str = "auto",
    turn: str = "none",
    cameras: Cameras | None = None,
) -> RGBDImage:
    """The same from arrays: colour HxWx3 or HxW uint8; depth HxW integers or floats in any encoding of `read_rgbd`.

    Depth of zero, negative, infinite, saturated or NaN value is unknown. The arrays are copied. Raises InputError.
    """
    question = Question.of(depth_unit, depth_kind, field_of_view)
    pairing = Pairing(align, turn, cameras)
    read_colour, raw_depth = None, None
    if colour is not None:
        pixels = check_colour_array(np.asarray(colour))
        record = ColourRecord("array", "array", "uint8", (pixels.shape[0], pixels.shape[1]))
        read_colour = _Colour(pixels, record)
    if depth is not None:
        counts = np.asarray(depth)
        check_depth_type("The depth array", counts.dtype)
        size = depth_shape("The depth array", counts.shape)
        counts = counts.reshape(size)
        raw_depth = RawDepth(counts, "array", "array", size)
    return _assemble(read_colour, raw_depth, question, pairing)


def _read_colour(opened: Opened) -> _Colour:
    pixels, notes = colour_of(opened)
    size, dtype, orientation = colour_type(opened)
    record = ColourRecord(opened.file.name, opened.file.container, dtype, size, orientation)
    return _Colour(pixels, record, notes)


def _read_depth(opened: Opened, place: str) -> RawDepth:
    counts, notes = depth_of(opened)
    file = opened.file
    if isinstance(opened, Picture):
        return RawDepth(counts, file.name, file.container, opened.size, opened.orientation, notes, place=place)
    size = (counts.shape[0], counts.shape[1])
    stated = parse_unit(opened.encoding)
    return RawDepth(counts, file.name, file.container, size, notes=notes, encoding=stated, place=place)


def _assemble(
    colour: _Colour | None, raw: RawDepth | None, question: Question, pairing: Pairing, limits: Limits | None = None
) -> RGBDImage:
    if raw is None:
        if colour is None:
            raise InputError("No array was given; expected colour, depth or both.")
        return _finished(colour.pixels, None, ReadRecord(colour.record, None, colour.notes), limits)
    measured = measure(raw, question)
    if colour is None:
        paired, notes = depth_alone(measured.metres, pairing), raw.notes
    else:
        frame, own = Frame(colour.record.size, colour.record.orientation), raw.orientation != UPRIGHT
        paired = pair(colour.pixels, measured.metres, frame, pairing, upright_depth=own)
        notes = (*colour.notes, *raw.notes)
    warnings = (*notes, *paired.warnings, *measured.warnings)
    suggestions = (*measured.suggestions, *paired.suggestions)
    record = DepthRecord(
        name=raw.name,
        container=raw.container,
        dtype=raw.counts.dtype.name,
        size=raw.size,
        alignment=paired.how,
        agreement=paired.agreement,
        orientation=raw.orientation,
        **measured.record(),
    )
    return _finished(
        None if colour is None else colour.pixels,
        paired.depth,
        ReadRecord(None if colour is None else colour.record, record, warnings, suggestions),
        limits,
    )


def _finished(
    colour: NDArray[np.uint8] | None, depth: NDArray[np.float32] | None, record: ReadRecord, limits: Limits | None
) -> RGBDImage:
    """The image, scaled down if `limits` keep fewer pixels; arrays from Python have none, and stay as they are."""
    if limits is None:
        return RGBDImage(colour, depth, record)
    colour, depth, notes = shrink(colour, depth, limits)
    return RGBDImage(colour, depth, replace(record, warnings=(*record.warnings, *notes)))
