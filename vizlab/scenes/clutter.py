"""Small things that make a room lived-in: books, vases, plants, boxes, mugs, screens, papers, bags, shoes."""

from __future__ import annotations

import numpy as np

from vizlab.scenes import imagery, textures
from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.materials import Material, artwork, cloth, glossy_black, plastic
from vizlab.scenes.meshes import ball, box, curved_body, cylinder, merged, panel, tube
from vizlab.scenes.parts import Part, Parts, moved, turned
from vizlab.scenes.soft_shapes import cushion, leaf

BOOK_COLOURS: list[textures.Colour] = [
    (0.45, 0.10, 0.09), (0.10, 0.18, 0.33), (0.12, 0.27, 0.17), (0.72, 0.66, 0.52), (0.08, 0.08, 0.09),
    (0.58, 0.36, 0.2), (0.35, 0.22, 0.14), (0.82, 0.80, 0.76), (0.30, 0.36, 0.42), (0.55, 0.20, 0.30),
    (0.62, 0.58, 0.42), (0.22, 0.42, 0.48),
]  # fmt: skip
BOOKS = [Material(colour, roughness=0.5, specular=0.4) for colour in BOOK_COLOURS]
BANDS = [Material(colour, roughness=0.5) for colour in ((0.72, 0.64, 0.45), (0.8, 0.79, 0.76), (0.1, 0.1, 0.11))]
PAGES = Material((0.84, 0.80, 0.70), roughness=0.9)
CARD = Material((0.58, 0.47, 0.35), roughness=0.85, specular=0.1)


def _book(rng: np.random.Generator, width: float, depth: float, height: float) -> Parts:
    """An upright book, spine at -y, with its block of pages, perhaps a title band; centred in x, back at y = 0."""
    pages = box(width * 0.82, depth * 0.9, 0.004, 0.001).moved(0, -depth / 2 + 0.006, height - 0.002)
    parts = [
        Part(box(width, depth, height, 0.002).moved(y=-depth / 2), BOOKS[int(rng.integers(len(BOOKS)))], "books"),
        Part(pages, PAGES, "books"),
    ]
    if rng.random() < 0.6:
        band = box(width * 0.9, 0.003, height * float(rng.uniform(0.04, 0.16)), 0.001)
        where = height * float(rng.choice([0.14, 0.55, 0.72]))
        parts.append(Part(band.moved(0, -depth, where), BANDS[int(rng.integers(len(BANDS)))], "books"))
    return parts


def bookrow(rng: np.random.Generator, width: float, tallest: float) -> Parts:
    """Books side by side on a shelf, centred in x, their backs at y = 0; the last one may lean."""
    parts: Parts = []
    x = -width / 2
    shelf_style = rng.uniform(0.65, 0.95)
    while True:
        thick = float(rng.uniform(0.016, 0.052))
        if x + thick > width / 2:
            return parts
        height = min(tallest, 0.30) * float(np.clip(rng.normal(shelf_style, 0.09), 0.5, 1.0))
        depth = float(rng.uniform(0.15, 0.23))
        # Spines line up near the front edge with a little disorder.
        front = 0.23 + float(rng.normal(0, 0.008)) - depth
        volume = _book(rng, thick - 0.001, depth, height)
        if width / 2 - x < 0.14 and rng.random() < 0.5:
            volume = turned(volume, -11, "y")
            x += 0.03
        parts += moved(volume, x + thick / 2, -front)
        x += thick


def stack_of_books(rng: np.random.Generator, count: int) -> Parts:
    """Books or magazines lying on each other; centred."""
    parts: Parts = []
    z = 0.0
    for _ in range(count):
        thick = float(rng.uniform(0.012, 0.04))
        width, length = float(rng.uniform(0.15, 0.2)), float(rng.uniform(0.2, 0.26))
        binding = BOOKS[int(rng.integers(len(BOOKS)))]
        covers = [box(width, length, 0.003, 0.001).moved(z=face) for face in (0.0, thick - 0.003)]
        spine = box(0.004, length, thick, 0.001).moved(-width / 2 + 0.002)
        pages = box(width - 0.008, length - 0.008, thick - 0.006, 0.001).moved(0.001, 0, 0.003)
        volume = [Part(merged([*covers, spine]), binding, "books"), Part(pages, PAGES, "books")]
        parts += moved(turned(volume, float(rng.normal(0, 12))), z=z)
        z += thick
    return parts


def vase(rng: np.random.Generator, scheme: ColourScheme, height: float = 0.26) -> Parts:
    """A glazed vase; centred."""
    belly, neck = float(rng.uniform(0.3, 0.42)), float(rng.uniform(0.1, 0.18))
    outline = [(0, 0), (0.2, 0), (belly, 0.3), (belly * 0.9, 0.55), (neck, 0.8), (neck * 1.4, 1.0), (neck * 1.1, 0.97)]
    colour = scheme.accent_colours[int(rng.integers(3))] if rng.random() < 0.6 else (0.82, 0.8, 0.74)
    body = curved_body([(r * height, z * height) for r, z in outline], 32, 40)
    return [Part(body, plastic(colour, 0.2), "otherprop")]


