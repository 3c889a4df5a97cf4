"""Tiny rooms, encoded the way sensors and data sets encode them."""

import numpy as np

SIZE = (48, 64)


def room(size: tuple[int, int] = SIZE, near: float = 1.2, far: float = 4.0) -> np.ndarray:
    """A floor running from `near` to `far` metres with a little relief, in whole millimetres as a sensor gives it."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    metres = np.linspace(far, near, size[0])[:, None] + 0.03 * np.sin(columns / 5.0 + rows / 7.0)
    return np.round(metres * 1000) / 1000


def counts(metres: np.ndarray, encoding: str) -> np.ndarray:
    """`metres` (NaN = unknown) as 16-bit counts by the definition of `encoding`, 0 where unknown."""
    millimetres = np.round(np.nan_to_num(metres) * 1000).astype(np.uint16)
    if encoding == "sunrgbd":
        return ((millimetres << 3) | (millimetres >> 13)).astype(np.uint16)
    per_metre = {"mm": 1000, "tum": 5000, "0.1mm": 10000}[encoding]
    return np.round(np.nan_to_num(metres) * per_metre).astype(np.uint16)


def photograph(size: tuple[int, int] = SIZE) -> np.ndarray:
    """HxWx3 uint8 in which no two corners look alike, so that a wrong turn shows."""
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    channels = (255 * rows / size[0], 255 * columns / size[1], 128 + 0 * rows)
    return np.stack(channels, axis=-1).astype(np.uint8)
