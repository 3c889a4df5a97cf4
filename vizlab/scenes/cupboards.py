"""Furniture to keep things in: bookshelves, chests of drawers, cupboards, kitchen units, TV boards."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from vizlab.scenes.clutter import bookrow, box_of_card, stack_of_books, vase
from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.materials import Material, lacquer, metal
from vizlab.scenes.meshes import ball, box, curved_body, merged, tube
from vizlab.scenes.parts import Part, Parts, moved
from vizlab.scenes.textures import Image, as_image, blended, noise


def bookshelf(
    rng: np.random.Generator,
    scheme: ColourScheme,
    wood: Material,
    width: float = 0.95,
    height: float = 2.0,
    levels: int = 5,
) -> Parts:
    """An open bookcase filled with books and a few other things; its back is at y = 0."""
    depth, board = 0.3, 0.024
    parts = [Part(box(width - 0.02, 0.012, height - 0.06).moved(0, -0.01, 0.05), wood, "bookshelf")]
    for side in (-1, 1):
        parts.append(Part(box(board, depth, height).moved(side * (width - board) / 2, -depth / 2), wood, "bookshelf"))
    shelves = np.linspace(0.07, height - board, levels + 1)
    for z in shelves:
        parts.append(Part(box(width - 0.03, depth - 0.01, board).moved(0, -depth / 2, float(z)), wood, "bookshelf"))
    parts.append(Part(box(width - 0.03, 0.015, 0.07).moved(0, -depth + 0.02), wood, "bookshelf"))
    inner = width - 2 * board - 0.02
    for low, high in pairwise(shelves):
        free = float(high - low) - board
        parts += moved(_shelf_load(rng, scheme, inner, free), y=-0.015, z=float(low) + board)
    return parts


def _shelf_load(rng: np.random.Generator, scheme: ColourScheme, width: float, free: float) -> Parts:
    """What stands on one shelf: books from one side, sometimes an ornament in the gap."""
    share = rng.uniform(0.6, 1.0)
    books = bookrow(rng, width * share, free * 0.9)
    side = 1 if rng.random() < 0.5 else -1
    parts = moved(books, side * width * (1 - share) / 2)
    gap = width * (1 - share)
    if gap > 0.16:
        x = -side * (width - gap) / 2
        choice = rng.random()
        if choice < 0.4:
            parts += moved(vase(rng, scheme, min(0.24, free * 0.8)), x, -0.15)
        elif choice < 0.75:
            parts += moved(stack_of_books(rng, 4), x, -0.14)
        else:
            parts += moved(box_of_card(rng, (gap * 0.8, 0.2, free * 0.5)), x, -0.14)
    return parts


def chest(
    scheme: ColourScheme,
    wood: Material,
    size: tuple[float, float, float],
    rows: int,
    columns: int = 1,
    label: str = "dresser",
) -> Parts:
    """A chest of drawers of width x depth x height on short feet; its back is at y = 0."""
    width, depth, height = size
    foot = 0.09
    parts = [
        Part(box(width, depth, height - foot - 0.03, 0.006).moved(0, -depth / 2, foot), wood, label),
        Part(box(width + 0.04, depth + 0.02, 0.03, 0.011).moved(0, -depth / 2, height - 0.03), wood, label),
    ]
    for x in (-1.0, 1.0):
        for y in (-0.05, -depth + 0.05):
            parts.append(Part(box(0.055, 0.055, foot + 0.02, 0.008).moved(x * (width / 2 - 0.05), y), wood, label))
    tall, wide = (height - foot - 0.07) / rows, (width - 0.05) / columns
    for row in range(rows):
        for column in range(columns):
            x = (column - (columns - 1) / 2) * wide
            z = foot + 0.02 + row * tall
            parts.append(Part(box(wide - 0.014, 0.03, tall - 0.014, 0.008).moved(x, -depth - 0.004, z), wood, label))
            for knob in (-0.25, 0.25) if wide > 0.5 else (0.0,):
                handle = ball(0.017).moved(x + knob * wide, -depth - 0.034, z + tall / 2 - 0.024)
                parts.append(Part(handle, scheme.brass, label))
    return parts


def panel_door(
    scheme: ColourScheme, material: Material, width: float, height: float, hinge: int, label: str = "cabinet"
) -> Parts:
    """A cupboard door of frame and inset panel, with a bar handle opposite the hinge; front at y = 0."""
    rail = min(0.07, width / 4)
    parts = [Part(box(width - 2 * rail + 0.01, 0.01, height - 2 * rail + 0.01).moved(0, 0.014, rail), material, label)]
    for side in (-1, 1):
        parts.append(Part(box(rail, 0.022, height).moved(side * (width - rail) / 2, 0.01), material, label))
    for z in (0.0, height - rail):
        parts.append(Part(box(width - 2 * rail, 0.022, rail).moved(0, 0.01, z), material, label))
    x, middle = -hinge * (width / 2 - rail / 2), height / 2
    bar = tube([(x, 0, middle - 0.06), (x, -0.03, middle - 0.06), (x, -0.03, middle + 0.06), (x, 0, middle + 0.06)],
               0.006)  # fmt: skip
    return [*parts, Part(bar, scheme.metal, label)]


def cupboard(
    scheme: ColourScheme,
    material: Material,
    size: tuple[float, float, float],
    doors: int,
    plinth: float = 0.08,
    label: str = "cabinet",
    open_top: bool = False,
) -> Parts:
    """A cupboard of width x depth x height with a row of doors; its back is at y = 0.

    open_top: leave room for a basin that hangs into it.
    """
    width, depth, height = size
    body = box(width, depth - 0.02, height - plinth, 0.004).moved(0, -(depth - 0.02) / 2)
    if open_top:
        sides = [box(0.018, depth - 0.02, height - plinth).moved(x * (width - 0.018) / 2, -(depth - 0.02) / 2)
                 for x in (-1, 1)]  # fmt: skip
        body = merged([*sides, box(width - 0.03, 0.018, height - plinth).moved(0, -depth + 0.03)])
    parts = [Part(body.moved(z=plinth), material, label)]
    if plinth:
        parts.append(Part(box(width - 0.02, depth - 0.08, plinth + 0.01).moved(0, -depth / 2 + 0.02), material, label))
    wide = width / doors
    for index in range(doors):
        x = (index - (doors - 1) / 2) * wide
        leaf = panel_door(scheme, material, wide - 0.006, height - plinth - 0.02, 1 if index % 2 else -1, label)
        parts += moved(leaf, x, -depth, plinth + 0.01)
    return parts


def kitchen_unit(rng: np.random.Generator, scheme: ColourScheme, material: Material, width: float) -> Parts:
    """Base cupboards under a stone counter with sink and tap, and wall cupboards above; its back is at y = 0."""
    doors = max(round(width / 0.48), 2)
    stone = Material(_speckled(rng), (0.6, 0.6), 0.2, 0.5)
    parts = cupboard(scheme, material, (width, 0.6, 0.87), doors)
    parts.append(Part(box(width + 0.02, 0.635, 0.036, 0.008).moved(0, -0.3175, 0.87), stone, "counter"))
    parts.append(Part(box(width + 0.02, 0.02, 0.1, 0.004).moved(0, -0.01, 0.906), stone, "counter"))
    upper = cupboard(scheme, material, (width, 0.34, 0.72), doors, plinth=0.0)
    parts += moved(upper, z=1.46)
    parts.append(Part(box(width + 0.04, 0.37, 0.05, 0.015).moved(0, -0.185, 2.18), material, "cabinet"))
    x = width * 0.1
    parts.append(Part(box(0.56, 0.4, 0.008, 0.003).moved(x, -0.31, 0.904), metal(roughness=0.2), "sink"))
    parts.append(Part(box(0.48, 0.32, 0.003, 0.001).moved(x, -0.31, 0.911), metal((0.3, 0.3, 0.3), 0.4), "sink"))
    neck = [(x, -0.08, 0.9), (x, -0.08, 1.1), (x, -0.11, 1.17), (x, -0.17, 1.19), (x, -0.22, 1.15), (x, -0.23, 1.09)]
    parts.append(Part(tube(neck, 0.013), scheme.metal, "sink"))
    return parts


def _speckled(rng: np.random.Generator) -> Image:
    """A stone counter's colours."""
    grain = 0.5 + 0.2 * noise(rng, 256, 0.4) + 0.1 * noise(rng, 256, 1.2)
    return as_image(blended(grain, [(0.12, 0.11, 0.1), (0.36, 0.32, 0.28), (0.62, 0.57, 0.5)]))


