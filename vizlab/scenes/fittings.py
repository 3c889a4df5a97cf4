"""What hangs on walls and lies on floors: windows, doors, curtains, blinds, pictures, mirrors, rugs, radiators."""

from __future__ import annotations

import numpy as np

from vizlab.scenes import pictures, textures
from vizlab.scenes.materials import Material, artwork, glow, mirror
from vizlab.scenes.meshes import Mesh, ball, box, cylinder, merged, panel, plate, tube
from vizlab.scenes.palettes import Palette
from vizlab.scenes.parts import Part, Parts
from vizlab.scenes.soft_shapes import hanging

RECESS = 0.14  # metres from the inner face of a wall to the window pane


def frame_bars(width: float, height: float, bar: float, depth: float) -> list[Mesh]:
    """Four bars around a width x height opening that starts at z = 0; meshes centred in y."""
    sides = [box(bar, depth, height, 0.004).moved(side * (width - bar) / 2) for side in (-1, 1)]
    rails = [box(width - 2 * bar, depth, bar, 0.004).moved(z=z) for z in (0.0, height - bar)]
    return sides + rails


def window(rng: np.random.Generator, palette: Palette, width: float, height: float, radiance: float) -> Parts:
    """A two-leaf window for an opening of width x height, recessed behind y = 0, lit by the view behind it."""
    view = pictures.outdoors(rng)
    # The pane itself shines with the picture of the outdoors: light samples find it, which a far sky would not allow.
    pane = panel(width, height).with_unit_uvs().moved(y=RECESS)
    bars = [bar.moved(y=RECESS - 0.03) for bar in frame_bars(width, height, 0.05, 0.05)]
    bars.append(box(0.07, 0.05, height).moved(y=RECESS - 0.03))
    bars += [bar.moved(y=0.012, x=0, z=-0.06) for bar in frame_bars(width + 0.16, height + 0.14, 0.085, 0.03)]
    sill = box(width + 0.16, 0.07, 0.03, 0.01).moved(y=-0.015, z=-0.03)
    reveals = [
        panel(RECESS, height).turned(90).moved(x=-width / 2, y=RECESS / 2),
        panel(RECESS, height).turned(-90).moved(x=width / 2, y=RECESS / 2),
        plate(width, RECESS).moved(y=RECESS / 2),
        plate(width, RECESS).turned(180, "x").moved(y=RECESS / 2, z=height),
    ]
    return [
        Part(pane, glow(view, radiance, echo=0.0), "window"),
        Part(merged([*bars, sill]), palette.trim, "window"),
        Part(merged(reveals), palette.trim, "window"),
    ]


def open_window(palette: Palette, width: float, height: float) -> Parts:
    """The frame of a window out of view: nothing fills it, so that the sun falls through."""
    bars = [bar.moved(y=RECESS - 0.03) for bar in frame_bars(width, height, 0.05, 0.05)]
    bars += [
        box(0.07, 0.05, height).moved(y=RECESS - 0.03),
        box(width, 0.04, 0.04).moved(y=RECESS - 0.03, z=height * 0.6),
    ]
    return [Part(merged(bars), palette.trim, "window")]


def curtains(rng: np.random.Generator, palette: Palette, width: float, top: float, low: float = 0.04) -> Parts:
    """Two drawn-back curtains on a rod over a window of `width`; `top` is the height of the rod."""
    rod_length = width + 0.7
    rod = [tube([(-rod_length / 2, -0.07, top), (rod_length / 2, -0.07, top)], 0.014)]
    rod += [ball(0.028).moved(side * rod_length / 2, -0.07, top - 0.028) for side in (-1, 1)]
    parts = [Part(merged(rod), palette.brass, "curtain")]
    for side in (-1, 1):
        share = float(rng.uniform(0.34, 0.46))
        drape = hanging(share, top - low, rng, pleat=float(rng.uniform(0.085, 0.11)))
        parts.append(Part(drape.moved(side * (width / 2 + 0.26 - share / 2), -0.025, low), palette.curtain, "curtain"))
    return parts


def blinds(palette: Palette, width: float, height: float) -> Parts:
    """Venetian blinds in front of a window opening that starts at z = 0."""
    slats = [
        box(width, 0.045, 0.0025, 0.001).turned(-28, "x").moved(0, -0.01, float(z))
        for z in np.arange(0.05, height - 0.04, 0.042)
    ]
    slats.append(box(width + 0.02, 0.055, 0.05).moved(0, -0.01, height - 0.03))
    cords = [tube([(x, -0.035, 0.03), (x, -0.035, height)], 0.003) for x in (-width * 0.35, width * 0.35)]
    return [Part(merged(slats + cords), palette.trim, "blinds")]


