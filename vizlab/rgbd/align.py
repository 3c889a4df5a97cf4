"""Depth brought to the colour picture's size: nearest samples only, since a mean across an edge lies in mid-air."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.orientation import UPRIGHT, describe, upright, upright_size
from vizlab.rgbd.placement import Placement, parse_placement

AlignMode = Literal["auto", "resize", "centre", "crop", "none"]

_SAME_ASPECT = 0.02  # relative; 1 % is rounding of odd sizes, 6.6 % is the Kinect's 5:4 colour beside its 4:3 depth
_NEAR_ONE = (
    0.7  # scales from this to its inverse are what is left when a border is cut off; below, it is another sensor
)
_CROP_SHOWS = 0.015  # of the side: where cropping differs from resizing by less at the border, either will do


@dataclass(frozen=True)
class Frame:
    """The colour picture that depth is aligned to: its (height, width) as stored and its EXIF orientation."""

    stored_size: tuple[int, int]
    orientation: int = UPRIGHT

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) once upright."""
        return upright_size(self.stored_size, self.orientation)


@dataclass(frozen=True)
class Aligned:
    """Depth (HxW float32, metres) at the colour's size, how it got there in a sentence, and what to be wary of.

    `placement` says where it lies; None where no scale and offset can (each pixel was carried by the cameras).
    """

    depth: NDArray[np.float32]
    how: str
    warnings: tuple[str, ...] = ()
    placement: Placement | None = None


def check_mode(mode: str) -> None:
    """Raise InputError unless `mode` is one of AlignMode or a placement, as "scale 1.2", "offset 40,26" or both."""
    if mode not in get_args(AlignMode) and parse_placement(mode) is None:
        choices = ", ".join(repr(choice) for choice in get_args(AlignMode))
        raise InputError(
            f"align is {mode!r}; expected one of {choices}, or a placement: 'scale S' (1/64 to 64 colour pixels per "
            "depth pixel), 'offset X,Y' (depth pixels from depth's first to the colour's), or 'scale S offset X,Y'."
        )


def align_depth(depth: NDArray[np.float32], size: tuple[int, int], mode: str = "auto") -> Aligned:
    """Bring `depth` (HxW metres) under a colour picture of `size` (height, width).

    auto: same aspect is resized, another scaled to the same longer side and centred; resize: stretched to fit;
    centre: scaled uniformly and centred; crop: cropped or padded about its centre, unscaled; none: sizes must agree;
    else a placement, see `check_mode`. Raises InputError where that is impossible.
    """
    if mode == "none" and depth.shape != size:
        raise InputError(
            f"Depth is {_text(depth.shape)} but colour is {_text(size)}; choose align 'resize', 'centre' or 'crop'."
        )
    if parse_placement(mode) is not None:
        return _placed(depth, size, mode)
    if depth.shape == size:
        return Aligned(
            depth, "Depth has the colour picture's size and was laid on it pixel for pixel.", (), Placement()
        )
    if mode == "crop":
        return _crop(depth, size)
    if mode == "resize" or (mode == "auto" and _same_aspect(depth.shape, size)):
        return _resize(depth, size)
    return _centre(depth, size)


def turn_with_colour(depth: NDArray, frame: Frame) -> tuple[NDArray, str, tuple[str, ...]]:
    """Turn depth as EXIF turned the colour, if it has the shape of the colour as stored: the sensor's own frame.

    Returns the depth, a sentence about what was done ("" for nothing) and warnings.
    """
    if frame.orientation == UPRIGHT or not _same_aspect(depth.shape, frame.stored_size):
        return depth, "", ()
    turn = f"Depth was {describe(frame.orientation)}, as the colour picture's EXIF orientation asks. "
    doubt = (
        "The colour picture's EXIF orientation was applied to the depth too, though its shape fits either way; "
        "if depth now lies wrong, save the colour picture upright without EXIF."
    )
    ambiguous = _same_aspect(depth.shape, frame.size)
    return upright(depth, frame.orientation), turn, (doubt,) if ambiguous else ()