def refrigerator(rng: np.random.Generator) -> Parts:
    """A tall fridge with freezer door, dark seals, bar handles and a few magnets; its back is at y = 0."""
    white = lacquer(rng, (0.80, 0.80, 0.79), 0.3)
    seal, label = Material((0.16, 0.16, 0.16), roughness=0.6), "refridgerator"
    parts = [
        Part(box(0.7, 0.62, 1.7, 0.012).moved(0, -0.31, 0.06), white, label),
        Part(box(0.66, 0.6, 0.08).moved(0, -0.31), seal, label),
        Part(box(0.67, 0.02, 1.66).moved(0, -0.622, 0.08), seal, label),
    ]
    for z, tall in ((0.09, 1.08), (1.19, 0.56)):
        parts.append(Part(box(0.69, 0.06, tall, 0.02).moved(0, -0.66, z), white, label))
        foot, head = (z + tall * 0.5, z + tall * 0.95) if z < 1 else (z + 0.03, z + tall * 0.55)
        grip = tube([(-0.28, -0.68, foot), (-0.28, -0.735, foot), (-0.28, -0.735, head), (-0.28, -0.68, head)], 0.014)
        parts.append(Part(grip, metal((0.35, 0.35, 0.36)), label))
    parts.append(Part(box(0.1, 0.004, 0.022, 0.001).moved(0.24, -0.691, 1.66), metal(), label))
    for x, z, colour in (
        (0.05, 1.08, (0.75, 0.15, 0.1)),
        (0.18, 1.0, (0.15, 0.35, 0.65)),
        (0.1, 0.9, (0.85, 0.7, 0.1)),
    ):
        parts.append(Part(box(0.045, 0.008, 0.045, 0.003).moved(x, -0.693, z), Material(colour), label))
    return parts


