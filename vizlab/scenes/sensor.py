"""A structured-light depth sensor (Kinect v1): what it makes of exact depth.

It projects a dot pattern from beside its camera and measures how far each dot is displaced (see `vizlab.rgbd.kinect`).
Everything wrong with its depth follows from that: steps and noise that grow with the square of the distance, shadows
beside near objects where no dots fall, holes where the pattern does not come back.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.rgbd.kinect import (
    BASELINE,
    FOCAL_AT_480,
    RANGE,
    disparity_noise,
    disparity_of,
    millimetres_of,
    quantised,
)

FloatMap = NDArray[np.float32]


def kinect_depth(depth: FloatMap, normals: FloatMap, echo: FloatMap, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Sensor-like depth in millimetres, 0 where the sensor sees nothing.

    depth: HxW exact z-depth in metres, NaN where unknown; normals: HxWx3, camera frame, facing the camera;
    echo: HxW share of the infrared pattern that the surface returns, [0, 1].
    """
    height = depth.shape[0]
    known = np.isfinite(depth)
    exact = np.where(known, depth, np.float32(RANGE[1] * 2)).astype(np.float32)
    blurred_edges = np.asarray(cv2.medianBlur(exact, 3 if height < 240 else 5), np.float32)
    millimetres = millimetres_of(quantised(disparity_of(blurred_edges) + disparity_noise(depth.shape, rng)))
    seen = known & ~shadows(exact) & ~_unreturned(exact, normals, echo, rng)
    seen &= (exact > RANGE[0]) & (exact < RANGE[1])
    return np.where(seen, np.round(millimetres), 0).astype(np.uint16)


def shadows(depth: FloatMap) -> NDArray[np.bool_]:
    """HxW, true where something nearer hides the point from the projector, which sits right of the camera."""
    height, width = depth.shape
    focal = FOCAL_AT_480 * height / 480
    # A point at column x meets the projector's picture at x - disparity: of two there, the nearer is lit.
    columns = np.arange(width)[None] - focal * BASELINE / np.maximum(depth, 1e-3)
    landing = np.round(columns - columns.min()).astype(np.int64)
    span = int(landing.max()) + 2
    nearest = np.full((height, span), np.inf, np.float32)
    rows = np.repeat(np.arange(height), width)
    np.minimum.at(nearest, (rows, landing.ravel()), depth.ravel())
    nearest = np.minimum(nearest, np.minimum(np.roll(nearest, 1, 1), np.roll(nearest, -1, 1)))
    lit = nearest[rows, landing.ravel()].reshape(height, width)
    margin = 0.03 + 0.01 * depth**2
    return cv2.medianBlur((depth > lit + margin).astype(np.uint8), 3).astype(bool)


def _unreturned(depth: FloatMap, normals: FloatMap, echo: FloatMap, rng: np.random.Generator) -> NDArray[np.bool_]:
    """HxW, true where too little of the pattern comes back: dark, shiny, transparent, far or grazing surfaces."""
    height, width = depth.shape
    focal = FOCAL_AT_480 * height / 480
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    rays = np.stack([(x - width / 2) / focal, (y - height / 2) / focal, np.ones_like(x)], -1)
    facing = -(normals * rays).sum(-1) / np.linalg.norm(rays, axis=-1)
    signal = echo * np.clip(facing, 0, 1) / np.maximum(depth, 0.5) ** 2
    # Ragged rims: the limit wavers over a few pixels.
    waver = cv2.GaussianBlur(rng.standard_normal(depth.shape).astype(np.float32), (0, 0), max(2.5 * height / 480, 0.5))
    limit = 0.0022 * np.exp(0.5 * waver / max(float(waver.std()), 1e-6))
    return signal < limit
