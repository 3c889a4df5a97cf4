"""Depth carried from its own camera into the colour camera's view, where the two cameras are known."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError

_IDENTITY = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
_LARGEST_FOOTPRINT = 32  # colour pixels a side; a phone's LiDAR beside its 12-megapixel camera needs 16
_NEAREST = 0.01  # metres before the colour camera; what lies closer or behind it is in no picture


@dataclass(frozen=True)
class Pinhole:
    """Focal lengths and principal point, in pixels of the picture as stored; (0, 0) is the first pixel's centre.

    Lens distortion is not modelled: undistort first. Raises InputError where a value is no finite number or a focal
    length not positive.
    """

    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        values = (self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(value) for value in values) or min(self.fx, self.fy) <= 0:
            raise InputError(
                f"A camera has fx, fy, cx, cy = {values}; expected finite numbers in pixels, focal lengths above 0."
            )


@dataclass(frozen=True)
class Cameras:
    """Both cameras, and the rigid motion (4x4, rows first, metres) that takes a point of depth's camera to colour's.

    x points right, y down, z forward, as in OpenCV. Raises InputError if the matrix is no rigid motion.
    """

    colour: Pinhole
    depth: Pinhole
    depth_to_colour: tuple[tuple[float, ...], ...] = _IDENTITY

    def __post_init__(self) -> None:
        _check_rigid(self.depth_to_colour)

    @classmethod
    def from_motion(
        cls, colour: Pinhole, depth: Pinhole, rotation: Sequence[Sequence[float]], translation: Sequence[float]
    ) -> "Cameras":
        """The same from a 3x3 rotation and a translation in metres: colour's point = rotation @ depth's + translation.

        Raises InputError if they are no rigid motion.
        """
        rows = [(*map(float, row), float(move)) for row, move in zip(rotation, translation, strict=False)]
        return cls(colour, depth, (*rows, (0.0, 0.0, 0.0, 1.0)))


def register(depth: NDArray[np.float32], cameras: Cameras, size: tuple[int, int]) -> NDArray[np.float32]:
    """`depth` (HxW float32, metres along the optical axis, NaN unknown) as the colour camera sees it.

    Returns an array of `size` (height, width), metres along the colour camera's axis, NaN where nothing was measured.
    Each pixel of depth is a square facing its camera, and covers the colour pixels whose centres it contains, one at
    least; the nearest surface wins (a z-buffer). Raises InputError where the focal lengths magnify beyond reason.
    """
    points, own, eye = _points(depth, cameras), depth[np.isfinite(depth)], cameras.colour
    before = points[2] > _NEAREST
    (x, y, z), own = points[:, before], own[before]
    column, row = x / z * eye.fx + eye.cx, y / z * eye.fy + eye.cy
    # A pixel's side is z / fx wide in its own camera: in the other it shrinks or grows with the distance to it.
    width, height = own / z * (eye.fx / cameras.depth.fx), own / z * (eye.fy / cameras.depth.fy)
    within = (np.abs(column - size[1] / 2) < size[1] / 2 + width) & (np.abs(row - size[0] / 2) < size[0] / 2 + height)
    return _splat((column[within], row[within]), (width[within], height[within]), z[within], size)


def _points(depth: NDArray[np.float32], cameras: Cameras) -> NDArray[np.float64]:
    """The known pixels' points in the colour camera's frame (3xN, metres)."""
    rows, columns = np.nonzero(np.isfinite(depth))
    z = depth[rows, columns].astype(np.float64)
    eye = cameras.depth
    points = np.stack([(columns - eye.cx) / eye.fx * z, (rows - eye.cy) / eye.fy * z, z])
    motion = np.asarray(cameras.depth_to_colour)
    return np.asarray(motion[:3, :3] @ points + motion[:3, 3:])


def _splat(
    seen: tuple[NDArray, NDArray], sides: tuple[NDArray, NDArray], z: NDArray, size: tuple[int, int]
) -> NDArray[np.float32]:
    """The smallest `z` of the squares about `seen` (columns, rows) that contain each pixel's centre; NaN for none."""
    widths, heights = (np.maximum(side, 1.0) for side in sides)
    lefts, tops = np.ceil(seen[0] - widths / 2), np.ceil(seen[1] - heights / 2)
    buffer = np.full(size, np.inf)
    for down in range(_reach(heights)):
        for right in range(_reach(widths)):
            column, row = lefts + right, tops + down
            inside = (column < seen[0] + widths / 2) & (row < seen[1] + heights / 2)
            inside &= (column >= 0) & (column < size[1]) & (row >= 0) & (row < size[0])
            np.minimum.at(buffer, (row[inside].astype(int), column[inside].astype(int)), z[inside])
    return np.where(np.isinf(buffer), np.nan, buffer).astype(np.float32)


def _reach(sides: NDArray) -> int:
    """How many colour pixels the largest of the squares may cover along one axis."""
    largest = float(np.quantile(sides, 0.99)) if sides.size else 1.0
    if largest > _LARGEST_FOOTPRINT:
        raise InputError(
            f"The cameras make a pixel of depth {largest:.3g} pixels of colour wide; expected up to "
            f"{_LARGEST_FOOTPRINT}: give focal lengths in pixels of the two pictures, and metres between the cameras."
        )
    # What comes very close to the colour camera may be larger; it is drawn at the size the others have.
    return math.ceil(min(float(sides.max()), _LARGEST_FOOTPRINT)) if sides.size else 1


def _check_rigid(matrix: tuple[tuple[float, ...], ...]) -> None:
    try:
        motion = np.asarray(matrix, float)
    except (TypeError, ValueError) as err:
        raise InputError("depth_to_colour is no matrix of numbers; expected 4x4, rows first, in metres.") from err
    rotates = motion.shape == (4, 4) and np.allclose(motion[3], (0, 0, 0, 1)) and np.isfinite(motion).all()
    if not rotates or not np.allclose(motion[:3, :3] @ motion[:3, :3].T, np.eye(3), atol=1e-3):
        raise InputError(
            f"depth_to_colour has shape {'x'.join(map(str, motion.shape))} and is no rigid motion; expected a 4x4 "
            "matrix of a rotation and a translation in metres, the last row 0, 0, 0, 1."
        )
    if np.linalg.det(motion[:3, :3]) < 0:
        raise InputError("depth_to_colour mirrors space; expected a rotation: check the signs of its axes.")
