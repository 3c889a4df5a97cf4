"""Stored depth made metres: in which unit, what the numbers measure, and what is doubtful about it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.detection import DetectedUnit, detect_unit
from vizlab.rgbd.meanings import Doubt, Meaning, as_depth, describe, doubts_about, parse_meaning, unknown_of
from vizlab.rgbd.nothing import beyond_all_others
from vizlab.rgbd.nothing import describe as describe_nothing
from vizlab.rgbd.orientation import UPRIGHT
from vizlab.rgbd.record import Suggestion
from vizlab.rgbd.units import METRES, Encoding, known_mask, parse_unit, to_metres

_UNSURE = 0.9  # below this confidence the unit is called a guess
_UNITLESS: tuple[Meaning, ...] = ("relative", "relative inverse", "kinect raw")


@dataclass(frozen=True)
class RawDepth:
    """Depth as stored (HxW, any numeric type, upright) and where it came from.

    `encoding` is the one that the file itself states, None where it does not; `place` its name within its folders.
    """

    counts: NDArray
    name: str
    container: str
    size: tuple[int, int]
    orientation: int = UPRIGHT
    notes: tuple[str, ...] = ()
    encoding: Encoding | None = None
    place: str = ""

    @property
    def subject(self) -> str:
        return "The depth array" if self.container == "array" else self.name


@dataclass(frozen=True)
class Question:
    """What the user says of the depth: the unit, what it measures, and the camera's field of view in degrees."""

    unit: Encoding | None = None
    meaning: Meaning = "auto"
    field_of_view: float | None = None

    @classmethod
    def of(cls, depth_unit: float | str | None, depth_kind: str, field_of_view: float | str | None) -> "Question":
        """Raises InputError for words that mean nothing."""
        try:
            angle = None if field_of_view is None or field_of_view == "" else float(field_of_view)
        except (TypeError, ValueError) as err:
            raise InputError(f"The field of view is {field_of_view!r}; expected degrees, such as 60.") from err
        return cls(parse_unit(depth_unit), parse_meaning(depth_kind), angle)


@dataclass(frozen=True)
class Measured:
    """Depth in metres (HxW float32, NaN unknown), its unit, and what is to be said of both."""

    metres: NDArray[np.float32]
    unit: DetectedUnit
    meaning: str
    warnings: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]

    def record(self) -> dict[str, Any]:
        """The fields of a DepthRecord that say what the numbers were taken to mean."""
        known, encoding = self.metres[~np.isnan(self.metres)], self.unit.encoding
        return {
            "encoding": encoding.name,
            "unit": encoding.label,
            "metres_per_count": encoding.metres_per_count,
            "confidence": self.unit.confidence,
            "assumed": self.unit.assumed,
            "meaning": self.meaning,
            "range_m": (float(known.min()), float(known.max())),
            "median_m": float(np.median(known)),
            "holes": 1 - known.size / self.metres.size,
        }


def measure(raw: RawDepth, question: Question) -> Measured:
    """`raw` in metres, as `question` says, else as its numbers say. Raises InputError where it holds no measurement."""
    counts, meaning = raw.counts, question.meaning
    measured = known_mask(counts) & ~unknown_of(meaning, counts)
    nothing = beyond_all_others(counts, measured)
    known = measured & ~nothing
    if not known.any():
        raise _no_measurement(raw)
    unit = _unit_of(raw, question, known)
    metres = to_metres(counts, unit.encoding)
    metres[~known] = np.nan
    if np.isnan(metres).all():
        raise _no_measurement(raw)
    metres = as_depth(metres, meaning, question.field_of_view)
    doubts = doubts_about(counts, known, raw.place) if meaning == "auto" else []
    depth = Measured(metres, unit, "depth" if meaning == "auto" else meaning, (), ())
    sentences = [describe_nothing(counts, nothing)] if nothing.any() else []
    sentences += [describe(meaning, question.field_of_view)] if meaning not in ("auto", "depth") else []
    sentences += [doubt.sentence for doubt in doubts] + _doubts(depth)
    suggestions = _readings(depth, doubts)
    return Measured(metres, unit, depth.meaning, tuple(sentences), suggestions)


def _no_measurement(raw: RawDepth) -> InputError:
    return InputError(
        f"{raw.subject} has no measurement: every pixel is 0, NaN, negative, infinite or saturated; expected "
        "distances: check the export, or leave depth out to use colour alone."
    )


def _unit_of(raw: RawDepth, question: Question, known: NDArray[np.bool_]) -> DetectedUnit:
    given = question.unit or (METRES if question.meaning in _UNITLESS else raw.encoding)
    if question.meaning == "inverse" and question.unit is None:
        raise InputError(
            "Inverse depth has no unit of its own; give depth_unit as 1/m for each count, such as 0.001, or read it "
            "without a scale as 'relative inverse'."
        )
    return detect_unit(raw.counts, known) if given is None else DetectedUnit(given, 1.0, assumed=False)


def _doubts(depth: Measured) -> list[str]:
    """A sentence for each thing about the numbers that deserves a second look."""
    found, known, unit = [], depth.metres[~np.isnan(depth.metres)], depth.unit
    median, holes = float(np.median(known)), 1 - known.size / depth.metres.size
    if _is_guess(unit):
        found.append(_guess(unit, median))
    if not 0.1 <= median <= 100:
        found.append(
            f"The median depth is {median:.3g} m, unusual for a scene; check the unit ({unit.encoding.label})."
        )
    if holes > 0.5:
        found.append(f"{holes:.0%} of the depth is unknown.")
    return found


def _is_guess(unit: DetectedUnit) -> bool:
    return unit.assumed and unit.confidence < _UNSURE


def _guess(unit: DetectedUnit, median: float) -> str:
    """What the unit was taken to be and may be too, with the median that each would give."""
    said = (
        f"The depth's unit is a guess: {unit.encoding.label} (confidence {unit.confidence:.0%}, median {median:.3g} m)"
    )
    others = [f"{one.label} ({metres:.3g} m)" for one, metres in _other_readings(unit, median)]
    return f"{said}{'; it may also be ' + ' or '.join(others) if others else ''}; give the unit if you know it."


def _other_readings(unit: DetectedUnit, median: float, most: int = 2) -> list[tuple[Encoding, float]]:
    """The likeliest other units, with the median depth that each would give."""
    counts = median / unit.encoding.metres_per_count
    found = [candidate.encoding for candidate in unit.others if not candidate.encoding.rotated]
    if unit.encoding.rotated:  # whose counts are others
        found = []
    return [(encoding, counts * encoding.metres_per_count) for encoding in found[:most]]


def _readings(depth: Measured, doubts: list[Doubt]) -> tuple[Suggestion, ...]:
    """What to choose from: the units that may be meant, the one that was taken first, and the other meanings."""
    units: list[tuple[Encoding, float]] = []
    if _is_guess(depth.unit):
        median = float(np.nanmedian(depth.metres))
        units = [(depth.unit.encoding, median), *_other_readings(depth.unit, median)]
    named = (Suggestion(one.label, (("depth_unit", one.name),), f"median {metres:.3g} m") for one, metres in units)
    return (*named, *(suggestion for doubt in doubts for suggestion in doubt.suggestions))
