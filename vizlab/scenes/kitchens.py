"""The kitchens: one along the back wall with a table before it, one around a corner."""

from __future__ import annotations

import numpy as np

from vizlab.scenes import clutter, cupboards, fittings, lighting, materials, seating, tables
from vizlab.scenes import kitchen_fittings as kit
from vizlab.scenes.colour_schemes import ColourScheme, draw_scheme
from vizlab.scenes.furnishing import BULB, mirroring, side_walls, sunlit_opening, viewpoint, window
from vizlab.scenes.materials import Material
from vizlab.scenes.shell import Room, Shell, Sun, Wall
from vizlab.scenes.textures import Colour

PAINTED: list[Colour] = [(0.80, 0.77, 0.68), (0.84, 0.83, 0.80), (0.58, 0.63, 0.56)]
TILES: list[Colour] = [(0.80, 0.76, 0.67), (0.72, 0.62, 0.48), (0.66, 0.70, 0.66), (0.82, 0.82, 0.80)]
HIGH = 1.44  # metres, the lower edge of the wall cabinets
SILL = 1.12  # metres, the lower edge of the windows above the sinks


def kitchen(rng: np.random.Generator) -> Room:
    """One of the layouts, left and right as drawn."""
    scheme = draw_scheme(rng, "tile" if rng.random() < 0.6 else "wood")
    layout = (_along_the_back, _around_the_corner)[int(rng.integers(2))]
    return layout(rng, scheme, 1 if rng.random() < 0.5 else -1)


def _fronts(rng: np.random.Generator, scheme: ColourScheme) -> Material:
    return scheme.wood if rng.random() < 0.65 else materials.lacquer(rng, PAINTED[int(rng.integers(len(PAINTED)))])


def _glaze(rng: np.random.Generator) -> Material:
    size = ((0.1, 0.1), (0.15, 0.075), (0.15, 0.15))[int(rng.integers(3))]
    return materials.wall_tiles(rng, TILES[int(rng.integers(len(TILES)))], size)


def _splashback(shell: Shell, tiles: Material, along: float, wide: float) -> None:
    """Tiles between worktop and wall cabinets on the whole back wall, with room for a window that starts at SILL."""
    width = shell.size[0]
    opening = (along - width / 2, SILL - kit.TOP, wide, HIGH - SILL)
    shell.against("back", kit.splashback(tiles, width, HIGH - kit.TOP, (opening,)), width / 2, z=kit.TOP)


def _cooking_place(shell: Shell, rng: np.random.Generator, wall: Wall, along: float, steel: bool) -> None:
    """Cooker with a towel and a saucepan, hood above it."""
    shell.against(wall, kit.cooker(rng, steel), along, gap=0.012)
    shell.against(wall, kit.hood(steel, rng), along, gap=0.01, z=HIGH + 0.11)
    shell.against(wall, kit.hung_towel(rng, shell.scheme.accent_colours[1]), along - 0.12, gap=0.707, z=0.71)
    pan = kit.saucepan(rng)
    shell.against(wall, pan, along - 0.19, gap=0.21, z=0.944)


def _fridge(shell: Shell, rng: np.random.Generator, wall: Wall, along: float) -> None:
    shell.against(wall, cupboards.refrigerator(rng), along, gap=0.03)
    shell.against(wall, kit.fridge_notes(rng), along, gap=0.722, z=1.45)
    shell.against(wall, clutter.box_of_card(rng, (0.36, 0.26, 0.2)), along, gap=0.3, z=1.76)


def _along_the_back(rng: np.random.Generator, scheme: ColourScheme, side: int) -> Room:
    """Fridge, worktop with sink below the window, cooker at the back; a small table on the side."""
    size = (3.9, 3.6, 2.5)
    width, length, _ = size
    shell = Shell(size, scheme)
    wall, other = side_walls(side)
    fronts, stone, steel = _fronts(rng, scheme), kit.stone(rng), rng.random() < 0.5
    across = mirroring(side, width)

    _fridge(shell, rng, "back", across(0.42))
    shell.against("back", kit.base_cabinet(scheme, fronts, 0.45), across(1.04), gap=0.01)
    shell.against("back", kit.counter(stone, 0.45), across(1.04), gap=0.01)
    shell.against("back", kit.sink_place(scheme, fronts, stone, 0.95), across(1.74), gap=0.01)
    shell.against("back", kit.base_cabinet(scheme, fronts, 0.45), across(2.44), gap=0.01)
    shell.against("back", kit.counter(stone, 0.45), across(2.44), gap=0.01)
    _cooking_place(shell, rng, "back", across(3.06), steel)
    shell.against("back", kit.base_cabinet(scheme, fronts, 0.44), across(3.67), gap=0.01)
    shell.against("back", kit.counter(stone, 0.44), across(3.67), gap=0.01)
    _splashback(shell, _glaze(rng), across(1.74), 0.9)
    window(shell, rng, "back", across(1.74), (0.9, 0.95), SILL, 2.2)
    shell.against("back", kit.wall_cabinets(scheme, fronts, 0.42, 0.74), across(1.0), z=HIGH)
    shell.against("back", kit.wall_cabinets(scheme, fronts, 0.42, 0.74), across(2.48), z=HIGH)
    shell.against("back", kit.wall_cabinets(scheme, fronts, 0.76, 0.5), across(3.06), z=HIGH + 0.24)
    shell.against("back", kit.wall_cabinets(scheme, fronts, 0.44, 0.74), across(3.67), z=HIGH)
    for x, things, gap in (
        (1.02, kit.canisters(rng), 0.2),
        (2.36, kit.kettle(), 0.25),
        (2.55, kit.kitchen_bottles(rng, 2), 0.12),
        (3.62, kit.utensils(rng), 0.2),
        (3.75, kit.kitchen_bottles(rng, 2), 0.2),
        (2.15, kit.kitchen_bottles(rng, 1), 0.1),
    ):
        shell.against("back", things, across(x), gap=gap, z=kit.TOP)
    _table(shell, rng, across(2.75), 1.75, side)
    shell.against(other, fittings.wall_plate(scheme), length - 0.9, z=1.2)
    shell.place(cupboards.basket(rng), across(0.2), 2.2)
    shell.place(lighting.ceiling_panel((0.5, 0.5), 4.5, BULB), across(1.7), 1.7, 2.49)
    sunlit_opening(shell, wall, 0.8)
    view = viewpoint(rng, (across(0.95), 0.2, 1.5), (across(2.1), 3.2, 0.85))
    return Room("kitchen", "Kitchen", size, shell.closed(), view, Sun((-side * 0.6, 0.55, -0.55), 2.0))


