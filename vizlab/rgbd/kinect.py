"""How a structured-light depth sensor (Kinect v1) measures: by how far its dots are displaced.

It projects a dot pattern from beside its camera; the displacement of a dot, its disparity, is F B / z pixels at a
distance of z metres. It is known to a fraction of a pixel, so both steps and noise of depth grow with the square of
the distance: dz = z^2 / (F B) d(disparity), 2.9 mm at 1 m and 46 mm at 4 m for a step of 1/8 pixel. Disparities are
those of the real sensor, whatever the size of the picture.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

BASELINE = 0.075
"""Metres between projector and camera."""
FOCAL_AT_480 = 580.0
"""The infrared camera's focal length in pixels for a picture 480 pixels tall."""
SUBPIXEL = 8
"""Disparity is measured in eighths of a pixel."""
RANGE = (0.5, 8.0)
"""Metres it can measure."""
NOISE = 0.07
"""Standard deviation of a measured disparity, in pixels."""
STRENGTH = np.float32(FOCAL_AT_480 * BASELINE)
"""Pixels of disparity at a distance of 1 m."""

FloatMap = NDArray[np.float32]
_LEAST = 1e-3
"""Metres, or pixels of disparity, at which a division ends."""


def disparity_of(depth: FloatMap) -> FloatMap:
    """Pixels (HxW) by which the dots are displaced at these distances in metres."""
    return np.asarray(STRENGTH / np.maximum(depth, _LEAST), np.float32)


def millimetres_of(disparity: FloatMap) -> FloatMap:
    """The distances at which dots are displaced by so many pixels: the inverse of `disparity_of`, in millimetres."""
    return np.asarray(1000 * STRENGTH / np.maximum(disparity, _LEAST), np.float32)


def disparity_noise(shape: tuple[int, int], rng: np.random.Generator, size: float = NOISE) -> FloatMap:
    """Errors of disparity (HxW), in pixels: of that standard deviation, alike over about a pixel of the sensor's."""
    blur = max(shape[0] / 480, 0.3)
    noise = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), blur)
    return np.asarray(noise * (size / max(float(noise.std()), 1e-6)), np.float32)


def quantised(disparity: FloatMap, steps: float = SUBPIXEL) -> FloatMap:
    """The nearest disparity that the sensor can tell: `steps` of them to a pixel."""
    return np.asarray(np.round(disparity * steps) / steps, np.float32)
