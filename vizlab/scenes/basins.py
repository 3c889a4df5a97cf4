"""Bowls of ceramic and steel: bodies lofted through rounded outlines, worktops with a hole, taps. Metres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.scenes.materials import Material, metal
from vizlab.scenes.meshes import Array, Mesh, cylinder, merged, sheet, tube
from vizlab.scenes.parts import Part, Parts

CHROME = metal((0.80, 0.80, 0.81), 0.16)
SIDES = 96  # divisible by 8, so that the corners of squarish outlines are among the points


@dataclass(frozen=True)
class Ring:
    """A level outline: half its width (x) and depth (y), its height z, its centre.

    power: 2 is an ellipse, 8 a rectangle with round corners, 60 a rectangle; egg: how much narrower the front (-y) is.
    """

    half_x: float
    half_y: float
    z: float
    y: float = 0.0
    x: float = 0.0
    power: float = 2.0
    egg: float = 0.0

    def points(self) -> Array:
        """(SIDES + 1)x3, counter-clockwise from above, closed."""
        angle = np.linspace(0, 2 * np.pi, SIDES + 1)
        cos, sin = np.cos(angle), np.sin(angle)
        reach = (np.abs(cos) ** self.power + np.abs(sin) ** self.power) ** (-1 / self.power)
        x, y = reach * cos, reach * sin
        x = x * (1 + self.egg * y)
        return np.stack([self.x + self.half_x * x, self.y + self.half_y * y, np.full_like(x, self.z)], -1)


def lofted(rings: Sequence[Ring]) -> Mesh:
    """A smooth skin through outlines, listed from the bottom up outside and, for a bowl, down again inside."""
    points = np.stack([ring.points() for ring in rings])
    return sheet(points, points[..., :2] + points[..., 2:])


@dataclass(frozen=True)
class Hole:
    """Where a basin goes: half its width and depth, its centre from the middle of the top, its outline's power."""

    half_x: float
    half_y: float
    x: float = 0.0
    y: float = 0.0
    power: float = 2.0


def worktop(size: tuple[float, float, float], material: Material, hole: Hole | None = None) -> Parts:
    """A slab of width x depth x thickness, perhaps with a hole; its back is at y = 0, its underside at z = 0."""
    width, depth, thick = size
    x, y, square = width / 2, depth / 2, 60.0
    rings = [
        Ring(x - inset, y - inset, z, -y, power=square)
        for inset, z in ((0.003, 0.0), (0.0, 0.004), (0.0, thick - 0.006), (0.002, thick - 0.002), (0.006, thick))
    ]
    rings.append(Ring(x - 0.02, y - 0.02, thick, -y, power=square))
    if hole is None:
        rings.append(Ring(0, 0, thick, -y))
    else:
        rings += [Ring(hole.half_x, hole.half_y, z, hole.y - y, hole.x, hole.power) for z in (thick, 0.0)]
    return [Part(lofted(rings), material, "counter")]


def basin(hole: Hole, depth: float, material: Material, rim: float = 0.015) -> Parts:
    """A bowl `depth` metres deep that hangs in a hole whose upper edge is at z = 0; centred on the hole."""
    steps = [(rim, 0.0), (rim, 0.008), (rim - 0.004, 0.012), (-0.003, 0.012), (-0.01, 0.004), (-0.022, -0.45 * depth)]
    steps += [(-0.04, -0.85 * depth), (-0.07, -depth)]
    rings = [Ring(hole.half_x + out, hole.half_y + out, z, power=hole.power) for out, z in steps]
    rings += [Ring(0.028, 0.028, -depth - 0.004), Ring(0, 0, -depth - 0.004)]
    drain = cylinder(0.026, 0.004, 20).moved(z=-depth - 0.003)
    return [Part(lofted(rings), material, "sink"), Part(drain, Material((0.3, 0.3, 0.3), roughness=0.3), "sink")]


def tap(material: Material, height: float = 0.16, reach: float = 0.13) -> Parts:
    """A mixer tap: foot, bent spout towards -y, lever; its foot is at the origin."""
    bend = np.linspace(0, np.pi * 0.92, 12)
    half = reach / 2
    neck = [(0.0, 0.0, z) for z in np.linspace(0.0, height - half, 4)]
    neck += [(0.0, -half + half * float(np.cos(a)), height - half + half * float(np.sin(a))) for a in bend[1:]]
    lever = tube([(0.0, 0.0, 0.06), (0.035, 0.0, 0.075), (0.085, 0.0, 0.095)], 0.006)
    body = merged([tube(neck, 0.011), cylinder(0.026, 0.012), cylinder(0.018, 0.06), lever])
    return [Part(body, material, "otherprop")]
