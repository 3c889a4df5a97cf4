"""A dining room with a kitchen unit along its wall."""

from __future__ import annotations

import numpy as np

from vizlab.scenes import clutter, cupboards, fittings, lighting, materials, seating, tables
from vizlab.scenes.colour_schemes import draw_scheme
from vizlab.scenes.furnishing import BULB, sunlit_opening, viewpoint, window
from vizlab.scenes.shell import Room, Shell, Sun


def dining_room(rng: np.random.Generator) -> Room:
    """A table with chairs below a pendant lamp, a kitchen unit and a fridge behind it."""
    scheme = draw_scheme(rng, "tile" if rng.random() < 0.6 else "wood")
    shell = Shell((4.7, 5.0, 2.6), scheme)
    fronts = scheme.wood if rng.random() < 0.5 else materials.lacquer(rng, (0.80, 0.77, 0.68))
    shell.against("back", cupboards.kitchen_unit(rng, scheme, fronts, 2.4), 3.46)
    shell.against("back", cupboards.refrigerator(rng), 1.85, gap=0.02)
    shell.against("back", fittings.door(scheme, materials.lacquer(rng, (0.82, 0.80, 0.74))), 0.72, gap=0.012)
    shell.against("back", fittings.wall_plate(scheme), 1.3, z=1.1)
    for x in (2.6, 2.75, 4.1):
        shell.place(clutter.vase(rng, scheme, float(rng.uniform(0.14, 0.24))), x, 4.8, 0.906)
    shell.place(clutter.box_of_card(rng, (0.2, 0.08, 0.28)), 4.4, 4.75, 0.906)
    window(shell, rng, "right", 3.75, (1.25, 1.2), 1.0, 1.6)
    shell.against("right", fittings.blinds(scheme, 1.2, 0.62), 3.75, z=1.58, gap=-0.03)
    _laid_table(shell, rng, 2.35, 2.95)
    shell.place(lighting.pendant(scheme, 2.6, 0.85, 14.0), 2.35, 2.95)
    shell.place(lighting.ceiling_panel((0.5, 0.5), 4.0, BULB), 2.4, 1.9, 2.59)
    shell.place(cupboards.basket(rng), 1.32, 4.55)
    sunlit_opening(shell, "left", 1.4)
    view = viewpoint(rng, (0.95, 0.3, 1.5), (2.55, 4.2, 0.74))
    return Room("dining_room", "Dining kitchen", shell.size, shell.closed(), view, Sun((0.55, 0.55, -0.55), 2.0))


def _laid_table(shell: Shell, rng: np.random.Generator, x: float, y: float) -> None:
    """A dining table with five chairs and a few things on it."""
    scheme = shell.scheme
    shell.place(tables.table(scheme.second_wood, 1.4, 0.86, 0.75), x, y)
    seats = [(-0.36, 0.5, 0.0), (0.36, 0.52, 0.0), (-0.4, -0.52, 180.0), (0.42, -0.62, 180.0), (0.84, 0.0, -90.0)]
    for dx, dy, turn in seats:
        chair = seating.dining_chair(rng, scheme.second_wood, scheme.accents[1])
        back = 0.26 * np.array([-np.sin(np.radians(turn)), np.cos(np.radians(turn))])
        shell.place(chair, x + dx + back[0], y + dy + back[1], turn=turn + float(rng.normal(0, 9)))
    shell.place(clutter.fruit_bowl(rng), x + 0.05, y + 0.05, 0.75)
    shell.place(clutter.mug(rng), x - 0.35, y - 0.2, 0.75)
    shell.place(clutter.papers(rng, 3), x + 0.42, y - 0.14, 0.75)
    shell.place(clutter.vase(rng, scheme, 0.24), x - 0.22, y + 0.16, 0.75)
