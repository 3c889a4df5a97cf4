"""Maps of numbers as few bytes: decimal steps, differences to the neighbours, deflated. `unpack` is the way back.

A browser decodes the same bytes (`page/web/src/decode.ts`). A map is kept with a stated number of digits after the
point, so what it reads out is the value rounded once.
"""

import gzip
from dataclasses import dataclass
from typing import Literal

import numpy as np

_HEADER, _MOST = 8, 65_000
Form = Literal["numbers", "bytes", "image"]
LEVEL = 3
"""Of deflate: level 6 takes thrice the time and saves a twentieth."""


@dataclass(frozen=True, eq=False)
class Packed:
    """`data` is gzip of `planes` maps of `shape` (rows, columns), one after the other.

    `form` "bytes": uint8 as they are. "numbers": two little-endian int32, `first` and `digits`, then counts of 16 bits,
    where 0 stands for an unknown value and any other for `(first + count - 1) / 10 ** digits`.
    """

    data: bytes
    form: Form
    shape: tuple[int, int]
    planes: int


def pack_numbers(values: np.ndarray, digits: int) -> Packed:
    """`values` (h, w) or (h, w, planes) float, NaN or infinite where unknown, to `digits` after the point.

    A span of more than 65,000 steps is kept with as many digits as fit.
    """
    planes = _planes(values)
    known = np.isfinite(planes)
    found = planes[known]
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 0.0)
    while (high - low) * 10.0**digits > _MOST:
        digits -= 1
    scale = 10.0**digits
    first = int(np.rint(low * scale))
    counts = np.where(known, np.rint(np.where(known, planes, low).astype(np.float64) * scale) - first + 1, 0)
    header = np.array([first, digits], "<i4").tobytes()
    data = header + b"".join(_split(_residuals(plane.astype(np.int32))) for plane in counts)
    return Packed(gzip.compress(data, LEVEL, mtime=0), "numbers", planes.shape[1:], len(planes))


def pack_bytes(values: np.ndarray) -> Packed:
    """`values` (h, w) or (h, w, planes) uint8, exactly."""
    planes = _planes(values)
    return Packed(gzip.compress(planes.tobytes(), LEVEL, mtime=0), "bytes", planes.shape[1:], len(planes))


def unpack(packed: Packed) -> np.ndarray:
    """(planes, h, w): uint8 of bytes, float64 of numbers, NaN where unknown."""
    raw = np.frombuffer(gzip.decompress(packed.data), np.uint8)
    if packed.form == "bytes":
        return raw.reshape(packed.planes, *packed.shape)
    first, digits = (int(value) for value in raw[:_HEADER].view("<i4"))
    pairs = raw[_HEADER:].reshape(packed.planes, 2, *packed.shape).astype(np.uint32)
    folded = pairs[:, 0] | pairs[:, 1] << 8
    residuals = (folded >> 1).astype(np.int32) ^ -(folded & 1).astype(np.int32)
    counts = residuals.cumsum(1).cumsum(2) & 0xFFFF
    return np.where(counts == 0, np.nan, (first + counts - 1) / 10.0**digits)


def _planes(values: np.ndarray) -> np.ndarray:
    return values[None] if values.ndim == 2 else np.ascontiguousarray(np.moveaxis(values, -1, 0))


def _residuals(counts: np.ndarray) -> np.ndarray:
    """What is left when the plane through the neighbours above, left and above left is taken away, modulo 2^16."""
    rows = np.diff(counts, axis=0, prepend=0)
    return np.diff(rows, axis=1, prepend=0).astype(np.int16)


def _split(residuals: np.ndarray) -> bytes:
    """Small numbers of either sign as small counts, low bytes before high ones."""
    folded = ((residuals.astype(np.int32) << 1) ^ (residuals.astype(np.int32) >> 31)).astype(np.uint16)
    return (folded & 255).astype(np.uint8).tobytes() + (folded >> 8).astype(np.uint8).tobytes()
