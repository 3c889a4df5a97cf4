"""Where a picture is taken from, and the camera frame: x right, y down, z forward along the optical axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vizlab.geometry import Intrinsics
from vizlab.scenes.meshes import Array, rotation, unit

FOCAL_AT_480 = 519.0
"""Focal length in pixels for a picture 480 pixels tall: that of NYUv2's Kinect (fx 518.9, fy 519.5)."""


@dataclass(frozen=True)
class Viewpoint:
    """A hand-held camera: where it is, what it looks at (room frame, metres), how it is rolled (degrees)."""

    origin: tuple[float, float, float]
    target: tuple[float, float, float]
    roll: float = 0.0

    def frame(self) -> Array:
        """3x3, rows: the camera's right, down and forward directions in the room frame."""
        forward = unit(np.array(self.target) - np.array(self.origin))
        right = unit(np.cross(forward, [0.0, 0.0, 1.0]))
        down = np.cross(forward, right)
        return rotation(self.roll, "z") @ np.stack([right, down, forward])

    def to_camera(self, points: Array) -> Array:
        """Points (... x 3) from the room frame to the camera frame; their last coordinate is the z-depth."""
        return (points - np.array(self.origin)) @ self.frame().T


def kinect_intrinsics(size: tuple[int, int]) -> Intrinsics:
    """The pinhole camera for a picture of size (H, W) pixels: Kinect's field of view, principal point central."""
    focal = FOCAL_AT_480 * size[0] / 480
    return Intrinsics(focal, focal, (size[1] - 1) / 2, (size[0] - 1) / 2, size)
