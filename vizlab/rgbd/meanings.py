"""What the numbers of a depth map measure: depth along the optical axis, or something else that is kept the same way.

Inverse depth, disparities, lengths of rays, predictions without a scale, a Kinect's raw counts and pictures of depth
all come as one number for each pixel. Where their numbers give them away, a sentence says so and offers the reading
that can be made honestly; nothing is converted unasked.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.fingerprints import lies_on_grid
from vizlab.rgbd.planes import looks_inverse, ray_field_of_view, ray_over_depth
from vizlab.rgbd.record import Suggestion
from vizlab.rgbd.units import rotate_bits

Meaning = Literal["auto", "depth", "ray", "inverse", "relative", "relative inverse", "kinect raw"]
"""What `depth_kind` of `read_rgbd` may be."""

TYPICAL_MEDIAN = 2.3
"""Metres: where the median of depth without a scale is put, that of a room seen by a held camera."""

_NOTHING_RAW = 2047  # of a Kinect v1
_RAY_NAMES = ("distance_to_camera", "depth_meters", "euclid", "raylength", "ray_length", "ray_depth", "radial")
_HYPERSIM = 60.0  # degrees


@dataclass(frozen=True)
class Doubt:
    """A sentence on what the numbers may be instead of depth, and how to have them read so.

    `distances` says that they would be distances all the same, in some unit; `settled_by_unit` that whoever gives a
    unit knows that they are.
    """

    sentence: str
    suggestions: tuple[Suggestion, ...] = ()
    distances: bool = False
    settled_by_unit: bool = False


def parse_meaning(meaning: str) -> Meaning:
    """Raises InputError unless `meaning` is one of Meaning."""
    for known in get_args(Meaning):
        if meaning == known:
            return known
    choices = ", ".join(repr(one) for one in get_args(Meaning))
    raise InputError(f"depth_kind is {meaning!r}; expected one of {choices}.")


def doubts_about(raw: NDArray, known: NDArray[np.bool_], place: str, *, rotated: bool = False) -> list[Doubt]:
    """What `raw` (HxW, as stored and upright) may hold in place of depth.

    `known` are its measurements, `place` its name with some folders, which may say it; `rotated` says that its bits
    are, so that only rotated back they are in order.
    """
    numbers = raw[known]
    if (doubt := _kinect_raw(raw)) or (doubt := _picture_of_depth(raw, numbers)):
        return [doubt]
    if rotated:
        raw = rotate_bits(np.where(known, raw, 0))
        numbers = raw[known]
    values = np.where(known, raw, np.nan).astype(float)
    if looks_inverse(values):
        return [_inverse()]
    found = [_stretched(raw, numbers)]
    if (field_of_view := ray_field_of_view(values)) is not None or _is_named_ray(place):
        found.append(_ray(place, field_of_view))
    return [doubt for doubt in found if doubt]


def unknown_of(meaning: Meaning, raw: NDArray) -> NDArray[np.bool_]:
    """Where `raw` (HxW, as stored) says nothing, beyond what says nothing in any depth map."""
    return raw == _NOTHING_RAW if meaning == "kinect raw" else np.zeros(raw.shape, bool)


def as_depth(values: NDArray[np.float32], meaning: Meaning, field_of_view: float | None) -> NDArray[np.float32]:
    """`values` (HxW, in the unit that was given, NaN unknown) as metres along the optical axis.

    ray: lengths in metres, for which `field_of_view` in degrees across the width is needed. inverse: 1/m. relative:
    depth up to a factor, whose median becomes TYPICAL_MEDIAN; relative inverse: its reciprocal. kinect raw: 11-bit
    disparities, by z = 1/(3.3309495161 - 0.0030711016 d) (OpenKinect, "Imaging Information"), from 0 to 20 m.
    Raises InputError where something is missing.
    """
    depth = values.astype(float)
    if meaning == "ray":
        depth = depth / ray_over_depth(values.shape, _checked(field_of_view))
    if meaning in ("inverse", "relative inverse"):
        depth = 1 / depth
    if meaning == "kinect raw":
        depth = 1 / (3.3309495161 - 0.0030711016 * depth)
        depth = np.where((depth > 0) & (depth < 20), depth, np.nan)
    if meaning in ("relative", "relative inverse"):
        known = depth[~np.isnan(depth)]
        depth = depth * (TYPICAL_MEDIAN / np.median(known)) if known.size else depth
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and unknown
        metres = depth.astype(np.float32)
    return np.where(np.isfinite(metres) & (metres > 0), metres, np.float32(np.nan))


def _checked(field_of_view: float | None) -> float:
    if field_of_view is None or not 1 < field_of_view < 179:
        found = "No field of view was given" if field_of_view is None else f"The field of view is {field_of_view:g}°"
        raise InputError(
            f"{found}; lengths of rays become depth only with that of their camera: give field_of_view in degrees "
            "across the width, between 1 and 179, such as 60."
        )
    return field_of_view


def describe(meaning: Meaning, field_of_view: float | None) -> str:
    """What was made of the numbers, as a sentence; empty for plain depth."""
    return {
        "ray": f"Lengths of rays became depth along the optical axis, for a field of view of {field_of_view:g} degrees."
        if field_of_view
        else "",
        "inverse": "Inverse depth became depth by 1/x.",
        "relative": "Depth without a scale: its median was put at "
        f"{TYPICAL_MEDIAN:g} m, so distances in metres mean nothing, only their ratios do.",
        "relative inverse": "Inverse depth without a scale became depth by 1/x, with its median put at "
        f"{TYPICAL_MEDIAN:g} m: distances in metres mean nothing.",
        "kinect raw": "Raw Kinect v1 disparities became metres by the formula of the OpenKinect project.",
    }.get(meaning, "")


def _reading(label: str, reason: str, **options: str) -> Suggestion:
    return Suggestion(label, tuple(options.items()), reason)


def _kinect_raw(raw: NDArray) -> Doubt | None:
    if raw.dtype.kind not in "iu" or raw.max() != _NOTHING_RAW:
        return None
    measured = raw[(raw > 0) & (raw < _NOTHING_RAW)]
    if not measured.size or measured.max() > 1150 or np.percentile(measured, 1) < 250:
        return None
    return Doubt(
        "The depth looks like raw 11-bit disparities of a Kinect v1 (2047 stands for nothing), which are no distances.",
        (_reading("convert from Kinect v1 counts", "by OpenKinect's formula", depth_kind="kinect raw"),),
    )


def _picture_of_depth(raw: NDArray, numbers: NDArray) -> Doubt | None:
    if raw.dtype.kind not in "iu":
        return None
    relative = _reading("use without a scale", "only ratios of distances then mean something", depth_kind="relative")
    inverse = _reading("use as inverse, without a scale", "if near things are bright", depth_kind="relative inverse")
    distinct = np.unique(numbers)
    if len(distinct) < 8:
        return None
    if step := _step_of_shades(distinct):
        sentence = f"All numbers of the depth are multiples of {step:.6g}: an 8-bit picture of depth stretched to 16"
        sentence = f"{sentence} bits. It holds no distances but shades of them."
        return Doubt(sentence, (relative, inverse), settled_by_unit=True)
    if distinct[-1] <= 255:
        sentence = "The numbers of the depth end below 256, as in an 8-bit picture of depth kept in 16 bits"
        sentence = f"{sentence}; unless they are centimetres, they are shades, not distances."
        return Doubt(sentence, (relative, inverse), settled_by_unit=True)
    return None


def _step_of_shades(distinct: NDArray) -> float | None:
    """The step between at most 255 shades that fill 16 bits: 257, 256, another, or a 255th of the highest number."""
    step = float(np.gcd.reduce(distinct))
    if step in (256, 257) or (step >= 128 and 32767 < distinct[-1] <= 255 * step):
        return step
    step = float(distinct[-1]) / 255
    return step if 128 <= step <= 257 and lies_on_grid(distinct.astype(float), step) else None


def _stretched(raw: NDArray, numbers: NDArray) -> Doubt | None:
    """Numbers that were scaled to a range, as predictions are before they are saved."""
    highest = float(numbers.max())
    at_highest = float(np.mean(numbers == highest))
    relative = _reading("use without a scale", "only ratios of distances then mean something", depth_kind="relative")
    if raw.dtype.kind == "f":
        if highest <= 1:
            return Doubt(
                "The depth stays within 0..1, as if it were scaled to that range; distances shown in metres may mean "
                "nothing.", (relative,), settled_by_unit=True,
            )  # fmt: skip
        if highest == 255 and at_highest < 0.01:
            sentence = "The depth ends at 255.0, as if it were scaled to 8 bits; it may hold no distances."
            return Doubt(sentence, (relative,), settled_by_unit=True)
        return None
    saturated = raw[raw == 65535].size / raw.size
    fills = 0.98 * 65535 < highest <= 65535 and saturated < 0.01
    if (fills and numbers.min() < 0.02 * 65535) or (highest == 60000 and at_highest < 0.01):
        return Doubt(
            f"The depth fills the 16 bits up to {highest:.0f}, as predictions do that are stretched before they are "
            "saved; distances shown in metres may mean nothing.", (relative,), settled_by_unit=True,
        )  # fmt: skip
    return None


def _inverse() -> Doubt:
    return Doubt(
        "The depth looks like inverse depth or disparity: it is larger where things are nearer, and planes are "
        "straight in it as they are not in depth.",
        (
            _reading("use as inverse, without a scale", "only ratios then count", depth_kind="relative inverse"),
            _reading("it is depth", "near things have the smaller numbers", depth_kind="depth"),
        ),
    )


def _is_named_ray(place: str) -> bool:
    return any(word in place.lower() for word in _RAY_NAMES)


def _ray(place: str, field_of_view: int | None) -> Doubt:
    why = "planes are straight in them only as such" if field_of_view else f"its name, {place}, says so"
    angle = f"{field_of_view or _HYPERSIM:g}"
    return Doubt(
        f"The depth may be lengths of rays from the camera, not depth along its axis: {why}.",
        (
            _reading(
                f"convert from ray length ({angle}°)", "for that field of view across the width",
                depth_kind="ray", field_of_view=angle,
            ),
            _reading("it is depth", "along the optical axis", depth_kind="depth"),
        ),
        distances=True,
    )  # fmt: skip