def _table(shell: Shell, rng: np.random.Generator, x: float, y: float, side: int) -> None:
    """A small table with two chairs and a fruit bowl."""
    scheme = shell.scheme
    shell.place(tables.table(scheme.second_wood, 0.8, 0.8, 0.75), x, y)
    for dx, dy, turn in ((-0.7 * side, 0.05, 90.0 * side), (0.1 * side, 0.72, 0.0)):
        chair = seating.dining_chair(rng, scheme.second_wood, scheme.accents[1])
        shell.place(chair, x + dx, y + dy, turn=turn + float(rng.normal(0, 8)))
    shell.place(clutter.fruit_bowl(rng), x + 0.1, y + 0.1, 0.75)
    shell.place(clutter.mug(rng), x - 0.18, y - 0.12, 0.75)
    shell.place(clutter.papers(rng, 2), x - 0.1, y + 0.2, 0.75)


def _around_the_corner(rng: np.random.Generator, scheme: ColourScheme, side: int) -> Room:
    """Worktops along the back and one side; the cooker on the side."""
    size = (3.3, 3.7, 2.5)
    width, length, _ = size
    shell = Shell(size, scheme)
    wall, other = side_walls(side)
    fronts, stone, steel, glaze = _fronts(rng, scheme), kit.stone(rng), rng.random() < 0.5, _glaze(rng)
    across = mirroring(side, width)

    # Back: the fridge, the sink below the window, and the corner.
    _fridge(shell, rng, "back", across(0.4))
    shell.against("back", kit.sink_place(scheme, fronts, stone, 0.95), across(1.275), gap=0.01)
    shell.against("back", kit.base_cabinet(scheme, fronts, 0.95), across(2.225), gap=0.01)
    shell.against("back", kit.counter(stone, 1.54), across(2.52), gap=0.01)
    _splashback(shell, glaze, across(1.32), 0.95)
    window(shell, rng, "back", across(1.32), (0.95, 1.0), SILL, 2.2)
    shell.against("back", kit.wall_cabinets(scheme, fronts, 1.34, 0.74), across(2.63), z=HIGH)
    # Side: from the corner forward.
    start = length - 0.645
    shell.against(wall, kit.base_cabinet(scheme, fronts, 0.48), start - 0.207, gap=0.01)
    shell.against(wall, kit.counter(stone, 0.45), start - 0.225, gap=0.01)
    _cooking_place(shell, rng, wall, start - 0.84, steel)
    shell.against(wall, kit.splashback(glaze, 1.9, HIGH - kit.TOP), length - 0.95, z=kit.TOP)
    shell.against(wall, kit.wall_cabinets(scheme, fronts, 0.76, 0.74), start - 0.075, z=HIGH)
    shell.against(wall, kit.wall_cabinets(scheme, fronts, 0.76, 0.5), start - 0.84, z=HIGH + 0.24)
    shell.against(wall, kit.base_cabinet(scheme, fronts, 0.9), start - 1.675, gap=0.01)
    shell.against(wall, kit.counter(stone, 0.9), start - 1.675, gap=0.01)
    shell.against("back", kit.microwave(steel), across(2.95), gap=0.06, z=kit.TOP)
    for x, things, gap in (
        (1.88, kit.kettle(), 0.28),
        (2.05, kit.chopping_board(scheme.second_wood), 0.0),
        (2.14, kit.utensils(rng), 0.26),
        (2.45, kit.canisters(rng), 0.18),
        (0.9, kit.kitchen_bottles(rng, 1), 0.1),
        (1.65, kit.kitchen_bottles(rng, 2), 0.1),
        (2.4, clutter.mug(rng), 0.42),
    ):
        shell.against("back", things, across(x), gap=gap, z=kit.TOP)
    shell.against(wall, kit.toaster(rng), start - 1.5, gap=0.22, z=kit.TOP)
    shell.against(wall, clutter.fruit_bowl(rng), start - 1.9, gap=0.3, z=kit.TOP)
    shell.against(wall, kit.paper_towel(), start - 0.2, gap=0.2, z=kit.TOP)
    shell.place(fittings.floor_rug(rng, scheme, 0.9, 0.5), across(1.3), length - 0.98)
    shell.against(other, fittings.wall_plate(scheme), length - 1.1, z=1.2)
    shell.place(lighting.ceiling_panel((0.5, 0.5), 4.5, BULB), across(1.4), 1.8, 2.49)
    view = viewpoint(rng, (across(0.6), 0.2, 1.5), (across(1.7), 3.0, 0.72))
    return Room("kitchen", "Kitchen", size, shell.closed(), view)
