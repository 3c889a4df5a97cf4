"""The bathrooms: a narrow one with everything along one wall, and a square one with the tub beside the toilet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vizlab.scenes import bathroom_fittings as bath
from vizlab.scenes import clutter, cupboards, fittings, household, lighting, materials, textures
from vizlab.scenes.basins import CHROME
from vizlab.scenes.colour_schemes import ColourScheme, draw_scheme
from vizlab.scenes.furnishing import BULB, mirroring, painting, side_walls, viewpoint, window
from vizlab.scenes.materials import Material
from vizlab.scenes.shell import Room, Shell, Wall
from vizlab.scenes.textures import Colour

TILES: list[Colour] = [(0.74, 0.71, 0.64), (0.72, 0.64, 0.52), (0.60, 0.69, 0.73), (0.63, 0.69, 0.58)]
FLOORS: list[Colour] = [(0.62, 0.54, 0.44), (0.56, 0.55, 0.53), (0.74, 0.71, 0.65), (0.50, 0.36, 0.28)]
STONES: list[list[Colour]] = [
    [(0.62, 0.57, 0.50), (0.80, 0.76, 0.69), (0.88, 0.86, 0.81)],
    [(0.16, 0.14, 0.13), (0.34, 0.30, 0.27), (0.58, 0.53, 0.47)],
    [(0.70, 0.68, 0.65), (0.86, 0.85, 0.82), (0.92, 0.91, 0.89)],
]


def bathroom(rng: np.random.Generator) -> Room:
    """One of the layouts, left and right as drawn."""
    scheme = draw_scheme(rng, "tile")
    floor = FLOORS[int(rng.integers(len(FLOORS)))]
    scheme = replace(scheme, floor=materials.flagstones(rng, floor, textures.shaded(floor, 0.7), 0.3))
    layout = (_narrow, _square)[int(rng.integers(2))]
    return layout(rng, scheme, 1 if rng.random() < 0.5 else -1)


def _glaze(rng: np.random.Generator) -> Material:
    size = ((0.15, 0.15), (0.2, 0.1), (0.11, 0.11))[int(rng.integers(3))]
    return materials.wall_tiles(rng, TILES[int(rng.integers(len(TILES)))], size)


def _curtain(rng: np.random.Generator, scheme: ColourScheme) -> Material:
    draw = rng.random()
    if draw < 0.4:
        return bath.printed_curtain(textures.damask(rng, (0.85, 0.83, 0.77), scheme.accent_colours[0]), 0.6)
    if draw < 0.7:
        return bath.printed_curtain(
            textures.stripes(rng, [(0.85, 0.84, 0.80), (0.74, 0.70, 0.62), scheme.accent_colours[1]]), 0.5
        )
    return bath.printed_curtain(textures.plain(rng, (0.84, 0.82, 0.76), 0.03), 0.9)


def _stone(rng: np.random.Generator) -> Material:
    grain = 0.5 + 0.16 * textures.noise(rng, 256, 0.5) + 0.12 * textures.noise(rng, 256, 1.5)
    stops = STONES[int(rng.integers(len(STONES)))]
    return Material(textures.as_image(textures.blended(grain, stops)), (0.6, 0.6), 0.2, 0.5)


def _wash_place(shell: Shell, rng: np.random.Generator, wall: Wall, along: float, width: float) -> None:
    """Basin, mirror and light on one wall, with what stands on the basin's top."""
    scheme = shell.scheme
    frame = (scheme.wood, scheme.trim, CHROME)[int(rng.integers(3))]
    fronts = scheme.wood if rng.random() < 0.6 else scheme.trim
    shell.against(wall, bath.vanity(scheme, fronts, _stone(rng), width), along, gap=0.018)
    shell.against(wall, fittings.wall_mirror(frame, min(width - 0.1, 1.0), 0.85), along, gap=0.02, z=1.06)
    shell.against(wall, bath.vanity_light(3 if width < 1 else 4, 5.0), along, z=2.04)
    shell.against(wall, household.bottles(rng, 3, 0.24), along - width / 2 + 0.14, gap=0.09, z=0.855)
    shell.against(wall, bath.brushes(rng), along + width / 2 - 0.1, gap=0.09, z=0.855)
    soap = household.bottle(rng, 0.17)
    shell.against(wall, soap, along + 0.19, gap=0.1, z=0.855)


def _pedestal_place(shell: Shell, rng: np.random.Generator, wall: Wall, along: float) -> None:
    """A basin on a column, mirror and light above it, a hand towel beside it."""
    shell.against(wall, bath.pedestal_basin(), along, gap=0.018)
    shell.against(wall, fittings.wall_mirror(shell.scheme.wood, 0.6, 0.8), along, gap=0.02, z=1.12)
    shell.against(wall, bath.vanity_light(3, 5.0), along, z=2.06)
    shell.against(wall, bath.towel_ring(rng), along + 0.47, gap=0.016, z=1.2)


