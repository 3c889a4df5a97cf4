"""Superpixels: patches of one colour that lie together, the pieces that occlusion takes out one by one."""

import cv2
import numpy as np

from vizlab.core.framing import Framing
from vizlab.rgbd import RGBDImage, fill_unknown

COMPACTNESS = 20.0
"""How far, in units of Lab colour, a patch's size counts; SLIC's m (Achanta et al. 2012, section 3)."""
ROUNDS = 10
BLUR = 1.0
"""Standard deviation in input pixels: noise and texture would tear patches apart."""


def superpixels(rgbd: RGBDImage, framing: Framing, count: int) -> np.ndarray:
    """(h, w) int32, numbers 0.. of about `count` patches at the pixels of the network's input that show the picture.

    Clusters of colour and place as in SLIC, from a regular grid of seeds; of depth and place where there is no colour.
    """
    height, width = framing.content
    lab = cv2.GaussianBlur(_appearance(rgbd, (width, height)), (0, 0), BLUR).reshape(height, width, -1)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    side = np.sqrt(height * width / max(1, count))
    place = np.stack([rows, columns], -1) * np.float32(COMPACTNESS / side)
    samples = np.concatenate([lab, place], -1).reshape(-1, lab.shape[-1] + 2)
    seeds = _grid((height, width), count).ravel()
    found = _clustered(np.ascontiguousarray(samples, np.float32), seeds)
    _, numbers = np.unique(found, return_inverse=True)
    return numbers.reshape(height, width).astype(np.int32)


def _appearance(rgbd: RGBDImage, size: tuple[int, int]) -> np.ndarray:
    """h x w x C float32 on the scale of Lab, 0..100."""
    seen = rgbd.colour if rgbd.colour is not None or rgbd.depth is not None else next(iter(rgbd.domains.values()))
    if seen is not None:
        colour = cv2.resize(seen, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.cvtColor(colour.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)
    assert rgbd.depth is not None
    depth = cv2.resize(fill_unknown(rgbd.depth)[0], size, interpolation=cv2.INTER_NEAREST_EXACT)
    low, high = float(depth.min()), float(depth.max())
    return np.asarray((depth - low) / max(high - low, 1e-6) * 100, np.float32)[..., None]


def _grid(size: tuple[int, int], count: int) -> np.ndarray:
    """(h, w) int32: a regular grid of about `count` nearly square cells."""
    height, width = size
    across = max(1, min(width, round(np.sqrt(count * width / height))))
    down = max(1, min(height, round(count / across)))
    rows, columns = np.arange(height) * down // height, np.arange(width) * across // width
    return (rows[:, None] * across + columns[None]).astype(np.int32)


def _clustered(samples: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """(N,) cluster numbers after k-means from `seeds`."""
    clusters = int(seeds.max()) + 1
    stop = (cv2.TERM_CRITERIA_MAX_ITER, ROUNDS, 0.0)
    _, labels, _ = cv2.kmeans(samples, clusters, seeds[:, None].copy(), stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    return np.asarray(labels).ravel()
