"""Depth of made-up rooms: boxes in a box, seen by a pinhole camera, ray by ray."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rooms(count: int, size: tuple[int, int] = (240, 320), seed: int = 0) -> Iterator[Array]:
    """`count` depth maps (HxW, metres along the optical axis), of furnished rooms between 2.5 and 7 m long."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield _seen(size, *_furnished(rng), rng)


def _furnished(rng: np.random.Generator) -> tuple[Array, Array]:
    """Corners of boxes (N, 3) each, the room itself first: x to the right, y up from the floor, z ahead, metres."""
    room = np.array([rng.uniform(2.5, 6), rng.uniform(2.3, 3.2), rng.uniform(2.5, 7)])
    low, high = [np.zeros(3)], [room]
    for _ in range(rng.integers(3, 9)):
        extent = rng.uniform((0.3, 0.3, 0.3), (1.6, 1.3, 1.2))
        corner = rng.uniform((0, 0, 0.3), 1) * np.maximum(room - extent, 0.1)
        corner[1] = 0
        low.append(corner)
        high.append(corner + extent)
    return np.array(low), np.array(high)


def _seen(size: tuple[int, int], low: Array, high: Array, rng: np.random.Generator) -> Array:
    height, width = size
    focal = width / 2 / np.tan(np.radians(rng.uniform(50, 75)) / 2)
    y, x = np.mgrid[:height, :width]
    rays = np.stack([(x + 0.5 - width / 2) / focal, -(y + 0.5 - height / 2) / focal, np.ones(size)], -1)
    pitch, yaw = rng.uniform(-0.05, 0.5), rng.uniform(-0.7, 0.7)  # downwards, as cameras are held
    eye = high[0] * (rng.uniform(0.3, 0.7), 0, 0.02) + (0, rng.uniform(1, 1.8), 0)
    world = rays @ (_about_y(yaw) @ _about_x(pitch)).T
    depth = np.full(size, np.inf)
    for index, (lower, upper) in enumerate(zip(low, high, strict=True)):
        depth = np.minimum(depth, _hit(eye, world, lower, upper, inside=index == 0))
    return depth


def _hit(eye: Array, rays: Array, low: Array, high: Array, *, inside: bool) -> Array:
    """How many times each ray, whose length along the axis is 1, reaches a box: its far side from inside."""
    with np.errstate(divide="ignore"):
        one, other = (low - eye) / rays, (high - eye) / rays
    entered, left = np.minimum(one, other).max(-1), np.maximum(one, other).min(-1)
    if inside:
        return left
    return np.where((entered <= left) & (entered > 0.05), entered, np.inf)


def _about_x(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_y(angle: float) -> Array:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