def _narrow(rng: np.random.Generator, scheme: ColourScheme, side: int) -> Room:
    """Vanity, toilet and tub one after the other along one wall, towels on the other."""
    size = (1.8, 3.4, 2.45)
    width, length, _ = size
    shell = Shell(size, scheme)
    wall, other = side_walls(side)
    tiles = _glaze(rng)
    across = mirroring(side, width)

    if rng.random() < 0.35:
        _pedestal_place(shell, rng, wall, 1.4)
    else:
        _wash_place(shell, rng, wall, 1.38, 0.8)
    shell.against(wall, bath.toilet(rng.random() < 0.3), 2.25, gap=0.02)
    shell.against(wall, bath.paper_roll(), 2.56, z=0.68, gap=0.016)
    opening = (across(1.15) - width / 2, 1.2, 0.6, 0.75)
    shell.against("back", bath.tiled(tiles, width, 2.1, [opening]), width / 2)
    for name in (wall, other):
        shell.against(name, bath.tiled(tiles, 0.76, 2.1), length - 0.38)
        shell.against(name, bath.tiled(tiles, length - 0.76, 1.1), (length - 0.76) / 2)
    shell.against("back", bath.bathtub(width - 0.034, 0.75), width / 2, gap=0.017)
    shell.place(household.bottles(rng, 4, 0.3), across(1.45), length - 0.06, 0.5)
    window(shell, rng, "back", across(1.15), (0.6, 0.75), 1.2, 2.2)
    drape = bath.shower_curtain(rng, _curtain(rng, scheme), width - 0.04, float(rng.uniform(0.28, 0.38)), -side)
    shell.place(drape, width / 2, length - 0.83)
    thrown = household.thrown_towel(rng, 0.45)
    shell.place(thrown, across(1.2), length - 0.767, 0.5)
    shell.against(other, bath.towel_rail(rng, 0.9), 2.05, gap=0.016, z=1.35)
    shell.place(bath.bath_mat(rng, 0.66, 0.5), across(0.72), length - 1.15, turn=float(rng.normal(0, 4)))
    shell.place(cupboards.basket(rng), across(0.19), 2.34)
    art = painting(rng, scheme, 0.34, 0.44)
    shell.against(wall, art, 2.27, z=1.38)
    shell.against(wall, household.folded_towels(rng, 2), 2.25, gap=0.12, z=0.781)
    _behind_the_camera(shell, rng, across(1.2))
    shell.place(lighting.ceiling_panel((0.4, 0.4), 5.0, BULB), across(0.8), 1.6, 2.44)
    view = viewpoint(rng, (across(0.34), 0.16, 1.5), (across(1.1), 2.5, 0.5))
    return Room("bathroom", "Bathroom", size, shell.closed(), view)


def _behind_the_camera(shell: Shell, rng: np.random.Generator, along: float) -> None:
    """A door, which only the mirror shows."""
    shell.against("front", fittings.door(shell.scheme, materials.lacquer(rng, (0.82, 0.80, 0.74))), along, gap=0.012)


def _square(rng: np.random.Generator, scheme: ColourScheme, side: int) -> Room:
    """Vanity and toilet below a window at the back, the tub along one side wall."""
    size = (2.75, 3.05, 2.45)
    width, length, _ = size
    shell = Shell(size, scheme)
    wall, other = side_walls(side)
    tiles = _glaze(rng)
    across = mirroring(side, width)

    _wash_place(shell, rng, "back", across(0.68), 1.15)
    window(shell, rng, "back", across(1.62), (0.62, 0.85), 1.15, 2.2)
    shell.against("back", fittings.blinds(scheme, 0.58, 0.4), across(1.62), z=1.58, gap=-0.03)
    shell.against("back", bath.tiled(tiles, width, 1.06), width / 2)
    shell.against("back", bath.toilet(rng.random() < 0.3), across(1.62), gap=0.02)
    tub = length - 0.8
    shell.against(wall, bath.tiled(tiles, 1.6, 2.05), tub)
    shell.against(wall, bath.tiled(tiles, length - 1.6, 1.06), (length - 1.6) / 2)
    shell.against(other, bath.tiled(tiles, length, 1.06), length / 2)
    shell.against(wall, bath.bathtub(1.56, 0.74), tub, gap=0.017)
    edge = width - 0.815
    drape = bath.shower_curtain(rng, _curtain(rng, scheme), 1.58, float(rng.uniform(0.3, 0.42)), -side)
    shell.place(drape, across(edge), tub, turn=-90 if side > 0 else 90)
    shell.against(wall, household.bottles(rng, 4, 0.34), tub + 0.3, gap=0.06, z=0.5)
    shell.against(other, bath.towel_rail(rng, 0.55, 1), 2.1, gap=0.016, z=1.4)
    shell.place(bath.bath_mat(rng), across(1.35), 1.75, turn=90 + float(rng.normal(0, 4)))
    shell.place(cupboards.basket(rng), across(0.2), 2.25)
    shell.place(clutter.box_of_card(rng, (0.22, 0.12, 0.09)), across(1.62), length - 0.12, 0.781)
    _behind_the_camera(shell, rng, across(1.2))
    shell.place(lighting.ceiling_panel((0.4, 0.4), 5.0, BULB), across(1.2), 1.4, 2.44)
    view = viewpoint(rng, (across(0.75), 0.16, 1.52), (across(1.35), 2.6, 0.68))
    return Room("bathroom", "Bathroom", size, shell.closed(), view)
