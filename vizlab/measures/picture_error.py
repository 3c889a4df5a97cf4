"""How far one picture is from another, pixel by pixel."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError


@dataclass(frozen=True)
class PictureError:
    """`l1` the mean absolute difference as a part of the range, 0..1; `psnr` in dB of the mean square, inf if equal."""

    l1: float
    psnr: float


def picture_error(value: NDArray[np.uint8], truth: NDArray[np.uint8]) -> PictureError:
    """Of two pictures of one size, HxWx3 uint8, over all pixels and channels."""
    if value.shape != truth.shape:
        raise InputError(f"The pictures are {value.shape} and {truth.shape}; expected one size for both.")
    off = value.astype(np.float64) - truth
    square = float((off * off).mean())
    return PictureError(float(np.abs(off).mean()) / 255, 10 * math.log10(255**2 / square) if square else math.inf)
