"""The room itself: an empty box of walls with openings, and the placing of furniture in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from vizlab.scenes.colour_schemes import ColourScheme
from vizlab.scenes.meshes import Mesh, box, merged, panel, plate
from vizlab.scenes.parts import Part, Parts, moved, turned
from vizlab.scenes.viewpoints import Viewpoint

Wall = Literal["back", "left", "right", "front"]
Opening = tuple[float, float, float, float]  # centre along the wall, lower edge, width, height; metres

TURN: dict[Wall, float] = {"back": 0.0, "left": 90.0, "right": -90.0, "front": 180.0}


@dataclass(frozen=True)
class Sun:
    """Parallel light: the direction it travels in (room frame) and its irradiance on a surface facing it."""

    direction: tuple[float, float, float]
    irradiance: float


@dataclass(frozen=True)
class Room:
    """A furnished room and how it is photographed.

    size: width (x), length (y), height (z) in metres; the origin is the front left corner of the floor.
    exposure: stops added to the automatic exposure.
    """

    name: str
    title: str
    size: tuple[float, float, float]
    parts: Parts
    viewpoint: Viewpoint
    sun: Sun | None = None
    exposure: float = 0.0


@dataclass
class Shell:
    """A room under construction: `place` and `against` put furniture into it, `closed` adds its walls."""

    size: tuple[float, float, float]
    scheme: ColourScheme
    parts: Parts = field(default_factory=list)
    openings: dict[Wall, list[Opening]] = field(default_factory=dict)

    def place(self, parts: Sequence[Part], x: float, y: float, z: float = 0.0, turn: float = 0.0) -> None:
        """Put parts at a point of the room, turned by degrees about their own origin."""
        self.parts += moved(turned(parts, turn) if turn else parts, x, y, z)

    def against(self, wall: Wall, parts: Sequence[Part], along: float, gap: float = 0.0, z: float = 0.0) -> None:
        """Put parts with their backs to a wall, at `along` metres (x for back and front, y for the sides)."""
        width, length, _ = self.size
        spot = {
            "back": (along, length - gap),
            "left": (gap, along),
            "right": (width - gap, along),
            "front": (along, gap),
        }
        self.place(parts, *spot[wall], z, TURN[wall])

    def open(self, wall: Wall, opening: Opening) -> None:
        """Leave a hole in a wall."""
        self.openings.setdefault(wall, []).append(opening)

    def closed(self) -> Parts:
        """All parts, with floor, ceiling, walls and skirting boards."""
        width, length, height = self.size
        scheme = self.scheme
        centre = (width / 2, length / 2)
        shell = moved([Part(plate(width, length), scheme.floor, "floor")], *centre)
        shell += moved([Part(plate(width, length).turned(180, "x"), scheme.ceiling, "ceiling")], *centre, height)
        for wall in TURN:
            span = width if wall in ("back", "front") else length
            local = [self._to_local(wall, opening) for opening in self.openings.get(wall, [])]
            body = [
                Part(pierced_wall(span, height, local), scheme.wall, "wall"),
                Part(box(span, 0.024, 0.095, 0.006), scheme.trim, "wall"),
            ]
            middle = {"back": (centre[0], length), "left": (0.0, centre[1]), "right": (width, centre[1]),
                      "front": (centre[0], 0.0)}  # fmt: skip
            shell += moved(turned(body, TURN[wall]), *middle[wall])
        return shell + self.parts

    def _to_local(self, wall: Wall, opening: Opening) -> Opening:
        """From a position along the wall in the room to one from the wall's middle, as seen facing it."""
        along, low, wide, tall = opening
        width, length, _ = self.size
        offset = along - (width if wall in ("back", "front") else length) / 2
        return (offset if wall in ("back", "left") else -offset, low, wide, tall)


def pierced_wall(span: float, height: float, openings: Sequence[Opening]) -> Mesh:
    """A wall in the plane y = 0 facing -y, centred in x, without its openings."""
    xs, zs = {-span / 2, span / 2}, {0.0, height}
    for x, low, wide, tall in openings:
        xs |= {x - wide / 2, x + wide / 2}
        zs |= {low, low + tall}
    pieces = []
    columns, rows = sorted(xs), sorted(zs)
    for left, right in pairwise(columns):
        for low, high in pairwise(rows):
            middle = ((left + right) / 2, (low + high) / 2)
            if any(abs(middle[0] - x) < wide / 2 and bottom < middle[1] < bottom + tall
                   for x, bottom, wide, tall in openings):  # fmt: skip
                continue
            pieces.append(_wall_piece(left, right, low, high))
    return merged(pieces)


def _wall_piece(left: float, right: float, low: float, high: float) -> Mesh:
    """One rectangle of a wall, its texture in step with its neighbours'."""
    piece = panel(right - left, high - low).moved((left + right) / 2, 0, low)
    return Mesh(piece.vertices, piece.faces, piece.normals, np.ascontiguousarray(piece.vertices[:, [0, 2]]))