def door(palette: Palette, material: Material, width: float = 0.86, height: float = 2.04) -> Parts:
    """A closed panel door with its casing and handle, on the wall y = 0."""
    casing = [box(0.085, 0.035, height + 0.085, 0.008).moved(side * (width / 2 + 0.045)) for side in (-1, 1)]
    casing.append(box(width + 0.175, 0.035, 0.085, 0.008).moved(z=height))
    leaf = [box(width, 0.02, height, 0.003)]
    wide = (width - 0.36) / 2
    for z, tall in ((0.2, 0.62), (0.98, 0.86)):
        for side in (-1, 1):
            x = side * (wide / 2 + 0.06)
            leaf += [bar.moved(x, -0.012, z) for bar in frame_bars(wide, tall, 0.022, 0.012)]
            leaf.append(box(wide - 0.1, 0.008, tall - 0.1, 0.004).moved(x, -0.012, z + 0.05))
    knob = [cylinder(0.027, 0.012).turned(90, "x").moved(-width / 2 + 0.07, -0.01, 1.0)]
    knob.append(ball(0.03).moved(-width / 2 + 0.07, -0.065, 0.97))
    return [
        Part(merged(casing), palette.trim, "door"),
        Part(merged(leaf), material, "door"),
        Part(merged(knob), palette.brass, "door"),
    ]


def picture(
    palette: Palette, image: textures.Image, width: float, height: float, frame: Material, mount: float = 0.05
) -> Parts:
    """A framed picture with a white mount, hanging on the wall y = 0, its lower edge at z = 0."""
    bars = merged([bar.moved(y=-0.015) for bar in frame_bars(width, height, 0.03, 0.028)])
    return [
        Part(bars, frame, "picture"),
        Part(panel(width - 0.04, height - 0.04).moved(0, -0.012, 0.02), palette.white, "picture"),
        Part(
            panel(width - 0.06 - 2 * mount, height - 0.06 - 2 * mount).with_unit_uvs().moved(0, -0.0135, 0.03 + mount),
            artwork(image),
            "picture",
        ),
    ]


def wall_mirror(frame: Material, width: float, height: float) -> Parts:
    """A framed mirror on the wall y = 0, its lower edge at z = 0."""
    bars = merged([bar.moved(y=-0.02) for bar in frame_bars(width, height, 0.055, 0.04)])
    return [
        Part(bars, frame, "mirror"),
        Part(panel(width - 0.09, height - 0.09).moved(0, -0.013, 0.045), mirror(), "mirror"),
    ]


def floor_rug(rng: np.random.Generator, palette: Palette, width: float, length: float) -> Parts:
    """A patterned rug; centred."""
    first, second, third = palette.accent_colours
    image = textures.rug(rng, first, (0.8, 0.74, 0.6), textures.shaded(second if rng.random() < 0.5 else third, 0.6))
    pile = Material(image, roughness=0.95, specular=0.1)
    return [
        Part(box(width, length, 0.011, 0.004), palette.linen, "floor mat"),
        Part(plate(width - 0.008, length - 0.008).with_unit_uvs().moved(z=0.0112), pile, "floor mat"),
    ]


def radiator(palette: Palette, width: float = 1.1) -> Parts:
    """A ribbed radiator on the wall y = 0."""
    count = int(width / 0.06)
    ribs = [box(0.046, 0.08, 0.52, 0.018).moved((i - (count - 1) / 2) * 0.06, -0.075, 0.12) for i in range(count)]
    pipes = [tube([(-width / 2, -0.075, z), (width / 2, -0.075, z)], 0.014) for z in (0.17, 0.58)]
    return [Part(merged(ribs + pipes), palette.trim, "otherstructure")]


def wall_plate(palette: Palette, width: float = 0.075, height: float = 0.115) -> Parts:
    """A light switch or socket on the wall y = 0."""
    plate_ = box(width, 0.008, height, 0.003).moved(y=-0.004)
    rocker = box(width * 0.4, 0.006, height * 0.5, 0.002).moved(0, -0.01, height * 0.25)
    return [Part(merged([plate_, rocker]), palette.white, "otherprop")]


def whiteboard(palette: Palette, rng: np.random.Generator, width: float = 1.3, height: float = 0.9) -> Parts:
    """A whiteboard with some writing, on the wall y = 0, its lower edge at z = 0."""
    image = np.full((256, 370, 3), 0.9, np.float32)
    for row in range(30, 220, 26):
        x = 24
        while x < 300 * rng.uniform(0.4, 1.0):
            length = int(rng.integers(8, 34))
            image[row + int(rng.integers(-2, 3)) :][:3, x : x + length] = (0.1, 0.15, 0.45)
            x += length + 10
    board = artwork(textures.as_image(image), 0.15)
    bars = merged([bar.moved(y=-0.012) for bar in frame_bars(width, height, 0.022, 0.022)])
    tray = box(width * 0.6, 0.07, 0.012).moved(0, -0.04, 0)
    return [
        Part(merged([bars, tray]), palette.metal, "whiteboard"),
        Part(panel(width - 0.03, height - 0.03).with_unit_uvs().moved(0, -0.008, 0.015), board, "whiteboard"),
    ]
