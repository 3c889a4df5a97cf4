"""What is true of a picture: from the geometry that colour sees and the geometry that depth sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vizlab.scenes.exam.layout import Placed
from vizlab.scenes.exam.needs import CODES
from vizlab.scenes.exam.places import SHELL
from vizlab.scenes.parts import Parts
from vizlab.scenes.path_tracing import Body, Geometry, RoomScene
from vizlab.scenes.rendering import camera_geometry, class_labels
from vizlab.scenes.shell import Room
from vizlab.scenes.textures import Map
from vizlab.tasks import VOID

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Sight:
    """One of the two geometries: depth HxW metres (NaN: nothing), label HxW NYU40, number HxW of the exam object."""

    depth: Map
    label: Bytes
    number: Bytes


@dataclass(frozen=True)
class Truth:
    """Maps of a picture before any fault, HxW: depth in metres; label, need, number uint8."""

    depth: Map
    label: Bytes
    need: Bytes
    number: Bytes


def colour_room(room: Room, placed: Sequence[Placed]) -> Room:
    """The room that is photographed: no object that needs depth is in it, and every slab is drawn flat."""
    return _with(room, [part for one in placed for part in one.seen])


def depth_room(room: Room, placed: Sequence[Placed]) -> Room:
    """The room that is measured: nothing flat is in it."""
    return _with(room, [part for one in placed for part in one.felt])


def _with(room: Room, parts: Parts) -> Room:
    return replace(room, parts=[*room.parts, *parts])


def sight(room: Room, placed: Sequence[Placed], size: tuple[int, int]) -> Sight:
    """What the centre of each pixel shows of a room that holds (some of) the objects."""
    with RoomScene(room, size) as scene:
        geometry, bodies = scene.geometry(), scene.bodies
    depth, _ = camera_geometry(room, geometry)
    return Sight(depth, class_labels(bodies, geometry), numbers(bodies, geometry, placed))


def numbers(bodies: Sequence[Body], geometry: Geometry, placed: Sequence[Placed]) -> Bytes:
    """HxW, the number of the object that a pixel's centre shows, 0 for the room."""
    # No two objects share a material, and none shares one with the room: see `furniture.one_class`.
    owner = {id(part.material): one.number for one in placed for part in (*one.seen, *one.felt)}
    table = np.array([owner.get(id(body.material), 0) for body in bodies] + [0], np.uint8)
    return table[geometry.body]


def truth(placed: Sequence[Placed], colour: Sight, depth: Sight) -> Truth:
    """The maps that follow from both geometries.

    An object is asked about where what it needs shows it and nothing contradicts: flat things and slabs where colour
    shows them and depth shows them or the bare room; furniture of the depth alone where colour shows wall or floor, so
    that no other object is seen there; what is in both, where both agree. Every other pixel at which colour and depth
    disagree about what is there is void and not asked about.
    """
    label = depth.label.copy()
    need, number = np.zeros_like(label), np.zeros_like(label)
    label[colour.number != depth.number] = VOID
    label[(colour.number > 0) | (depth.number > 0)] = VOID
    for one in placed:
        in_colour, in_depth = colour.number == one.number, depth.number == one.number
        if one.wanted.need == "rgb":
            where = in_colour & (depth.number == 0)
        elif one.wanted.need == "depth":
            where = in_depth & (colour.number == 0) & np.isin(colour.label, SHELL)
        elif one.wanted.need == "both":
            where = in_colour & (in_depth if one.wanted.raised else depth.number == 0)
        else:
            where = in_colour & in_depth
        need[where], number[where], label[where] = CODES[one.wanted.need], one.number, one.index
    return Truth(depth.depth, label, need, number)
