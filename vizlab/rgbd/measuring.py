"""Stored depth made metres: in which unit, what the numbers measure, and what is doubtful about it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.detection import SURE, DetectedUnit, detect_unit
from vizlab.rgbd.meanings import Doubt, Meaning, as_depth, describe, doubts_about, parse_meaning, unknown_of
from vizlab.rgbd.nothing import beyond_all_others
from vizlab.rgbd.nothing import describe as describe_nothing
from vizlab.rgbd.orientation import UPRIGHT
from vizlab.rgbd.record import Suggestion
from vizlab.rgbd.units import METRES, Encoding, in_counts, known_mask, parse_unit, to_metres

_NO_SURER = 0.5  # can a unit be of numbers that may be no distances
_OTHERS = 3  # units that are named besides the one that was taken
_UNITLESS: tuple[Meaning, ...] = ("relative", "relative inverse", "kinect raw")
_Reading = tuple[Encoding, float]


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

    @property
    def unit_label(self) -> str:
        """One count's worth; that of inverse depth is one over a length."""
        encoding = self.unit.encoding
        return f"{encoding.metres_per_count:g}/m" if self.meaning == "inverse" else encoding.label

    def record(self) -> dict[str, Any]:
        """The fields of a DepthRecord that say what the numbers were taken to mean."""
        known, encoding = self.metres[~np.isnan(self.metres)], self.unit.encoding
        return {
            "encoding": encoding.name,
            "unit": self.unit_label,
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
    metres = as_depth(to_metres(np.where(known, counts, 0), unit.encoding), meaning, question.field_of_view)
    if np.isnan(metres).all():
        raise _no_distance(raw, unit.encoding, meaning)
    rotated = unit.encoding.rotated
    doubts = doubts_about(counts, known, raw.place, rotated=rotated) if meaning == "auto" else []
    doubts = [doubt for doubt in doubts if question.unit is None or not doubt.settled_by_unit]
    are_distances = all(doubt.distances for doubt in doubts)
    if unit.assumed and not are_distances:
        unit = replace(unit, confidence=min(unit.confidence, _NO_SURER))
    depth = Measured(metres, unit, "depth" if meaning == "auto" else meaning, (), ())
    sentences = [describe_nothing(counts, nothing)] if nothing.any() else []
    sentences += [describe(meaning, question.field_of_view)] if meaning not in ("auto", "depth") else []
    readings = (
        _unit_readings(unit, counts[known], float(np.nanmedian(metres))) if are_distances and _is_guess(unit) else []
    )
    sentences += [doubt.sentence for doubt in doubts] + _doubts(depth, readings)
    return Measured(metres, unit, depth.meaning, tuple(sentences), _suggestions(readings, doubts))


def _no_measurement(raw: RawDepth) -> InputError:
    return InputError(
        f"{raw.subject} has no measurement: every pixel is 0, NaN, negative, infinite or saturated; expected "
        "distances: check the export, or leave depth out to use colour alone."
    )


def _no_distance(raw: RawDepth, encoding: Encoding, meaning: Meaning) -> InputError:
    read_as = f"{meaning!r}" if meaning in _UNITLESS else encoding.label
    return InputError(
        f"{raw.subject} gives no distance if its numbers are read as {read_as}; expected some that this reading makes "
        "a distance of: choose another unit or kind of depth, or leave both to detection."
    )


def _unit_of(raw: RawDepth, question: Question, known: NDArray[np.bool_]) -> DetectedUnit:
    given = METRES if question.meaning in _UNITLESS else question.unit or raw.encoding
    if question.meaning == "inverse" and question.unit is None:
        raise InputError(
            "Inverse depth has no unit of its own; give depth_unit as 1/m for each count, such as 0.001, or read it "
            "without a scale as 'relative inverse'."
        )
    return detect_unit(raw.counts, known) if given is None else DetectedUnit(given, 1.0, assumed=False)


def _is_guess(unit: DetectedUnit) -> bool:
    return unit.assumed and unit.confidence < SURE


def _unit_readings(unit: DetectedUnit, counts: NDArray, median: float) -> list[_Reading]:
    """The units that may be meant, the one that was taken first, each with the median that it gives, in metres.

    `counts` are the measurements as stored, `median` that of the depth that was made of them.
    """
    encodings = [unit.encoding, *(candidate.encoding for candidate in unit.others[:_OTHERS])]
    medians = [float(np.median(in_counts(counts, one))) * one.metres_per_count for one in encodings]
    return [(encoding, median * one / medians[0]) for encoding, one in zip(encodings, medians, strict=True)]


def _doubts(depth: Measured, readings: list[_Reading]) -> list[str]:
    """A sentence for each thing about the numbers that deserves a second look."""
    found, known = [], depth.metres[~np.isnan(depth.metres)]
    median, holes = float(np.median(known)), 1 - known.size / depth.metres.size
    if readings:
        found.append(_guess(depth.unit.confidence, readings))
    if not 0.1 <= median <= 100:
        found.append(f"The median depth is {median:.3g} m, unusual for a scene; check the unit ({depth.unit_label}).")
    if holes > 0.5:
        found.append(f"{100 * holes:.0f} % of the depth is unknown.")
    return found


def _guess(confidence: float, readings: list[_Reading]) -> str:
    """What the unit was taken to be and may be too, with the median that each would give."""
    (taken, median), *others = readings
    said = f"The depth's unit is a guess: {taken.label} (confidence {100 * confidence:.0f} %, median {median:.3g} m)"
    also = " or ".join(f"{encoding.label} ({metres:.3g} m)" for encoding, metres in others)
    return f"{said}{f'; it may also be {also}' if also else ''}; give the unit if you know it."


def _suggestions(readings: list[_Reading], doubts: list[Doubt]) -> tuple[Suggestion, ...]:
    """What to choose from: the units that may be meant, and the other meanings."""
    named = (Suggestion(one.label, (("depth_unit", one.name),), f"median {metres:.3g} m") for one, metres in readings)
    return (*named, *(suggestion for doubt in doubts for suggestion in doubt.suggestions))
