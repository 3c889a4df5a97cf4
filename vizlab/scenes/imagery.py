"""Images that fill a surface once: paintings for the walls, the view out of a window, a screen. HxWx3 arrays."""

from __future__ import annotations

import cv2
import numpy as np

from vizlab.scenes.textures import Colour, Image, Map, as_image, blended, noise


def _hills(rng: np.random.Generator, size: int, canvas: Map, level: float, colour: Colour, rough: float) -> None:
    """Paint one row of hills below a wavy skyline, in place."""
    skyline = level + rough * noise(rng, size, 1.7)[0]
    y = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    mask = np.clip((y - skyline[None]) * size / 3, 0, 1)[..., None]
    tint = np.asarray(colour, np.float32) * (1 + 0.22 * noise(rng, size, 1.0)[..., None])
    canvas[:] = canvas * (1 - mask) + tint * mask


def landscape(rng: np.random.Generator, size: int = 256) -> Image:
    """Sky, far hills and a near field."""
    y = np.repeat(np.linspace(0, 1, size, dtype=np.float32)[:, None], size, 1)
    sky = [(0.35, 0.52, 0.72), (0.75, 0.8, 0.8), (0.93, 0.82, 0.62)]
    if rng.random() < 0.4:
        sky = [(0.3, 0.25, 0.4), (0.85, 0.5, 0.35), (0.98, 0.8, 0.5)]
    canvas = blended(y * 1.5 + 0.06 * noise(rng, size, 1.8, 3), sky)
    _hills(rng, size, canvas, 0.48, (0.35, 0.42, 0.5), 0.05)
    _hills(rng, size, canvas, 0.6, (0.28, 0.38, 0.24), 0.03)
    _hills(rng, size, canvas, 0.76, (0.55, 0.47, 0.22), 0.03)
    return as_image(canvas)


def abstract(rng: np.random.Generator, colours: list[Colour], size: int = 256) -> Image:
    """Brushed fields of colour."""
    canvas: np.ndarray = np.tile(np.asarray(colours[0], np.float32), (size, size, 1))
    brush = noise(rng, size, 0.8, stretch=6)
    for colour in colours[1:] + colours[1:]:
        field = noise(rng, size, 1.9) + 0.15 * brush
        mask = np.clip((field - rng.uniform(0.2, 1.0)) * 9, 0, 1)[..., None]
        canvas = canvas * (1 - mask) + np.asarray(colour, np.float32) * mask
    return as_image(canvas * (1 + 0.06 * brush[..., None]))


