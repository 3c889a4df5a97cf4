"""Bedrooms: a double bed seen from its foot, a bed in an evening corner, a narrow room with a single bed and a desk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vizlab.scenes import beds, clutter, cupboards, fittings, lighting, materials, seating, tables
from vizlab.scenes.colour_schemes import draw_scheme, repainted
from vizlab.scenes.furnishing import BULB, painting, sunlit_opening, viewpoint, window
from vizlab.scenes.shell import Room, Shell, Sun


def bedroom(rng: np.random.Generator) -> Room:
    """One of the layouts below."""
    return LAYOUTS[int(rng.integers(len(LAYOUTS)))](rng)


def _from_the_foot(rng: np.random.Generator) -> Room:
    """By day: a double bed between night stands, a curtained window on the left."""
    scheme = draw_scheme(rng, "wood" if rng.random() < 0.5 else "carpet")
    shell = Shell((4.1, 4.5, 2.55), scheme)
    middle = 2.3 + float(rng.uniform(-0.08, 0.08))
    shell.against("back", beds.bed(rng, scheme), middle, gap=0.03)
    for side in (-1, 1):
        x = middle + side * 1.16
        stand = cupboards.chest(scheme, scheme.wood, (0.48, 0.4, 0.55), 2, label="night stand")
        shell.against("back", stand, x, gap=0.03)
        shell.place(lighting.table_lamp(rng, scheme, 3.0 if side < 0 else 0.0), x - 0.05, 4.5 - 0.22, 0.55)
        shell.place(clutter.stack_of_books(rng, 2), x + 0.12, 4.5 - 0.31, 0.55, float(rng.uniform(-30, 30)))
    shell.place(clutter.mug(rng), middle - 1.3, 4.5 - 0.36, 0.55)
    shell.against("back", painting(rng, scheme, 0.85, 0.6), middle + 0.05, z=1.5)
    window(shell, rng, "left", 3.3, (1.15, 1.3), 0.85, 1.6)
    shell.against("left", fittings.curtains(rng, scheme, 1.15, 2.3), 3.3)
    shell.against("left", fittings.radiator(scheme, 1.0), 3.3, gap=0.012)
    shell.place(clutter.plant(rng, 0.95), 0.42, 4.1)
    shell.place(fittings.floor_rug(rng, scheme, 1.3, 1.9), 1.0, 2.75, turn=float(rng.uniform(-6, 6)))
    shell.place(clutter.shoes(rng), 0.95, 3.25, 0.012, turn=float(rng.uniform(60, 120)))
    shell.place(clutter.bag(rng), 0.55, 2.95, turn=100)
    shell.place(lighting.ceiling_panel((0.45, 0.45), 7.0, BULB), 2.0, 2.0, 2.54)
    sunlit_opening(shell, "right", 1.5)
    view = viewpoint(rng, (3.35, 0.22, 1.45), (1.72, 3.9, 0.66))
    return Room("bedroom", "Bedroom", shell.size, shell.closed(), view, Sun((-0.62, 0.5, -0.55), 2.0))


def _evening_corner(rng: np.random.Generator) -> Room:
    """By lamplight: an upholstered bed at the right wall, drawn curtains, a dresser with a mirror."""
    scheme = draw_scheme(rng, "carpet" if rng.random() < 0.6 else "wood")
    scheme = repainted(rng, scheme, [(0.62, 0.66, 0.62), (0.70, 0.60, 0.52), (0.55, 0.60, 0.68), (0.74, 0.68, 0.58)])
    shell = Shell((3.8, 4.3, 2.5), scheme)
    shell.against("right", beds.bed(rng, scheme, 1.6, padded=True), 2.55, gap=0.03)
    shell.against("right", painting(rng, scheme, 0.9, 0.62), 2.55, z=1.42)
    for y, lit in ((3.68, 3.5), (1.42, 3.5)):
        stand = cupboards.chest(scheme, scheme.second_wood, (0.46, 0.4, 0.52), 2, label="night stand")
        shell.against("right", stand, y, gap=0.03)
        shell.place(lighting.table_lamp(rng, scheme, lit), 3.8 - 0.22, y + 0.03, 0.52)
    shell.place(clutter.stack_of_books(rng, 2), 3.5, 3.56, 0.52, float(rng.uniform(40, 80)))
    window(shell, rng, "back", 2.75, (1.1, 1.3), 0.85, 0.03)
    shell.against("back", fittings.curtains(rng, scheme, 1.1, 2.3, closed=True), 2.75)
    dresser = cupboards.chest(scheme, scheme.second_wood, (1.15, 0.45, 0.84), 3, 2)
    shell.against("back", dresser, 1.35, gap=0.02)
    shell.against("back", fittings.wall_mirror(scheme.second_wood, 0.72, 0.95), 1.35, z=1.02)
    shell.place(lighting.table_lamp(rng, scheme, 3.0), 0.95, 4.3 - 0.25, 0.84)
    shell.place(clutter.vase(rng, scheme, 0.2), 1.72, 4.3 - 0.22, 0.84)
    shell.place(clutter.stack_of_books(rng, 3), 1.5, 4.3 - 0.28, 0.84, float(rng.uniform(-30, 30)))
    shell.place(fittings.floor_rug(rng, scheme, 1.4, 2.1), 1.1, 2.5, turn=float(rng.uniform(-5, 5)))
    shell.place(clutter.folded_clothes(rng, 3), 1.95, 2.05, 0.62, turn=float(rng.uniform(60, 110)))
    shell.place(clutter.shoes(rng), 1.3, 3.35, 0.012, turn=float(rng.uniform(-30, 30)))
    shell.place(lighting.ceiling_panel((0.4, 0.4), 4.0, BULB), 1.6, 1.3, 2.49)
    view = viewpoint(rng, (0.45, 0.3, float(rng.uniform(1.4, 1.55))), (2.2, 3.1, 0.7))
    return Room("bedroom", "Bedroom in the evening", shell.size, shell.closed(), view, None, -0.35)


def _single_bed(rng: np.random.Generator) -> Room:
    """A narrow room on a grey day: a single bed on the left, a desk below the window, shelves on the right."""
    scheme = draw_scheme(rng, "wood")
    scheme = repainted(rng, scheme, [(0.80, 0.78, 0.60), (0.66, 0.76, 0.82), (0.84, 0.72, 0.68), (0.74, 0.80, 0.70)])
    light_wood = materials.timber(rng, (0.60, 0.44, 0.28), (0.80, 0.64, 0.44))
    scheme = replace(scheme, wood=light_wood, second_wood=light_wood if rng.random() < 0.6 else scheme.white)
    shell = Shell((3.1, 4.0, 2.5), scheme)
    shell.against("back", beds.bed(rng, scheme, 0.95), 0.6, gap=0.03)
    shell.against("left", painting(rng, scheme, 0.5, 0.7), 3.1, z=1.25)
    shell.against("left", painting(rng, scheme, 0.42, 0.42), 2.45, z=1.4)
    window(shell, rng, "back", 2.0, (1.15, 1.2), 1.0, 1.3)
    shell.against("back", fittings.curtains(rng, scheme, 1.15, 2.32, 0.78), 2.0)
    shell.against("back", tables.desk(scheme, scheme.second_wood, 1.35, 0.62), 1.98, gap=0.1)
    _schoolwork(shell, rng, 1.98, 3.9)
    shell.place(seating.dining_chair(rng, scheme.wood, scheme.accents[1]), 1.8, 3.02, turn=160.0)
    shell.against("right", cupboards.bookshelf(rng, scheme, scheme.wood, 0.85, 1.75, 4), 2.75, gap=0.015)
    shell.place(fittings.floor_rug(rng, scheme, 1.15, 1.6), 1.75, 2.3, turn=float(rng.uniform(-12, 12)))
    shell.place(clutter.bag(rng), 1.22, 3.3, turn=75)
    shell.place(clutter.shoes(rng), 1.4, 2.5, 0.012, turn=float(rng.uniform(0, 90)))
    shell.place(clutter.box_of_card(rng, (0.36, 0.3, 0.26)), 2.72, 2.05, turn=12)
    shell.place(lighting.ceiling_panel((0.4, 0.4), 5.0, BULB), 1.5, 2.0, 2.49)
    window(shell, rng, "front", 1.5, (1.8, 1.5), 0.8, 0.9)
    view = viewpoint(rng, (2.2, 0.3, float(rng.uniform(1.42, 1.58))), (1.35, 3.4, 0.68))
    return Room("bedroom", "Small bedroom", shell.size, shell.closed(), view, None)


def _schoolwork(shell: Shell, rng: np.random.Generator, x: float, back: float) -> None:
    """What is on the desk of the small bedroom."""
    scheme = shell.scheme
    shell.place(lighting.table_lamp(rng, scheme, 0.0), x - 0.52, back - 0.2, 0.75)
    shell.place(clutter.laptop(rng, scheme), x - 0.1, back - 0.28, 0.75, float(rng.uniform(-10, 10)))
    shell.place(clutter.papers(rng, 4), x + 0.3, back - 0.35, 0.75)
    shell.place(clutter.stack_of_books(rng, 5), x + 0.5, back - 0.25, 0.75, float(rng.uniform(-15, 15)))
    shell.place(clutter.mug(rng), x + 0.25, back - 0.16, 0.75)


LAYOUTS = (_from_the_foot, _evening_corner, _single_bed)
