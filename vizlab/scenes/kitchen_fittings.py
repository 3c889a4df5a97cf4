"""What kitchens are fitted with: base and wall cabinets, cooker, hood, splashback, small appliances, crockery."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vizlab.scenes import clutter, textures
from vizlab.scenes.basins import CHROME, Hole, basin, tap, worktop
from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.cupboards import cupboard
from vizlab.scenes.household import BOTTLES, bottle, towel
from vizlab.scenes.materials import Material, cloth, glossy_black, lacquer, metal, plastic
from vizlab.scenes.meshes import Mesh, ball, box, curved_body, cylinder, merged, panel, tube
from vizlab.scenes.parts import Part, Parts, moved, turned
from vizlab.scenes.shell import Opening, pierced_wall
from vizlab.scenes.textures import Colour

TOP = 0.906
"""Height of the worktops in metres."""
DEPTH = 0.6
STEEL = metal((0.62, 0.62, 0.61), 0.34)
WORKTOPS: list[list[Colour]] = [
    [(0.12, 0.11, 0.10), (0.36, 0.32, 0.28), (0.62, 0.57, 0.50)],
    [(0.58, 0.52, 0.44), (0.74, 0.68, 0.60), (0.84, 0.80, 0.73)],
    [(0.05, 0.05, 0.055), (0.16, 0.16, 0.16), (0.34, 0.33, 0.32)],
]
SINK = Hole(0.29, 0.19, y=-0.02, power=9)


def stone(rng: np.random.Generator) -> Material:
    """A worktop's speckled surface."""
    grain = 0.5 + 0.2 * textures.noise(rng, 256, 0.4) + 0.1 * textures.noise(rng, 256, 1.2)
    stops = WORKTOPS[int(rng.integers(len(WORKTOPS)))]
    return Material(textures.as_image(textures.blended(grain, stops)), (0.6, 0.6), 0.25, 0.5)


def base_cabinet(scheme: ColourScheme, material: Material, width: float, drawers: bool = True) -> Parts:
    """Base cabinets 0.87 m high, a row of drawers above the doors unless a sink hangs there; its back is at y = 0."""
    doors = max(round(width / 0.45), 1)
    height, row = TOP - 0.036, 0.16
    if not drawers:
        return cupboard(scheme, material, (width, DEPTH, height), doors, 0.1, open_top=True)
    parts = cupboard(scheme, material, (width, DEPTH, height - row), doors, 0.1)
    parts.append(Part(box(width, DEPTH - 0.02, row).moved(0, -(DEPTH - 0.02) / 2, height - row), material, "cabinet"))
    wide = width / doors
    for index in range(doors):
        x = (index - (doors - 1) / 2) * wide
        front = box(wide - 0.008, 0.022, row - 0.016, 0.006).moved(x, -DEPTH + 0.01, height - row + 0.004)
        z = height - row / 2
        grip = tube([(x - 0.06, -DEPTH, z), (x - 0.06, -DEPTH - 0.03, z), (x + 0.06, -DEPTH - 0.03, z),
                     (x + 0.06, -DEPTH, z)], 0.006)  # fmt: skip
        parts += [Part(front, material, "cabinet"), Part(grip, scheme.metal, "cabinet")]
    return parts


def counter(stone_: Material, width: float, hole: Hole | None = None) -> Parts:
    """A worktop on base cabinets; its back is at y = 0."""
    return moved(worktop((width, DEPTH + 0.035, 0.036), stone_, hole), z=TOP - 0.036)


def sink_place(scheme: ColourScheme, material: Material, stone_: Material, width: float) -> Parts:
    """A base cabinet with its own piece of worktop, a steel sink and a tap; its back is at y = 0."""
    parts = base_cabinet(scheme, material, width, drawers=False) + counter(stone_, width, SINK)
    y = -(DEPTH + 0.035) / 2 + SINK.y
    parts += moved(basin(SINK, 0.17, metal((0.68, 0.68, 0.67), 0.3)), y=y, z=TOP)
    return parts + moved(tap(CHROME, 0.3, 0.2), y=-0.085, z=TOP)


def wall_cabinets(scheme: ColourScheme, material: Material, width: float, height: float = 0.72) -> Parts:
    """Wall cabinets with a cornice, their lower edge at z = 0; the back is at y = 0."""
    parts = cupboard(scheme, material, (width, 0.34, height), max(round(width / 0.42), 1), plinth=0.0)
    return [*parts, Part(box(width, 0.365, 0.045, 0.014).moved(0, -0.1825, height), material, "cabinet")]


def splashback(tiles: Material, width: float, height: float, openings: Sequence[Opening] = ()) -> Parts:
    """Tiles on the wall y = 0 from z = 0 up; openings as in `pierced_wall`."""
    return [Part(pierced_wall(width, height, openings).moved(y=-0.008), tiles, "wall")]


