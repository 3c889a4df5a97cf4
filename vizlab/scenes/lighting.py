"""Lamps. A shade gives off light as a whole surface: a bulb hidden in cloth would cost thousands of samples."""

from __future__ import annotations

import numpy as np

from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.materials import Material, glow, plastic
from vizlab.scenes.meshes import Mesh, ball, box, curved_body, cylinder, merged, plate, tube, turned_body
from vizlab.scenes.parts import Part, Parts
from vizlab.scenes.textures import Colour, Map

WARM: Colour = (1.0, 0.74, 0.45)
UNLIT: Colour = (0.80, 0.74, 0.62)


def _shade(low: float, high: float, height: float, lit: float) -> Parts:
    """A conical cloth shade standing on z = 0; `lit` is its radiance, 0 for a lamp that is off."""
    cone = turned_body([(low, 0), (high, height)], 40)
    rims = merged([_ring(low, 0.0), _ring(high, height)])
    if lit <= 0:
        inside = turned_body([(high - 0.003, height), (low - 0.003, 0)], 40)
        return [Part(merged([cone, inside]), Material(UNLIT, roughness=0.9), "lamp")]
    # Brighter in the middle, where the bulb is.
    ramp = np.linspace(-1, 1, 32, dtype=np.float32)[:, None, None]
    profile: Map = (np.exp(-1.6 * ramp**2) * np.asarray(WARM, np.float32)).repeat(4, 1)
    bulb_up = turned_body([(0, 0), (high * 0.8, 0)], 24).turned(180, "x").moved(z=height - 0.03)
    bulb_down = turned_body([(0, 0), (low * 0.8, 0)], 24).moved(z=0.03)
    return [
        Part(cone.with_unit_uvs(), glow(profile, lit), "lamp"),
        Part(merged([bulb_up, bulb_down]), glow(WARM, lit * 2.2), "lamp"),
        Part(rims, Material((0.8, 0.72, 0.58)), "lamp"),
    ]


def _ring(radius: float, z: float) -> Mesh:
    angle = np.linspace(0, 2 * np.pi, 41)
    return tube([(radius * float(np.cos(a)), radius * float(np.sin(a)), z) for a in angle], 0.004, 6)


def table_lamp(rng: np.random.Generator, scheme: ColourScheme, lit: float) -> Parts:
    """A ceramic table lamp, 50 cm tall; centred."""
    colour = scheme.accent_colours[int(rng.integers(3))] if rng.random() < 0.5 else (0.8, 0.78, 0.72)
    outline = [
        (0, 0),
        (0.075, 0),
        (0.075, 0.015),
        (0.045, 0.03),
        (0.095, 0.13),
        (0.085, 0.19),
        (0.025, 0.27),
        (0.013, 0.3),
    ]
    body = curved_body(outline, 32, 48)
    stem = cylinder(0.008, 0.1).moved(z=0.28)
    shade = _shade(0.16, 0.11, 0.21, lit)
    lifted = [Part(part.mesh.moved(z=0.31), part.material, part.label) for part in shade]
    return [Part(body, plastic(colour, 0.25), "lamp"), Part(stem, scheme.brass, "lamp"), *lifted]


def floor_lamp(scheme: ColourScheme, lit: float) -> Parts:
    """A standing lamp, 1.6 m tall; centred."""
    stand = merged(
        [turned_body([(0, 0), (0.15, 0), (0.14, 0.02), (0.02, 0.03)], 32), cylinder(0.012, 1.34).moved(z=0.02)]
    )
    shade = _shade(0.22, 0.16, 0.27, lit)
    return [Part(stand, scheme.black, "lamp")] + [
        Part(part.mesh.moved(z=1.33), part.material, part.label) for part in shade
    ]


def pendant(scheme: ColourScheme, ceiling: float, drop: float, lit: float) -> Parts:
    """A lamp hanging from the ceiling; centred in x and y, positions in z are the room's."""
    cord = tube([(0, 0, ceiling - drop + 0.2), (0, 0, ceiling)], 0.004)
    shell = curved_body([(0.21, 0), (0.2, 0.06), (0.12, 0.15), (0.04, 0.2), (0.0, 0.21)], 36, 30)
    inside = curved_body([(0.0, 0.2), (0.035, 0.19), (0.115, 0.145), (0.195, 0.06), (0.205, 0.0)], 36, 30)
    bulb = ball(0.06).moved(z=0.01)
    z = ceiling - drop
    return [
        Part(cord, scheme.black, "lamp"),
        Part(shell.moved(z=z), scheme.black, "lamp"),
        Part(inside.moved(z=z), plastic((0.8, 0.75, 0.65), 0.6), "lamp"),
        Part(bulb.moved(z=z), glow(WARM, lit), "lamp"),
    ]


def ceiling_panel(size: tuple[float, float], radiance: float, colour: Colour) -> Parts:
    """A flush ceiling light facing down, its lower side at z = 0; centred."""
    return [
        Part(plate(*size).turned(180, "x"), glow(colour, radiance), "lamp"),
        Part(box(size[0] + 0.04, size[1] + 0.04, 0.03).moved(z=0.002), plastic((0.8, 0.8, 0.78)), "lamp"),
    ]
