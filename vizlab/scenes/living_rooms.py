"""Living rooms: a sofa below paintings, a television corner, an evening by the fireplace."""

from __future__ import annotations

import numpy as np

from vizlab.scenes import clutter, cupboards, fittings, lighting, materials, seating, tables, textures
from vizlab.scenes.colour_schemes import ColourScheme, draw_scheme, repainted
from vizlab.scenes.furnishing import BULB, painting, sunlit_opening, viewpoint, window
from vizlab.scenes.materials import Material
from vizlab.scenes.parts import Parts, moved, turned
from vizlab.scenes.shell import Room, Shell, Sun


def living_room(rng: np.random.Generator) -> Room:
    """One of the layouts below."""
    return LAYOUTS[int(rng.integers(len(LAYOUTS)))](rng)


def _below_paintings(rng: np.random.Generator) -> Room:
    """By day: a sofa with a coffee table on a rug, an armchair by the window, bookshelves on the right."""
    scheme = draw_scheme(rng, "wood")
    shell = Shell((4.7, 4.8, 2.6), scheme)
    couch = scheme.fabric if rng.random() < 0.65 else materials.leather(rng, (0.30, 0.17, 0.10))
    shell.against("back", _cushioned_sofa(rng, scheme, couch), 1.75, gap=0.06)
    shell.against("back", painting(rng, scheme, 0.95, 0.68), 1.45, z=1.4)
    shell.against("back", painting(rng, scheme, 0.42, 0.54), 2.3, z=1.47)
    shell.place(clutter.plant(rng, 1.15, 40), 0.3, 4.45)
    window(shell, rng, "back", 3.55, (1.05, 1.35), 0.85, 1.6)
    shell.against("back", fittings.curtains(rng, scheme, 1.05, 2.36), 3.55)
    chair = seating.sofa(rng, scheme, scheme.accents[2], seats=1, label="chair")
    shell.place(chair, 4.1, 4.42, turn=-38)
    shell.place(lighting.floor_lamp(scheme, 3.2), 3.02, 4.42)
    shelf = cupboards.bookshelf(rng, scheme, scheme.wood, 1.0, 2.0)
    shell.against("right", shelf, 3.15, gap=0.015)
    shell.place(fittings.floor_rug(rng, scheme, 2.4, 1.7), 1.95, 2.9, turn=float(rng.uniform(-4, 4)))
    _coffee_table(shell, rng, scheme.second_wood, (1.9, 2.85))
    shell.place(lighting.ceiling_panel((0.5, 0.5), 6.0, BULB), 2.3, 2.2, 2.59)
    sunlit_opening(shell, "left", 1.5)
    view = viewpoint(rng, (0.95, 0.25, 1.48), (2.62, 4.0, 0.68))
    return Room("living_room", "Living room", shell.size, shell.closed(), view, Sun((0.55, 0.6, -0.52), 2.0))


def _television_corner(rng: np.random.Generator) -> Room:
    """On a grey day: a sofa along the left wall below a window, the television at the back, carpet or boards."""
    scheme = draw_scheme(rng, "carpet" if rng.random() < 0.7 else "wood")
    shell = Shell((4.5, 4.7, 2.5), scheme)
    couch = scheme.fabric if rng.random() < 0.6 else materials.leather(rng, (0.20, 0.12, 0.08))
    shell.against("left", _cushioned_sofa(rng, scheme, couch), 2.95, gap=0.16)
    window(shell, rng, "left", 2.95, (1.6, 1.15), 1.05, 1.4)
    shell.against("left", fittings.curtains(rng, scheme, 1.6, 2.3), 2.95)
    shell.against("back", cupboards.media_board(scheme, scheme.wood, 1.7), 2.2, gap=0.02)
    shell.place(clutter.television(rng, scheme, 1.12), 2.15, 4.63, 0.5)
    shell.place(clutter.vase(rng, scheme, 0.22), 1.48, 4.45, 0.5)
    shell.place(clutter.stack_of_books(rng, 4), 2.93, 4.45, 0.5, float(rng.uniform(-20, 20)))
    shell.against("back", cupboards.wall_shelf(rng, scheme, scheme.wood, 0.95), 2.2, z=1.72)
    shell.against("back", painting(rng, scheme, 0.6, 0.45), 1.05, z=1.55)
    shell.place(clutter.plant(rng, 1.3, 42), 0.5, 4.4)
    shell.place(lighting.floor_lamp(scheme, 2.5), 3.4, 4.4)
    chair = seating.sofa(rng, scheme, scheme.accents[0], seats=1, label="chair")
    shell.place(chair, 4.05, 3.35, turn=-75 + float(rng.uniform(-8, 8)))
    shell.place(fittings.floor_rug(rng, scheme, 1.7, 2.3), 2.2, 2.95, turn=float(rng.uniform(-4, 4)))
    _coffee_table(shell, rng, scheme.wood, (2.2, 2.85), turn=90)
    shell.place(lighting.ceiling_panel((0.45, 0.45), 6.0, BULB), 2.2, 2.0, 2.49)
    window(shell, rng, "front", 2.6, (2.0, 1.6), 0.7, 0.8)
    view = viewpoint(rng, (3.5, 0.3, float(rng.uniform(1.42, 1.58))), (1.95, 3.6, 0.68))
    return Room("living_room", "Living room with television", shell.size, shell.closed(), view, None)


