"""A colour picture and its depth laid on each other as asked, and whether their edges say that it was right."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.agreement import CLEAR, MOVE_MARGIN, Better, agreement, find_better
from vizlab.rgbd.align import (
    Aligned,
    Frame,
    align_depth,
    check_mode,
    lies_on_its_side,
    may_be_cropped,
    turn_with_colour,
)
from vizlab.rgbd.cameras import Cameras, register
from vizlab.rgbd.edges import Edges, colour_edges, depth_edges
from vizlab.rgbd.orientation import TURNS, both_turns, check_turn, describe, turned, upright
from vizlab.rgbd.placement import Placement
from vizlab.rgbd.record import Suggestion

_DECIDES = 0.06  # gain in agreement from which the edges choose between cropping and resizing
_CROP_MOVE_MARGIN = 0.06  # gain from which a shift is reported after a crop: few borders are cut off evenly
_SAME_SCALE = 0.03  # a magnification found is right to 1.5 %
_SAME_PLACE = 0.015  # of the side; half of that scale at the border

_TURN_LABELS = {
    "none": "Leave the depth unturned",
    "mirrored": "Mirror the depth",
    "upside down": "Turn the depth upside down",
    "turned 180": "Turn the depth by 180 degrees",
    "turned 90": "Turn the depth by 90 degrees",
    "turned 270": "Turn the depth by 270 degrees",
}


@dataclass(frozen=True)
class Pairing:
    """How depth is to be laid on the colour: `align` and `turn` as `read_rgbd` takes them, or by known cameras.

    Raises InputError where a word is unknown, or both a way to align and cameras are given.
    """

    align: str = "auto"
    turn: str = "none"
    cameras: Cameras | None = None

    def __post_init__(self) -> None:
        check_mode(self.align)
        check_turn(self.turn)
        if self.cameras is not None and self.align != "auto":
            raise InputError(
                f"Both cameras and align={self.align!r} were given; the cameras align depth: leave one out."
            )


@dataclass(frozen=True)
class Paired:
    """Depth (HxW float32, metres, NaN unknown) as it is used, and what there is to say about it.

    `how` is a sentence or two; `agreement` of the edges is -1..1, None where there is no colour or too little to see.
    """

    depth: NDArray[np.float32]
    how: str
    warnings: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    agreement: float | None = None


@dataclass(frozen=True)
class _Laid:
    """Depth under the colour, its edges, and which doubts were left."""

    aligned: Aligned
    edges: Edges = field(repr=False)
    suggestions: tuple[Suggestion, ...] = ()
    move_margin: float = MOVE_MARGIN


def depth_alone(depth: NDArray[np.float32], pairing: Pairing) -> Paired:
    """Depth (HxW metres) without a colour picture: only turned."""
    how = "There is no colour picture to align the depth to."
    return Paired(turned(depth, pairing.turn), _turn_words(pairing) + how)


def pair(
    colour: NDArray[np.uint8],
    depth: NDArray[np.float32],
    frame: Frame,
    pairing: Pairing,
    *,
    upright_depth: bool = False,
) -> Paired:
    """Lay `depth` (HxW metres) on `colour` (HxWx3, upright) as `pairing` says, and hold their edges together.

    `upright_depth` says that depth's own file had an EXIF orientation, which was followed. Nothing is corrected that
    was not asked for: what would agree better becomes a warning and a suggestion. The check takes about 20 ms.
    """
    depth, words, notes = _turned(depth, frame, pairing, upright_depth)
    seen = colour_edges(colour)
    laid = _lay(depth, frame, pairing, seen)
    agrees = agreement(seen, laid.edges)
    better = find_better(seen, laid.edges, move_margin=laid.move_margin)
    doubts, ways_out = _doubt(better, laid.aligned.placement, frame.size, depth.shape, pairing)
    how = words + laid.aligned.how + _agreement_words(agrees)
    warnings = (*notes, *laid.aligned.warnings, *doubts)
    # One and the same way out may be suggested for two reasons; the later one has the numbers.
    suggestions = {one.options: one for one in (*laid.suggestions, *ways_out)}
    return Paired(laid.aligned.depth, how, warnings, tuple(suggestions.values()), agrees)


def _turned(
    depth: NDArray[np.float32], frame: Frame, pairing: Pairing, upright_depth: bool
) -> tuple[NDArray[np.float32], str, tuple[str, ...]]:
    """Depth turned with the colour, then as asked; what was done in words, and warnings.

    Cameras see pictures as they are stored: with them, nothing is turned on the colour's account.
    """
    words, notes = "", tuple[str, ...]()
    if not upright_depth and pairing.cameras is None:
        depth, words, notes = turn_with_colour(depth, frame)
    return turned(depth, pairing.turn), words + _turn_words(pairing), notes


def _turn_words(pairing: Pairing) -> str:
    return "" if pairing.turn == "none" else f"Depth was {describe(TURNS[pairing.turn])}, as asked. "


def _agreement_words(agrees: float | None) -> str:
    if agrees is None:
        return ""
    if agrees < CLEAR:
        return f" The edges of the two hardly agree ({agrees:.2f}); whether they are registered is not to be seen."
    return f" The edges of the two agree ({agrees:.2f})."


def _lay(depth: NDArray[np.float32], frame: Frame, pairing: Pairing, seen: Edges) -> _Laid:
    if pairing.cameras is not None:
        aligned = _through_cameras(depth, frame, pairing.cameras)
    elif pairing.align == "auto" and lies_on_its_side(depth.shape, frame.size):
        raise _on_its_side(depth, frame.size, seen)
    elif pairing.align == "auto" and may_be_cropped(depth.shape, frame.size):
        return _crop_or_scale(depth, frame.size, seen)
    else:
        aligned = align_depth(depth, frame.size, pairing.align)
    return _Laid(aligned, depth_edges(aligned.depth))


def _through_cameras(depth: NDArray[np.float32], frame: Frame, cameras: Cameras) -> Aligned:
    """The colour camera sees the picture as stored; what it sees is then turned upright with it."""
    carried = register(depth, cameras, frame.stored_size)
    if np.isnan(carried).all():
        raise InputError(
            "The cameras carry no pixel of the depth into the colour picture; expected focal lengths in pixels, metres "
            "between the cameras, and a motion that takes points of the depth camera to the colour camera."
        )
    how = (
        f"Depth was carried by the given cameras into the colour camera's view, the nearest surface winning; "
        f"{100 * np.isnan(carried).mean():.0f} % of it has no depth."
    )
    return Aligned(upright(carried, frame.orientation), how)


def _on_its_side(depth: NDArray[np.float32], size: tuple[int, int], seen: Edges) -> InputError:
    """What to tell whoever gave depth on its side: both ways to turn it, and which of them its edges speak for."""
    ways = ("turned 90", "turned 270")
    agrees = {way: agreement(seen, depth_edges(align_depth(turned(depth, way), size).depth)) or 0.0 for way in ways}
    best = max(ways, key=lambda way: agrees[way])
    speaks = f"; its edges agree with the colour's if it is {best}" if agrees[best] >= CLEAR else ""
    return InputError(
        f"Depth is {depth.shape[1]}x{depth.shape[0]} but colour is {size[1]}x{size[0]}, as if one of them lay on its "
        f"side; turn the depth (turn 'turned 90' or 'turned 270', degrees clockwise), or choose align 'centre'{speaks}."
    )


def _crop_or_scale(depth: NDArray[np.float32], size: tuple[int, int], seen: Edges) -> _Laid:
    """Sizes fit a picture whose border was cut off as well as a resized one: the edges choose, if they can."""
    laid = {mode: _Laid(one := align_depth(depth, size, mode), depth_edges(one.depth)) for mode in ("crop", "auto")}
    laid["crop"] = replace(laid["crop"], move_margin=_CROP_MOVE_MARGIN)
    agrees = {mode: agreement(seen, one.edges) for mode, one in laid.items()}
    crop, scale = agrees["crop"], agrees["auto"]
    if crop is None or scale is None or abs(crop - scale) < _DECIDES:
        return _undecided(laid, depth.shape, size)
    best, other = ("crop", "scaling") if crop > scale else ("auto", "cropping")
    aligned = laid[best].aligned
    why = f" The edges chose so: with {other} they agree less ({min(crop, scale):.2f} against {max(crop, scale):.2f})."
    return replace(laid[best], aligned=replace(aligned, how=aligned.how + why))


def _undecided(laid: dict[str, _Laid], depth: tuple[int, ...], size: tuple[int, int]) -> _Laid:
    """Larger depth is cropped, since a border is cut off colour more often than added; the other way is suggested."""
    cropped = all(old >= new for old, new in zip(depth, size, strict=True))
    doubt = (
        f"Depth ({depth[1]}x{depth[0]}) and colour ({size[1]}x{size[0]}) may differ by a border that was cut off or by "
        f"a scale, and their edges do not tell which; depth was {'cropped' if cropped else 'scaled'}: "
        f"align {'resize' if cropped else 'crop'!r} does the other."
    )
    other = ("Scale the depth instead", "resize") if cropped else ("Crop or pad the depth instead", "crop")
    suggestion = Suggestion(other[0], (("align", other[1]),), "if the two pictures show the same field of view")
    if not cropped:
        suggestion = replace(suggestion, reason="if a border of one of the pictures was cut off")
    chosen = laid["crop" if cropped else "auto"]
    aligned = replace(chosen.aligned, warnings=(*chosen.aligned.warnings, doubt))
    return replace(chosen, aligned=aligned, suggestions=(suggestion,))


def _doubt(
    better: Better | None,
    placement: Placement | None,
    size: tuple[int, int],
    depth: tuple[int, ...],
    pairing: Pairing,
) -> tuple[tuple[str, ...], tuple[Suggestion, ...]]:
    """A sentence about what would agree better, and the options that do it, where there are any."""
    if better is None:
        return (), ()
    gain = f"({better.agreement:.2f} against {better.now:.2f})"
    if better.turn != "none":
        what, cause, way = _turn_doubt(better, pairing)
    else:
        what, cause, way = _move_doubt(better, placement, size, depth)
    out = "" if way is None else "; choose " + ", ".join(f"{name} {value!r}" for name, value in way.options) + " if so"
    suggestions = () if way is None else (replace(way, reason=f"edges would agree better {gain}"),)
    return (f"Depth's edges agree better with the colour's if it is {what} {gain}: {cause}{out}.",), suggestions


def _turn_doubt(better: Better, pairing: Pairing) -> tuple[str, str, Suggestion | None]:
    what = describe(TURNS[better.turn])
    turn = both_turns(pairing.turn, better.turn)
    way = None if turn is None else Suggestion(_TURN_LABELS[turn], (("turn", turn),))
    return what, "one of the two pictures seems to be so", way


def _move_doubt(
    better: Better, placement: Placement | None, size: tuple[int, int], depth: tuple[int, ...]
) -> tuple[str, str, Suggestion | None]:
    down, right = (share * edge for share, edge in zip(better.shift, size, strict=True))
    if better.zoom == 1:
        what, cause = f"moved by {right:+.0f} columns and {down:+.0f} rows", "the two seem not to be registered"
        label = f"Move the depth by {right:+.0f}, {down:+.0f} pixels"
    else:
        what = f"{'magnified' if better.zoom > 1 else 'shrunk'} to {better.zoom:.2f} times its size about the centre"
        cause = "the two seem to have different fields of view, which only their cameras (cameras=) undo exactly"
        label = f"Show the depth at {better.zoom:.2f} times its size"
    if placement is None:
        return what, "the cameras given seem not to be those of these pictures", None
    wanted = placement.moved((down, right), better.zoom, size)
    return what, cause, Suggestion(label, (("align", _way(wanted, size, depth)),))


def _way(wanted: Placement, size: tuple[int, int], depth: tuple[int, ...]) -> str:
    """The plainest word for `align` that lays depth as `wanted` does."""
    scale = wanted.overall_scale
    scaled = (max(1, round(depth[0] * scale)), max(1, round(depth[1] * scale)))
    for word, usual in {"crop": (depth[0], depth[1]), "resize": size, f"scale {scale:.3f}": scaled}.items():
        other = Placement.centred(depth, usual, size)
        off = [abs(a / b - 1) for a, b in zip(wanted.scale, other.scale, strict=True)]
        apart = [abs(a - b) / edge for a, b, edge in zip(wanted.offset, other.offset, depth, strict=True)]
        if max(off) <= _SAME_SCALE and max(apart) <= _SAME_PLACE:
            return word
    return wanted.text()
