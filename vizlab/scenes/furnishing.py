"""What every recipe needs: the viewpoint held by hand, windows with their openings, framed paintings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vizlab.scenes import fittings, imagery
from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.parts import Parts
from vizlab.scenes.shell import Shell, Wall
from vizlab.scenes.viewpoints import Viewpoint

DAYLIGHT = (0.86, 0.93, 1.0)
BULB = (1.0, 0.86, 0.68)


def viewpoint(
    rng: np.random.Generator, origin: tuple[float, float, float], target: tuple[float, float, float]
) -> Viewpoint:
    """A viewpoint held by hand: a few centimetres and a degree off."""
    shift = rng.normal(0, 0.03, 6)
    return Viewpoint(
        (origin[0] + shift[0], origin[1], origin[2] + shift[1]),
        (target[0] + shift[2], target[1], target[2] + shift[3]),
        float(rng.normal(0, 0.7)),
    )


def side_walls(side: int) -> tuple[Wall, Wall]:
    """The wall on a side, 1 for right and -1 for left, and the one opposite."""
    return ("right", "left") if side > 0 else ("left", "right")


def mirroring(side: int, width: float) -> Callable[[float], float]:
    """For a room laid out with its side wall on the right: where x metres lie if the wall is on `side`."""
    return lambda x: x if side > 0 else width - x


def painting(rng: np.random.Generator, scheme: ColourScheme, width: float, height: float) -> Parts:
    """A framed painting of a random kind."""
    draw = rng.random()
    if draw < 0.45:
        image = imagery.landscape(rng)
    elif draw < 0.8:
        image = imagery.abstract(rng, [(0.82, 0.77, 0.68), *scheme.accent_colours])
    else:
        image = imagery.portrait(rng)
    frame = (scheme.wood, scheme.black, scheme.brass)[int(rng.integers(3))]
    return fittings.framed(scheme, image, width, height, frame, 0.02 if rng.random() < 0.5 else 0.05)


def window(
    shell: Shell, rng: np.random.Generator, wall: Wall, along: float, size: tuple[float, float], low: float, sky: float
) -> None:
    """A window with its opening; size is (width, height), `sky` the radiance of the view."""
    shell.open(wall, (along, low, *size))
    shell.against(wall, fittings.window(rng, shell.scheme, *size, sky), along, z=low)


def sunlit_opening(shell: Shell, wall: Wall, along: float) -> None:
    """A window out of view that the sun comes through."""
    shell.open(wall, (along, 0.85, 1.2, 1.3))
    shell.against(wall, fittings.open_window(shell.scheme, 1.2, 1.3), along, z=0.85)
