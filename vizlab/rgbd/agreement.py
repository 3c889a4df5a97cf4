"""Do the edges of depth lie on those of the colour, or would they if depth were turned, moved or magnified?

Measured by `python -m benchmarks.pairs`, which prints how often a wrong pair is found and a right one doubted.
"""

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.rgbd.edges import Edges

Flip = Literal["none", "mirrored", "upside down", "turned 180"]

FLIPS: tuple[Flip, ...] = ("none", "mirrored", "upside down", "turned 180")

# Gains in agreement that are reported. On every other picture of NYUv2's training split, the 398 that chose them, no
# turned depth gained more than -0.05 over the true one; moving and magnifying try more places, and gain by chance.
_TURN_MARGIN = 0.06
MOVE_MARGIN = 0.08
_ZOOM_MARGIN = 0.08
CLEAR = 0.15  # an agreement below this is none, whatever it gains; 99 of 100 true pairs reach 0.2

_LEAST_SIDE = 96  # pixels of the longer side; smaller grids have too few edges to be sure of anything
_LEAST_SHARE = 0.15  # of the grid known in both
_FARTHEST = 0.2  # of the longer side, either way
_LEAST_MOVE = 0.022  # of the longer side: 4 pixels of the grid; registration as sensors have it is off by up to 2 or 3
_ZOOMS = tuple(1.06**step for step in range(-8, 9) if step)
_FINE_ZOOMS = tuple(1.015**step for step in range(-3, 4))


@dataclass(frozen=True)
class Better:
    """How depth would lie better: turned, or moved, or magnified about the picture's centre; only one of them is set.

    `shift` is (rows, columns) in shares of the picture's height and width, positive where depth must move down or
    right; `zoom` above 1 magnifies. `agreement` is what that would reach, `now` what there is, both -1..1.
    """

    agreement: float
    now: float
    turn: Flip = "none"
    shift: tuple[float, float] = (0.0, 0.0)
    zoom: float = 1.0


def agreement(colour: Edges, depth: Edges) -> float | None:
    """Correlation (-1..1) of the two edge fields (HxW each) where both are known; None if there is too little.

    Real pairs reach 0.2 to 0.6, wrong ones -0.2 to 0.3.
    """
    if not _comparable(colour, depth):
        return None
    return _correlate(colour, depth)


def find_better(colour: Edges, depth: Edges, *, move_margin: float = MOVE_MARGIN) -> Better | None:
    """The turn, shift or magnification whose edges agree clearly better than those of `depth` as it is, if any does.

    Takes edges of one size; `move_margin` is the gain from which a shift is reported. About 15 ms on one core.
    """
    now = agreement(colour, depth)
    if now is None:
        return None
    found = [
        (_best_turn(colour, depth, now), _TURN_MARGIN),
        (_best_shift(colour, depth, now), move_margin),
        (_best_zoom(colour, depth, now), _ZOOM_MARGIN),
    ]
    clear = [one for one, margin in found if one.agreement - now >= margin and one.agreement >= CLEAR]
    return max(clear, key=lambda one: one.agreement, default=None)


def flipped(depth: Edges, turn: Flip) -> Edges:
    """The edges that `depth` would have if it were turned; mirroring one axis mirrors the directions with it."""
    rows, columns = FLIPS.index(turn) // 2, FLIPS.index(turn) % 2
    step = (slice(None, None, -1) if rows else slice(None), slice(None, None, -1) if columns else slice(None))
    lines = depth.lines[step]
    return Edges(lines.conj() if rows != columns else lines, depth.known[step])


def zoomed(depth: Edges, zoom: float) -> Edges:
    """The edges that `depth` would have if it were magnified about its centre."""
    height, width = depth.known.shape
    matrix = np.array([[zoom, 0, (width - 1) / 2 * (1 - zoom)], [0, zoom, (height - 1) / 2 * (1 - zoom)]])
    real, imaginary, known = (
        cv2.warpAffine(np.ascontiguousarray(part), matrix, (width, height), flags=cv2.INTER_LINEAR)
        for part in (depth.lines.real, depth.lines.imag, depth.known)
    )
    return Edges((real + 1j * imaginary).astype(np.complex64), (known > 0.99).astype(np.float32))


