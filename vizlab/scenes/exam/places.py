"""Where in a room there is place: surfaces as the camera sees them, silhouettes, and what would be in the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.scenes.meshes import Array
from vizlab.scenes.parts import Parts, moved, turned
from vizlab.scenes.path_tracing import RoomScene
from vizlab.scenes.rendering import camera_geometry, class_labels
from vizlab.scenes.shell import TURN, Room, Wall
from vizlab.scenes.textures import Map
from vizlab.scenes.viewpoints import kinect_intrinsics
from vizlab.tasks import NYU40_CLASSES

Mask = NDArray[np.bool_]

WALL, FLOOR, MAT, CEILING = (NYU40_CLASSES.index(name) for name in ("wall", "floor", "floor mat", "ceiling"))
SHELL = (WALL, FLOOR, MAT, CEILING)
"""What may show through where only the depth knows of an object: no other piece of furniture is said there."""
FLAT = 0.004
"""Metres by which a surface that carries something flat may be uneven."""
NEAR = 0.8
"""Metres of z-depth below which nothing is placed."""
_DRAWS = 200
_IGNORED = ("wall", "floor", "ceiling", "floor mat")


@dataclass(frozen=True)
class Spot:
    """A place for parts in their own frame: turned by degrees, then shifted (metres, room frame)."""

    shift: tuple[float, float, float]
    turn: float

    def put(self, parts: Parts) -> Parts:
        """The parts in the room's frame."""
        return moved(turned(parts, self.turn), *self.shift)


@dataclass
class View:
    """A room as its camera sees it without the exam, and what of the picture is taken already.

    depth: HxW metres; label: HxW NYU40; points, normals: HxWx3, room frame; lows, highs: Nx3, the extents of all
    triangles that furniture must not run into.
    """

    room: Room
    size: tuple[int, int]
    depth: Map
    label: NDArray[np.uint8]
    points: Array
    normals: Array
    lows: Array
    highs: Array
    taken: Mask = field(init=False)

    def __post_init__(self) -> None:
        self.taken = np.zeros(self.size, bool)

    def pixels(self, points: Array) -> Array | None:
        """Nx2 columns and rows of points in the room frame, None if any is behind the camera or near it."""
        local = self.room.viewpoint.to_camera(points)
        if local[:, 2].min() < NEAR:
            return None
        camera = kinect_intrinsics(self.size)
        focal, middle = np.array([camera.fx, camera.fy]), np.array([camera.cx, camera.cy])
        return focal * local[:, :2] / local[:, 2:] + middle

    def silhouette(self, parts: Parts) -> tuple[Mask, float] | None:
        """The convex hull of parts in the picture, HxW, and the share of it inside; None as for `pixels`."""
        where = self.pixels(np.concatenate([part.mesh.vertices for part in parts]))
        if where is None:
            return None
        hull = cv2.convexHull(where.astype(np.float32))
        area = float(cv2.contourArea(hull))
        mask = np.zeros(self.size, np.uint8)
        cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 1)
        return mask.astype(bool), min(float(mask.sum()) / max(area, 1.0), 1.0)

    def is_taken(self, mask: Mask) -> bool:
        """Whether a silhouette comes within three pixels of one that was taken."""
        return bool((_wider(mask) & self.taken).any())

    def take(self, mask: Mask) -> None:
        """Reserve a silhouette."""
        self.taken |= mask

    def in_the_way(self, parts: Parts, gap: float = 0.02) -> bool:
        """Whether furniture of the room, or a wall, may run into the extent of parts; errs on the side of yes."""
        vertices = np.concatenate([part.mesh.vertices for part in parts])
        low, high = vertices.min(0), vertices.max(0)
        if (low[:2] < -0.001).any() or (high > np.array(self.room.size) + 0.001).any():
            return True
        return bool(((self.lows < high + gap) & (self.highs > low - [gap, gap, -gap])).all(1).any())


def view_of(room: Room, size: tuple[int, int]) -> View:
    """Look at a room; takes a second or so."""
    with RoomScene(room, size) as scene:
        geometry = scene.geometry()
        label = class_labels(scene.bodies, geometry)
    depth, _ = camera_geometry(room, geometry)
    parts = [part for part in room.parts if part.label not in _IGNORED]
    corners = np.concatenate([part.mesh.vertices[part.mesh.faces] for part in parts])
    return View(room, size, depth, label, geometry.points, geometry.normals, corners.min(1), corners.max(1))


