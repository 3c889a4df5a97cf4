"""Depth among the channels of a picture: alone, three times over, beside colour, or hidden in it."""

from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.files import EXPECTED

_SEEN = 1_000_000  # pixels looked at, spread over the picture


def depth_channel(values: NDArray, name: str, what: str) -> tuple[NDArray, tuple[str, ...]]:
    """The depth in `values` (HxW or HxWxC) of the file `name`, which is `what`: HxW, and a sentence on which it was.

    One channel is depth; of grey and alpha it is grey, unknown where alpha is 0; of three or four alike the first; of
    four that differ the fourth, beside colour. Raises InputError for three that differ, or a fourth without content.
    """
    if values.ndim == 2:
        return values, ()
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

    Its high byte hardly changes from pixel to pixel, while its low byte runs through all values and wraps.
    """
    step = max(1, colour.shape[0] * colour.shape[1] // _SEEN)
    rows = colour[::step].astype(np.int16)
    change = np.abs(np.diff(rows, axis=1)).reshape(-1, 3)
    if change.size == 0:
        return False
    still, wraps = np.mean(change == 0, axis=0), np.mean(change > 100, axis=0)
    return any(
        still[high] > 0.85 and wraps[high] < 0.002 and wraps[low] > max(0.01, 0.1 * (1 - still[low]))
        for high, low in permutations(range(3), 2)
    )


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
