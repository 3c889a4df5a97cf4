"""Beds with their bedding."""

from __future__ import annotations

import numpy as np

from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.meshes import box
from vizlab.scenes.parts import Part, Parts, moved, turned
from vizlab.scenes.soft_shapes import cover, cushion, pillow

MATTRESS_TOP = 0.56


def bed(
    rng: np.random.Generator, scheme: ColourScheme, width: float = 1.6, length: float = 2.02, padded: bool = False
) -> Parts:
    """A made bed, its headboard at the wall: frame, mattress, hanging cover, turned-down sheet, pillows.

    padded: upholstered all round instead of a wooden frame.
    """
    parts = _padded_frame(rng, scheme, width, length) if padded else _frame(rng, scheme, width, length)
    mattress = cushion((width, length, 0.24), rng, radius=0.05, bulge=0.012, wrinkle=0.001)
    parts.append(Part(mattress.moved(y=-length / 2 - 0.07, z=MATTRESS_TOP - 0.24), scheme.linen, "bed"))
    quilt_material = scheme.pattern if rng.random() < 0.6 else scheme.accents[2]
    quilt_length = length * 0.68
    quilt = cover(width + 0.03, quilt_length, 0.33, rng, wrinkle=0.009)
    foot = -length - 0.09 + quilt_length / 2
    parts.append(Part(quilt.moved(y=foot, z=MATTRESS_TOP + 0.035), quilt_material, "bed"))
    fold = cover(width + 0.07, 0.34, 0.22, rng, wrinkle=0.006, pleat=0.015, radius=0.03)
    parts.append(Part(fold.moved(y=foot + quilt_length / 2 - 0.12, z=MATTRESS_TOP + 0.062), scheme.linen, "bed"))
    return parts + _pillows(rng, scheme, width)


def _frame(rng: np.random.Generator, scheme: ColourScheme, width: float, length: float) -> Parts:
    wood = scheme.wood
    height = rng.uniform(1.0, 1.2)
    parts = [
        Part(box(width + 0.06, 0.045, height - 0.2, 0.008).moved(y=-0.035, z=0.2), wood, "bed"),
        Part(box(width + 0.14, 0.07, 0.07, 0.02).moved(y=-0.035, z=height), wood, "bed"),
    ]
    for side in (-1, 1):
        parts.append(Part(box(0.07, 0.07, height + 0.03, 0.012).moved(side * (width / 2 + 0.05), -0.035), wood, "bed"))
        rail = box(0.035, length, 0.16, 0.008)
        parts.append(Part(rail.moved(side * (width / 2 + 0.02), -length / 2 - 0.07, 0.2), wood, "bed"))
        foot = box(0.07, 0.07, 0.42, 0.012)
        parts.append(Part(foot.moved(side * (width / 2 + 0.02), -length - 0.09), wood, "bed"))
    parts.append(Part(box(width, 0.035, 0.16, 0.008).moved(y=-length - 0.09, z=0.2), wood, "bed"))
    for index in range(3):
        inset = box(width / 3 - 0.08, 0.02, height - 0.62, 0.008)
        parts.append(Part(inset.moved((index - 1) * width / 3, -0.06, 0.52), wood, "bed"))
    return parts


def _padded_frame(rng: np.random.Generator, scheme: ColourScheme, width: float, length: float) -> Parts:
    fabric = scheme.fabric
    base = cushion((width + 0.05, length + 0.04, 0.24), rng, radius=0.03, bulge=0.004, wrinkle=0.001)
    parts = [Part(base.moved(y=-length / 2 - 0.08, z=0.1), fabric, "bed")]
    # The headboard is quilted: upright pads side by side.
    count = max(round(width / 0.32), 2)
    pad = (width + 0.14) / count
    for index in range(count):
        upright = cushion((pad - 0.004, 0.1, 1.05), rng, radius=0.03, bulge=0.02, wrinkle=0.001)
        parts.append(Part(upright.moved((index - (count - 1) / 2) * pad, -0.05, 0.1), fabric, "bed"))
    for x in (-width / 2 + 0.08, width / 2 - 0.08):
        for y in (-0.15, -length):
            parts.append(Part(box(0.06, 0.06, 0.11, 0.008).moved(x, y), scheme.black, "bed"))
    return parts


def _pillows(rng: np.random.Generator, scheme: ColourScheme, width: float) -> Parts:
    """Sleeping pillows against the headboard and in front of them (pairs on a double bed), a small coloured one."""
    parts: Parts = []
    sides = (-1, 1) if width > 1.2 else (0,)
    rows = [(0.27, 66.0, 0.69, 0.17, scheme.linen), (0.60, 40.0, 0.64, 0.16, scheme.linen)]
    if rng.random() < 0.7:
        rows[0] = (0.27, 66.0, 0.69, 0.17, scheme.accents[1])
    for y, lean, size, thick, material in rows:
        for side in sides:
            one = Part(pillow(size, 0.46, thick, rng), material, "pillow")
            leaning = turned(moved([one], y=0.23), lean + rng.normal(0, 3), "x")
            spun = turned(leaning, rng.normal(0, 4))
            parts += moved(spun, side * width * 0.24 + rng.normal(0, 0.015), -y - 0.1, MATTRESS_TOP + 0.02)
    small = Part(pillow(0.42, 0.42, 0.15, rng), scheme.accents[0], "pillow")
    tilted = turned(turned(moved([small], y=0.21), 52, "x"), rng.uniform(-14, 14))
    return parts + moved(tilted, rng.uniform(-0.2, 0.2), -0.96, MATTRESS_TOP + 0.05)