def wall_at(view: View, point: Array, normal: Array) -> tuple[Wall, int] | None:
    """The wall that a visible point lies on, and the axis that it stands across (0 x, 1 y); None if it is on none."""
    width, length, _ = view.room.size
    walls: tuple[tuple[Wall, int, float], ...] = (("back", 1, length), ("left", 0, 0.0), ("right", 0, width))
    for wall, axis, where in walls:
        if abs(normal[axis]) > 0.99 and abs(point[axis] - where) < 0.05:
            return wall, axis
    return None


def wall_spot(view: View, rng: np.random.Generator, size: tuple[float, float]) -> tuple[Spot, Mask, float] | None:
    """A free rectangle of width x height on a visible wall: its spot, its pixels, the share of them that are free.

    The spot is that of the rectangle's lower middle, in the wall's foremost plane there.
    """
    found = _random_pixel(view, rng, view.label == WALL)
    facing = None if found is None else wall_at(view, view.points[found], view.normals[found])
    if found is None or facing is None:
        return None
    (wall, axis), (width, height) = facing, size
    along, low = float(view.points[found][1 - axis]), float(view.points[found][2]) - height / 2
    corners = np.empty((4, 3))
    corners[:, axis] = view.points[found][axis]
    corners[:, 1 - axis] = along + np.array([-1, 1, 1, -1]) * width / 2
    corners[:, 2] = low + np.array([0, 0, 1, 1]) * height
    if low < 0.12 or low + height > view.room.size[2] - 0.05:
        return None
    surface = _surface(view, corners, axis, view.label == WALL)
    if surface is None:
        return None
    mask, plane, free = surface
    shift = (plane, along, low) if axis == 0 else (along, plane, low)
    return Spot(shift, TURN[wall]), mask, free


def floor_spot(view: View, rng: np.random.Generator, size: tuple[float, float]) -> tuple[Spot, Mask, float] | None:
    """A rectangle of width x length on the visible floor, as `wall_spot`; the spot is its middle."""
    found = _random_pixel(view, rng, view.label == FLOOR)
    if found is None:
        return None
    x, y, _ = view.points[found]
    turn = float(rng.choice([0, 90]) + rng.uniform(-12, 12))
    angle = np.radians(turn)
    local = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array(size) / 2
    spun = local @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    corners = np.concatenate([spun + np.array([x, y]), np.full((4, 1), view.points[found][2])], 1)
    surface = _surface(view, corners, 2, view.label == FLOOR)
    if surface is None:
        return None
    return Spot((float(x), float(y), surface[1]), turn), surface[0], surface[2]


def standing_spot(view: View, rng: np.random.Generator) -> Spot | None:
    """A place for furniture around a visible point of the floor."""
    found = _random_pixel(view, rng, (view.label == FLOOR) | (view.label == MAT))
    if found is None:
        return None
    x, y, z = view.points[found]
    return Spot((float(x), float(y), max(float(z), 0.0)), float(rng.choice([0, 90, 180, 270]) + rng.uniform(-15, 15)))


def _random_pixel(view: View, rng: np.random.Generator, among: Mask) -> tuple[int, int] | None:
    """Row and column of a free pixel; places far away are as likely per area of the picture as near ones."""
    # By rejection: a draw from a list of pixels would end elsewhere if rounding moved one far pixel into that list.
    spots = (rng.random((_DRAWS, 2)) * view.size).astype(np.int64)
    fits = np.nonzero((among & ~view.taken)[spots[:, 0], spots[:, 1]])[0]
    return (int(spots[fits[0], 0]), int(spots[fits[0], 1])) if len(fits) else None


def _surface(view: View, corners: Array, axis: int, carries: Mask) -> tuple[Mask, float, float] | None:
    """Pixels of a rectangle, its plane along `axis`, and the share that lies free in it; None if it is hardly seen."""
    where = view.pixels(corners)
    if where is None:
        return None
    mask = np.zeros(view.size, np.uint8)
    cv2.fillConvexPoly(mask, np.round(where).astype(np.int32), 1)
    inside = mask.astype(bool)
    held = inside & carries
    if held.sum() < 16:
        return None
    offsets = view.points[..., axis]
    plane = float(np.median(offsets[held]))
    free = held & (np.abs(offsets - plane) < FLAT)
    area = max(float(cv2.contourArea(where.astype(np.float32))), 1.0)
    return inside, plane, float(free.sum()) / max(area, float(inside.sum()))


def _wider(mask: Mask) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
