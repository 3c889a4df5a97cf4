"""Offices: a study with a whiteboard, a shared office with four desks, a meeting room."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vizlab.scenes import clutter, cupboards, fittings, lighting, materials, seating, tables
from vizlab.scenes.colour_schemes import ColourScheme, draw_scheme, repainted
from vizlab.scenes.furnishing import viewpoint, window
from vizlab.scenes.meshes import box
from vizlab.scenes.parts import Part, moved
from vizlab.scenes.shell import Room, Shell

TUBE = (1.0, 0.95, 0.86)


def office(rng: np.random.Generator) -> Room:
    """One of the layouts below."""
    return LAYOUTS[int(rng.integers(len(LAYOUTS)))](rng)


def _study(rng: np.random.Generator) -> Room:
    """A desk with a computer, a swivel chair, bookshelves, a whiteboard, a window with blinds."""
    scheme = draw_scheme(rng, "carpet")
    shell = Shell((4.1, 4.3, 2.6), scheme)
    _desk(shell, rng, 1.35)
    shell.against("back", fittings.whiteboard(scheme, rng), 1.35, z=1.25)
    shelf = cupboards.bookshelf(rng, scheme, scheme.wood, 0.95, 1.95)
    shell.against("back", shelf, 2.75, gap=0.015)
    second = cupboards.bookshelf(rng, scheme, scheme.wood, 0.85, 1.95)
    shell.against("back", second, 3.67, gap=0.015)
    chair = seating.office_chair(rng, scheme, scheme.black if rng.random() < 0.4 else scheme.fabric)
    shell.place(chair, 1.45, 2.95, turn=180 + float(rng.uniform(-50, 50)))
    window(shell, rng, "left", 3.15, (1.25, 1.25), 0.95, 1.2)
    shell.against("left", fittings.blinds(scheme, 1.2, 0.75), 3.15, z=1.45, gap=-0.03)
    shell.against("left", cupboards.chest(scheme, scheme.wood, (0.9, 0.42, 0.72), 3, label="cabinet"), 3.1, gap=0.015)
    shell.place(clutter.plant(rng, 0.6, 26), 0.24, 2.85, 0.72)
    shell.place(clutter.stack_of_books(rng, 5), 0.22, 3.3, 0.72, 80)
    shell.place(clutter.box_of_card(rng, (0.42, 0.34, 0.3)), 2.52, 3.62, turn=8)
    shell.place(clutter.box_of_card(rng, (0.34, 0.28, 0.22)), 2.55, 3.64, 0.3, turn=-14)
    shell.place(cupboards.basket(rng), 0.5, 3.75)
    shell.place(clutter.bag(rng), 3.2, 3.86, turn=-8)
    shell.place(lighting.ceiling_panel((1.2, 0.6), 4.0, TUBE), 2.0, 2.2, 2.59)
    view = viewpoint(rng, (3.35, 0.25, 1.5), (1.72, 3.7, 0.72))
    return Room("office", "Study", shell.size, shell.closed(), view, None)


def _desk(shell: Shell, rng: np.random.Generator, x: float) -> None:
    """A desk at the back wall, in use."""
    scheme, back = shell.scheme, shell.size[1]
    shell.against("back", tables.desk(scheme, scheme.second_wood, 1.6), x, gap=0.02)
    shell.place(clutter.monitor(rng, scheme), x - 0.05, back - 0.1, 0.75, float(rng.uniform(-8, 8)))
    shell.place(clutter.keyboard(scheme), x - 0.08, back - 0.5, 0.75, float(rng.uniform(-6, 6)))
    shell.place(clutter.papers(rng, 5), x + 0.5, back - 0.45, 0.75)
    shell.place(clutter.mug(rng), x - 0.42, back - 0.42, 0.75)
    shell.place(clutter.stack_of_books(rng, 4), x + 0.62, back - 0.2, 0.75, 10)
    shell.place(lighting.table_lamp(rng, scheme, 3.0), x - 0.62, back - 0.24, 0.75)


def _commercial(rng: np.random.Generator) -> ColourScheme:
    """Pale walls, a dark carpet or grey boards, beech laminate: what firms buy."""
    scheme = draw_scheme(rng, "carpet")
    scheme = repainted(rng, scheme, [(0.82, 0.82, 0.80), (0.74, 0.78, 0.80), (0.82, 0.79, 0.72)])
    carpet = [(0.30, 0.33, 0.38), (0.38, 0.37, 0.36), (0.34, 0.26, 0.26), (0.28, 0.34, 0.32)][int(rng.integers(4))]
    return replace(
        scheme,
        floor=materials.carpeting(rng, carpet),
        wood=materials.timber(rng, (0.62, 0.46, 0.30), (0.80, 0.66, 0.48), 0.3),
        second_wood=materials.lacquer(rng, (0.76, 0.75, 0.72), 0.35),
    )


def _ceiling_lights(shell: Shell, spots: list[tuple[float, float]], radiance: float) -> None:
    """The same flat light at each spot of the ceiling."""
    # One set of parts for all: shared materials make them a single lamp to the renderer, which keeps noise low.
    light = lighting.ceiling_panel((0.6, 0.6), radiance, TUBE)
    for x, y in spots:
        shell.place(light, x, y, shell.size[2] - 0.01)


def _shared_office(rng: np.random.Generator) -> Room:
    """Four desks back to back with low screens between them, windows with blinds, cupboards along the wall."""
    scheme = _commercial(rng)
    shell = Shell((5.2, 5.4, 2.75), scheme)
    screen = materials.cloth(rng, [(0.30, 0.40, 0.48), (0.46, 0.30, 0.26), (0.4, 0.42, 0.4)][int(rng.integers(3))])
    seat = [scheme.black, scheme.fabric, scheme.accents[0]][int(rng.integers(3))]
    for x in (2.15, 3.75):
        shell.place([Part(box(1.52, 0.035, 0.42, 0.008), screen, "otherstructure")], x, 3.5, 0.72)
        for side in (-1, 1):
            _workplace(shell, rng, (x, 3.5 + side * 0.4), 0.0 if side < 0 else 180.0)
            chair = seating.office_chair(rng, scheme, seat)
            shell.place(chair, x + float(rng.uniform(-0.3, 0.3)), 3.5 + side * float(rng.uniform(0.93, 1.05)),
                        turn=(180 if side < 0 else 0) + float(rng.uniform(-40, 40)))  # fmt: skip
    for x in (0.55, 1.55):
        cupboard = cupboards.cupboard(scheme, scheme.wood, (0.98, 0.42, 1.1), 2)
        shell.against("back", cupboard, x, gap=0.02)
    shell.place(moved(clutter.bookrow(rng, 0.85, 0.3)), 0.55, 5.36, 1.1)
    shell.place(clutter.plant(rng, 0.65, 26), 1.35, 5.15, 1.1)
    shell.place(clutter.box_of_card(rng, (0.36, 0.28, 0.24)), 1.8, 5.15, 1.1)
    shell.against("back", fittings.whiteboard(scheme, rng, 1.5, 1.0), 3.3, z=1.0)
    shell.against("back", cupboards.filing_cabinet(scheme, scheme.second_wood), 4.75, gap=0.02)
    window(shell, rng, "right", 4.1, (1.7, 1.35), 0.95, 1.2)
    shell.against("right", fittings.blinds(scheme, 1.65, 0.6), 4.1, z=1.7, gap=-0.03)
    shell.place(cupboards.basket(rng), 1.1, 3.3)
    shell.place(clutter.bag(rng), 1.25, 2.95, turn=100)
    _ceiling_lights(shell, [(1.5, 1.6), (3.7, 1.6), (1.5, 3.9), (3.7, 3.9)], 4.0)
    view = viewpoint(rng, (0.85, 0.4, float(rng.uniform(1.5, 1.6))), (2.75, 4.0, 0.75))
    return Room("office", "Shared office", shell.size, shell.closed(), view, None)


def _workplace(shell: Shell, rng: np.random.Generator, at: tuple[float, float], turn: float) -> None:
    """A plain desk with a computer, its far edge at +y before it is turned."""
    scheme = shell.scheme
    parts = tables.steel_table(scheme.wood, scheme.metal, (1.5, 0.74, 0.73), "desk")
    parts += moved(clutter.monitor(rng, scheme), float(rng.uniform(-0.2, 0.1)), 0.33, 0.73)
    parts += moved(clutter.keyboard(scheme), float(rng.uniform(-0.15, 0.0)), -0.08, 0.73)
    parts += moved(clutter.papers(rng, 4), 0.5, -0.05, 0.73)
    if rng.random() < 0.6:
        parts += moved(clutter.mug(rng), -0.5, 0.0, 0.73)
    if rng.random() < 0.6:
        parts += moved(clutter.stack_of_books(rng, 4), 0.55, 0.2, 0.73)
    shell.place(parts, *at, turn=turn)


def _meeting_room(rng: np.random.Generator) -> Room:
    """A long table with six chairs, a wide whiteboard, a screen on a board, windows on the left."""
    scheme = _commercial(rng)
    if rng.random() < 0.5:
        scheme = replace(scheme, floor=materials.parquet(rng, (0.44, 0.26, 0.13), (0.66, 0.43, 0.24)))
    shell = Shell((4.7, 5.2, 2.7), scheme)
    top = scheme.wood if rng.random() < 0.5 else materials.timber(rng, (0.22, 0.11, 0.06), (0.40, 0.22, 0.12))
    shell.place(tables.steel_table(top, scheme.metal, (1.15, 2.2, 0.74)), 2.35, 3.0)
    seat = [scheme.black, scheme.fabric, scheme.accents[1]][int(rng.integers(3))]
    for y in (2.25, 2.98, 3.7):
        for side in (-1, 1):
            chair = seating.office_chair(rng, scheme, seat)
            shell.place(
                chair, 2.35 + side * float(rng.uniform(0.8, 0.95)), y, turn=-side * 90 + float(rng.normal(0, 16))
            )
    shell.place(clutter.laptop(rng, scheme), 2.1, 2.75, 0.74, 90)
    shell.place(clutter.papers(rng, 4), 2.6, 2.5, 0.74, 80)
    shell.place(clutter.papers(rng, 3), 2.15, 3.45, 0.74, -80)
    shell.place(clutter.mug(rng), 2.65, 2.95, 0.74)
    shell.place(clutter.mug(rng), 2.2, 2.25, 0.74)
    shell.place(clutter.stack_of_books(rng, 3), 2.6, 3.6, 0.74, 15)
    shell.against("back", fittings.whiteboard(scheme, rng, 1.9, 1.15), 1.75, z=0.95)
    shell.against("right", cupboards.media_board(scheme, scheme.wood, 1.4), 4.3, gap=0.02)
    shell.against("back", fittings.door(scheme, scheme.wood), 3.65, gap=0.012)
    shell.against("back", fittings.wall_plate(scheme), 3.02, z=1.1)
    window(shell, rng, "left", 3.7, (1.8, 1.4), 0.9, 1.2)
    shell.against("left", fittings.blinds(scheme, 1.75, 0.7), 3.7, z=1.6, gap=-0.03)
    shell.against("left", fittings.radiator(scheme, 1.3), 3.7, gap=0.012)
    shell.place(clutter.plant(rng, 1.2, 40), 0.4, 4.8)
    shell.place(cupboards.basket(rng), 0.35, 2.6)
    _ceiling_lights(shell, [(1.4, 1.5), (3.3, 1.5), (1.4, 3.6), (3.3, 3.6)], 4.0)
    view = viewpoint(rng, (3.2, 0.35, float(rng.uniform(1.5, 1.6))), (2.0, 3.9, 0.75))
    return Room("office", "Meeting room", shell.size, shell.closed(), view, None)


LAYOUTS = (_study, _shared_office, _meeting_room)
