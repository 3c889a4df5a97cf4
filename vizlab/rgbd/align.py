"""Depth brought to the colour picture's size: nearest samples only, since a mean across an edge lies in mid-air."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.orientation import UPRIGHT, describe, upright, upright_size

AlignMode = Literal["auto", "resize", "centre", "none"]

_SAME_ASPECT = 0.02  # relative; 1 % is rounding of odd sizes, 6.6 % is the Kinect's 5:4 colour beside its 4:3 depth


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
    """Depth (HxW float32, metres) at the colour's size, how it got there in a sentence, and what to be wary of."""

    depth: NDArray[np.float32]
    how: str
    warnings: tuple[str, ...] = ()


def check_mode(mode: str) -> None:
    """Raise InputError unless `mode` is one of AlignMode."""
    if mode not in get_args(AlignMode):
        choices = ", ".join(repr(choice) for choice in get_args(AlignMode))
        raise InputError(f"align is {mode!r}; expected one of {choices}.")


def align_depth(depth: NDArray[np.float32], frame: Frame, mode: str = "auto", *, turned: bool = False) -> Aligned:
    """Bring `depth` (HxW metres) to `frame`; `turned` says that its own file already had an EXIF orientation.

    auto: same aspect is resized, another scaled to the same longer side and centred; resize: stretched to fit;
    centre: scaled uniformly and centred; none: sizes must agree. Raises InputError where that is impossible.
    """
    depth, turn, warnings = (depth, "", ()) if turned else _turn_with_colour(depth, frame)
    before, after = _text(depth.shape), _text(frame.size)
    if depth.shape == frame.size:
        return Aligned(depth, turn or "Depth has the colour picture's size; no pixel was moved.", warnings)
    if mode == "none":
        raise InputError(f"Depth is {before} but colour is {after}; pass align='resize' or align='centre'.")
    if mode == "resize" or (mode == "auto" and _same_aspect(depth.shape, frame.size)):
        how = f"Depth was resized from {before} to {after} by taking nearest samples."
        return Aligned(_sample(depth, frame.size, frame.size), turn + how, warnings)
    if mode == "auto" and _same_aspect(depth.shape[::-1], frame.size):
        raise InputError(
            f"Depth is {before} but colour is {after}, as if one of them lay on its side; "
            "turn it so that both are the same way up, or pass align='centre'."
        )
    how, aligned = _centre(depth, frame.size)
    doubt = (
        f"Depth ({before}) and colour ({after}) have different shapes; they were aligned on the assumption that both "
        "cameras share centre and longer side."
    )
    return Aligned(aligned, turn + how, (*warnings, doubt))


def _turn_with_colour(depth: NDArray, frame: Frame) -> tuple[NDArray, str, tuple[str, ...]]:
    """Turn depth as EXIF turned the colour, if it has the shape of the colour as stored: the sensor's own frame."""
    if frame.orientation == UPRIGHT or not _same_aspect(depth.shape, frame.stored_size):
        return depth, "", ()
    turn = f"Depth was {describe(frame.orientation)}, as the colour picture's EXIF orientation asks. "
    doubt = (
        "The colour picture's EXIF orientation was applied to the depth too, though its shape fits either way; "
        "if depth now lies wrong, save the colour picture upright without EXIF."
    )
    ambiguous = _same_aspect(depth.shape, frame.size)
    return upright(depth, frame.orientation), turn, (doubt,) if ambiguous else ()


def _centre(depth: NDArray[np.float32], size: tuple[int, int]) -> tuple[str, NDArray[np.float32]]:
    """Scale uniformly so that the longer side of `size` agrees, then crop or pad the other about its centre.

    The longer side, since cameras make a wider or narrower picture from the full width of their sensor.
    """
    longer = int(size[1] >= size[0])
    scale = size[longer] / depth.shape[longer]
    scaled = (max(1, round(depth.shape[0] * scale)), max(1, round(depth.shape[1] * scale)))
    excess, words = scaled[1 - longer] - size[1 - longer], ("columns", "rows")[longer]
    verb = f"cropped by {excess} {words}" if excess > 0 else f"padded with {-excess} unknown {words}"
    how = f"Depth {_text(depth.shape)} was scaled by {scale:.3g} (nearest samples), centred, and {verb}"
    return f"{how} to {_text(size)}.", _sample(depth, scaled, size)


def _sample(depth: NDArray[np.float32], scaled: tuple[int, int], size: tuple[int, int]) -> NDArray[np.float32]:
    """`depth` as if enlarged to `scaled` (nearest samples), then cropped or padded with NaN to `size` about its centre.

    Only the samples needed are taken: a sliver scaled to the longer side could be enormous before it is cropped.
    """
    targets, sources = [], []
    for old, middle, new in zip(depth.shape, scaled, size, strict=True):
        start = (middle - new) // 2
        target = np.arange(max(0, -start), min(new, middle - start))
        targets.append(target)
        sources.append(((target + start + 0.5) * old / middle).astype(int))
    sampled = np.full(size, np.nan, np.float32)
    sampled[np.ix_(*targets)] = depth[np.ix_(*sources)]
    return sampled


def _same_aspect(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return abs((one[0] * other[1]) / (one[1] * other[0]) - 1) < _SAME_ASPECT


def _text(size: tuple[int, ...]) -> str:
    return f"{size[1]}x{size[0]}"