def media_board(scheme: ColourScheme, wood: Material, width: float = 1.5) -> Parts:
    """A low board for a television: two doors beside an open middle; its back is at y = 0."""
    depth, height, label = 0.42, 0.5, "cabinet"
    parts = [
        Part(box(width, depth, 0.03, 0.008).moved(0, -depth / 2, height - 0.03), wood, label),
        Part(box(width - 0.04, depth - 0.02, 0.03).moved(0, -depth / 2, 0.06), wood, label),
        Part(box(width - 0.04, 0.015, height - 0.1).moved(0, -0.02, 0.07), wood, label),
        Part(box(width / 3, depth - 0.04, 0.02).moved(0, -depth / 2, 0.27), wood, label),
    ]
    for x in (-width / 2 + 0.03, -width / 6, width / 6, width / 2 - 0.03):
        parts.append(Part(box(0.024, depth - 0.02, height - 0.03).moved(x, -depth / 2), wood, label))
    for side in (-1, 1):
        leaf = panel_door(scheme, wood, width / 3 - 0.04, height - 0.14, side)
        parts += moved(leaf, side * width / 3, -depth + 0.01, 0.09)
    player = box(0.38, 0.26, 0.06, 0.006)
    parts.append(Part(player.moved(0, -0.22, 0.29), scheme.black, "otherprop"))
    return parts


def basket(rng: np.random.Generator) -> Parts:
    """A waste bin."""
    tint = float(rng.uniform(0.2, 0.6))
    outside = [(0.0, 0.0), (0.11, 0.0), (0.12, 0.02), (0.145, 0.29), (0.148, 0.3)]
    shell = curved_body([*outside, (0.14, 0.295), (0.115, 0.03), (0, 0.02)], 28, 40)
    return [Part(shell, Material((tint, tint * 0.95, tint * 0.85), roughness=0.5), "otherprop")]


def wall_shelf(rng: np.random.Generator, scheme: ColourScheme, wood: Material, width: float = 0.9) -> Parts:
    """A board on two brackets with books and a vase; its back is on the wall y = 0, the board's top at z = 0."""
    brackets = [tube([(x, -0.01, -0.16), (x, -0.01, -0.03), (x, -0.2, -0.03)], 0.009) for x in (-width / 3, width / 3)]
    books = bookrow(rng, width * 0.55, 0.26)
    return [
        Part(box(width, 0.24, 0.025, 0.004).moved(0, -0.12, -0.025), wood, "shelves"),
        *(Part(bracket, scheme.black, "shelves") for bracket in brackets),
        *moved(books, -width * 0.18),
        *moved(vase(rng, scheme, 0.2), width * 0.32, -0.12),
    ]


def filing_cabinet(scheme: ColourScheme, material: Material, drawers: int = 3) -> Parts:
    """An office cabinet of steel drawers with bar handles and label holders; its back is at y = 0."""
    width, depth, tall, label = 0.42, 0.6, 0.33, "cabinet"
    parts = [Part(box(width, depth, drawers * tall + 0.06, 0.006).moved(0, -depth / 2), material, label)]
    for row in range(drawers):
        z = 0.04 + row * tall
        parts.append(Part(box(width - 0.02, 0.02, tall - 0.012, 0.005).moved(0, -depth - 0.006, z), material, label))
        parts.append(Part(box(0.14, 0.022, 0.016, 0.005).moved(0, -depth - 0.026, z + 0.2), scheme.metal, label))
        parts.append(Part(box(0.08, 0.004, 0.035, 0.001).moved(0, -depth - 0.017, z + 0.24), scheme.white, label))
    return parts
