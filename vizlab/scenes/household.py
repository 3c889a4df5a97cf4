"""Towels and bottles, for bathrooms and kitchens alike."""

from __future__ import annotations

import numpy as np

from vizlab.scenes.materials import Material, cloth, plastic
from vizlab.scenes.meshes import box, curved_body, cylinder, merged, sheet, tube
from vizlab.scenes.parts import Part, Parts, moved, turned
from vizlab.scenes.soft_shapes import cushion, waves
from vizlab.scenes.textures import Colour

TOWELS: list[Colour] = [
    (0.86, 0.84, 0.78),
    (0.25, 0.38, 0.50),
    (0.55, 0.20, 0.20),
    (0.42, 0.50, 0.36),
    (0.72, 0.58, 0.42),
]
BOTTLES: list[Colour] = [
    (0.80, 0.79, 0.74), (0.15, 0.35, 0.55), (0.62, 0.16, 0.16), (0.80, 0.60, 0.15), (0.20, 0.42, 0.28),
    (0.45, 0.25, 0.50), (0.85, 0.55, 0.60), (0.09, 0.09, 0.10),
]  # fmt: skip


def towel(rng: np.random.Generator, material: Material, width: float, drop: float) -> Parts:
    """A towel folded over a bar that runs along x through the origin; it hangs down `drop` in front, less behind."""
    radius = 0.016
    bend = np.linspace(0, np.pi, 9)
    front = [(-radius, -drop * (1 - t)) for t in np.linspace(0, 1, 14)[:-1]]
    over = [(-radius * float(np.cos(a)), radius * float(np.sin(a))) for a in bend]
    behind = [(radius, -0.85 * drop * t) for t in np.linspace(0, 1, 14)[1:]]
    path = np.array(front + over + behind)
    x, _ = np.meshgrid(np.linspace(-width / 2, width / 2, 40), path[:, 0])
    hang = np.clip(-path[:, 1:] / drop, 0, 1)
    fold = 0.007 * np.sin(2 * np.pi * x / (width * 0.45) + rng.uniform(0, 6)) + 0.003 * waves(rng, x, path[:, 1:], 0.2)
    y = path[:, :1] + np.where(path[:, :1] < 0, np.minimum(fold, 0.008) - 0.012, 0) * hang
    points = np.stack([x, y, np.broadcast_to(path[:, 1:], x.shape)], -1)
    along = np.linspace(0, 2 * drop, len(path))[:, None]
    hem = [Part(box(width, 0.006, 0.035, 0.002).moved(0, -radius - 0.016, -drop + 0.05), material, "towel")]
    return [Part(sheet(points, np.stack(np.broadcast_arrays(x, along), -1)), material, "towel"), *hem]


def thrown_towel(rng: np.random.Generator, width: float) -> Parts:
    """A towel over the rim of a bathtub whose skirt is at y = 0 and whose rim is z = 0."""
    fabric = cloth(rng, TOWELS[int(rng.integers(len(TOWELS)))], 0.12)
    flat = [Part(box(width, 0.1, 0.012, 0.005).moved(0, 0.03), fabric, "towel")]
    front = towel(rng, fabric, width, 0.3)
    return flat + moved(front, y=0.002, z=-0.003)


def folded_towels(rng: np.random.Generator, count: int = 3) -> Parts:
    """A pile of folded towels; centred."""
    parts: Parts = []
    for index in range(count):
        fabric = cloth(rng, TOWELS[int(rng.integers(len(TOWELS)))], 0.12)
        one = cushion((0.33, 0.22, 0.06), rng, radius=0.028, bulge=0.006, wrinkle=0.002)
        parts += moved(turned([Part(one, fabric, "towel")], float(rng.normal(0, 4))), z=0.06 * index)
    return parts


def bottle(rng: np.random.Generator, height: float) -> Parts:
    """A bottle of shampoo or soap with a cap or a pump; centred."""
    colour, lid = (BOTTLES[int(rng.integers(len(BOTTLES)))] for _ in range(2))
    r = float(rng.uniform(0.026, 0.036))
    body = curved_body(
        [(0, 0), (r, 0), (r, 0.04), (r, height * 0.7), (r * 0.5, height * 0.82), (0, height * 0.83)], 24, 40
    )
    parts = [Part(body, plastic(colour, 0.25), "otherprop")]
    if rng.random() < 0.4:
        pump = tube([(0, 0, height * 0.8), (0, 0, height), (0, -0.012, height), (0, -0.04, height - 0.006)], 0.005)
        return [*parts, Part(merged([pump, cylinder(0.013, 0.02).moved(z=height * 0.82)]), plastic(lid), "otherprop")]
    return [*parts, Part(cylinder(r * 0.52, height * 0.2).moved(z=height * 0.8), plastic(lid), "otherprop")]


def bottles(rng: np.random.Generator, count: int, spread: float) -> Parts:
    """A row of bottles along x, a little out of line; centred."""
    parts: Parts = []
    for index in range(count):
        x = (index - (count - 1) / 2) * spread / count
        parts += moved(bottle(rng, float(rng.uniform(0.13, 0.24))), x, float(rng.normal(0, 0.012)))
    return parts
