"""What bathrooms are fitted with: toilet, wash basins, bathtub, shower curtain, tiles, towels, lights, toiletries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vizlab.scenes.basins import CHROME, Hole, Ring, basin, lofted, tap, worktop
from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.cupboards import cupboard
from vizlab.scenes.household import BOTTLES, TOWELS, towel
from vizlab.scenes.lighting import WARM
from vizlab.scenes.materials import Material, carpeting, cloth, glow, plastic
from vizlab.scenes.meshes import Mesh, ball, box, curved_body, cylinder, merged, panel, rounded_box, tube
from vizlab.scenes.parts import Part, Parts, moved, turned
from vizlab.scenes.shell import Opening, pierced_wall
from vizlab.scenes.soft_shapes import hanging
from vizlab.scenes.textures import Image

CERAMIC = Material((0.88, 0.875, 0.85), roughness=0.16, specular=0.5)


def toilet(lid_up: bool) -> Parts:
    """A ceramic toilet: foot, bowl, seat, lid and tank; its back is at y = 0."""
    egg = 0.1
    bowl = [
        Ring(0.118, 0.25, 0.0, -0.42, power=2.6),
        Ring(0.118, 0.25, 0.02, -0.42, power=2.6),
        Ring(0.102, 0.22, 0.05, -0.40, power=2.4),
        Ring(0.100, 0.205, 0.16, -0.40, power=2.3),
        Ring(0.130, 0.22, 0.25, -0.44, egg=egg),
        Ring(0.174, 0.243, 0.33, -0.465, egg=egg),
        Ring(0.186, 0.253, 0.375, -0.47, egg=egg),
        Ring(0.186, 0.253, 0.39, -0.47, egg=egg),
        Ring(0.180, 0.247, 0.396, -0.47, egg=egg),
        Ring(0.130, 0.190, 0.396, -0.47, egg=egg),
        Ring(0.126, 0.185, 0.385, -0.47, egg=egg),
        Ring(0.105, 0.150, 0.30, -0.46, egg=egg),
        Ring(0.070, 0.090, 0.22, -0.44),
        Ring(0.0, 0.0, 0.215, -0.44),
    ]
    tank = [
        rounded_box((0.20, 0.22, 0.37), 0.05).moved(y=-0.15),
        rounded_box((0.36, 0.24, 0.05), 0.02).moved(y=-0.15, z=0.36),
        rounded_box((0.45, 0.18, 0.35), 0.04, steps=4).moved(y=-0.105, z=0.4),
        rounded_box((0.475, 0.205, 0.036), 0.014, steps=3).moved(y=-0.112, z=0.745),
    ]
    lever = tube([(-0.16, -0.2, 0.70), (-0.16, -0.215, 0.70), (-0.09, -0.22, 0.695)], 0.007)
    cover = moved([Part(_egg_plate(egg), CERAMIC, "toilet")], y=-0.24, z=0.42)
    if lid_up:
        cover = moved(turned([Part(_egg_plate(egg), CERAMIC, "toilet")], -95, "x"), y=-0.245, z=0.425)
    return [
        Part(lofted(bowl), CERAMIC, "toilet"),
        Part(merged(tank), CERAMIC, "toilet"),
        Part(_seat(egg), plastic((0.86, 0.855, 0.83), 0.25), "toilet"),
        Part(lever, CHROME, "toilet"),
        *cover,
    ]


def _seat(egg: float) -> Mesh:
    """The ring one sits on."""
    outline = [
        (0.0, 0.398),
        (0.005, 0.402),
        (0.005, 0.414),
        (-0.004, 0.42),
        (-0.056, 0.42),
        (-0.064, 0.414),
        (-0.064, 0.4),
    ]
    return lofted([Ring(0.186 + out, 0.25 + out, z, -0.47, egg=egg) for out, z in outline])


def _egg_plate(egg: float) -> Mesh:
    """A lid lying on z = 0, its hinge at y = 0."""
    outline = [
        (-0.19, 0.0),
        (-0.004, 0.0),
        (0.003, 0.006),
        (0.0, 0.016),
        (-0.02, 0.022),
        (-0.1, 0.026),
        (-0.186, 0.027),
    ]
    return lofted([Ring(0.19 + out, max(0.232 + out, 0.0), z, -0.235, egg=egg) for out, z in outline])


def vanity(scheme: ColourScheme, wood: Material, stone: Material, width: float) -> Parts:
    """A cabinet with a stone top, an oval basin and a tap; its back is at y = 0. The top is 0.85 m high."""
    depth, height = 0.52, 0.82
    hole = Hole(0.235, 0.17, y=-0.015)
    parts = cupboard(scheme, wood, (width, depth, height), max(round(width / 0.4), 2), open_top=True)
    parts += moved(worktop((width + 0.03, depth + 0.03, 0.032), stone, hole), z=height)
    parts.append(Part(box(width + 0.03, 0.02, 0.09, 0.005).moved(0, -0.01, height + 0.032), stone, "counter"))
    y = -(depth + 0.03) / 2 + hole.y
    parts += moved(basin(hole, 0.13, CERAMIC), y=y, z=height + 0.032)
    return parts + moved(tap(CHROME), y=-0.075, z=height + 0.032)


def pedestal_basin() -> Parts:
    """A wash basin on a column; its back is at y = 0, its rim 0.85 m high."""
    y = -0.25
    column = [Ring(*half, z, -0.2) for half, z in (((0.12, 0.11), 0.0), ((0.12, 0.11), 0.03), ((0.085, 0.085), 0.12),
                                                   ((0.075, 0.08), 0.45), ((0.1, 0.1), 0.68))]  # fmt: skip
    bowl = [
        Ring(0.10, 0.09, 0.64, y + 0.03),
        Ring(0.20, 0.16, 0.71, y + 0.01, power=2.5),
        Ring(0.27, 0.225, 0.80, y, power=3),
        Ring(0.285, 0.24, 0.835, y, power=3),
        Ring(0.285, 0.24, 0.845, y, power=3),
        Ring(0.278, 0.233, 0.852, y, power=3),
        Ring(0.235, 0.165, 0.852, y - 0.035, power=2.6),
        Ring(0.228, 0.158, 0.842, y - 0.035, power=2.6),
        Ring(0.17, 0.11, 0.76, y - 0.035),
        Ring(0.05, 0.04, 0.72, y - 0.03),
        Ring(0.0, 0.0, 0.718, y - 0.03),
    ]
    return [
        Part(lofted(column), CERAMIC, "sink"),
        Part(lofted(bowl), CERAMIC, "sink"),
        *moved(tap(CHROME, 0.14, 0.12), y=-0.065, z=0.85),
    ]


def bathtub(length: float = 1.55, depth: float = 0.74) -> Parts:
    """A built-in bathtub with tap and shower head at its left end; its back is at y = 0, its rim 0.5 m high."""
    x, y = length / 2, depth / 2
    outside = [(0.0, 0.0), (0.0, 0.42), (0.0, 0.485), (0.004, 0.495), (0.014, 0.5), (0.03, 0.5)]
    rings = [Ring(x - inset, y - inset, z, -y, power=40) for inset, z in outside]
    inside = [(0.08, 0.07, 0.5, 7), (0.09, 0.08, 0.492, 7), (0.1, 0.088, 0.45, 6), (0.17, 0.13, 0.16, 4),
              (0.24, 0.18, 0.12, 4), (0.4, 0.3, 0.115, 4)]  # fmt: skip
    rings += [Ring(x - dx, y - dy, z, -y, power=power) for dx, dy, z, power in inside]
    rings.append(Ring(0, 0, 0.115, -y))
    # The skirt of an enamelled tub has a raised field.
    skirt = box(length - 0.24, 0.012, 0.3, 0.006).moved(0, -depth, 0.09)
    spout = merged([tube([(-x + 0.01, -y, 0.64), (-x + 0.13, -y, 0.635)], 0.022),
                    cylinder(0.07, 0.012).turned(90, "y").moved(-x + 0.012, -y, 0.85),
                    tube([(-x + 0.02, -y, 0.85), (-x + 0.08, -y, 0.85), (-x + 0.1, -y, 0.79)], 0.01)])  # fmt: skip
    arm = tube([(-x + 0.01, -y, 1.95), (-x + 0.1, -y, 1.97), (-x + 0.18, -y, 1.93)], 0.009)
    head = cylinder(0.045, 0.05).turned(25, "y").moved(-x + 0.16, -y, 1.885)
    return [
        Part(lofted(rings), CERAMIC, "bathtub"),
        Part(skirt, CERAMIC, "bathtub"),
        Part(merged([spout, arm, head]), CHROME, "otherprop"),
    ]


def shower_curtain(
    rng: np.random.Generator, material: Material, length: float, share: float, side: int, top: float = 1.98
) -> Parts:
    """A curtain on a rail of `length` in the plane y = 0 that covers `share` of it from one side (-1 left)."""
    wide = length * share
    low = 0.22
    drape = hanging(wide, top - low, rng, pleat=float(rng.uniform(0.12, 0.16)), depth=0.035)
    at = side * (length - wide - 0.06) / 2
    rail = tube([(-length / 2, 0, top + 0.03), (length / 2, 0, top + 0.03)], 0.013)
    rings = [_ring(at + wide * float(u), top + 0.02) for u in np.linspace(-0.47, 0.47, max(round(wide / 0.13), 3))]
    return [
        Part(drape.moved(at, 0.035, low), material, "shower curtain"),
        Part(merged([rail, *rings]), CHROME, "otherprop"),
    ]


def _ring(x: float, z: float) -> Mesh:
    angle = np.linspace(0, 2 * np.pi, 13)
    return tube([(x, 0.02 * float(np.cos(a)), z + 0.02 * float(np.sin(a))) for a in angle], 0.003, 6)


def printed_curtain(image: Image, tile: float) -> Material:
    """Plasticised cloth with a pattern: opaque, a little shiny."""
    return Material(image, (tile, tile), 0.5, 0.3)


def towel_rail(rng: np.random.Generator, width: float, colours: int = 2) -> Parts:
    """A rail on the wall y = 0 with towels on it, its bar at z = 0."""
    bar = [tube([(-width / 2, -0.075, 0), (width / 2, -0.075, 0)], 0.009)]
    bar += [tube([(side * width / 2, 0, 0), (side * width / 2, -0.08, 0)], 0.013) for side in (-1, 1)]
    parts = [Part(merged(bar), CHROME, "otherprop")]
    wide = width / colours * 0.82
    order = rng.permutation(len(TOWELS))
    for index in range(colours):
        x = (index - (colours - 1) / 2) * width / colours
        fabric = cloth(rng, TOWELS[int(order[index])], 0.12)
        parts += moved(towel(rng, fabric, wide, float(rng.uniform(0.45, 0.6))), x, -0.075)
    return parts


def towel_ring(rng: np.random.Generator) -> Parts:
    """A hand towel drawn through a ring on the wall y = 0; the ring's lowest point is z = 0."""
    angle = np.linspace(0, 2 * np.pi, 25)
    ring = tube([(0.08 * float(np.sin(a)), -0.05, 0.08 - 0.08 * float(np.cos(a))) for a in angle], 0.005)
    stem = tube([(0, 0, 0.16), (0, -0.055, 0.16)], 0.012)
    fabric = cloth(rng, TOWELS[int(rng.integers(len(TOWELS)))], 0.12)
    return [Part(merged([ring, stem]), CHROME, "otherprop"), *moved(towel(rng, fabric, 0.2, 0.38), 0, -0.05, 0.01)]


