"""Depth encodings: what one count means, in the words people use for it, and how counts become metres."""

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError, one_line

SATURATED = 65535  # "too far" or "nothing there" in 16 bits, also where it was copied into a wider type


@dataclass(frozen=True)
class Encoding:
    """What a stored number means: `metres_per_count`, after rotating 16 bits to the right by 3 if `rotated`.

    `name` is a word that `parse_unit` understands, `label` the same for a sentence.
    """

    name: str
    label: str
    metres_per_count: float
    rotated: bool = False


MILLIMETRES = Encoding("mm", "millimetres", 0.001)
TUM = Encoding("tum", "1/5000 m", 0.0002)
TENTH_MILLIMETRES = Encoding("0.1mm", "0.1 mm", 0.0001)
SUN_RGBD = Encoding("sunrgbd", "millimetres with rotated bits (SUN RGB-D)", 0.001, rotated=True)
METRES = Encoding("m", "metres", 1.0)
CENTIMETRES = Encoding("cm", "centimetres", 0.01)
TASKONOMY = Encoding("1/512", "1/512 m", 1 / 512)
KITTI = Encoding("1/256", "1/256 m", 1 / 256)
QUARTER_MILLIMETRES = Encoding("0.25mm", "0.25 mm", 0.00025)
REPLICA = Encoding("1/6553.5", "1/6553.5 m", 1 / 6553.5)

ENCODINGS = (
    MILLIMETRES, TUM, TENTH_MILLIMETRES, SUN_RGBD, METRES,
    CENTIMETRES, TASKONOMY, KITTI, QUARTER_MILLIMETRES, REPLICA,
)  # fmt: skip

_LENGTHS = {
    "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0,
    "dm": 0.1,
    "cm": 0.01, "centimetre": 0.01, "centimetres": 0.01, "centimeter": 0.01, "centimeters": 0.01,
    "mm": 0.001, "millimetre": 0.001, "millimetres": 0.001, "millimeter": 0.001, "millimeters": 0.001,
    "um": 1e-6, "µm": 1e-6, "μm": 1e-6, "micrometre": 1e-6, "micrometres": 1e-6,
}  # fmt: skip
_DIGITS = r"(?:\d+[.,]?\d*|[.,]\d+)(?:e[+-]?\d+)?"
_NUMBER = rf"(?P<number>{_DIGITS})"
_FRACTION = rf"{_NUMBER}(?:/(?P<divisor>{_DIGITS}))?"
_PER_COUNT = re.compile(rf"{_FRACTION}(?P<length>[a-zµμ]*)")
_A_COUNT = re.compile(r"(?:per|/)(?:count|unit|step)$")
_COUNTS_PER = re.compile(rf"{_NUMBER}(?:counts?|units?|steps?)?(?:per|/|a)(?P<length>[a-zµμ]+)")
_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d{3}")
"""A comma that may separate thousands as well as decimals."""
_LARGEST = 100.0
"""Metres per count: a number above it that stands alone was meant the other way round."""
_SMALLEST = 1e-9
"""Metres per count: below it no count is a distance."""


def parse_unit(unit: float | str | None) -> Encoding | None:
    """The encoding that `unit` means; None for None, "" and "auto", which ask for detection.

    A number is metres per count. Words are a name ("mm", "cm", "m", "tum", "0.1mm", "sunrgbd"), a length or a fraction
    of one per count ("0.25 mm", "1/512", "1/512 m"), or counts per length ("6553.5 per metre", "5000/m").
    Raises InputError for anything else.
    """
    if unit is None or (isinstance(unit, str) and unit.strip().lower() in ("", "auto", "detect")):
        return None
    words = "".join(unit.lower().split()).replace("rgb-d", "rgbd") if isinstance(unit, str) else ""
    for encoding in ENCODINGS:
        if words == encoding.name:
            return encoding
    scale = _scale_in_words(words) if words else math.nan if isinstance(unit, bool) else _number(unit)
    said = one_line(repr(unit), 60)
    if not (_SMALLEST <= scale < math.inf):
        raise InputError(
            f"The depth unit is {said}; expected metres per count (such as 0.001 or 1/512), a length ('0.25 mm'), "
            "counts per length ('6553.5 per metre'), or one of 'mm', 'cm', 'm', 'tum', 'sunrgbd'."
        )
    if scale > _LARGEST and not re.search("[a-z]$", words):
        raise InputError(
            f"The depth unit is {said}, {scale:.10g} metres for each count; expected at most {_LARGEST:g}: if a metre "
            f"has so many counts, give '{scale:.10g} per metre', else '{scale:.10g} m'."
        )
    return encoding_of(scale)


