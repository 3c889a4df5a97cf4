"""Depth among the channels of a picture: alone, three times over, beside colour, or hidden in it."""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.files import EXPECTED

_SEEN = 1_000_000  # pixels looked at


def depth_channel(values: NDArray, name: str, what: str) -> tuple[NDArray, tuple[str, ...]]:
    """The depth in `values` (HxW or HxWxC) of the file `name`, which is `what`: HxW, and a sentence on which it was.

    One channel is depth; of grey and alpha it is grey, unknown where alpha is 0; of three or four alike the first; of
    four that differ the fourth, beside colour. Raises InputError for three that differ, or a fourth without content.
    """
    if values.ndim == 2 or values.shape[2] == 1:
        return values.reshape(values.shape[:2]), ()
    if values.shape[2] == 2:
        return _where_seen(values[..., 0], values[..., 1]), ()
    if _are_equal(values):
        depth = values[..., 0] if values.shape[2] == 3 else _where_seen(values[..., 0], values[..., 3])
        return depth, (f"{name} holds one depth in three equal channels; the first was read.",)
    if values.shape[2] == 4 and values[..., 3].min() < values[..., 3].max():
        return values[..., 3], (f"{name} holds colour and depth in four channels; the fourth was read as depth.",)
    raise InputError(
        f"{name} is {what}, which looks like colour: its channels differ; expected {EXPECTED['depth']}: give it as "
        "colour, or export the sensor's own values."
    )


def packed_in_bytes(colour: NDArray[np.uint8]) -> bool:
    """Whether HxWx3 `colour` looks like one number spread over the bytes of its channels, as CARLA writes depth.

    Where the lower byte of a number wraps from one pixel to the next, the byte above it takes a small step the other
    way; in a picture, or a map of colours, two channels do not behave so.
    """
    kept = max(2, min(colour.shape[0], _SEEN // colour.shape[1]))
    first = max(0, (colour.shape[0] - kept) // 2)
    rows = colour[first : first + kept]
    seen = rows.max(axis=2) > 0  # black is where nothing was measured
    rows = rows.astype(np.int16)
    across = np.diff(rows, axis=1)[seen[:, 1:] & seen[:, :-1]]
    down = np.diff(rows, axis=0)[seen[1:] & seen[:-1]]
    change = np.concatenate([across, down])
    return any(_carries(change[:, low], change[:, above]) for low, above in permutations(range(3), 2))


def _carries(low: NDArray, above: NDArray) -> bool:
    """Whether steps of the channel `above` carry what wraps in the channel `low`; both are changes between pixels.

    Of 311 photographs and maps of colours the one nearest to the bound, in "turbo", was at 0.45.
    """
    wraps = np.abs(low) > 128
    if wraps.sum() <= 0.005 * low.size:
        return False
    carried = (np.sign(above[wraps]) == -np.sign(low[wraps])) & (np.abs(above[wraps]) <= 2)
    return bool(np.mean(carried) > 0.5)


def looks_like_a_map(alpha: NDArray) -> bool:
    """Whether `alpha` (HxW, 0..255 or 0..65535) holds values, as depth does, rather than cutting the picture out.

    A mask is mostly clear or opaque, with a seam between; a pane has one value. A map has many, over much of it.
    """
    top = np.iinfo(alpha.dtype).max
    partial = alpha[(alpha > 0) & (alpha < top)]
    return partial.size > 0.3 * alpha.size and np.unique(partial[:: max(1, partial.size // _SEEN)]).size >= 16


def _where_seen(grey: NDArray, alpha: NDArray) -> NDArray:
    """`grey`, 0 where `alpha` is 0, unless that is everywhere."""
    return np.where(alpha > 0, grey, np.zeros((), grey.dtype)) if (alpha > 0).any() else grey


def _are_equal(values: NDArray) -> bool:
    first, second, third = (values[..., channel] for channel in range(3))
    equal_nan = values.dtype.kind == "f"
    return np.array_equal(first, second, equal_nan=equal_nan) and np.array_equal(first, third, equal_nan=equal_nan)