def portrait(rng: np.random.Generator, size: int = 256) -> Image:
    """A blurred photograph of one to three people before a backdrop."""
    canvas = np.asarray(blended(0.5 + 0.2 * noise(rng, size, 1.8), [(0.2, 0.25, 0.2), (0.45, 0.5, 0.42)]))
    people = int(rng.integers(1, 4))
    for index in range(people):
        x = int(size * (index + 1) / (people + 1) + rng.normal(0, 5))
        top = int(size * rng.uniform(0.35, 0.5))
        cloth = rng.uniform(0.15, 0.9, 3).tolist()
        skin = [0.86 * (tone := rng.uniform(0.6, 1)), 0.66 * tone, 0.54 * tone]
        cv2.ellipse(canvas, (x, size), (size // 6, size - top - size // 8), 0, 0, 360, cloth, -1, cv2.LINE_AA)
        cv2.ellipse(canvas, (x, top - 6), (size // 11, size // 9), 0, 180, 360, (0.16, 0.11, 0.08), -1, cv2.LINE_AA)
        cv2.ellipse(canvas, (x, top), (size // 13, size // 9), 0, 0, 360, skin, -1, cv2.LINE_AA)
    return as_image(cv2.GaussianBlur(canvas, (0, 0), 2))


def outdoors(rng: np.random.Generator, size: int = 256) -> Map:
    """What a window shows: HxWx3 float32 linear radiance relative to the sky, out of focus."""
    y = np.repeat(np.linspace(0, 1, size, dtype=np.float32)[:, None], size, 1)
    view = blended(y, [(0.82, 0.92, 1.0), (1.0, 1.0, 1.0)]).copy()
    _hills(rng, size, view, 0.55, (0.3, 0.38, 0.3), 0.09)
    _hills(rng, size, view, 0.68, (0.14, 0.2, 0.1), 0.06)
    _hills(rng, size, view, 0.86, (0.3, 0.36, 0.18), 0.01)
    return np.clip(cv2.GaussianBlur(view, (0, 0), 3), 0.02, 1).astype(np.float32)


def screen(rng: np.random.Generator, size: int = 256) -> Image:
    """A computer desktop with a window full of lines of text."""
    canvas = landscape(rng, size).astype(np.float32) / 255
    canvas[30:226, 36:214] = 0.94
    canvas[30:44, 36:214] = (0.3, 0.36, 0.48)
    for row in range(54, 218, 8):
        canvas[row : row + 3, 46 : 46 + int(rng.integers(40, 158))] = 0.35
    return as_image(canvas)


def paper(rng: np.random.Generator, size: int = 128) -> Image:
    """A printed sheet: heading and lines."""
    sheet = np.full((size, size, 3), 0.93, np.float32)
    sheet[12:18, 16 : 16 + int(rng.integers(40, 80))] = 0.25
    for row in range(28, 116, 6):
        sheet[row : row + 2, 14 : 14 + int(rng.integers(60, 100))] = 0.5
    return as_image(sheet)


def whiteboard_notes(rng: np.random.Generator, size: int = 512) -> Image:
    """What a meeting leaves on a whiteboard: half-wiped smears, a sketch of boxes and arrows, a curve, short notes."""
    height = size * 7 // 10
    smears = noise(rng, size, 1.4, stretch=5)[:height]
    canvas: np.ndarray = np.asarray((0.87, 0.89, 0.9), np.float32) * (1 - 0.018 * np.abs(smears[..., None]))
    canvas = np.ascontiguousarray(canvas)
    inks = [(0.1, 0.15, 0.5), (0.07, 0.07, 0.09), (0.65, 0.12, 0.12), (0.1, 0.4, 0.2)]
    for _ in range(3):
        _sketch(rng, canvas, inks[int(rng.integers(4))])
    for _ in range(int(rng.integers(2, 4))):
        _scribble(rng, canvas, inks[int(rng.integers(3))])
    return as_image(cv2.GaussianBlur(canvas, (0, 0), 0.7))


def _sketch(rng: np.random.Generator, canvas: Map, ink: Colour) -> None:
    """A box, an arrow from it to a circle, in place."""
    height, width = canvas.shape[:2]
    x, y = int(rng.uniform(0.08, 0.6) * width), int(rng.uniform(0.1, 0.7) * height)
    wide, tall = int(rng.uniform(0.1, 0.18) * width), int(rng.uniform(0.1, 0.16) * height)
    end = (x + wide + int(rng.uniform(0.06, 0.16) * width), y + int(rng.uniform(-0.05, 0.25) * height))
    cv2.rectangle(canvas, (x, y), (x + wide, y + tall), ink, 2, cv2.LINE_AA)
    cv2.arrowedLine(canvas, (x + wide + 4, y + tall // 2), end, ink, 2, cv2.LINE_AA, tipLength=0.2)
    cv2.ellipse(canvas, (end[0] + 26, end[1]), (24, 18), float(rng.uniform(-15, 15)), 0, 360, ink, 2, cv2.LINE_AA)


def _scribble(rng: np.random.Generator, canvas: Map, ink: Colour) -> None:
    """A few lines of handwriting: words as wavy strokes that drift off the horizontal, in place."""
    height, width = canvas.shape[:2]
    left, top, slope = rng.uniform(0.05, 0.6) * width, rng.uniform(0.1, 0.7) * height, rng.normal(0, 0.04)
    for line in range(int(rng.integers(2, 5))):
        x = left
        for _ in range(int(rng.integers(1, 4))):
            along = np.linspace(0, rng.uniform(18, 46), 24)
            wave = 3.5 * np.sin(along * 1.1 + rng.uniform(0, 6)) + 1.5 * np.sin(along * 0.47)
            stroke = np.stack([x + along, top + 17 * line + slope * (x + along - left) + wave], -1)
            cv2.polylines(canvas, [np.round(stroke).astype(np.int32)], False, ink, 1, cv2.LINE_AA)
            x += along[-1] + 9