def tiled(material: Material, width: float, height: float, openings: Sequence[Opening] = ()) -> Parts:
    """Tiles on the wall y = 0 from the floor up, with a moulding on top; openings as in `pierced_wall`."""
    # Thick enough to swallow the skirting board.
    field = pierced_wall(width, height, openings).moved(y=-0.016)
    sides = [box(0.012, 0.036, height, 0.003).moved(side * (width / 2 - 0.006), 0.0) for side in (-1, 1)]
    edge = box(width, 0.05, 0.025, 0.008).moved(z=height - 0.003)
    return [Part(field, material, "wall"), Part(merged([*sides, edge]), CERAMIC, "wall")]


def bath_mat(rng: np.random.Generator, width: float = 0.85, depth: float = 0.55) -> Parts:
    """A tufted mat; centred."""
    pile = carpeting(rng, TOWELS[int(rng.integers(1, len(TOWELS)))])
    return [Part(box(width, depth, 0.022, 0.01), pile, "floor mat")]


def brushes(rng: np.random.Generator) -> Parts:
    """Tooth brushes in a mug; centred."""
    cup = curved_body([(0, 0), (0.034, 0), (0.036, 0.1), (0.032, 0.099), (0.03, 0.01), (0, 0.008)], 24, 40)
    parts = [Part(cup, plastic((0.75, 0.8, 0.82), 0.2), "otherprop")]
    for _ in range(3):
        a = float(rng.uniform(0, 2 * np.pi))
        x, y = 0.026 * float(np.cos(a)), 0.026 * float(np.sin(a))
        stick = tube([(-x * 0.4, -y * 0.4, 0.02), (x, y, 0.1), (x * 1.6, y * 1.6, 0.19)], 0.005)
        parts.append(Part(stick, plastic(BOTTLES[int(rng.integers(1, 7))]), "otherprop"))
    return parts


