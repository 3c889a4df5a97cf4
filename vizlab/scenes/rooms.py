"""The rooms: each recipe furnishes one kind of room from a seed. Same seed, same room, to the last book."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vizlab.errors import InputError
from vizlab.scenes import beds, clutter, fittings, lighting, materials, pictures, seating, storage, tables
from vizlab.scenes.palettes import Palette, draw_palette
from vizlab.scenes.parts import Parts
from vizlab.scenes.shell import Room, Shell, Sun, Wall
from vizlab.scenes.viewpoints import Viewpoint

DAYLIGHT = (0.86, 0.93, 1.0)
BULB = (1.0, 0.86, 0.68)


def build_room(kind: str, seed: int) -> Room:
    """The room of that kind and seed; kinds are the keys of `RECIPES`."""
    if kind not in RECIPES:
        raise InputError(f"There is no room called {kind!r}; choose one of {', '.join(sorted(RECIPES))}.")
    # The kind's own letters join the seed, so that two kinds with one seed do not share their colours.
    return RECIPES[kind](np.random.default_rng([seed, *kind.encode()]))


def _viewpoint(
    rng: np.random.Generator, origin: tuple[float, float, float], target: tuple[float, float, float]
) -> Viewpoint:
    """A viewpoint held by hand: a few centimetres and a degree off."""
    shift = rng.normal(0, 0.03, 6)
    return Viewpoint(
        (origin[0] + shift[0], origin[1], origin[2] + shift[1]),
        (target[0] + shift[2], target[1], target[2] + shift[3]),
        float(rng.normal(0, 0.7)),
    )


def _painting(rng: np.random.Generator, palette: Palette, width: float, height: float) -> Parts:
    """A framed picture of a random kind."""
    draw = rng.random()
    if draw < 0.45:
        image = pictures.landscape(rng)
    elif draw < 0.8:
        image = pictures.abstract(rng, [(0.82, 0.77, 0.68), *palette.accent_colours])
    else:
        image = pictures.portrait(rng)
    frame = (palette.wood, palette.black, palette.brass)[int(rng.integers(3))]
    return fittings.picture(palette, image, width, height, frame, 0.02 if rng.random() < 0.5 else 0.05)


def _window(
    shell: Shell, rng: np.random.Generator, wall: Wall, along: float, size: tuple[float, float], low: float, sky: float
) -> None:
    """A window with its opening; size is (width, height), `sky` the radiance of the view."""
    shell.open(wall, (along, low, *size))
    shell.against(wall, fittings.window(rng, shell.palette, *size, sky), along, z=low)


def _sunlit_opening(shell: Shell, wall: Wall, along: float) -> None:
    """A window out of view that the sun comes through."""
    shell.open(wall, (along, 0.85, 1.2, 1.3))
    shell.against(wall, fittings.open_window(shell.palette, 1.2, 1.3), along, z=0.85)


def bedroom(rng: np.random.Generator) -> Room:
    """A double bed between night stands, a curtained window on the left."""
    palette = draw_palette(rng, "wood" if rng.random() < 0.5 else "carpet")
    shell = Shell((4.1, 4.5, 2.55), palette)
    middle = 2.3 + float(rng.uniform(-0.08, 0.08))
    bed = beds.bed(rng, palette)
    shell.against("back", bed, middle, gap=0.03)
    for side in (-1, 1):
        x = middle + side * 1.16
        stand = storage.chest(palette, palette.wood, (0.48, 0.4, 0.55), 2, label="night stand")
        shell.against("back", stand, x, gap=0.03)
        shell.place(lighting.table_lamp(rng, palette, 3.0 if side < 0 else 0.0), x - 0.05, 4.5 - 0.22, 0.55)
        shell.place(clutter.stack_of_books(rng, 2), x + 0.12, 4.5 - 0.31, 0.55, float(rng.uniform(-30, 30)))
    shell.place(clutter.mug(rng), middle - 1.3, 4.5 - 0.36, 0.55)
    shell.against("back", _painting(rng, palette, 0.85, 0.6), middle + 0.05, z=1.5)
    _window(shell, rng, "left", 3.3, (1.15, 1.3), 0.85, 2.2)
    shell.against("left", fittings.curtains(rng, palette, 1.15, 2.3), 3.3)
    shell.against("left", fittings.radiator(palette, 1.0), 3.3, gap=0.012)
    shell.place(clutter.plant(rng, 0.95), 0.42, 4.1)
    shell.place(fittings.floor_rug(rng, palette, 1.3, 1.9), 1.0, 2.75, turn=float(rng.uniform(-6, 6)))
    shell.place(clutter.shoes(rng), 0.95, 3.25, 0.012, turn=float(rng.uniform(60, 120)))
    shell.place(clutter.bag(rng), 0.55, 2.95, turn=100)
    shell.place(lighting.ceiling_panel((0.45, 0.45), 5.0, BULB), 2.0, 2.0, 2.54)
    _sunlit_opening(shell, "right", 1.5)
    viewpoint = _viewpoint(rng, (3.35, 0.22, 1.45), (1.72, 3.9, 0.66))
    return Room("bedroom", "Bedroom", shell.size, shell.closed(), viewpoint, Sun((-0.62, 0.5, -0.55), 3.0))


def living_room(rng: np.random.Generator) -> Room:
    """A sofa with a coffee table on a rug, an armchair by the window, bookshelves on the right."""
    palette = draw_palette(rng, "wood")
    shell = Shell((4.7, 4.8, 2.6), palette)
    couch = palette.fabric if rng.random() < 0.65 else materials.leather(rng, (0.30, 0.17, 0.10))
    sofa = seating.sofa(rng, palette, couch)
    sofa += seating.scatter_cushion(rng, palette.accents[0], -0.72) + seating.scatter_cushion(
        rng, palette.pattern, 0.66
    )
    sofa += seating.scatter_cushion(rng, palette.accents[1], 0.38, 55)
    shell.against("back", sofa, 1.75, gap=0.06)
    shell.against("back", _painting(rng, palette, 0.95, 0.68), 1.45, z=1.4)
    shell.against("back", _painting(rng, palette, 0.42, 0.54), 2.3, z=1.47)
    shell.place(clutter.plant(rng, 1.15, 40), 0.3, 4.45)
    _window(shell, rng, "back", 3.55, (1.05, 1.35), 0.85, 2.2)
    shell.against("back", fittings.curtains(rng, palette, 1.05, 2.36), 3.55)
    chair = seating.sofa(rng, palette, palette.accents[2], seats=1, label="chair")
    shell.place(chair, 4.1, 4.42, turn=-38)
    shell.place(lighting.floor_lamp(palette, 3.2), 3.02, 4.42)
    shelf = storage.bookshelf(rng, palette, palette.wood, 1.0, 2.0)
    shell.against("right", shelf, 3.15, gap=0.015)
    shell.place(fittings.floor_rug(rng, palette, 2.4, 1.7), 1.95, 3.0, turn=float(rng.uniform(-4, 4)))
    _coffee_table(shell, rng, 1.85, 3.05)
    shell.place(lighting.ceiling_panel((0.5, 0.5), 4.0, BULB), 2.3, 2.2, 2.59)
    _sunlit_opening(shell, "left", 1.5)
    viewpoint = _viewpoint(rng, (0.95, 0.25, 1.48), (2.62, 4.0, 0.68))
    return Room("living_room", "Living room", shell.size, shell.closed(), viewpoint, Sun((0.55, 0.6, -0.52), 3.0))


def _coffee_table(shell: Shell, rng: np.random.Generator, x: float, y: float) -> None:
    """A low table with what people leave on it."""
    shell.place(tables.coffee_table(shell.palette.second_wood), x, y, 0.012)
    shell.place(clutter.stack_of_books(rng, 3), x - 0.3, y + 0.04, 0.432, float(rng.uniform(-40, 40)))
    shell.place(clutter.mug(rng), x + 0.12, y - 0.12, 0.432)
    shell.place(clutter.fruit_bowl(rng), x + 0.3, y + 0.08, 0.432)
    shell.place(clutter.stack_of_books(rng, 5), x + 0.1, y, 0.162, 20)


def dining_room(rng: np.random.Generator) -> Room:
    """A table with chairs below a pendant lamp, a kitchen unit and a fridge behind it."""
    palette = draw_palette(rng, "tile" if rng.random() < 0.6 else "wood")
    shell = Shell((4.7, 5.0, 2.6), palette)
    fronts = palette.wood if rng.random() < 0.5 else materials.lacquer(rng, (0.80, 0.77, 0.68))
    shell.against("back", storage.kitchen_unit(rng, palette, fronts, 2.4), 3.46)
    shell.against("back", storage.refrigerator(rng), 1.85, gap=0.02)
    shell.against("back", fittings.door(palette, materials.lacquer(rng, (0.82, 0.80, 0.74))), 0.72, gap=0.012)
    shell.against("back", fittings.wall_plate(palette), 1.3, z=1.1)
    for x in (2.6, 2.75, 4.1):
        shell.place(clutter.vase(rng, palette, float(rng.uniform(0.14, 0.24))), x, 4.8, 0.906)
    shell.place(clutter.box_of_card(rng, (0.2, 0.08, 0.28)), 4.4, 4.75, 0.906)
    _window(shell, rng, "right", 3.75, (1.25, 1.2), 1.0, 2.2)
    shell.against("right", fittings.blinds(palette, 1.2, 0.62), 3.75, z=1.58, gap=-0.03)
    _laid_table(shell, rng, 2.35, 2.95)
    shell.place(lighting.pendant(palette, 2.6, 0.85, 14.0), 2.35, 2.95)
    shell.place(lighting.ceiling_panel((0.5, 0.5), 4.0, BULB), 2.4, 1.9, 2.59)
    shell.place(storage.basket(rng), 1.32, 4.55)
    _sunlit_opening(shell, "left", 1.4)
    viewpoint = _viewpoint(rng, (0.95, 0.3, 1.5), (2.55, 4.2, 0.74))
    return Room("dining_room", "Dining kitchen", shell.size, shell.closed(), viewpoint, Sun((0.55, 0.55, -0.55), 3.0))


def _laid_table(shell: Shell, rng: np.random.Generator, x: float, y: float) -> None:
    """A dining table with five chairs and a few things on it."""
    palette = shell.palette
    shell.place(tables.table(palette.second_wood, 1.4, 0.86, 0.75), x, y)
    seats = [(-0.36, 0.5, 0.0), (0.36, 0.52, 0.0), (-0.4, -0.52, 180.0), (0.42, -0.62, 180.0), (0.84, 0.0, -90.0)]
    for dx, dy, turn in seats:
        chair = seating.dining_chair(rng, palette.second_wood, palette.accents[1])
        back = 0.26 * np.array([-np.sin(np.radians(turn)), np.cos(np.radians(turn))])
        shell.place(chair, x + dx + back[0], y + dy + back[1], turn=turn + float(rng.normal(0, 9)))
    shell.place(clutter.fruit_bowl(rng), x + 0.05, y + 0.05, 0.75)
    shell.place(clutter.mug(rng), x - 0.35, y - 0.2, 0.75)
    shell.place(clutter.papers(rng, 3), x + 0.42, y - 0.14, 0.75)
    shell.place(clutter.vase(rng, palette, 0.24), x - 0.22, y + 0.16, 0.75)


def office(rng: np.random.Generator) -> Room:
    """A desk with a computer, a swivel chair, bookshelves, a whiteboard, a window with blinds."""
    palette = draw_palette(rng, "carpet")
    shell = Shell((4.1, 4.3, 2.6), palette)
    _desk(shell, rng, 1.35)
    board = fittings.whiteboard(palette, rng)
    shell.against("back", board, 1.35, z=1.25)
    shelf = storage.bookshelf(rng, palette, palette.wood, 0.95, 1.95)
    shell.against("back", shelf, 2.75, gap=0.015)
    second = storage.bookshelf(rng, palette, palette.wood, 0.85, 1.95)
    shell.against("back", second, 3.67, gap=0.015)
    chair = seating.office_chair(rng, palette, palette.black if rng.random() < 0.4 else palette.fabric)
    shell.place(chair, 1.45, 2.95, turn=180 + float(rng.uniform(-50, 50)))
    _window(shell, rng, "left", 3.15, (1.25, 1.25), 0.95, 1.6)
    shell.against("left", fittings.blinds(palette, 1.2, 0.75), 3.15, z=1.45, gap=-0.03)
    shell.against("left", storage.chest(palette, palette.wood, (0.9, 0.42, 0.72), 3, label="cabinet"), 3.1, gap=0.015)
    shell.place(clutter.plant(rng, 0.6, 26), 0.24, 2.85, 0.72)
    shell.place(clutter.stack_of_books(rng, 5), 0.22, 3.3, 0.72, 80)
    shell.place(clutter.box_of_card(rng, (0.42, 0.34, 0.3)), 2.52, 3.62, turn=8)
    shell.place(clutter.box_of_card(rng, (0.34, 0.28, 0.22)), 2.55, 3.64, 0.3, turn=-14)
    shell.place(storage.basket(rng), 0.5, 3.75)
    shell.place(clutter.bag(rng), 3.2, 3.86, turn=-8)
    shell.place(lighting.ceiling_panel((1.2, 0.6), 4.0, (1.0, 0.95, 0.86)), 2.0, 2.2, 2.59)
    viewpoint = _viewpoint(rng, (3.35, 0.25, 1.5), (1.72, 3.7, 0.72))
    return Room("office", "Office", shell.size, shell.closed(), viewpoint, None)


def _desk(shell: Shell, rng: np.random.Generator, x: float) -> None:
    """A desk at the back wall, in use."""
    palette, back = shell.palette, shell.size[1]
    shell.against("back", tables.desk(palette, palette.second_wood, 1.6), x, gap=0.02)
    shell.place(clutter.monitor(rng, palette), x - 0.05, back - 0.1, 0.75, float(rng.uniform(-8, 8)))
    shell.place(clutter.keyboard(palette), x - 0.08, back - 0.5, 0.75, float(rng.uniform(-6, 6)))
    shell.place(clutter.papers(rng, 5), x + 0.5, back - 0.45, 0.75)
    shell.place(clutter.mug(rng), x - 0.42, back - 0.42, 0.75)
    shell.place(clutter.stack_of_books(rng, 4), x + 0.62, back - 0.2, 0.75, 10)
    shell.place(lighting.table_lamp(rng, palette, 3.0), x - 0.62, back - 0.24, 0.75)


RECIPES: dict[str, Callable[[np.random.Generator], Room]] = {
    "bedroom": bedroom,
    "living_room": living_room,
    "dining_room": dining_room,
    "office": office,
}
