"""Pictures as data URIs that a page can show: small, and exact where colours carry meaning."""

import base64
import io
import math
from typing import Any

import cv2
import numpy as np
from PIL import Image

NETWORK_SIDE = 320
"""Longest side of a picture in the grid: networks see no more."""

THUMBNAIL_SIDE = 96
LARGE_SIDE = 640

_PALETTE = 256
_FEW_COLOURS = 2000


def data_uri(image: np.ndarray, max_side: int = NETWORK_SIDE) -> str:
    """`image` HxWx3 uint8, scaled down to `max_side`, as a data URI.

    Pictures of few colours, that is label and colour-mapped ones, keep every pixel's colour exactly (PNG with a
    palette, or lossless WebP); photographs and overlays become WebP at quality 82.
    """
    few = _colours(image) <= _FEW_COLOURS
    small = _scaled(image, max_side, cv2.INTER_NEAREST_EXACT if few else cv2.INTER_AREA)
    if not few:
        return _encoded(Image.fromarray(small), "webp", quality=82, method=4)
    if _colours(small) <= _PALETTE:
        return _encoded(_paletted(small), "png", optimize=True)
    return _encoded(Image.fromarray(small), "webp", lossless=True, quality=60, method=3)


def _packed(image: np.ndarray) -> np.ndarray:
    wide = image.astype(np.uint32)
    return (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]


def _colours(image: np.ndarray) -> int:
    # A sample is enough to tell a photograph from a map, and bounds the time for large pictures.
    step = max(1, math.isqrt(image.shape[0] * image.shape[1] // 100_000))
    # np.unique hashes since NumPy 2.3, which takes a photograph's many colours 25 times as long as sorting them.
    found = np.sort(_packed(image[::step, ::step]), axis=None)
    return 1 + int(np.count_nonzero(found[1:] != found[:-1]))


def _scaled(image: np.ndarray, max_side: int, interpolation: int) -> np.ndarray:
    height, width = image.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return np.ascontiguousarray(image)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(image, size, interpolation=interpolation)


def _paletted(image: np.ndarray) -> Image.Image:
    colours, index = np.unique(_packed(image), return_inverse=True)
    if len(colours) > _PALETTE:
        return Image.fromarray(image)
    palette = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1).astype(np.uint8)
    picture = Image.fromarray(index.reshape(image.shape[:2]).astype(np.uint8), mode="P")
    picture.putpalette(palette.tobytes())
    return picture


def _encoded(picture: Image.Image, kind: str, **options: Any) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"
