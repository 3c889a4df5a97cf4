"""Edges of a colour picture and of a depth map in one form, so that they can be laid on each other."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

WORKING_SIDE = 160  # pixels of the longer side; finer is slower and sees the noise, coarser loses a shift of 2 %
_SMOOTH = 1.0  # pixels, before the gradient and after; below it noise and JPEG blocks count as edges
_NEIGHBOURHOOD = 8.0  # pixels over which edges are made equally strong
_MARGIN = 0.03  # of the longer side, left out at the border: frames of dead pixels, and what smoothing makes up there
_LEAST_GRID = 8  # pixels of the shorter side; in a thinner strip there is nothing but border
_LEAST_COLOUR = 0.05  # of L*a*b* a pixel, and of log depth: what changes by less does not change
_LEAST_DEPTH = 2e-4
_KNOWN = 0.3  # weight of known depth under the smoothing below which a gradient is not believed


@dataclass(frozen=True)
class Edges:
    """Edges on a small grid (HxW) of at most WORKING_SIDE pixels.

    `lines` is complex64: its modulus says how strong an edge is beside its neighbourhood (about 0..1.5), its angle
    twice the direction of the gradient, so that dark against bright and near against far count alike.
    `known` is float32, 1 where `lines` can be believed and 0 elsewhere.
    """

    lines: NDArray[np.complex64]
    known: NDArray[np.float32]


def colour_edges(colour: NDArray[np.uint8]) -> Edges:
    """Edges of a HxWx3 uint8 picture, in CIE L*a*b*, where a step is as large as it looks."""
    height, width = working_size(colour.shape[:2])
    if min(height, width) < _LEAST_GRID:
        return _nothing((height, width))
    small = cv2.resize(colour, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    right, down = _slopes(_smooth(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), _SMOOTH))
    xx, yy, xy = (np.einsum("ijc,ijc->ij", *two) for two in ((right, right), (down, down), (right, down)))
    everywhere = np.ones((height, width), np.float32)
    # Texture is stronger than the outline of things: what stands out is bounded, so that outlines count.
    return Edges(_lines(xx, yy, xy, everywhere, (0.3, _LEAST_COLOUR), bound=1.5), _without_margin(everywhere))


def depth_edges(depth: NDArray[np.float32]) -> Edges:
    """Edges of depth (HxW float32 metres, NaN unknown): of its logarithm, as a step counts by its share of the way."""
    size = working_size(depth.shape)
    if min(size) < _LEAST_GRID:
        return _nothing(size)
    rows, columns = (((np.arange(n) + 0.5) * old / n).astype(int) for n, old in zip(size, depth.shape, strict=True))
    small = depth[np.ix_(rows, columns)]
    known = np.isfinite(small) & (small > 0)
    logs = np.log(small, out=np.zeros(size, np.float32), where=known)
    weight = _smooth(known.astype(np.float32), _SMOOTH)
    right, down = _slopes(_smooth(logs, _SMOOTH) / np.maximum(weight, 1e-3))
    believed = (cv2.erode(weight, np.ones((3, 3))) > _KNOWN).astype(np.float32)
    lines = _lines(right * right, down * down, right * down, believed, (0.2, _LEAST_DEPTH))
    return Edges(lines, _without_margin(believed))


def working_size(size: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of the grid for a picture of `size`: its longer side WORKING_SIDE, never enlarged."""
    shrink = min(1.0, WORKING_SIDE / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def _slopes(values: NDArray) -> tuple[NDArray, NDArray]:
    """Differences to the right and down, per pixel of the first two axes."""
    return np.asarray(np.gradient(values, axis=1)), np.asarray(np.gradient(values, axis=0))


def _nothing(size: tuple[int, int]) -> Edges:
    return Edges(np.zeros(size, np.complex64), np.zeros(size, np.float32))


def _lines(
    right: NDArray,
    down: NDArray,
    both: NDArray,
    known: NDArray[np.float32],
    floors: tuple[float, float],
    bound: float = 0.0,
) -> NDArray[np.complex64]:
    """The structure tensor's edges (`right` xx, `down` yy, `both` xy), each as strong as beside its neighbourhood.

    `floors`, a share of the mean strength and a strength, keep flat regions flat; above `bound` (0: never)
    strength levels off.
    """
    floor, least = floors
    strength = np.sqrt(right + down) * known
    mean = float(strength.sum()) / max(float(known.sum()), 1.0)
    around = _smooth(strength, _NEIGHBOURHOOD) / np.maximum(_smooth(known, _NEIGHBOURHOOD), 1e-3)
    strength = strength / (around + floor * mean + least)
    if bound:
        strength = strength / (strength + bound)
    length = np.hypot(right - down, 2 * both) + 1e-20
    across, along = strength * (right - down) / length * known, strength * 2 * both / length * known
    return (_smooth(across, _SMOOTH) + 1j * _smooth(along, _SMOOTH)).astype(np.complex64)


def _smooth(values: NDArray, width: float) -> NDArray[np.float32]:
    blurred = cv2.GaussianBlur(values.astype(np.float32), (0, 0), width, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.float32)


def _without_margin(known: NDArray[np.float32]) -> NDArray[np.float32]:
    margin = max(2, round(max(known.shape) * _MARGIN))
    inner = np.zeros_like(known)
    inner[margin:-margin, margin:-margin] = known[margin:-margin, margin:-margin]
    return inner
