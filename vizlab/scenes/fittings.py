"""What hangs on walls and lies on floors: windows, doors, curtains, blinds, paintings, mirrors, rugs, radiators."""

from __future__ import annotations

import numpy as np

from vizlab.scenes import imagery, textures
from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.materials import Material, artwork, glow, mirror
from vizlab.scenes.meshes import Mesh, ball, box, cylinder, merged, panel, plate, tube
from vizlab.scenes.parts import Part, Parts
from vizlab.scenes.soft_shapes import hanging

RECESS = 0.14  # metres from the inner face of a wall to the window pane


def frame_bars(width: float, height: float, bar: float, depth: float) -> list[Mesh]:
    """Four bars around a width x height opening that starts at z = 0; meshes centred in y."""
    sides = [box(bar, depth, height, 0.004).moved(side * (width - bar) / 2) for side in (-1, 1)]
    rails = [box(width - 2 * bar, depth, bar, 0.004).moved(z=z) for z in (0.0, height - bar)]
    return sides + rails


def window(rng: np.random.Generator, scheme: ColourScheme, width: float, height: float, radiance: float) -> Parts:
    """A two-leaf window for an opening of width x height, recessed behind y = 0, lit by the view behind it."""
    view = imagery.outdoors(rng)
    # The pane itself shines with the image of the outdoors: light samples find it, which a far sky would not allow.
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
        Part(merged([*bars, sill]), scheme.trim, "window"),
        Part(merged(reveals), scheme.trim, "window"),
    ]


def open_window(scheme: ColourScheme, width: float, height: float) -> Parts:
    """The frame of a window out of view: nothing fills it, so that the sun falls through."""
    bars = [bar.moved(y=RECESS - 0.03) for bar in frame_bars(width, height, 0.05, 0.05)]
    bars += [
        box(0.07, 0.05, height).moved(y=RECESS - 0.03),
        box(width, 0.04, 0.04).moved(y=RECESS - 0.03, z=height * 0.6),
    ]
    return [Part(merged(bars), scheme.trim, "window")]


def curtains(
    rng: np.random.Generator, scheme: ColourScheme, width: float, top: float, low: float = 0.04, closed: bool = False
) -> Parts:
    """Two curtains on a rod over a window of `width`, drawn back or `closed`; `top` is the height of the rod."""
    rod_length = width + 0.7
    rod = [tube([(-rod_length / 2, -0.07, top), (rod_length / 2, -0.07, top)], 0.014)]
    rod += [ball(0.028).moved(side * rod_length / 2, -0.07, top - 0.028) for side in (-1, 1)]
    parts = [Part(merged(rod), scheme.brass, "curtain")]
    for side in (-1, 1):
        share = width / 2 + 0.27 if closed else float(rng.uniform(0.34, 0.46))
        drape = hanging(share, top - low, rng, pleat=float(rng.uniform(0.085, 0.11)))
        # Closed ones hang before the window sill, which would stick through their folds.
        y = -0.065 if closed else -0.025
        parts.append(Part(drape.moved(side * (width / 2 + 0.26 - share / 2), y, low), scheme.curtain, "curtain"))
    return parts


def blinds(scheme: ColourScheme, width: float, height: float) -> Parts:
    """Venetian blinds in front of a window opening that starts at z = 0."""
    slats = [
        box(width, 0.045, 0.0025, 0.001).turned(-28, "x").moved(0, -0.01, float(z))
        for z in np.arange(0.05, height - 0.04, 0.042)
    ]
    slats.append(box(width + 0.02, 0.055, 0.05).moved(0, -0.01, height - 0.03))
    cords = [tube([(x, -0.035, 0.03), (x, -0.035, height)], 0.003) for x in (-width * 0.35, width * 0.35)]
    return [Part(merged(slats + cords), scheme.trim, "blinds")]


def door(scheme: ColourScheme, material: Material, width: float = 0.86, height: float = 2.04) -> Parts:
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
        Part(merged(casing), scheme.trim, "door"),
        Part(merged(leaf), material, "door"),
        Part(merged(knob), scheme.brass, "door"),
    ]