def plant(rng: np.random.Generator, height: float = 1.0, leaves: int = 34) -> Parts:
    """A pot plant with arching leaves; centred."""
    pot = curved_body([(0, 0), (0.11, 0), (0.15, 0.24), (0.165, 0.25), (0.165, 0.28), (0.14, 0.28), (0.13, 0.24),
                       (0, 0.24)], 32, 48)  # fmt: skip
    foliage = []
    for index in range(leaves):
        rise = index / leaves
        blade = leaf(height * rng.uniform(0.35, 0.6), height * rng.uniform(0.08, 0.13), float(rng.uniform(0.5, 1.1)))
        blade = blade.turned(float(rng.uniform(-25, 25) - 35 * rise), "x").turned(137.5 * index)
        foliage.append(blade.moved(z=0.25 + (height - 0.55) * rise))
    stalks = [tube([(0, 0, 0.22), (0.01, 0.02, height * 0.45), (0, 0, height * 0.72)], 0.011)]
    tone = float(rng.uniform(0.8, 1.2))
    green = Material(textures.plain(rng, (0.13 * tone, 0.27 * tone, 0.09 * tone), 0.25), roughness=0.45, finish="solid")
    return [
        Part(pot, plastic((0.55, 0.30, 0.2) if rng.random() < 0.5 else (0.75, 0.73, 0.7), 0.5), "otherprop"),
        Part(merged(foliage), green, "otherprop"),
        Part(merged(stalks), Material((0.3, 0.22, 0.12)), "otherprop"),
        Part(cylinder(0.125, 0.01).moved(z=0.235), Material((0.09, 0.06, 0.04), roughness=1.0), "otherprop"),
    ]


def box_of_card(rng: np.random.Generator, size: tuple[float, float, float]) -> Parts:
    """A closed cardboard box with a strip of tape; centred."""
    width, depth, height = size
    tape = Material((0.70, 0.58, 0.38), roughness=0.3)
    parts = [
        Part(box(width, depth, height, 0.004), CARD, "box"),
        Part(box(width * 1.004, 0.05, height * 0.3, 0.001).moved(z=height * 0.702), tape, "box"),
    ]
    return turned(parts, float(rng.normal(0, 3)))


def mug(rng: np.random.Generator) -> Parts:
    """A mug; centred."""
    colour = (0.85, 0.84, 0.8) if rng.random() < 0.5 else tuple(rng.uniform(0.1, 0.7, 3).tolist())
    body = curved_body(
        [(0, 0), (0.036, 0), (0.04, 0.01), (0.041, 0.095), (0.037, 0.094), (0.036, 0.012), (0, 0.01)], 26, 48
    )
    ear = tube([(0.038, 0, 0.02), (0.062, 0, 0.03), (0.066, 0, 0.05), (0.06, 0, 0.07), (0.038, 0, 0.078)], 0.006)
    return [Part(merged([body, ear]), plastic((colour[0], colour[1], colour[2]), 0.25), "otherprop")]


def fruit_bowl(rng: np.random.Generator) -> Parts:
    """A bowl with apples and oranges; centred."""
    bowl = curved_body(
        [(0, 0), (0.06, 0), (0.07, 0.012), (0.15, 0.07), (0.156, 0.07), (0.07, 0.025), (0, 0.02)], 36, 50
    )
    parts = [Part(bowl, plastic((0.8, 0.79, 0.74), 0.25), "otherprop")]
    for angle in np.linspace(0, 2 * np.pi, 6)[:-1]:
        colour = ((0.72, 0.16, 0.1), (0.86, 0.47, 0.08), (0.55, 0.6, 0.15))[int(rng.integers(3))]
        fruit = ball(0.038, 0.92).moved(0.062 * float(np.cos(angle)), 0.062 * float(np.sin(angle)), 0.035)
        parts.append(Part(fruit, plastic(colour, 0.4), "otherprop"))
    return [*parts, Part(ball(0.038).moved(0, 0, 0.07), plastic((0.8, 0.42, 0.08), 0.4), "otherprop")]


def television(rng: np.random.Generator, scheme: ColourScheme, width: float = 1.05) -> Parts:
    """A flat television on its foot; its back is at y = 0."""
    height = width * 9 / 16
    return [
        Part(box(width + 0.03, 0.05, height + 0.04, 0.01).moved(0, -0.16, 0.06), scheme.black, "television"),
        Part(panel(width, height).moved(0, -0.1861, 0.08), glossy_black(), "television"),
        Part(box(0.2, 0.05, 0.09).moved(0, -0.14, 0.0), scheme.black, "television"),
        Part(box(0.5, 0.22, 0.015, 0.006).moved(0, -0.15), scheme.black, "television"),
    ]


