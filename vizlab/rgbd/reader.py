"""The one way in for pictures: page, command line and Python all call `read_rgbd`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.align import Frame, align_depth, check_mode
from vizlab.rgbd.arrays import StoredArray, check_depth_type, depth_shape, open_array
from vizlab.rgbd.colour import check_colour_array, decode_colour
from vizlab.rgbd.files import EXPECTED, PathLike, Role, read_file
from vizlab.rgbd.image import RGBDImage
from vizlab.rgbd.limits import DEFAULT_LIMITS, Limits
from vizlab.rgbd.orientation import UPRIGHT
from vizlab.rgbd.pictures import Picture, open_picture
from vizlab.rgbd.record import ColourRecord, DepthRecord, ReadRecord
from vizlab.rgbd.units import DetectedUnit, Encoding, detect_unit, known_mask, parse_unit, to_metres

_UNSURE = 0.9  # below this confidence the unit is called a guess


@dataclass(frozen=True)
class _Colour:
    pixels: NDArray[np.uint8]
    record: ColourRecord
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _RawDepth:
    """Depth as stored (HxW, any numeric type, upright) and where it came from."""

    counts: NDArray
    name: str
    container: str
    size: tuple[int, int]
    orientation: int = UPRIGHT
    notes: tuple[str, ...] = ()


def read_rgbd(
    colour: PathLike | None = None,
    depth: PathLike | None = None,
    *,
    depth_unit: float | str | None = None,
    align: str = "auto",
    limits: Limits = DEFAULT_LIMITS,
) -> RGBDImage:
    """Read a colour picture, a depth map, or a pair of them.

    depth_unit: metres per count, or "mm", "tum" (1/5000 m), "0.1mm", "sunrgbd" (rotated bits), "m"; None detects it.
    align: how depth of another size is brought to the colour's, see `align_depth`. limits: checked before decoding.
    The result's record says what was found, assumed and changed. Raises InputError with a sentence for the user.
    """
    encoding = parse_unit(depth_unit)
    check_mode(align)
    if colour is None and depth is None:
        raise InputError("No file was given; expected a colour picture, a depth map or both.")
    colour_file = None if colour is None else _open(colour, "colour", limits)
    depth_file = None if depth is None else _open(depth, "depth", limits)
    _check_roles(colour_file, depth_file)
    return _assemble(
        _read_colour(colour_file) if isinstance(colour_file, Picture) else None,
        None if depth_file is None else _read_depth(depth_file),
        encoding,
        align,
    )


def rgbd_from_arrays(
    colour: NDArray | None = None,
    depth: NDArray | None = None,
    *,
    depth_unit: float | str | None = None,
    align: str = "auto",
) -> RGBDImage:
    """The same from arrays: colour HxWx3 or HxW uint8; depth HxW integers or floats in any encoding of `read_rgbd`.

    Depth of zero, negative, infinite, saturated or NaN value is unknown. The arrays are copied. Raises InputError.
    """
    encoding = parse_unit(depth_unit)
    check_mode(align)
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
        raw_depth = _RawDepth(counts, "array", "array", size)
    return _assemble(read_colour, raw_depth, encoding, align)


def _open(path: PathLike, role: Role, limits: Limits) -> Picture | StoredArray:
    file = read_file(path, role, limits)
    return open_array(file, limits) if file.container in ("npy", "npz") else open_picture(file, limits)


def _check_roles(colour: Picture | StoredArray | None, depth: Picture | StoredArray | None) -> None:
    """Raise InputError if a file is not what it was given as, and say so if the two look exchanged."""
    wrong_colour = colour is not None and colour.is_deep
    wrong_depth = depth is not None and not depth.is_deep
    if colour is not None and depth is not None and wrong_colour and wrong_depth:
        raise InputError(
            f"The two files look swapped: {colour.file.name}, given as colour, is {colour.summary}, as depth is, and "
            f"{depth.file.name}, given as depth, is {depth.summary}; exchange them."
        )
    if colour is not None and wrong_colour:
        raise InputError(
            f"{colour.file.name} is {colour.summary}, as depth is; expected {EXPECTED['colour']}: give it as depth, "
            "or save it as an 8-bit picture if it is a photograph."
        )
    if depth is not None and wrong_depth:
        raise InputError(
            f"{depth.file.name} is {depth.summary}, which holds no distances; expected {EXPECTED['depth']}: export "
            "the sensor's own values, not a picture of them."
        )


def _read_colour(picture: Picture) -> _Colour:
    pixels, notes = decode_colour(picture)
    dtype = "uint16" if picture.bits == 16 else "uint8"
    file = picture.file
    record = ColourRecord(file.name, file.container, dtype, picture.size, picture.orientation)
    return _Colour(pixels, record, notes)


def _read_depth(opened: Picture | StoredArray) -> _RawDepth:
    file = opened.file
    if isinstance(opened, StoredArray):
        return _RawDepth(opened.decode(), file.name, file.container, opened.size)
    notes = (f"{file.name} holds more than one picture; the first was read.",) if opened.pages else ()
    counts = opened.decode()
    counts = counts.astype(counts.dtype.newbyteorder("="), copy=False)
    return _RawDepth(counts, file.name, file.container, opened.size, opened.orientation, notes)


def _assemble(colour: _Colour | None, raw: _RawDepth | None, encoding: Encoding | None, align: str) -> RGBDImage:
    if raw is None:
        if colour is None:
            raise InputError("No array was given; expected colour, depth or both.")
        return RGBDImage(colour.pixels, None, ReadRecord(colour.record, None, colour.notes))
    metres, unit = _measure(raw, encoding)
    depth, how, warnings = metres, "There is no colour picture to align the depth to.", raw.notes
    if colour is not None:
        frame = Frame(colour.record.size, colour.record.orientation)
        aligned = align_depth(metres, frame, align, turned=raw.orientation != UPRIGHT)
        depth, how, warnings = aligned.depth, aligned.how, (*colour.notes, *raw.notes, *aligned.warnings)
    record = _depth_record(raw, metres, unit, how)
    return RGBDImage(
        None if colour is None else colour.pixels,
        depth,
        ReadRecord(None if colour is None else colour.record, record, (*warnings, *_doubts(record))),
    )


def _measure(raw: _RawDepth, encoding: Encoding | None) -> tuple[NDArray[np.float32], DetectedUnit]:
    """`raw` in metres, by `encoding` or, without one, by the most probable."""
    subject = "The depth array" if raw.container == "array" else raw.name
    nothing = InputError(
        f"{subject} has no measurement: every pixel is 0, NaN, negative, infinite or saturated; expected distances: "
        "check the export, or leave depth out to use colour alone."
    )
    if not known_mask(raw.counts).any():
        raise nothing
    unit = detect_unit(raw.counts) if encoding is None else DetectedUnit(encoding, 1.0, assumed=False)
    metres = to_metres(raw.counts, unit.encoding)
    if np.isnan(metres).all():
        raise nothing
    return metres, unit


def _depth_record(raw: _RawDepth, metres: NDArray[np.float32], unit: DetectedUnit, how: str) -> DepthRecord:
    known = metres[~np.isnan(metres)]
    return DepthRecord(
        name=raw.name,
        container=raw.container,
        dtype=raw.counts.dtype.name,
        size=raw.size,
        encoding=unit.encoding.name,
        unit=unit.encoding.label,
        metres_per_count=unit.encoding.metres_per_count,
        confidence=unit.confidence,
        assumed=unit.assumed,
        range_m=(float(known.min()), float(known.max())),
        median_m=float(np.median(known)),
        holes=1 - known.size / metres.size,
        alignment=how,
        orientation=raw.orientation,
    )


def _doubts(depth: DepthRecord) -> list[str]:
    """A sentence for each thing about the numbers that deserves a second look."""
    doubts = []
    if depth.assumed and depth.confidence < _UNSURE:
        doubts.append(
            f"The depth's unit is a guess: {depth.unit} (confidence {depth.confidence:.0%}); "
            "give depth_unit if you know it."
        )
    if not 0.1 <= depth.median_m <= 100:
        doubts.append(
            f"The median depth is {depth.median_m:.3g} m, unusual for a scene; check the depth unit ({depth.unit})."
        )
    if depth.dtype.startswith("float") and 0.98 <= depth.range_m[1] / depth.metres_per_count <= 1:
        doubts.append("The depth ends at 1.0, as if scaled to 0..1; distances shown in metres may mean nothing.")
    if depth.holes > 0.5:
        doubts.append(f"{depth.holes:.0%} of the depth is unknown.")
    return doubts