def cooker(rng: np.random.Generator, steel: bool, width: float = 0.76) -> Parts:
    """A free-standing cooker: oven with a dark window, knobs on a raised back, four rings; its back is at y = 0."""
    label = "otherfurniture"
    body = STEEL if steel else lacquer(rng, (0.84, 0.84, 0.82), 0.25)
    black = glossy_black()
    front = -0.64
    solid = [
        box(width, 0.62, 0.8, 0.006).moved(0, -0.31, 0.1),
        box(width - 0.01, 0.03, 0.13, 0.008).moved(0, front, 0.11),
        box(width - 0.01, 0.035, 0.5, 0.01).moved(0, front, 0.26),
        box(width - 0.01, 0.03, 0.115, 0.008).moved(0, front + 0.005, 0.775),
        box(width, 0.07, 0.2, 0.015).moved(0, -0.045, TOP),
    ]
    dark = [
        box(width - 0.04, 0.54, 0.3).moved(0, -0.3),
        box(width, 0.635, 0.012, 0.004).moved(0, -0.32, 0.9),
    ]
    window = panel(width - 0.26, 0.24).moved(0, front - 0.0185, 0.38)
    display = panel(0.2, 0.07).moved(0, -0.0815, TOP + 0.09)
    bar = tube([(-0.3, front - 0.015, 0.71), (-0.3, front - 0.055, 0.71), (0.3, front - 0.055, 0.71),
                (0.3, front - 0.015, 0.71)], 0.012)  # fmt: skip
    knobs = [
        cylinder(0.02, 0.025, 18).turned(90, "x").moved(x, front - 0.008, 0.835) for x in (-0.28, -0.19, 0.19, 0.28)
    ]
    parts = [
        Part(merged(solid), body, label),
        Part(merged(dark), plastic((0.04, 0.04, 0.042), 0.3), label),
        Part(merged([window, display]), black, label),
        Part(merged([bar, *knobs]), CHROME, label),
    ]
    return [*parts, Part(_grates(width), Material((0.03, 0.03, 0.03), roughness=0.6), label)]


