"""Things with a body: furniture for the floor and for walls, and the slabs that may stand out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vizlab.scenes import clutter, cupboards, seating, tables
from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.materials import Material
from vizlab.scenes.meshes import box
from vizlab.scenes.parts import Part, Parts, moved

Maker = Callable[[np.random.Generator, ColourScheme], Parts]

THICKNESS = (0.16, 0.26)
"""Metres that a raised slab stands out, between these."""


def _chair(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    if rng.random() < 0.5:
        return seating.dining_chair(rng, scheme.wood, scheme.accents[0])
    return seating.office_chair(rng, scheme, scheme.fabric)


def _sofa(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    return seating.sofa(rng, scheme, scheme.accents[int(rng.integers(3))], seats=int(rng.integers(1, 3)))


def _table(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    draw = rng.random()
    if draw < 0.4:
        return tables.table(scheme.wood, float(rng.uniform(0.6, 1.0)), 0.6, 0.74)
    if draw < 0.7:
        return tables.coffee_table(scheme.second_wood, float(rng.uniform(0.7, 1.0)), 0.55)
    return tables.steel_table(scheme.white, scheme.metal, (float(rng.uniform(0.7, 1.0)), 0.6, 0.72))


def _cabinet(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    if rng.random() < 0.4:
        return cupboards.filing_cabinet(scheme, scheme.white, int(rng.integers(2, 4)))
    size = (float(rng.uniform(0.6, 0.9)), 0.42, float(rng.uniform(0.7, 1.2)))
    return cupboards.cupboard(scheme, scheme.second_wood, size, 2)


def _dresser(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    size = (float(rng.uniform(0.7, 1.0)), 0.44, float(rng.uniform(0.75, 0.95)))
    return cupboards.chest(scheme, scheme.wood, size, 3, int(rng.integers(1, 3)))


def _night_stand(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    size = (float(rng.uniform(0.42, 0.52)), 0.4, float(rng.uniform(0.5, 0.62)))
    return cupboards.chest(scheme, scheme.second_wood, size, 2)


def _box(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    width, depth, height = rng.uniform((0.4, 0.35, 0.35), (0.65, 0.5, 0.6))
    return clutter.box_of_card(rng, (float(width), float(depth), float(height)))


def _bookshelf(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    return cupboards.bookshelf(rng, scheme, scheme.wood, float(rng.uniform(0.6, 0.9)), float(rng.uniform(0.9, 1.3)), 3)


def _desk(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    return tables.desk(scheme, scheme.wood, float(rng.uniform(1.0, 1.2)), 0.6)


def _hung_cabinet(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    size = (float(rng.uniform(0.5, 0.9)), 0.32, float(rng.uniform(0.5, 0.7)))
    return cupboards.cupboard(scheme, scheme.second_wood, size, 2, plinth=0.0)


def _hung_bookshelf(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    return cupboards.bookshelf(rng, scheme, scheme.wood, float(rng.uniform(0.5, 0.8)), float(rng.uniform(0.6, 0.75)), 2)


def _shelves(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    upper = cupboards.wall_shelf(rng, scheme, scheme.wood, 0.7)
    lower = cupboards.wall_shelf(rng, scheme, scheme.wood, 0.7)
    return [*moved(upper, z=0.42), *lower]


def _hung_box(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    width, depth, height = rng.uniform((0.4, 0.2, 0.35), (0.65, 0.3, 0.55))
    return clutter.box_of_card(rng, (float(width), float(depth), float(height)))


ON_FLOOR: dict[str, Maker] = {
    "chair": _chair, "sofa": _sofa, "table": _table, "cabinet": _cabinet, "dresser": _dresser,
    "night stand": _night_stand, "box": _box, "bookshelf": _bookshelf, "desk": _desk,
}  # fmt: skip
ON_WALL: dict[str, Maker] = {
    "cabinet": _hung_cabinet, "bookshelf": _hung_bookshelf, "shelves": _shelves, "box": _hung_box,
}  # fmt: skip
"""By class: what needs depth and what either shows are drawn from the same lists."""


def furniture(rng: np.random.Generator, scheme: ColourScheme, what: str, support: str) -> Parts:
    """A piece of furniture of one class. On the floor: centred, standing on z = 0; on a wall: back at y = 0."""
    parts = (ON_FLOOR if support == "floor" else ON_WALL)[what](rng, scheme)
    low, high = extent(parts)
    middle = (low + high) / 2
    y = -middle[1] if support == "floor" else -high[1]
    return moved(one_class(parts, what), -middle[0], y, -low[2])


def slab(support: str, size: tuple[float, float], thick: float) -> Parts:
    """A slab `thick` metres thick on a surface of width x height metres, placed as `flat.surface` is."""
    grey = Material((0.5, 0.5, 0.5))
    if support == "wall":
        body = box(size[0], thick, size[1], 0.002).moved(y=-thick / 2)
    else:
        body = box(size[0], size[1], thick, 0.002)
    return [Part(body, grey, "picture")]


def one_class(parts: Parts, label: str) -> Parts:
    """All parts under one class, their materials copied: bodies are told apart by their materials."""
    own: dict[int, Material] = {}
    for part in parts:
        own.setdefault(id(part.material), replace(part.material))
    return [Part(part.mesh, own[id(part.material)], label) for part in parts]


def extent(parts: Parts) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest coordinates of all parts, (3,) each, metres."""
    vertices = np.concatenate([part.mesh.vertices for part in parts])
    return vertices.min(0), vertices.max(0)