def _fireside(rng: np.random.Generator) -> Room:
    """By lamplight: a fireplace between bookshelves, a sofa and an armchair that face each other."""
    scheme = draw_scheme(rng, "wood")
    scheme = repainted(rng, scheme, [(0.36, 0.46, 0.46), (0.62, 0.46, 0.36), (0.44, 0.48, 0.38), (0.66, 0.60, 0.50)])
    shell = Shell((5.0, 4.9, 2.7), scheme)
    brick = materials.printed(textures.tiles(rng, (0.52, 0.28, 0.2), (0.6, 0.56, 0.5))[0], 0.48)
    shell.against("back", fittings.fireplace(scheme, brick), 2.5, gap=0.0)
    if rng.random() < 0.5:
        shell.against("back", fittings.wall_mirror(scheme.brass, 0.95, 0.75), 2.5, z=1.4)
    else:
        shell.against("back", painting(rng, scheme, 1.0, 0.75), 2.5, z=1.4)
    for x in (2.0, 2.95):
        shell.place(clutter.vase(rng, scheme, float(rng.uniform(0.18, 0.26))), x, 4.9 - 0.15, 1.175)
    for x in (1.05, 3.95):
        shell.against("back", cupboards.bookshelf(rng, scheme, scheme.second_wood, 1.05, 2.1), x, gap=0.015)
    couch = materials.leather(rng, (0.34, 0.19, 0.11)) if rng.random() < 0.5 else scheme.fabric
    shell.place(_cushioned_sofa(rng, scheme, couch), 0.85, 2.85, turn=90 + float(rng.uniform(-4, 4)))
    chair = seating.sofa(rng, scheme, scheme.accents[1], seats=1, label="chair")
    shell.place(chair, 4.2, 3.25, turn=-70 + float(rng.uniform(-8, 8)))
    shell.place(lighting.floor_lamp(scheme, 4.5), 4.55, 4.2)
    shell.place(lighting.floor_lamp(scheme, 4.5), 0.5, 4.2)
    shell.place(fittings.floor_rug(rng, scheme, 2.3, 1.9), 2.6, 2.95, turn=float(rng.uniform(-4, 4)))
    _coffee_table(shell, rng, scheme.wood, (2.65, 2.95), turn=float(rng.uniform(-6, 6)))
    shell.place(cupboards.basket(rng), 3.42, 4.6)
    shell.place(lighting.ceiling_panel((0.5, 0.5), 5.0, BULB), 2.4, 1.6, 2.69)
    view = viewpoint(rng, (2.3, 0.25, float(rng.uniform(1.42, 1.58))), (2.5, 4.0, 0.78))
    return Room("living_room", "Fireside", shell.size, shell.closed(), view, None, -0.3)


def _cushioned_sofa(rng: np.random.Generator, scheme: ColourScheme, couch: Material) -> Parts:
    """A sofa for three with loose cushions."""
    return [
        *seating.sofa(rng, scheme, couch),
        *seating.scatter_cushion(rng, scheme.accents[0], -0.72),
        *seating.scatter_cushion(rng, scheme.pattern, 0.66),
        *seating.scatter_cushion(rng, scheme.accents[1], 0.38, 55),
    ]


def _coffee_table(
    shell: Shell, rng: np.random.Generator, wood: Material, at: tuple[float, float], turn: float = 0.0
) -> None:
    """A low table with what people leave on it."""
    load = [
        (clutter.stack_of_books(rng, 3), -0.32, 0.04, 0.42),
        (clutter.mug(rng), 0.12, -0.16, 0.42),
        (clutter.fruit_bowl(rng), 0.3, 0.08, 0.42),
        (clutter.stack_of_books(rng, 5), 0.1, 0.0, 0.15),
    ]
    parts = tables.coffee_table(wood)
    for thing, x, y, z in load:
        parts += moved(turned(thing, float(rng.uniform(-40, 40))), x, y, z)
    shell.place(parts, *at, 0.012, turn)


LAYOUTS = (_below_paintings, _television_corner, _fireside)
