"""Tables, coffee tables, desks."""

from __future__ import annotations

from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.materials import Material
from vizlab.scenes.meshes import box, cylinder, turned_body
from vizlab.scenes.parts import Part, Parts


def table(wood: Material, width: float, depth: float, height: float, label: str = "table") -> Parts:
    """A table on four tapered legs with an apron below the top; centred in x and y."""
    parts = [Part(box(width, depth, 0.032, 0.009).moved(z=height - 0.032), wood, label)]
    inset = 0.07
    for x in (-width / 2 + inset, width / 2 - inset):
        parts.append(Part(box(0.02, depth - 2 * inset, 0.075).moved(x, 0, height - 0.107), wood, label))
        for y in (-depth / 2 + inset, depth / 2 - inset):
            block = box(0.062, 0.062, 0.11, 0.006).moved(x, y, height - 0.142)
            leg = turned_body([(0, 0), (0.019, 0), (0.031, height - 0.142)], 18).moved(x, y)
            parts += [Part(block, wood, label), Part(leg, wood, label)]
    for y in (-depth / 2 + inset, depth / 2 - inset):
        parts.append(Part(box(width - 2 * inset, 0.02, 0.075).moved(0, y, height - 0.107), wood, label))
    return parts


def coffee_table(wood: Material, width: float = 1.1, depth: float = 0.6) -> Parts:
    """A low table with a shelf below its top; centred."""
    height, post = 0.42, 0.06
    parts = [
        Part(box(width, depth, 0.036, 0.01).moved(z=height - 0.036), wood, "table"),
        Part(box(width - 0.08, depth - 0.08, 0.02).moved(z=0.13), wood, "table"),
    ]
    for x in (-1, 1):
        for y in (-1, 1):
            leg = box(post, post, height - 0.036, 0.008)
            parts.append(Part(leg.moved(x * (width / 2 - 0.05), y * (depth / 2 - 0.05)), wood, "table"))
    for y in (-1, 1):
        rail = box(width - 0.16, 0.018, 0.055)
        parts.append(Part(rail.moved(0, y * (depth / 2 - 0.05), height - 0.091), wood, "table"))
    return parts


def desk(scheme: ColourScheme, wood: Material, width: float = 1.5, depth: float = 0.72) -> Parts:
    """A writing desk with a pedestal of drawers on the right; its back is at y = 0."""
    height = 0.75
    y = -depth / 2
    parts = [
        Part(box(width, depth, 0.03, 0.006).moved(0, y, height - 0.03), wood, "desk"),
        Part(box(0.03, depth - 0.06, height - 0.03).moved(-width / 2 + 0.03, y), wood, "desk"),
        Part(box(width - 0.06, 0.018, 0.36).moved(0, -0.08, height - 0.39), wood, "desk"),
    ]
    pedestal, right = 0.42, width / 2 - 0.02
    parts.append(Part(box(pedestal, depth - 0.08, height - 0.05).moved(right - pedestal / 2, y, 0.02), wood, "desk"))
    for z, tall in ((0.05, 0.3), (0.365, 0.165), (0.545, 0.15)):
        front = box(pedestal - 0.02, 0.02, tall, 0.005)
        parts.append(Part(front.moved(right - pedestal / 2, -depth + 0.032, z), wood, "desk"))
        knob = cylinder(0.012, 0.024, 14).turned(90, "x")
        parts.append(Part(knob.moved(right - pedestal / 2, -depth + 0.022, z + tall / 2), scheme.metal, "desk"))
    return parts


def steel_table(top: Material, frame: Material, size: tuple[float, float, float], label: str = "table") -> Parts:
    """A plain table of width x depth x height on a steel frame, for offices; centred in x and y."""
    width, depth, height = size
    parts = [Part(box(width, depth, 0.026, 0.005).moved(z=height - 0.026), top, label)]
    for x in (-width / 2 + 0.06, width / 2 - 0.06):
        parts.append(Part(box(0.035, depth - 0.1, 0.04).moved(x, 0, height - 0.066), frame, label))
        for y in (-depth / 2 + 0.06, depth / 2 - 0.06):
            parts.append(Part(box(0.042, 0.042, height - 0.026, 0.005).moved(x, y), frame, label))
    for y in (-depth / 2 + 0.06, depth / 2 - 0.06):
        parts.append(Part(box(width - 0.12, 0.035, 0.04).moved(0, y, height - 0.066), frame, label))
    return parts
