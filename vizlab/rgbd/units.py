"""Depth encodings: what one count means, given or detected.

Detection weighs the encodings in use against each other by Bayes' rule. The evidence is where the depths would lie
in the room, and two habits of the numbers themselves: bit-rotated millimetres keep their low three bits at 0 (1 from
8.192 m on), and where a sensor's whole millimetres were rescaled, 1/5000 m are multiples of 5 and 0.1 mm of 10. The
result's confidence is the winner's share of the probability, "none of these" included.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError

SATURATED = 65535  # "too far" in 16 bits, also where it was copied into a wider type


@dataclass(frozen=True)
class Encoding:
    """What a stored number means: `metres_per_count`, after rotating 16 bits to the right by 3 if `rotated`."""

    name: str
    label: str
    metres_per_count: float
    rotated: bool = False


MILLIMETRES = Encoding("mm", "millimetres", 0.001)
TUM = Encoding("tum", "1/5000 m", 0.0002)
TENTH_MILLIMETRES = Encoding("0.1mm", "0.1 mm", 0.0001)
SUN_RGBD = Encoding("sunrgbd", "millimetres with rotated bits (SUN RGB-D)", 0.001, rotated=True)
METRES = Encoding("m", "metres", 1.0)

ENCODINGS = (MILLIMETRES, TUM, TENTH_MILLIMETRES, SUN_RGBD, METRES)


@dataclass(frozen=True)
class DetectedUnit:
    """An encoding and how sure it is, 0..1. `assumed` is False where the user gave it."""

    encoding: Encoding
    confidence: float
    assumed: bool


@dataclass(frozen=True)
class _Habit:
    """How common an encoding is, and the share of its files with each habit of numbers (estimates, not counts)."""

    prior: float
    low_bits: float  # low three bits at 0 or 1
    tens: float  # all multiples of 10
    fives: float  # all multiples of 5, but not of 10


_INTEGER_HABITS = {
    MILLIMETRES: _Habit(prior=0.65, low_bits=0.02, tens=0.04, fives=0.01),
    TUM: _Habit(prior=0.15, low_bits=0.02, tens=0.03, fives=0.60),
    SUN_RGBD: _Habit(prior=0.15, low_bits=0.97, tens=0.04, fives=0.01),
    TENTH_MILLIMETRES: _Habit(prior=0.05, low_bits=0.02, tens=0.50, fives=0.02),
}
_FLOAT_PRIORS = {METRES: 0.85, MILLIMETRES: 0.15}
_NONE_OF_THESE = _Habit(prior=0.001, low_bits=0.02, tens=0.04, fives=0.01)

_TYPICAL_MEDIAN, _SPREAD = 2.3, 0.5  # metres, and standard deviation of its logarithm: rooms seen by a held camera
_NEAR, _FAR = 0.3, 7.0  # metres: few indoor sensors give more than one pixel in twenty beyond either
_SAMPLE = 200_000


def parse_unit(unit: float | str | None) -> Encoding | None:
    """The encoding meant by `unit`: metres per count, a name ("mm", "tum", "0.1mm", "sunrgbd", "m"), or None for auto.

    Raises InputError for anything else.
    """
    if unit is None or (isinstance(unit, str) and unit.strip().lower() in ("", "auto")):
        return None
    if isinstance(unit, str):
        name = unit.strip().lower().replace(" ", "")
        for encoding in ENCODINGS:
            if name == encoding.name:
                return encoding
    try:
        scale = math.nan if isinstance(unit, bool) else float(unit)
    except (TypeError, ValueError):
        scale = math.nan
    if not (0 < scale < math.inf):
        names = ", ".join(repr(encoding.name) for encoding in ENCODINGS)
        raise InputError(f"The depth unit is {unit!r}; expected metres per count (such as 0.001) or one of {names}.")
    for encoding in ENCODINGS:
        if not encoding.rotated and math.isclose(scale, encoding.metres_per_count, rel_tol=1e-9):
            return encoding
    return Encoding(f"{scale:g}", f"{scale:g} m per count", scale)


def known_mask(raw: NDArray) -> NDArray[np.bool_]:
    """True where `raw` depth (HxW, as stored) is a measurement: not 0, negative, NaN, infinite or saturated."""
    top = np.iinfo(raw.dtype).max if raw.dtype.kind in "iu" else float(np.finfo(raw.dtype).max)
    known = (raw > 0) & (raw < top)  # comparisons with NaN are False
    return known & (raw != SATURATED) if top > SATURATED else known


def to_metres(raw: NDArray, encoding: Encoding) -> NDArray[np.float32]:
    """`raw` depth (HxW, as stored) in metres, NaN where unknown. Raises InputError if it cannot be so encoded."""
    counts = rotate_bits(raw) if encoding.rotated else raw
    with np.errstate(over="ignore"):  # doubles that float32 cannot hold become infinite, and unknown below
        metres = (counts * np.float64(encoding.metres_per_count)).astype(np.float32)
    metres[~known_mask(raw) | ~np.isfinite(metres) | (metres <= 0)] = np.nan
    return metres


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


def detect_unit(raw: NDArray) -> DetectedUnit:
    """The most probable encoding of `raw` depth (HxW, as stored), which must hold at least one measurement."""
    known = raw[known_mask(raw)]
    sample = known[:: max(1, known.size // _SAMPLE)]
    if raw.dtype.kind in "iu":
        chances = {encoding: _habit_chance(sample, habit) for encoding, habit in _INTEGER_HABITS.items()}
        none_of_these = _habit_chance(sample, _NONE_OF_THESE)
        if sample.max() > SATURATED:
            del chances[SUN_RGBD]
    else:
        chances, none_of_these = _FLOAT_PRIORS, _NONE_OF_THESE.prior
    scores = {encoding: chance * _range_fit(sample, encoding) for encoding, chance in chances.items()}
    best = max(scores, key=lambda encoding: scores[encoding])
    share = scores[best] / (sum(scores.values()) + none_of_these)
    return DetectedUnit(best, min(0.99, round(share, 2)), assumed=True)  # a guess is never certain


def _range_fit(sample: NDArray, encoding: Encoding) -> float:
    """How well the depths would fit a room, 0..1."""
    counts = rotate_bits(sample) if encoding.rotated else sample
    near, median, far = np.percentile(counts * np.float64(encoding.metres_per_count), (5, 50, 95))
    if near <= 0:  # a float so small that scaling it leaves nothing
        return 0.0
    misfit = 0.5 * (math.log(median / _TYPICAL_MEDIAN) / _SPREAD) ** 2
    misfit += 2 * max(0.0, math.log(_NEAR / near)) + 2 * max(0.0, math.log(far / _FAR))
    return math.exp(-misfit)


def _habit_chance(sample: NDArray, habit: _Habit) -> float:
    """The chance of an encoding before its depths are looked at: its prior times that of the habits seen."""
    low_bits = np.mean((sample & 7) <= 1) > 0.9
    chance = habit.prior * (habit.low_bits if low_bits else 1 - habit.low_bits)
    if np.mean(sample % 10 == 0) > 0.95:
        return chance * habit.tens
    if np.mean(sample % 5 == 0) > 0.95:
        return chance * habit.fives
    return chance * (1 - habit.tens - habit.fives)