def monitor(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    """A switched-on computer screen on its foot; its back is at y = 0."""
    lit = Material(imagery.screen(rng), finish="glow", radiance=1.1, echo=0.3)
    return [
        Part(box(0.54, 0.04, 0.34, 0.008).moved(0, -0.1, 0.12), scheme.black, "otherprop"),
        Part(panel(0.515, 0.3).with_unit_uvs().moved(0, -0.1206, 0.145), lit, "otherprop"),
        Part(tube([(0, -0.05, 0.01), (0, -0.06, 0.25)], 0.022), scheme.black, "otherprop"),
        Part(box(0.24, 0.19, 0.014, 0.006).moved(0, -0.1), scheme.black, "otherprop"),
    ]


def laptop(rng: np.random.Generator, scheme: ColourScheme) -> Parts:
    """An open laptop computer, switched on; its keys are in front of y = 0, the screen leans behind it."""
    lit = Material(imagery.screen(rng), finish="glow", radiance=1.1, echo=0.3)
    lid = [
        Part(box(0.34, 0.008, 0.23, 0.003), scheme.metal, "otherprop"),
        Part(panel(0.315, 0.2).with_unit_uvs().moved(0, -0.0045, 0.018), lit, "otherprop"),
    ]
    return [
        Part(box(0.34, 0.235, 0.016, 0.004).moved(0, -0.12), scheme.metal, "otherprop"),
        Part(box(0.29, 0.11, 0.003, 0.001).moved(0, -0.085, 0.0155), scheme.black, "otherprop"),
        *moved(turned(lid, -18, "x"), z=0.012),
    ]


def folded_clothes(rng: np.random.Generator, count: int = 3) -> Parts:
    """Folded shirts and jumpers on a pile; centred."""
    parts: Parts = []
    z = 0.0
    for _ in range(count):
        tone = np.clip(rng.uniform(0.15, 0.7) + rng.normal(0, 0.08, 3), 0.05, 0.85).tolist()
        thick = float(rng.uniform(0.035, 0.06))
        piece = cushion((0.3, 0.26, thick), rng, radius=0.018, bulge=0.012, wrinkle=0.005)
        folded = [Part(piece, cloth(rng, (tone[0], tone[1], tone[2]), 0.15), "clothes")]
        parts += moved(turned(folded, float(rng.normal(0, 8))), z=z)
        z += thick
    return parts


def keyboard(scheme: ColourScheme) -> Parts:
    """A keyboard and a mouse; centred."""
    keys = [
        box(0.022, 0.016, 0.008, 0.002).moved((column - 8) * 0.025, (row - 2) * 0.023, 0.016)
        for row in range(5)
        for column in range(17)
    ]
    return [
        Part(box(0.44, 0.14, 0.018, 0.005), scheme.black, "otherprop"),
        Part(merged(keys), plastic((0.11, 0.11, 0.12)), "otherprop"),
        Part(cushion((0.06, 0.105, 0.034), np.random.default_rng(0), radius=0.016, bulge=0.004, wrinkle=0).moved(0.3),
             scheme.black, "otherprop"),
    ]  # fmt: skip


def papers(rng: np.random.Generator, count: int = 4) -> Parts:
    """Loose printed sheets; centred."""
    parts: Parts = []
    for index in range(count):
        page = [Part(panel(0.21, 0.297).with_unit_uvs().turned(-90, "x"), artwork(imagery.paper(rng), 0.9), "paper")]
        spun = turned(page, float(rng.normal(0, 25)))
        parts += moved(spun, float(rng.normal(0, 0.05)), float(rng.normal(0, 0.04)), 0.002 + 0.0015 * index)
    return parts


def bag(rng: np.random.Generator) -> Parts:
    """A backpack leaning against something behind it; its back is at y = 0."""
    colour = ((0.12, 0.16, 0.28), (0.3, 0.08, 0.08), (0.09, 0.1, 0.1))[int(rng.integers(3))]
    fabric = cloth(rng, colour, 0.2)
    parts = [
        Part(cushion((0.32, 0.19, 0.44), rng, radius=0.085, bulge=0.03, wrinkle=0.006).moved(y=-0.12), fabric, "bag"),
        Part(
            cushion((0.25, 0.08, 0.22), rng, radius=0.035, bulge=0.02, wrinkle=0.004).moved(0, -0.24, 0.03),
            fabric,
            "bag",
        ),
        Part(
            tube([(-0.05, -0.11, 0.43), (-0.03, -0.1, 0.48), (0.03, -0.1, 0.48), (0.05, -0.11, 0.43)], 0.01),
            fabric,
            "bag",
        ),
    ]
    return turned(parts, -10, "x")


def shoes(rng: np.random.Generator) -> Parts:
    """A pair of shoes; centred."""
    hide = Material((0.16, 0.1, 0.07) if rng.random() < 0.5 else (0.6, 0.6, 0.62), roughness=0.5)
    parts: Parts = []
    for side in (-1, 1):
        sole = cushion((0.09, 0.27, 0.045), rng, radius=0.02, bulge=0.005)
        upper = cushion((0.082, 0.15, 0.075), rng, radius=0.035, bulge=0.012)
        pair = [Part(sole, hide, "clothes"), Part(upper.moved(0, 0.05, 0.025), hide, "clothes")]
        parts += moved(turned(pair, float(rng.normal(0, 9))), side * 0.075, float(rng.normal(0, 0.025)))
    return parts
