"""The materials of one room, drawn once from its seed so that its furniture belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vizlab.scenes import materials, textures
from vizlab.scenes.materials import Material
from vizlab.scenes.textures import Colour

Flooring = Literal["wood", "carpet", "tile"]

WALLS: list[Colour] = [
    (0.83, 0.78, 0.68),
    (0.80, 0.80, 0.76),
    (0.72, 0.76, 0.78),
    (0.82, 0.72, 0.60),
    (0.73, 0.76, 0.66),
    (0.87, 0.84, 0.77),
]
WOODS: list[tuple[Colour, Colour]] = [
    ((0.22, 0.11, 0.06), (0.40, 0.22, 0.12)),
    ((0.44, 0.26, 0.13), (0.66, 0.43, 0.24)),
    ((0.55, 0.38, 0.22), (0.78, 0.60, 0.40)),
    ((0.15, 0.09, 0.06), (0.27, 0.17, 0.11)),
]
FABRICS: list[Colour] = [
    (0.42, 0.40, 0.37),
    (0.62, 0.54, 0.43),
    (0.26, 0.32, 0.40),
    (0.47, 0.33, 0.24),
    (0.36, 0.40, 0.32),
]
ACCENTS: list[Colour] = [
    (0.62, 0.15, 0.12),
    (0.83, 0.60, 0.20),
    (0.16, 0.38, 0.45),
    (0.48, 0.52, 0.24),
    (0.75, 0.42, 0.28),
]


@dataclass(frozen=True)
class ColourScheme:
    """Everything the furniture makers ask for by role."""

    wall: Material
    trim: Material
    ceiling: Material
    floor: Material
    wood: Material
    second_wood: Material
    fabric: Material
    curtain: Material
    linen: Material
    pattern: Material
    accents: tuple[Material, ...]
    metal: Material
    brass: Material
    black: Material
    white: Material
    accent_colours: tuple[Colour, ...]


def draw_scheme(rng: np.random.Generator, flooring: Flooring) -> ColourScheme:
    """Materials that go together, decided by `rng` alone."""
    wall, fabric = (options[int(rng.integers(len(options)))] for options in (WALLS, FABRICS))
    first, second = rng.permutation(len(WOODS))[:2]
    accents = tuple(ACCENTS[index] for index in rng.permutation(len(ACCENTS))[:3])
    pattern = (
        textures.damask(rng, textures.shaded(wall, 0.98), accents[0])
        if rng.random() < 0.5
        else textures.plaid(rng, [accents[0], (0.85, 0.8, 0.7), accents[1], fabric])
    )
    curtain = [accents[2], (0.83, 0.78, 0.68), fabric][int(rng.integers(3))]
    return ColourScheme(
        wall=materials.paint(rng, wall),
        trim=materials.lacquer(rng, (0.88, 0.87, 0.83)),
        ceiling=materials.paint(rng, (0.88, 0.87, 0.84)),
        floor=draw_floor(rng, flooring),
        wood=materials.timber(rng, *WOODS[first]),
        second_wood=materials.timber(rng, *WOODS[second]),
        fabric=materials.cloth(rng, fabric),
        curtain=materials.sheer(rng, curtain),
        linen=materials.cloth(rng, (0.86, 0.84, 0.79), 0.2),
        pattern=materials.printed(pattern, 0.7),
        accents=tuple(materials.cloth(rng, accent, 0.25) for accent in accents),
        metal=materials.metal(),
        brass=materials.metal((0.75, 0.58, 0.32), 0.3),
        black=materials.plastic((0.035, 0.035, 0.038), 0.35),
        white=materials.plastic((0.85, 0.84, 0.81), 0.3),
        accent_colours=accents,
    )


def draw_floor(rng: np.random.Generator, flooring: Flooring) -> Material:
    """The floor's material."""
    if flooring == "carpet":
        tone: Colour = [(0.62, 0.55, 0.45), (0.55, 0.53, 0.5), (0.66, 0.6, 0.52)][int(rng.integers(3))]
        return materials.carpeting(rng, tone)
    if flooring == "tile":
        stone: Colour = [(0.70, 0.60, 0.48), (0.66, 0.64, 0.6), (0.62, 0.42, 0.30)][int(rng.integers(3))]
        return materials.flagstones(rng, stone, (0.5, 0.47, 0.42))
    return materials.parquet(rng, *WOODS[int(rng.integers(3))])


def repainted(rng: np.random.Generator, scheme: ColourScheme, colours: Sequence[Colour]) -> ColourScheme:
    """The same room with its walls in one of `colours`."""
    return replace(scheme, wall=materials.paint(rng, colours[int(rng.integers(len(colours)))]))
