"""The things of one picture, made and placed in its room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.exam.flat import LIFT, flat_size, flat_thing, pattern_face
from vizlab.scenes.exam.furniture import ON_FLOOR, ON_WALL, THICKNESS, extent, furniture, one_class, slab
from vizlab.scenes.exam.places import SHELL, Mask, Spot, View, floor_spot, standing_spot, wall_spot
from vizlab.scenes.exam.plan import Plan, Wanted, xor_class
from vizlab.scenes.parts import Parts
from vizlab.tasks import NYU40_CLASSES

LEAST = 600 / (240 * 320)
"""Share of the picture that an object must fill: 600 pixels of 320x240."""
MOST = 0.2
"""Share of the picture that no object's silhouette exceeds."""
PIECES, SPOTS = 8, 16
"""Objects made for one that is wanted, and places tried for each, before the room counts as full."""
FLAT_ON_WALL = ("picture", "television", "whiteboard")


@dataclass(frozen=True)
class Placed:
    """An object in its room: `seen` are its parts in the colour, `felt` those in the depth (room frame)."""

    number: int
    wanted: Wanted
    what: str
    index: int
    seen: Parts
    felt: Parts

    def record(self) -> dict[str, object]:
        """As dataset.json has it."""
        return {
            "number": self.number,
            "need": self.wanted.need,
            "class": self.index,
            "what": self.what,
            "pattern": self.wanted.pattern,
            "raised": self.wanted.raised,
            "support": self.wanted.support,
        }


def lay_out(plan: Plan, view: View, rng: np.random.Generator, scheme: ColourScheme) -> list[Placed] | None:
    """Place everything that a plan asks for, apart from each other in the picture; None if there is no room for it.

    Nothing here depends on a slab's pattern or on whether it is raised: silhouettes are those of raised slabs. What is
    made has the materials of `scheme`.
    """
    order = sorted(range(len(plan.wanted)), key=lambda which: plan.wanted[which].need not in ("both", "rgb"))
    placed: dict[int, Placed] = {}
    for which in order:
        wanted = plan.wanted[which]
        maker = _MAKERS[wanted.need]
        for _ in range(PIECES):
            one = maker(which + 1, wanted, view, rng, scheme)
            if one is not None:
                placed[which] = one
                break
        else:
            return None
    return [placed[which] for which in range(len(plan.wanted))]


def _flat(number: int, wanted: Wanted, view: View, rng: np.random.Generator, scheme: ColourScheme) -> Placed | None:
    """Something flat that only the colour shows."""
    what = str(rng.choice(FLAT_ON_WALL)) if wanted.support == "wall" else "floor mat"
    size = flat_size(rng, what)
    for _ in range(SPOTS):
        found = _free_surface(view, rng, wanted, size, 0.97 if wanted.support == "wall" else 0.8)
        if found is not None:
            spot, mask = found
            parts = spot.put(flat_thing(rng, what, wanted.support, size))
            view.take(mask)
            return Placed(number, wanted, what, NYU40_CLASSES.index(what), one_class(parts, what), [])
    return None


def _slab(number: int, wanted: Wanted, view: View, rng: np.random.Generator, scheme: ColourScheme) -> Placed | None:
    """A slab whose class follows from its pattern, which is drawn flat, and from whether it is raised."""
    assert wanted.pattern is not None
    assert wanted.raised is not None
    size, thick = flat_size(rng, "slab"), float(rng.uniform(*THICKNESS))
    for _ in range(SPOTS):
        found = _free_surface(view, rng, wanted, size, 0.97)
        body = [] if found is None else found[0].put(slab(wanted.support, size, thick))
        outline = view.silhouette(body) if body else None
        if found is None or outline is None or outline[1] < 0.9 or view.is_taken(outline[0]) or view.in_the_way(body):
            continue
        view.take(outline[0])
        index = xor_class(wanted.pattern, wanted.raised)
        face = found[0].put([pattern_face(rng, wanted.pattern, wanted.support, size)])
        name = NYU40_CLASSES[index]
        felt = one_class(body, name) if wanted.raised else []
        return Placed(number, wanted, "slab", index, one_class(face, name), felt)
    return None


def _body(number: int, wanted: Wanted, view: View, rng: np.random.Generator, scheme: ColourScheme) -> Placed | None:
    """A piece of furniture: in the depth alone, or in both."""
    what = str(rng.choice(sorted(ON_FLOOR if wanted.support == "floor" else ON_WALL)))
    parts = furniture(rng, scheme, what, wanted.support)
    for _ in range(SPOTS):
        spot = _furniture_spot(view, rng, wanted, parts)
        put = [] if spot is None else spot.put(parts)
        if put and _fits(view, put):
            return Placed(number, wanted, what, NYU40_CLASSES.index(what), [] if wanted.need == "depth" else put, put)
    return None


def _fits(view: View, put: Parts) -> bool:
    """Whether furniture can stand there; if so, its silhouette is taken."""
    outline = view.silhouette(put)
    if outline is None or outline[1] < 0.8 or view.is_taken(outline[0]) or view.in_the_way(put):
        return False
    mask = outline[0]
    if not 1.2 * LEAST < mask.mean() < MOST or not _in_the_open(view, mask, put):
        return False
    view.take(mask)
    return True


def _furniture_spot(view: View, rng: np.random.Generator, wanted: Wanted, parts: Parts) -> Spot | None:
    if wanted.support == "floor":
        return standing_spot(view, rng)
    low, high = extent(parts)
    found = wall_spot(view, rng, (float(high[0] - low[0]), float(high[2] - low[2])))
    return None if found is None or found[2] < 0.9 else found[0]


def _in_the_open(view: View, mask: Mask, parts: Parts) -> bool:
    """Whether a silhouette shows little but wall and floor, and nothing before the object."""
    bare = np.isin(view.label, SHELL) & mask
    nearest = view.room.viewpoint.to_camera(np.concatenate([part.mesh.vertices for part in parts]))[:, 2].min()
    free = mask & (view.depth > nearest)
    return bool(bare.sum() > 0.65 * mask.sum() and free.sum() > 0.9 * mask.sum())


def _free_surface(
    view: View, rng: np.random.Generator, wanted: Wanted, size: tuple[float, float], least: float
) -> tuple[Spot, Mask] | None:
    """A rectangle that is seen, large enough in the picture, and free for the share `least`; lifted off its surface."""
    found = (wall_spot if wanted.support == "wall" else floor_spot)(view, rng, size)
    if found is None:
        return None
    spot, mask, free = found
    if free < least or mask.mean() < 1.3 * LEAST or mask.mean() > MOST or view.is_taken(mask):
        return None
    return lifted(spot, wanted.support), mask


def lifted(spot: Spot, support: str) -> Spot:
    """A spot moved `LIFT` off its surface, so that what is drawn there is not lost in it."""
    if support == "floor":
        return Spot((spot.shift[0], spot.shift[1], spot.shift[2] + LIFT), spot.turn)
    angle = np.radians(spot.turn)
    # The inward normal of a wall is -y, turned.
    out = (float(np.sin(angle)) * LIFT, -float(np.cos(angle)) * LIFT)
    return Spot((spot.shift[0] + out[0], spot.shift[1] + out[1], spot.shift[2]), spot.turn)


Made = Callable[[int, Wanted, View, np.random.Generator, ColourScheme], Placed | None]
_MAKERS: dict[str, Made] = {"rgb": _flat, "both": _slab, "depth": _body, "either": _body}
