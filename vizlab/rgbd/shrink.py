"""Pictures too large to work with are scaled down once, as the last step of reading: after alignment, whose offsets and
cameras are given in the files' own pixels."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.rgbd.limits import Limits


def shrink(
    colour: NDArray[np.uint8] | None, depth: NDArray[np.float32] | None, limits: Limits
) -> tuple[NDArray[np.uint8] | None, NDArray[np.float32] | None, tuple[str, ...]]:
    """`colour` (HxWx3) and `depth` (HxW metres, NaN unknown), of one size, within `limits.max_kept_pixels`.

    Colour is averaged over the area of each new pixel; depth takes the nearest sample, since the mean of two distances
    is the distance of neither. The third result is a sentence if anything was done.
    """
    present = colour if colour is not None else depth
    assert present is not None
    size = (present.shape[0], present.shape[1])
    smaller = kept_size(size, limits)
    if smaller == size:
        return colour, depth, ()
    to = (smaller[1], smaller[0])
    if colour is not None:
        colour = np.asarray(cv2.resize(colour, to, interpolation=cv2.INTER_AREA), np.uint8)
    if depth is not None:
        depth = np.asarray(cv2.resize(depth, to, interpolation=cv2.INTER_NEAREST_EXACT), np.float32)
    return (
        colour,
        depth,
        (
            f"The picture was scaled down from {size[1]}x{size[0]} to {to[0]}x{to[1]} pixels, as all beyond "
            f"{limits.max_kept_pixels / 1e6:g} million are.",
        ),
    )


def kept_size(size: tuple[int, int], limits: Limits) -> tuple[int, int]:
    """The largest (height, width) in the proportions of `size` within the limits; `size` itself if it is."""
    height, width = size
    most = limits.max_kept_pixels
    if height * width <= most:
        return size
    scale = math.sqrt(most / (height * width))
    # A sliver is one pixel thin already, and only its length can give.
    return min(max(1, int(height * scale)), most), min(max(1, int(width * scale)), most)
