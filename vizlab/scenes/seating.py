"""Sofas, armchairs, dining chairs, office chairs, stools."""

from __future__ import annotations

import numpy as np

from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.materials import Material
from vizlab.scenes.meshes import box, cylinder, tube
from vizlab.scenes.parts import Part, Parts, moved, turned
from vizlab.scenes.soft_shapes import cushion, pillow


def sofa(
    rng: np.random.Generator, scheme: ColourScheme, material: Material, seats: int = 3, label: str = "sofa"
) -> Parts:
    """An upholstered sofa: frame, arms, seat and back cushions, feet; an armchair when seats is 1."""
    seat_width = 0.62 if seats > 1 else 0.58
    inner, arm, depth = seats * seat_width, 0.2, 0.92
    width = inner + 2 * arm
    frame = cushion((width - 0.04, depth - 0.08, 0.26), rng, radius=0.03, bulge=0.004)
    back = cushion((width - 0.1, 0.2, 0.68), rng, radius=0.07, bulge=0.02)
    parts = [
        Part(frame.moved(y=-depth / 2, z=0.1), material, label),
        Part(back.moved(y=-0.11, z=0.12), material, label),
    ]
    for side in (-1, 1):
        rest = cushion((arm, depth - 0.02, 0.5), rng, radius=0.085, bulge=0.015)
        parts.append(Part(rest.moved(side * (inner + arm) / 2, -depth / 2, 0.1), material, label))
        for y in (-0.08, -depth + 0.08):
            foot = box(0.06, 0.06, 0.1, 0.008)
            parts.append(Part(foot.moved(side * (width / 2 - 0.1), y), scheme.second_wood, label))
    for index in range(seats):
        x = (index - (seats - 1) / 2) * seat_width
        seat = cushion((seat_width - 0.008, 0.68, 0.17), rng, radius=0.05, bulge=0.035, wrinkle=0.003)
        parts.append(Part(seat.moved(x, -depth + 0.35, 0.34), material, label))
        rest = cushion((seat_width - 0.01, 0.19, 0.45), rng, radius=0.07, bulge=0.05, wrinkle=0.004)
        leaning = turned([Part(rest, material, label)], -13 + rng.normal(0, 1.0), "x")
        parts += moved(leaning, x, -0.29, 0.47)
    return parts


def scatter_cushion(rng: np.random.Generator, material: Material, x: float, lean: float = 62.0) -> Parts:
    """A loose cushion leaning against the back of a sofa that stands at the origin."""
    one = Part(pillow(0.44, 0.44, 0.16, rng), material, "pillow")
    leaning = turned(turned(moved([one], y=0.22), lean, "x"), rng.uniform(-12, 12))
    return moved(leaning, x, -0.62, 0.54)


def dining_chair(rng: np.random.Generator, wood: Material, seat: Material) -> Parts:
    """A wooden chair with a padded seat and a slatted back."""
    width, depth, height = 0.44, 0.44, 0.46
    parts = [
        Part(cushion((width - 0.02, depth - 0.02, 0.06), rng, radius=0.025, bulge=0.015).moved(0, -0.26, height - 0.03),
             seat, "chair"),
        Part(box(width, depth, 0.05, 0.006).moved(0, -0.26, height - 0.075), wood, "chair"),
    ]  # fmt: skip
    for side in (-1, 1):
        x = side * (width / 2 - 0.025)
        parts.append(Part(box(0.036, 0.036, height - 0.03, 0.006).moved(x, -0.455), wood, "chair"))
        # The back posts bend backwards above the seat.
        post = tube([(x, -0.07, 0), (x, -0.06, 0.44), (x, -0.03, 0.7), (x, 0.03, 0.98)], 0.019)
        parts.append(Part(post, wood, "chair"))
        parts.append(Part(tube([(x, -0.455, 0.2), (x, -0.065, 0.2)], 0.011), wood, "chair"))
    for z, y, tall in ((0.9, 0.012, 0.09), (0.6, -0.045, 0.05)):
        rail = [Part(box(width - 0.05, 0.02, tall, 0.008), wood, "chair")]
        parts += moved(turned(rail, -12, "x"), y=y, z=z)
    for x in np.linspace(-0.12, 0.12, 4):
        parts.append(Part(tube([(x, -0.042, 0.62), (x, -0.02, 0.76), (x, 0.008, 0.91)], 0.009), wood, "chair"))
    return parts


def office_chair(rng: np.random.Generator, scheme: ColourScheme, material: Material) -> Parts:
    """A swivel chair: five-armed base on castors, gas spring, seat, back and arm rests; its back is at +y."""
    black = scheme.black
    parts: Parts = []
    for angle in np.linspace(0, 2 * np.pi, 6)[:-1] + rng.uniform(0, 1):
        x, y = float(np.cos(angle)), float(np.sin(angle))
        arm = tube([(0.04 * x, 0.04 * y, 0.13), (0.17 * x, 0.17 * y, 0.11), (0.31 * x, 0.31 * y, 0.075)], 0.021)
        parts.append(Part(arm, black, "chair"))
        castor = cylinder(0.029, 0.045, 14).turned(90, "x").turned(float(np.degrees(angle)))
        parts.append(Part(castor.moved(0.31 * x, 0.31 * y, 0.03), black, "chair"))
    parts.append(Part(cylinder(0.032, 0.34).moved(z=0.09), scheme.metal, "chair"))
    seat = cushion((0.5, 0.49, 0.09), rng, radius=0.04, bulge=0.02)
    parts.append(Part(seat.moved(z=0.43), material, "chair"))
    back = [Part(cushion((0.46, 0.075, 0.58), rng, radius=0.035, bulge=0.025), material, "chair")]
    parts += moved(turned(back, -9, "x"), y=0.25, z=0.56)
    parts.append(Part(tube([(0, 0.1, 0.44), (0, 0.3, 0.46), (0, 0.33, 0.75)], 0.022), black, "chair"))
    for side in (-1, 1):
        x = side * 0.27
        bracket = tube([(x * 0.7, 0.05, 0.46), (x, 0.05, 0.48), (x, 0.04, 0.67)], 0.016)
        parts.append(Part(bracket, black, "chair"))
        parts.append(Part(box(0.055, 0.27, 0.028, 0.013).moved(x, 0.0, 0.67), black, "chair"))
    return parts