def paper_roll() -> Parts:
    """Toilet paper on its holder on the wall y = 0, the roll's axis at z = 0."""
    roll = cylinder(0.056, 0.1).turned(90, "y").moved(-0.05, -0.075, 0)
    strip = panel(0.1, 0.13).moved(0, -0.131, -0.13)
    holder = tube([(-0.07, 0, 0.0), (-0.07, -0.078, 0.0), (0.06, -0.078, 0.0)], 0.007)
    white = Material((0.88, 0.87, 0.85), roughness=0.95, specular=0.1)
    return [Part(merged([roll, strip]), white, "otherprop"), Part(holder, CHROME, "otherprop")]


def vanity_light(count: int, lit: float) -> Parts:
    """A bar of globe bulbs on the wall y = 0, its middle at z = 0."""
    span = 0.17 * count
    globes = [ball(0.055).moved((i - (count - 1) / 2) * 0.17, -0.1, -0.055) for i in range(count)]
    sockets = [cylinder(0.02, 0.04).turned(90, "x").moved((i - (count - 1) / 2) * 0.17, -0.02, 0) for i in range(count)]
    plate = box(span, 0.025, 0.11, 0.008).moved(0, -0.0125, -0.055)
    return [Part(merged(globes), glow(WARM, lit), "lamp"), Part(merged([plate, *sockets]), CHROME, "lamp")]