def shift_map(colour: Edges, depth: Edges, reach: int) -> NDArray[np.float64]:
    """Agreement at every whole shift of `depth`: a square of side 2 * reach + 1, [reach, reach] being none.

    Element [reach + down, reach + right] is that of depth moved down and right by so many pixels. Where less than
    two fifths of the colour's known pixels meet known depth it is -1. The correlation is normalised over the pixels
    that meet, by Padfield, Masked object registration in the Fourier domain (IEEE TIP 2012), eq. 36.
    """
    size = tuple(edge + reach for edge in depth.known.shape)

    def transform(values: NDArray) -> NDArray:
        return np.fft.fft2(
            values.astype(np.complex128), size
        )  # single precision would not do for the differences below

    a, b = depth.lines * depth.known, colour.lines * colour.known
    a_lines, a_known, a_power = transform(a), transform(depth.known), transform(np.abs(a) ** 2)
    b_lines, b_known, b_power = transform(b), transform(colour.known), transform(np.abs(b) ** 2)

    def meet(one: NDArray, other: NDArray) -> NDArray:
        return np.fft.ifft2(one.conj() * other)

    count = np.maximum(meet(a_known, b_known).real, 1.0)
    a_sum, b_sum = meet(a_lines, b_known).conj(), meet(a_known, b_lines)
    together = (meet(a_lines, b_lines) - a_sum.conj() * b_sum / count).real
    a_spread = meet(a_power, b_known).real - np.abs(a_sum) ** 2 / count
    b_spread = meet(a_known, b_power).real - np.abs(b_sum) ** 2 / count
    spread = a_spread * b_spread
    enough = (count >= 0.4 * colour.known.sum()) & (a_spread > 1e-6) & (b_spread > 1e-6)
    scores = np.where(enough, together / np.sqrt(np.where(enough, spread, 1.0)), -1.0)
    steps = np.arange(-reach, reach + 1)
    return scores[np.ix_(steps, steps)]


def _best_turn(colour: Edges, depth: Edges, now: float) -> Better:
    scores = {turn: _correlate(colour, flipped(depth, turn)) for turn in FLIPS[1:]}
    best = max(scores, key=lambda turn: scores[turn])
    return Better(scores[best], now, turn=best)


def _best_shift(colour: Edges, depth: Edges, now: float) -> Better:
    height, width = depth.known.shape
    reach = min(round(max(height, width) * _FARTHEST), min(height, width) - 1)
    scores = shift_map(colour, depth, reach)
    steps = np.abs(np.arange(-reach, reach + 1))
    far = np.maximum(steps[:, None], steps[None]) >= _LEAST_MOVE * max(height, width)
    scores = np.where(far, scores, -1.0)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    down = int(row) - reach + _between(scores[:, column], int(row))
    right = int(column) - reach + _between(scores[row], int(column))
    return Better(float(scores[row, column]), now, shift=(down / height, right / width))


def _between(scores: NDArray, at: int) -> float:
    """Where the parabola through the peak `at` and its neighbours is highest, -0.5..0.5 from the peak."""
    if not 0 < at < len(scores) - 1 or min(scores[at - 1], scores[at + 1]) <= -1:
        return 0.0
    before, here, after = (float(scores[at + step]) for step in (-1, 0, 1))
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else 0.5 * (before - after) / bend


def _best_zoom(colour: Edges, depth: Edges, now: float) -> Better:
    def score(zoom: float) -> float:
        magnified = zoomed(depth, zoom)
        return _correlate(colour, magnified) if _comparable(colour, magnified) else -1.0

    coarse = max(_ZOOMS, key=score)
    best = max((coarse * fine for fine in _FINE_ZOOMS), key=score)
    return Better(score(best), now, zoom=best)


def _comparable(colour: Edges, depth: Edges) -> bool:
    shared = float((colour.known * depth.known).sum())
    return max(colour.known.shape) >= _LEAST_SIDE and shared >= _LEAST_SHARE * colour.known.size


def _correlate(colour: Edges, depth: Edges) -> float:
    both = colour.known * depth.known
    count = max(float(both.sum()), 1.0)
    one, other = ((edges.lines - (edges.lines * both).sum() / count) * both for edges in (colour, depth))
    spread = math.sqrt(float((np.abs(one) ** 2).sum()) * float((np.abs(other) ** 2).sum()))
    return float((one * other.conj()).real.sum()) / spread if spread > 1e-6 else 0.0