def framed(
    scheme: ColourScheme, image: textures.Image, width: float, height: float, frame: Material, mount: float = 0.05
) -> Parts:
    """A painting in a frame with a white mount, hanging on the wall y = 0, its lower edge at z = 0."""
    bars = merged([bar.moved(y=-0.015) for bar in frame_bars(width, height, 0.03, 0.028)])
    return [
        Part(bars, frame, "picture"),
        Part(panel(width - 0.04, height - 0.04).moved(0, -0.012, 0.02), scheme.white, "picture"),
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


def floor_rug(rng: np.random.Generator, scheme: ColourScheme, width: float, length: float) -> Parts:
    """A rug with an oriental pattern, woven stripes, or one colour; centred."""
    first, second, third = scheme.accent_colours
    pale = (0.74, 0.68, 0.56)
    style = rng.random()
    if style < 0.45:
        image = textures.rug(rng, textures.shaded(first, 0.8), pale, textures.shaded(second, 0.6))
    elif style < 0.75:
        image = textures.stripes(rng, [pale, textures.shaded(third, 0.8), (0.42, 0.38, 0.33), pale], 7)
    else:
        image = textures.plain(rng, textures.shaded((pale, second, (0.5, 0.5, 0.48))[int(rng.integers(3))], 0.9), 0.07)
    pile = Material(image, roughness=0.95, specular=0.1)
    return [
        Part(box(width, length, 0.011, 0.004), scheme.linen, "floor mat"),
        Part(plate(width - 0.008, length - 0.008).with_unit_uvs().moved(z=0.0112), pile, "floor mat"),
    ]


def radiator(scheme: ColourScheme, width: float = 1.1) -> Parts:
    """A ribbed radiator on the wall y = 0."""
    count = int(width / 0.06)
    ribs = [box(0.046, 0.08, 0.52, 0.018).moved((i - (count - 1) / 2) * 0.06, -0.075, 0.12) for i in range(count)]
    pipes = [tube([(-width / 2, -0.075, z), (width / 2, -0.075, z)], 0.014) for z in (0.17, 0.58)]
    return [Part(merged(ribs + pipes), scheme.trim, "otherstructure")]


def wall_plate(scheme: ColourScheme, width: float = 0.075, height: float = 0.115) -> Parts:
    """A light switch or socket on the wall y = 0."""
    plate_ = box(width, 0.008, height, 0.003).moved(y=-0.004)
    rocker = box(width * 0.4, 0.006, height * 0.5, 0.002).moved(0, -0.01, height * 0.25)
    return [Part(merged([plate_, rocker]), scheme.white, "otherprop")]


def whiteboard(scheme: ColourScheme, rng: np.random.Generator, width: float = 1.3, height: float = 0.9) -> Parts:
    """A used whiteboard on the wall y = 0, its lower edge at z = 0: aluminium frame, tray with pens and a sponge."""
    board = artwork(imagery.whiteboard_notes(rng), 0.15)
    bars = merged([bar.moved(y=-0.012) for bar in frame_bars(width, height, 0.022, 0.022)])
    tray = box(width * 0.6, 0.07, 0.012).moved(0, -0.04, 0)
    parts = [
        Part(merged([bars, tray]), scheme.metal, "whiteboard"),
        Part(panel(width - 0.03, height - 0.03).with_unit_uvs().moved(0, -0.008, 0.015), board, "whiteboard"),
        Part(box(0.13, 0.05, 0.035, 0.008).moved(width * 0.2, -0.045, 0.012), scheme.black, "whiteboard"),
    ]
    for index, colour in enumerate(((0.1, 0.15, 0.5), (0.65, 0.1, 0.1), (0.05, 0.05, 0.06))):
        pen = cylinder(0.009, 0.13, 12).turned(90, "y").moved(-width * 0.2 + 0.16 * index, -0.045, 0.021)
        parts.append(Part(pen, Material(colour), "whiteboard"))
    return parts


def fireplace(scheme: ColourScheme, stone: Material, width: float = 1.5) -> Parts:
    """An open fireplace with a mantelpiece, its back on the wall y = 0: stone lining and hearth, logs laid."""
    label, side, depth, opening = "otherstructure", 0.26, 0.24, 0.82
    inner = width - 2 * side
    surround = [box(side, depth, opening + 0.3, 0.008).moved(x * (width - side) / 2, -depth / 2) for x in (-1, 1)]
    surround.append(box(inner + 0.02, depth - 0.02, 0.28, 0.008).moved(0, -depth / 2 + 0.01, opening + 0.02))
    surround.append(box(width + 0.16, depth + 0.08, 0.055, 0.012).moved(0, -(depth + 0.08) / 2, opening + 0.3))
    surround += [box(side + 0.05, depth + 0.03, 0.12, 0.01).moved(x * (width - side) / 2, -depth / 2) for x in (-1, 1)]
    lining = [box(0.09, depth + 0.012, opening, 0.004).moved(x * (inner - 0.09) / 2, -depth / 2) for x in (-1, 1)]
    lining.append(box(inner, depth + 0.012, 0.09, 0.004).moved(0, -depth / 2, opening - 0.07))
    hearth = box(width + 0.2, 0.46, 0.04, 0.008).moved(0, -depth - 0.2)
    logs = [
        cylinder(0.04, 0.44, 14).turned(90, "y").turned(turn).moved(-0.22, -0.15 + shift, 0.09 + z)
        for turn, shift, z in ((4, 0.03, 0.0), (-7, -0.07, 0.0), (11, -0.05, 0.075))
    ]
    soot = Material((0.05, 0.045, 0.04), roughness=0.95)
    return [
        Part(merged(surround), scheme.trim, label),
        Part(merged([*lining, hearth]), stone, label),
        Part(panel(inner, opening).moved(y=-0.02), soot, label),
        Part(merged(logs), Material((0.3, 0.2, 0.12), roughness=0.9), "otherprop"),
    ]
