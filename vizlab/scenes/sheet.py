"""A contact sheet: every scene's colour picture with its sensor depth and its labels below, captioned."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from vizlab.errors import InputError
from vizlab.replacing import made_folder, replace_bytes
from vizlab.scenes.library import Scene
from vizlab.scenes.textures import Image, Map
from vizlab.tasks import NYU40_CLASSES

COLUMNS = 4
WIDTH = 1600
GAP, CAPTION = 10, 26
"""Pixels between pictures, and of a line of text."""
DEPTH_RANGE = (0.8, 5.0)
"""Metres from the first to the last colour of the depth pictures."""
LARGEST = 600_000
"""Bytes a JPEG sheet may have; its quality gives way."""


def contact_sheet(scenes: Sequence[Scene]) -> Image:
    """All scenes in rows of four, HxWx3 uint8, 1600 pixels wide."""
    if not scenes:
        raise InputError("There is no scene to show; render some first.")
    wide = (WIDTH - (COLUMNS + 1) * GAP) // COLUMNS
    tiles = [_tile(scene, wide) for scene in scenes]
    tall = max(len(tile) for tile in tiles)
    rows = -(-len(tiles) // COLUMNS)
    sheet = np.full((rows * (tall + GAP) + GAP, WIDTH, 3), 255, np.uint8)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, COLUMNS)
        top, left = GAP + row * (tall + GAP), GAP + column * (wide + GAP)
        sheet[top : top + len(tile), left : left + wide] = tile
    return sheet


def save_sheet(scenes: Sequence[Scene], path: Path) -> None:
    """Write the contact sheet of `scenes` as JPEG or PNG, whichever the path's suffix says."""
    if path.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise InputError(f"A contact sheet is a .jpg or a .png, but --out is '{path}'.")
    picture = np.ascontiguousarray(contact_sheet(scenes)[..., ::-1])
    if path.suffix.lower() == ".png":
        data = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()
    else:
        qualities = (90, 85, 80, 74, 66, 55)
        encoded = (cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for quality in qualities)
        sizes = [one.tobytes() for one in encoded]
        data = next((one for one in sizes if len(one) <= LARGEST), sizes[-1])
    made_folder(path.parent, InputError)
    replace_bytes(path, data, InputError)


def _tile(scene: Scene, wide: int) -> Image:
    """One scene: colour above, depth and labels side by side below, its name at the bottom."""
    half = (wide - GAP // 2) // 2
    small = [_resized(depth_colours(scene.sensor_depth), half), _resized(label_colours(scene.label), half)]
    strip = np.full((len(small[0]), wide, 3), 255, np.uint8)
    strip[:, :half], strip[:, wide - half :] = small
    space = np.full((GAP // 2, wide, 3), 255, np.uint8)
    return np.vstack([_resized(scene.rgb, wide), space, strip, _caption(scene.name, wide)])


def _resized(image: Image, wide: int) -> Image:
    tall = round(image.shape[0] * wide / image.shape[1])
    mode = cv2.INTER_AREA if wide < image.shape[1] else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(image, (wide, tall), interpolation=mode))


def _caption(text: str, wide: int) -> Image:
    line = Pillow.new("RGB", (wide, CAPTION), "white")
    ImageDraw.Draw(line).text((1, 4), text.replace("_", " "), fill=(40, 40, 40), font=ImageFont.load_default(16))
    return np.asarray(line)


def depth_colours(depth: Map) -> Image:
    """HxW metres to HxWx3 uint8: yellow is near, violet is far, holes are black."""
    low, high = DEPTH_RANGE
    share = np.clip((high - np.nan_to_num(depth, nan=high)) / (high - low), 0, 1)
    colours = (matplotlib.colormaps["viridis"](share)[..., :3] * 255).astype(np.uint8)
    colours[np.isnan(depth)] = 0
    return colours


def label_colours(label: np.ndarray) -> Image:
    """HxW class indices to HxWx3 uint8: one colour a class, void is black."""
    shades = np.vstack([matplotlib.colormaps[name](np.arange(20))[:, :3] for name in ("tab20", "tab20b")])
    table = np.zeros((256, 3), np.uint8)
    table[: len(NYU40_CLASSES)] = np.round(shades * 255)
    return table[label]
