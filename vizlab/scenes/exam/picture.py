"""One picture of the exam, from its plan: geometry alone in seconds, or with its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import VizlabError
from vizlab.scenes.colour_schemes import draw_scheme
from vizlab.scenes.development import denoised, developed
from vizlab.scenes.exam.faults import DEPTH, Broken, broken_depth, broken_rgb, draw_faults, fault_map, needs_after
from vizlab.scenes.exam.layout import LEAST, Placed, lay_out
from vizlab.scenes.exam.places import view_of
from vizlab.scenes.exam.plan import Plan
from vizlab.scenes.exam.thinning import thinned
from vizlab.scenes.exam.truth import Truth, colour_room, depth_room, sight, truth
from vizlab.scenes.path_tracing import RoomScene
from vizlab.scenes.rendering import ALBEDO_SAMPLES, camera_geometry, infrared_echo
from vizlab.scenes.rooms import RECIPES, build_room
from vizlab.scenes.sensor import kinect_depth
from vizlab.scenes.shell import Room
from vizlab.scenes.textures import Image

Sensor = Literal["exact", "kinect"]
"""What measures the depth."""
ROOMS, LAYOUTS = 60, 3
"""Rooms that are tried until one has place for a plan, and layouts that are tried in each."""
_FIRST_ROOM, _LAST_ROOM = 1 << 20, 1 << 31
"""Seeds of rooms: far from those of bundled scenes and of data sets that `vizlab scenes dataset` renders."""


@dataclass(frozen=True)
class Solved:
    """A plan for which a room was found: the room without the exam, its objects, and what is true of the picture.

    `fault` HxW and `need` HxW (after faults) are as written; `truth.need` is before faults. `measured` HxW, whole
    millimetres, is what the depth sensor gives where it works, 0 in its holes; where there is a hole, depth is broken.
    """

    plan: Plan
    room: Room
    room_seed: int
    placed: tuple[Placed, ...]
    truth: Truth
    broken: tuple[Broken, ...]
    measured: NDArray[np.uint16]

    @property
    def fault(self) -> NDArray[np.uint8]:
        return fault_map(list(self.broken), self.truth.need.shape) | np.where(self.measured, 0, DEPTH).astype(np.uint8)

    @property
    def need(self) -> NDArray[np.uint8]:
        return needs_after(self.truth.need, self.fault)

    @property
    def millimetres(self) -> NDArray[np.uint16]:
        """HxW, z-depth; 0 where nothing was hit or the depth is broken."""
        return broken_depth(self.measured, list(self.broken))

    def records(self) -> list[dict[str, Any]]:
        """The objects as dataset.json has them, with the pixels that each has in the maps."""
        counts = np.bincount(self.truth.number.ravel(), minlength=len(self.placed) + 1)
        return [{**one.record(), "pixels": int(counts[one.number])} for one in self.placed]

    def maps(self) -> dict[str, np.ndarray]:
        """What follows from the seed alone, by folder: depth, label40, need, object and fault."""
        return {
            "depth": self.millimetres,
            "label40": self.truth.label,
            "need": self.need,
            "object": self.truth.number,
            "fault": self.fault,
        }


def solve(plan: Plan, size: tuple[int, int], sensor: Sensor = "exact") -> Solved:
    """Find a room and a layout for a plan; size is (height, width). One plan and size give one result, to the bit.

    A `kinect` has noise, shadows and holes of its own; rooms, objects and colour are those of `exact` depth.
    """
    scheme = draw_scheme(np.random.default_rng([*plan.key, 7]), "wood")
    for attempt in range(ROOMS):
        rng = np.random.default_rng([*plan.key, attempt, 5])
        kind, seed = str(rng.choice(sorted(RECIPES))), int(rng.integers(_FIRST_ROOM, _LAST_ROOM))
        room = thinned(build_room(kind, seed), rng)
        view = view_of(room, size)
        for _ in range(LAYOUTS):
            view.taken[:] = False
            placed = lay_out(plan, view, rng, scheme)
            if placed is None:
                continue
            found = truth(placed, *(sight(make(room, placed), placed, size) for make in (colour_room, depth_room)))
            counts = np.bincount(found.number.ravel(), minlength=len(placed) + 1)[1:]
            if counts.min() >= LEAST * found.number.size:
                broken = draw_faults(np.random.default_rng([*plan.key, 6]), plan.fault, found.number)
                measured = _exact(found) if sensor == "exact" else by_kinect(plan, room, placed, size)
                return Solved(plan, room, seed, tuple(placed), found, tuple(broken), measured)
    raise VizlabError(
        f"None of {ROOMS} rooms has place for the {len(plan.wanted)} objects of picture {plan.name} at "
        f"{size[1]}x{size[0]} pixels; take another --seed or --size."
    )


def _exact(found: Truth) -> NDArray[np.uint16]:
    return np.round(np.nan_to_num(found.depth) * 1000).astype(np.uint16)


def by_kinect(plan: Plan, room: Room, placed: Sequence[Placed], size: tuple[int, int]) -> NDArray[np.uint16]:
    """What a Kinect makes of the room that is measured: nothing flat is in it, whose colours could leave holes."""
    room = depth_room(room, placed)
    with RoomScene(room, size) as scene:
        geometry, bodies = scene.geometry(), scene.bodies
        albedo = np.clip(scene.albedo(ALBEDO_SAMPLES), 0, 1)
    depth, normals = camera_geometry(room, geometry)
    return kinect_depth(depth, normals, infrared_echo(bodies, geometry, albedo), np.random.default_rng([*plan.key, 8]))


def whole_colour(solved: Solved, samples: int) -> Image:
    """The photograph HxWx3 uint8 before any fault: of the room with what colour shall see, and of nothing else."""
    room, seed = colour_room(solved.room, solved.placed), solved.room_seed % (1 << 20)
    with RoomScene(room, solved.truth.need.shape) as scene:
        geometry = scene.geometry()
        albedo = np.clip(scene.albedo(min(ALBEDO_SAMPLES, max(samples, 4))), 0, 1)
        colour, variance = scene.colour(samples, seed)
    clean = denoised(colour, variance, albedo, geometry)
    return developed(clean, room.exposure, np.random.default_rng([solved.room_seed, 77]))


def picture_of(solved: Solved, samples: int) -> Image:
    """The photograph with its faults."""
    return broken_rgb(whole_colour(solved, samples), list(solved.broken))