def lies_on_its_side(depth: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Whether depth has the aspect of colour (sizes: height, width) only once height and width are exchanged."""
    return not _same_aspect(depth, size) and _same_aspect(depth[::-1], size)


def may_be_cropped(depth: tuple[int, ...], size: tuple[int, int]) -> bool:
    """Whether sizes (height, width) differ as after a border was cut off: in scale and aspect, but in neither by much.

    A resized picture keeps its aspect but for the rounding of its sides.
    """
    scales = [new / old for new, old in zip(size, depth, strict=True)]
    rounding = 1 / min(*size, *depth)
    near = all(_NEAR_ONE <= scale <= 1 / _NEAR_ONE for scale in scales)
    differs = max(abs(1 - scale) / 2 for scale in scales) >= _CROP_SHOWS
    return near and differs and abs(scales[0] / scales[1] - 1) > rounding


def _resize(depth: NDArray[np.float32], size: tuple[int, int]) -> Aligned:
    placement = Placement.centred(depth.shape, size, size)
    how = f"Depth was resized from {_text(depth.shape)} to {_text(size)} by taking nearest samples."
    return Aligned(placement.sample(depth, size), how, (), placement)


def _crop(depth: NDArray[np.float32], size: tuple[int, int]) -> Aligned:
    placement = Placement.centred(depth.shape, (depth.shape[0], depth.shape[1]), size)
    smaller = [old < new for old, new in zip(depth.shape, size, strict=True)]
    verb = "padded with unknown pixels" if all(smaller) else "cropped and padded" if any(smaller) else "cropped"
    how = f"Depth was {verb} about its centre from {_text(depth.shape)} to {_text(size)}, unscaled."
    return Aligned(placement.sample(depth, size), how, (), placement)


def _centre(depth: NDArray[np.float32], size: tuple[int, int]) -> Aligned:
    """Scale uniformly so that the longer side of `size` agrees, then crop or pad the other about its centre.

    The longer side, since cameras make a wider or narrower picture from the full width of their sensor.
    """
    longer = int(size[1] >= size[0])
    scale = size[longer] / depth.shape[longer]
    scaled = (max(1, round(depth.shape[0] * scale)), max(1, round(depth.shape[1] * scale)))
    excess, words = scaled[1 - longer] - size[1 - longer], ("columns", "rows")[longer]
    verb = f"cropped by {excess} {words}" if excess > 0 else f"padded with {-excess} unknown {words}"
    how = f"Depth {_text(depth.shape)} was scaled by {scale:.3g} (nearest samples), centred, and {verb}"
    doubt = (
        f"Depth ({_text(depth.shape)}) and colour ({_text(size)}) have different shapes; they were aligned on the "
        "assumption that both cameras share centre and longer side."
    )
    placement = Placement.centred(depth.shape, scaled, size)
    return Aligned(placement.sample(depth, size), f"{how} to {_text(size)}.", (doubt,), placement)


def _placed(depth: NDArray[np.float32], size: tuple[int, int], mode: str) -> Aligned:
    """Depth as `mode`, a scale and an offset in words, places it. Raises InputError if none of it meets the colour."""
    scale, offset = parse_placement(mode) or (1.0, None)
    scaled = (max(1, round(depth.shape[0] * scale)), max(1, round(depth.shape[1] * scale)))
    placement = Placement.centred(depth.shape, scaled, size) if offset is None else Placement((scale, scale), offset)
    sampled = placement.sample(depth, size)
    if np.isnan(sampled).all():
        raise InputError(
            f"align={mode!r} lays no measured pixel of the depth ({_text(depth.shape)}) under the colour "
            f"({_text(size)}); give the offset in depth's pixels, from depth's first to the colour's."
        )
    where = (
        "centred on the colour picture"
        if offset is None
        else f"and the colour picture begins at its column {offset[1]:g}, row {offset[0]:g}"
    )
    return Aligned(sampled, f"Depth {_text(depth.shape)} was scaled by {scale:.4g}, {where}.", (), placement)


def _same_aspect(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return abs((one[0] * other[1]) / (one[1] * other[0]) - 1) < _SAME_ASPECT


def _text(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"
