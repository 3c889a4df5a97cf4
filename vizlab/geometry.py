"""Camera geometry: intrinsics and surface normals from depth.

Frame everywhere: x right, y down, z forward (along the optical axis); depth is z. Normals are unit vectors that
face the camera.
"""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Intrinsics:
    """Pinhole camera in pixels of a picture of size (height, width)."""

    fx: float
    fy: float
    cx: float
    cy: float
    size: tuple[int, int]

    def scaled_to(self, size: tuple[int, int]) -> "Intrinsics":
        """The same camera with its picture resized to `size` (H, W)."""
        sy, sx = size[0] / self.size[0], size[1] / self.size[1]
        # Pixel centres are at integers, hence the half-pixel shift.
        return Intrinsics(self.fx * sx, self.fy * sy, (self.cx + 0.5) * sx - 0.5, (self.cy + 0.5) * sy - 0.5, size)


KINECT_V1 = Intrinsics(259.4, 259.7, 162.8, 126.9, (240, 320))
"""The colour camera of NYUv2 at 240x320 (Silberman et al., ECCV 2012)."""


def assumed_intrinsics(size: tuple[int, int]) -> Intrinsics:
    """For a camera that did not say: NYUv2's horizontal field of view (63 degrees) along the longer side."""
    focal = KINECT_V1.fx / 320 * max(size)
    return Intrinsics(focal, focal, (size[1] - 1) / 2, (size[0] - 1) / 2, size)


def back_project(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Points HxWx3 float32 in metres from depth HxW in metres (NaN stays NaN)."""
    v, u = np.indices(depth.shape, dtype=np.float32)
    return np.stack([(u - camera.cx) / camera.fx * depth, (v - camera.cy) / camera.fy * depth, depth], axis=-1)


NORMALS_METHOD = "edge-aware plane fit to the inverse depth of 17x17 pixels (of 240x320), two rounds of Tukey weights"
_RADIUS, _STEP, _HEIGHT = 8, 2, 240
"""The window at a picture of that height; other sizes scale it, so that it spans the same angle."""
_TOLERANCE = 0.02
"""1/m: how far a neighbour's inverse depth may lie off the plane; a Kinect's is off by about 0.003, at any distance."""
_LEAST_SUPPORT = 3.0
"""Neighbours, counted by weight, below which no plane is believed."""


def normals_from_depth(depth: np.ndarray, camera: Intrinsics | None = None) -> np.ndarray:
    """Unit normals HxWx3 float32 that face the camera, from depth HxW in metres; NaN where depth or surface is unknown.

    The inverse depth of a plane is linear in pixel coordinates, and a depth sensor's errors are even in it. So at
    each pixel a plane is fitted to the inverse depths around it; neighbours off the plane by more than a tolerance
    belong to another surface and do not count (biweight of Tukey, two rounds). Plain windows, as in FALS (Badino et
    al., ICRA 2011), smear one surface into the next. `camera` defaults to `assumed_intrinsics`.
    """
    camera = camera or assumed_intrinsics((depth.shape[0], depth.shape[1]))
    known = np.isfinite(depth) & (depth > 0)
    inverse = np.divide(1, depth, out=np.full(depth.shape, np.inf, np.float32), where=known, dtype=np.float32)
    plane = np.zeros((3, *depth.shape), np.float32)
    for _ in range(2):
        plane, support = _fit_planes(inverse, known, plane)
    slope_x, slope_y, offset = plane
    v, u = np.indices(depth.shape, dtype=np.float32)
    at_centre = np.where(known, inverse, 0) + offset - slope_x * (u - camera.cx) - slope_y * (v - camera.cy)
    # 1/z = a x + b y + c on the rays (x, y, 1) says that (a, b, c) is normal to the plane and points away from us.
    normals = -np.stack([slope_x * camera.fx, slope_y * camera.fy, at_centre], axis=-1)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    believed = (known & (support >= _LEAST_SUPPORT))[..., None] & (length > 0)
    return np.where(believed, normals / np.maximum(length, 1e-12), np.nan).astype(np.float32)


NORMALS_SIDE = 320
"""Longer side at which normals are derived: a sensor's noise at full size would drown them, and NYUv2's are too."""


def derived_normals(depth: np.ndarray, camera: Intrinsics | None = None) -> np.ndarray:
    """Normals HxWx3 of depth HxW in metres, fitted at no more than 320 pixels and enlarged without smoothing."""
    height, width = depth.shape
    scale = min(1.0, NORMALS_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(depth.astype(np.float32), size, interpolation=cv2.INTER_NEAREST_EXACT))
    lens = (camera or assumed_intrinsics((height, width))).scaled_to((size[1], size[0]))
    normals = normals_from_depth(small, lens)
    normals = np.asarray(cv2.resize(normals, (width, height), interpolation=cv2.INTER_NEAREST_EXACT))
    return np.where(np.isnan(depth)[..., None], np.float32(np.nan), normals)


def _fit_planes(inverse: np.ndarray, known: np.ndarray, plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One round: planes (3xHxW: slopes per pixel along x and y, and what to add to the pixel's own inverse depth)
    by weighted least squares, weights from the distance to the planes given; and the neighbours' summed weight."""
    height, width = inverse.shape
    scale = max(1.0, height / _HEIGHT)
    radius, step = round(_RADIUS * scale), max(1, round(_STEP * scale))
    reach = radius // step * step
    padded = np.pad(np.where(known, inverse, np.float32(1e6)), reach, constant_values=np.float32(1e6))
    centre = np.where(known, inverse, np.float32(0))
    sums = np.zeros((9, height, width), np.float32)
    weight, off, product = (np.empty_like(centre) for _ in range(3))
    for dy in range(-reach, reach + 1, step):
        for dx in range(-reach, reach + 1, step):
            np.subtract(padded[reach + dy :, reach + dx :][:height, :width], centre, out=off)
            np.subtract(off, plane[0] * dx + plane[1] * dy + plane[2], out=weight)
            weight *= np.float32(1 / _TOLERANCE)
            np.multiply(weight, weight, out=weight)
            np.maximum(1 - weight, 0, out=weight)
            weight *= weight
            weight *= np.float32(np.exp(-(dx * dx + dy * dy) / (0.72 * reach * reach)))
            np.multiply(weight, off, out=product)
            for total, factor, values in zip(
                sums, (1, dx, dy, dx * dx, dx * dy, dy * dy, 1, dx, dy), (weight,) * 6 + (product,) * 3, strict=True
            ):
                if factor:
                    total += values if factor == 1 else values * np.float32(factor)
    count = np.maximum(sums[0], np.float32(1e-6))
    x, y, xx, xy, yy, t, tx, ty = sums[1:] / count
    # A trace of ridge: where the neighbours lie on one line, the slope across it is taken as none.
    xx, xy, yy = xx - x * x + np.float32(1e-4), xy - x * y, yy - y * y + np.float32(1e-4)
    tx, ty = tx - t * x, ty - t * y
    determinant = np.maximum(xx * yy - xy * xy, np.float32(1e-8))
    slope_x, slope_y = (yy * tx - xy * ty) / determinant, (xx * ty - xy * tx) / determinant
    return np.stack([slope_x, slope_y, t - slope_x * x - slope_y * y]), sums[0]
