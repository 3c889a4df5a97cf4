"""Camera geometry: intrinsics and surface normals from depth.

Frame everywhere: x right, y down, z forward (along the optical axis); depth is z. Normals are unit vectors that
face the camera.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

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


NORMALS_METHOD = "local plane fit over 7x7 pixels (FALS, Badino et al., ICRA 2011, as in OpenCV)"


@lru_cache(maxsize=8)
def _estimator(camera: Intrinsics, window: int) -> Any:
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]], np.float32)
    method = cv2.RgbdNormals_RGBD_NORMALS_METHOD_FALS
    # cv2's type stubs do not know the class, so it is reached by name.
    return getattr(cv2, "RgbdNormals_create")(  # noqa: B009
        *camera.size, cv2.CV_32F, matrix, window, 50.0, method
    )


def normals_from_depth(depth: np.ndarray, camera: Intrinsics | None = None, window: int = 7) -> np.ndarray:
    """Unit normals HxWx3 float32 from depth HxW in metres; NaN where depth is unknown.

    A local plane fit over `window` x `window` pixels. `camera` defaults to `assumed_intrinsics`.
    """
    camera = camera or assumed_intrinsics((depth.shape[0], depth.shape[1]))
    points = back_project(depth.astype(np.float32), camera)
    homogeneous = np.concatenate([points, np.zeros_like(points[..., :1])], axis=-1)
    normals = _estimator(camera, window).apply(homogeneous)[..., :3]
    # OpenCV orients by the optical axis; a surface seen at a grazing angle must be oriented by its own ray.
    away = np.sum(normals * points, axis=-1, keepdims=True) > 0
    normals = np.where(away, -normals, normals)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return np.where(length > 0.5, normals / np.maximum(length, 1e-6), np.nan).astype(np.float32)