def _grates(width: float) -> Mesh:
    """Four burners under their cast grates, on the hob."""
    pieces = []
    for x in (-width * 0.25, width * 0.25):
        for y in (-0.2, -0.47):
            pieces.append(cylinder(0.045, 0.016).moved(x, y, 0.912))
            pieces += [box(0.2, 0.01, 0.014, 0.003).turned(turn).moved(x, y, 0.93) for turn in (0, 90)]
            rim = [(x + dx * 0.11, y + dy * 0.11, 0.937) for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
            pieces.append(tube(rim, 0.006, 6))
    return merged(pieces)


def hood(steel: bool, rng: np.random.Generator, width: float = 0.76) -> Parts:
    """An extractor hood, its lower edge at z = 0; the back is at y = 0."""
    body = STEEL if steel else lacquer(rng, (0.84, 0.84, 0.82), 0.3)
    slope = box(width, 0.49, 0.06, 0.008).moved(0, -0.245)
    lid = box(width - 0.1, 0.36, 0.07, 0.02).moved(0, -0.18, 0.06)
    return [
        Part(merged([slope, lid]), body, "otherprop"),
        Part(panel(0.2, 0.025).moved(0, -0.491, 0.018), glossy_black(), "otherprop"),
    ]


def microwave(steel: bool) -> Parts:
    """A microwave oven; its back is at y = 0."""
    body = plastic((0.08, 0.08, 0.085), 0.35) if steel else plastic((0.82, 0.82, 0.80), 0.35)
    keys = merged([box(0.022, 0.004, 0.014, 0.002).moved(0.19 + 0.03 * (i % 3 - 1), -0.38, 0.06 + 0.03 * (i // 3))
                   for i in range(12)])  # fmt: skip
    bar = tube([(0.115, -0.375, 0.05), (0.115, -0.4, 0.06), (0.115, -0.4, 0.22), (0.115, -0.375, 0.23)], 0.008)
    return [
        Part(box(0.5, 0.36, 0.28, 0.012).moved(0, -0.19, 0.01), body, "otherprop"),
        Part(box(0.49, 0.02, 0.27, 0.008).moved(0, -0.368, 0.015), STEEL if steel else body, "otherprop"),
        Part(panel(0.29, 0.17).moved(-0.07, -0.3785, 0.06), glossy_black(), "otherprop"),
        Part(keys, plastic((0.6, 0.6, 0.58)), "otherprop"),
        Part(bar, CHROME, "otherprop"),
    ]


def kettle() -> Parts:
    """An electric kettle of steel; centred, spout towards -x."""
    body = curved_body([(0, 0), (0.085, 0), (0.082, 0.05), (0.065, 0.17), (0.05, 0.2), (0.0, 0.21)], 32, 40)
    spout = tube([(-0.055, 0, 0.15), (-0.085, 0, 0.18), (-0.1, 0, 0.2)], 0.016)
    grip = tube([(0.05, 0, 0.2), (0.1, 0, 0.205), (0.125, 0, 0.15), (0.115, 0, 0.06), (0.085, 0, 0.04)], 0.013)
    knob = ball(0.014).moved(0, 0, 0.205)
    return [
        Part(merged([body, spout]), CHROME, "otherprop"),
        Part(merged([grip, knob, cylinder(0.09, 0.018)]), plastic((0.04, 0.04, 0.04)), "otherprop"),
    ]


def toaster(rng: np.random.Generator) -> Parts:
    """A toaster for two slices; centred."""
    body = box(0.28, 0.16, 0.18, 0.03).moved(z=0.012)
    slots = [box(0.2, 0.028, 0.004, 0.001).moved(0, y, 0.19) for y in (-0.03, 0.03)]
    feet = box(0.26, 0.14, 0.015)
    lever = box(0.02, 0.04, 0.015, 0.004).moved(0.148, 0, 0.12)
    shell = CHROME if rng.random() < 0.5 else plastic((0.82, 0.80, 0.75), 0.3)
    return [
        Part(body, shell, "otherprop"),
        Part(merged([*slots, feet, lever]), plastic((0.03, 0.03, 0.03)), "otherprop"),
    ]


def chopping_board(wood: Material) -> Parts:
    """A chopping board leaning against the wall y = 0."""
    board = turned([Part(box(0.26, 0.018, 0.36, 0.008).moved(y=-0.075), wood, "otherprop")], -9, "x")
    return moved(board, z=-0.0103)


def utensils(rng: np.random.Generator) -> Parts:
    """Wooden spoons in a jar; centred."""
    jar = curved_body(
        [(0, 0), (0.05, 0), (0.055, 0.08), (0.05, 0.15), (0.045, 0.149), (0.045, 0.02), (0, 0.015)], 28, 40
    )
    spoons = []
    for _ in range(5):
        x, y = (float(v) for v in rng.uniform(-0.03, 0.03, 2))
        spoons.append(tube([(0, 0, 0.03), (x, y, 0.14), (2 * x, 2 * y, 0.27)], 0.006))
        spoons.append(ball(0.02, 1.4).moved(2 * x, 2 * y, 0.26))
    return [
        Part(jar, plastic(BOTTLES[int(rng.integers(len(BOTTLES)))], 0.25), "otherprop"),
        Part(merged(spoons), Material((0.55, 0.38, 0.22), roughness=0.6), "otherprop"),
    ]


def paper_towel() -> Parts:
    """A roll of kitchen paper on a stand; centred."""
    return [
        Part(
            cylinder(0.06, 0.24).moved(z=0.012), Material((0.87, 0.86, 0.84), roughness=0.95, specular=0.1), "otherprop"
        ),
        Part(merged([cylinder(0.08, 0.012), cylinder(0.008, 0.3)]), CHROME, "otherprop"),
    ]


def canisters(rng: np.random.Generator, count: int = 3) -> Parts:
    """Jars in a row of falling height along x; centred."""
    colour = BOTTLES[int(rng.integers(len(BOTTLES)))]
    parts: Parts = []
    for index in range(count):
        height = 0.21 - 0.035 * index
        x = (index - (count - 1) / 2) * 0.135
        lid = [cylinder(0.059, 0.018).moved(z=height), ball(0.012).moved(z=height + 0.016)]
        parts += moved([Part(cylinder(0.056, height), plastic(colour, 0.25), "otherprop"),
                        Part(merged(lid), CHROME, "otherprop")], x)  # fmt: skip
    return parts


def kitchen_bottles(rng: np.random.Generator, count: int) -> Parts:
    """Bottles of oil, vinegar and washing-up liquid in a loose row along x; centred."""
    parts: Parts = []
    for index in range(count):
        one = bottle(rng, float(rng.uniform(0.2, 0.3)))
        parts += moved(one, (index - (count - 1) / 2) * 0.085, float(rng.normal(0, 0.015)))
    return parts


def saucepan(rng: np.random.Generator) -> Parts:
    """A lidded saucepan, its handle towards -y; centred."""
    radius = float(rng.uniform(0.09, 0.12))
    body = curved_body([(0, 0), (radius, 0), (radius, 0.01), (radius, 0.11), (radius * 0.9, 0.125), (0, 0.14)], 32, 40)
    grip = tube([(0, -radius, 0.09), (0, -radius - 0.16, 0.11)], 0.011)
    return [
        Part(body, CHROME, "otherprop"),
        Part(merged([grip, ball(0.016).moved(0, 0, 0.135)]), plastic((0.03, 0.03, 0.03)), "otherprop"),
    ]


def hung_towel(rng: np.random.Generator, colour: Colour) -> Parts:
    """A dish towel over a bar through the origin along x."""
    band = [colour, (0.85, 0.83, 0.78)]
    fabric = (
        cloth(rng, colour, 0.12) if rng.random() < 0.5 else Material(textures.plaid(rng, band), (0.2, 0.2), 0.9, 0.12)
    )
    return towel(rng, fabric, 0.3, 0.36)


def fridge_notes(rng: np.random.Generator, count: int = 3) -> Parts:
    """Notes stuck to a door in the plane y = 0, around z = 0."""
    parts: Parts = []
    for index in range(count):
        upright = turned(clutter.papers(rng, 1), 90, "x")
        parts += moved(upright, float(rng.uniform(-0.03, 0.2)), -0.0015 * index, float(rng.uniform(-0.08, 0.08)))
    return parts
