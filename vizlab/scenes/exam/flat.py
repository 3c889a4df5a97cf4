"""Flat things: what hangs or lies so thin that only its colour shows, and the two patterns of the slabs."""

from __future__ import annotations

import cv2
import numpy as np

from vizlab.scenes import imagery, textures
from vizlab.scenes.materials import Material, artwork
from vizlab.scenes.meshes import Mesh, panel, plate
from vizlab.scenes.parts import Part, Parts
from vizlab.scenes.textures import Colour, Image

LIFT = 0.002
"""Metres that a flat thing lies before its wall, for the renderer alone: the depth does not know of it."""
PITCH = (0.11, 0.15)
"""Metres from one stripe or dot of a slab's pattern to the next, between these."""
_PER_METRE = 200


def flat_size(rng: np.random.Generator, what: str) -> tuple[float, float]:
    """Width and height (on the floor: length) in metres."""
    low, high = {
        "picture": ((0.5, 0.4), (0.9, 0.75)),
        "television": ((0.75, 0.45), (1.1, 0.62)),
        "whiteboard": ((0.8, 0.55), (1.3, 0.9)),
        "floor mat": ((0.7, 0.6), (1.5, 1.2)),
        "slab": ((0.5, 0.45), (0.85, 0.7)),
    }[what]
    width, height = rng.uniform(low, high)
    return float(width), float(height)


def surface(support: str, size: tuple[float, float]) -> Mesh:
    """A rectangle on a wall (plane y = 0, facing -y, from z = 0 up) or on the floor (z = 0, facing up, centred)."""
    return (panel if support == "wall" else plate)(*size).with_unit_uvs()


def flat_thing(rng: np.random.Generator, what: str, support: str, size: tuple[float, float]) -> Parts:
    """A picture, television, whiteboard or floor mat, drawn on a surface of width x height metres."""
    image = {"picture": _picture, "television": _screen, "whiteboard": _whiteboard, "floor mat": _mat}[what](rng)
    gloss = 0.95 if what == "floor mat" else 0.75
    return [Part(surface(support, size), artwork(image, gloss), what)]


def pattern_face(rng: np.random.Generator, pattern: str, support: str, size: tuple[float, float]) -> Part:
    """The face of a slab: stripes (A) or dots (B) in two colours drawn from one distribution."""
    image = pattern_image(rng, pattern, size)
    return Part(surface(support, size), Material(image, roughness=0.9, specular=0.1), "picture")


def pattern_image(rng: np.random.Generator, pattern: str, size: tuple[float, float]) -> Image:
    """Pattern "A" (stripes) or "B" (dots) for width x height metres, half of it in either colour. HxWx3 uint8."""
    pitch, turn, phase = rng.uniform(*PITCH), rng.uniform(0, np.pi), rng.uniform(0, 1, 2)
    colours = _two_colours(rng)
    x, y = np.meshgrid(*(np.arange(round(extent * _PER_METRE)) / _PER_METRE / pitch for extent in size))
    u = x * np.cos(turn) + y * np.sin(turn) + phase[0]
    v = y * np.cos(turn) - x * np.sin(turn) + phase[1]
    if pattern == "A":
        share = (u % 1 < 0.5).astype(np.float32)
    else:
        # Dots of radius r cover pi r^2 of a unit cell: half of it.
        share = ((u % 1 - 0.5) ** 2 + (v % 1 - 0.5) ** 2 < 0.5 / np.pi).astype(np.float32)
    return textures.as_image(textures.blended(cv2.GaussianBlur(share, (0, 0), 0.6), colours))


def _two_colours(rng: np.random.Generator) -> list[Colour]:
    """A dark and a light colour, in random order: which is the dots' says nothing."""
    dark, light = rng.uniform(0.05, 0.4, 3), rng.uniform(0.6, 0.95, 3)
    pair: list[Colour] = [(float(c[0]), float(c[1]), float(c[2])) for c in (dark, light)]
    return pair if rng.random() < 0.5 else pair[::-1]


def _picture(rng: np.random.Generator) -> Image:
    """A painting with its frame and mount painted around it."""
    accents: list[Colour] = [(0.82, 0.77, 0.68), (0.62, 0.15, 0.12), (0.16, 0.38, 0.45), (0.83, 0.60, 0.20)]
    draw = rng.random()
    image = imagery.landscape(rng) if draw < 0.4 else imagery.abstract(rng, accents)
    image = imagery.portrait(rng) if draw > 0.75 else image
    frame = [(40, 26, 16), (20, 20, 22), (150, 112, 60)][int(rng.integers(3))]
    mounted = _bordered(image, int(rng.integers(4, 26)), (225, 222, 212))
    return _bordered(mounted, 12, frame)


def _screen(rng: np.random.Generator) -> Image:
    """A switched-on television in its black bezel."""
    image = imagery.screen(rng) if rng.random() < 0.3 else imagery.landscape(rng)
    return _bordered(image, 10, (12, 12, 13))


def _whiteboard(rng: np.random.Generator) -> Image:
    return _bordered(imagery.whiteboard_notes(rng), 10, (150, 150, 148))


def _mat(rng: np.random.Generator) -> Image:
    first, second, third = (tuple(rng.uniform(0.1, 0.7, 3).tolist()) for _ in range(3))
    pale = (0.74, 0.68, 0.56)
    if rng.random() < 0.5:
        return textures.rug(rng, first, pale, second, 384)
    return textures.stripes(rng, [pale, third, first, pale], 7)


def _bordered(image: Image, width: int, colour: tuple[int, int, int]) -> Image:
    bordered = cv2.copyMakeBorder(image, width, width, width, width, cv2.BORDER_CONSTANT, value=colour)
    return np.asarray(bordered, np.uint8)