def encoding_of(scale: float) -> Encoding:
    """The encoding with `scale` metres per count: one of those in use, or its own."""
    for encoding in ENCODINGS:
        if not encoding.rotated and math.isclose(scale, encoding.metres_per_count, rel_tol=1e-6):
            return encoding
    whole = 1 / scale
    if scale < 1 and math.isclose(whole, round(whole), rel_tol=1e-9) and not _is_short(scale * 1000):
        return Encoding(f"1/{whole:.0f}", f"1/{whole:.0f} m", scale)
    if scale < 0.01:
        return Encoding(f"{scale * 1000:.10g}mm", f"{scale * 1000:.6g} mm", scale)
    return Encoding(f"{scale:.10g}m", f"{scale:.6g} m per count", scale)


def _is_short(value: float) -> bool:
    """Whether at most three decimals write `value`."""
    return math.isclose(value, round(value, 3), rel_tol=1e-9)


def _scale_in_words(words: str) -> float:
    """Metres per count; NaN for what says nothing."""
    if (found := _COUNTS_PER.fullmatch(words)) and (length := _LENGTHS.get(found["length"])):
        number = _number(found["number"])
        return length / number if number else math.nan
    words = _A_COUNT.sub("", words)
    if not (found := _PER_COUNT.fullmatch(words)):
        return _LENGTHS.get(words, math.nan)
    length = _LENGTHS.get(found["length"] or "m", math.nan)
    divisor = _number(found["divisor"] or "1")
    return _number(found["number"]) * length / divisor if divisor else math.nan


def _number(text: object) -> float:
    """NaN for what is no number, or may be one of two."""
    if isinstance(text, str):
        text = "" if _THOUSANDS.fullmatch(text) else text.replace(",", ".")
    try:
        return float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def known_mask(raw: NDArray) -> NDArray[np.bool_]:
    """True where `raw` depth (HxW, as stored) is a measurement: not 0, negative, NaN, infinite or saturated."""
    top = np.iinfo(raw.dtype).max if raw.dtype.kind in "iu" else float(np.finfo(raw.dtype).max)
    known = (raw > 0) & (raw < top)  # comparisons with NaN are False
    return known & (raw != SATURATED) if top > SATURATED else known


def to_metres(raw: NDArray, encoding: Encoding) -> NDArray[np.float32]:
    """`raw` depth (HxW, as stored) in metres, NaN where unknown. Raises InputError if it cannot be so encoded."""
    counts = in_counts(raw, encoding)
    with np.errstate(over="ignore"):  # doubles that float32 cannot hold become infinite, and unknown below
        metres = (counts * np.float64(encoding.metres_per_count)).astype(np.float32)
    metres[~known_mask(raw) | ~np.isfinite(metres) | (metres <= 0)] = np.nan
    return metres


def in_counts(raw: NDArray, encoding: Encoding) -> NDArray:
    """The numbers (any shape) that are times `metres_per_count`. Raises InputError if they cannot be so encoded."""
    return rotate_bits(raw) if encoding.rotated else raw


def rotate_bits(raw: NDArray) -> NDArray[np.uint16]:
    """Undo SUN RGB-D's rotation of 16-bit counts (any shape): (v >> 3) | (v << 13)."""
    if raw.dtype.kind not in "iu" or raw.max(where=known_mask(raw), initial=0) > SATURATED:
        raise InputError(
            f"The depth holds {raw.dtype.name} numbers, but the unit 'sunrgbd' needs 16-bit integers: "
            "choose another unit, or leave it to detection."
        )
    counts = raw.astype(np.uint16)
    rotated: NDArray[np.uint16] = np.bitwise_or(counts >> 3, counts << 13, dtype=np.uint16)
    return rotated
