"""Triangle meshes with hard shapes: boxes with rounded edges, turned and swept bodies, flat panels.

World frame: x right, y into the room, z up; metres. Bodies stand on z = 0 and are centred in x and y.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Mesh:
    """Triangles with smooth normals and texture coordinates.

    vertices: Nx3, metres; faces: Mx3 indices, counter-clockwise from outside; normals: Nx3 unit vectors;
    uvs: Nx2, metres along the surface, so that a texture keeps its real size on every object.
    """

    vertices: Array
    faces: NDArray[np.int32]
    normals: Array
    uvs: Array

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Mesh:
        """Shifted by metres."""
        return replace(self, vertices=self.vertices + np.array([x, y, z]))

    def turned(self, degrees: float, axis: str = "z") -> Mesh:
        """Turned about a coordinate axis through the origin, right-handed."""
        matrix = rotation(degrees, axis)
        return replace(self, vertices=self.vertices @ matrix.T, normals=self.normals @ matrix.T)

    def with_unit_uvs(self) -> Mesh:
        """Texture coordinates stretched to [0, 1], for a picture that fills the surface once."""
        low, high = self.uvs.min(axis=0), self.uvs.max(axis=0)
        return replace(self, uvs=(self.uvs - low) / np.maximum(high - low, 1e-9))


def rotation(degrees: float, axis: str) -> Array:
    """3x3 right-handed rotation about "x", "y" or "z"."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return matrix


def merged(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh out of several."""
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.faces + np.int32(start) for mesh, start in zip(meshes, starts, strict=True)]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.uvs for mesh in meshes]),
    )


def smoothed(mesh: Mesh) -> Mesh:
    """The same mesh with normals averaged over the faces that meet at each point, seams included."""
    corners = mesh.vertices[mesh.faces]
    face_normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    _, weld = np.unique(np.round(mesh.vertices, 6), axis=0, return_inverse=True)
    weld = weld.reshape(-1)
    sums = np.zeros((int(weld.max()) + 1, 3))
    for corner in range(3):
        np.add.at(sums, weld[mesh.faces[:, corner]], face_normals)
    return replace(mesh, normals=unit(sums[weld]))


def unit(vectors: Array) -> Array:
    """Vectors scaled to length one along the last axis."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def grid_faces(rows: int, columns: int) -> NDArray[np.int32]:
    """Two triangles for each cell of a row-major grid of points."""
    index = np.arange(rows * columns, dtype=np.int32).reshape(rows, columns)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])


def sheet(points: Array, uvs: Array) -> Mesh:
    """A smooth sheet through a grid of points (rows x columns x 3); it faces columns x rows."""
    rows, columns = points.shape[:2]
    flat = Mesh(points.reshape(-1, 3), grid_faces(rows, columns), np.zeros((rows * columns, 3)), uvs.reshape(-1, 2))
    return smoothed(flat)


def panel(width: float, height: float) -> Mesh:
    """An upright rectangle in the plane y = 0 that faces -y, from z = 0 up."""
    half = width / 2
    vertices = np.array([[-half, 0, 0], [half, 0, 0], [half, 0, height], [-half, 0, height]], dtype=float)
    uvs = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=float)
    faces = np.array([[0, 1, 2], [0, 2, 3]], dtype=np.int32)
    return Mesh(vertices, faces, np.tile([0.0, -1.0, 0.0], (4, 1)), uvs)


def plate(width: float, length: float) -> Mesh:
    """A level rectangle in the plane z = 0 that faces up, centred."""
    return panel(width, length).turned(-90, "x").moved(y=-length / 2)


def _edge_stations(half: float, radius: float, steps: int, inner: int) -> Array:
    """Positions across one face of a rounded box: dense on the rounding, `inner` cells between."""
    core = half - radius
    bend = radius * np.tan(np.linspace(0, np.pi / 4, steps + 1))
    middle = np.linspace(-core, core, inner + 1)[1:-1]
    return np.concatenate([-(core + bend[::-1]), middle, core + bend])


def rounded_box(size: tuple[float, float, float], radius: float, steps: int = 2, inner: int = 1) -> Mesh:
    """A box of width x depth x height metres whose edges are rounded with `radius`; it stands on z = 0."""
    half = np.array(size, dtype=float) / 2
    radius = float(min(radius, half.min() * 0.98))
    stations = [_edge_stations(extent, radius, steps, inner) for extent in half]
    # The grain of a board runs along it: shift it so that equal boards do not look equal.
    offset = np.array([(size[0] * 3.77 + size[2] * 1.93) % 1, (size[1] * 2.31 + size[0] * 5.1) % 1])
    sides = []
    for axis in range(3):
        first, second = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1.0, 1.0):
            u, v = np.meshgrid(stations[first], stations[second])
            points = np.empty((*u.shape, 3))
            points[..., axis], points[..., first], points[..., second] = sign * half[axis], u, v
            core = np.clip(points, -(half - radius), half - radius)
            normals = unit(points - core)
            along = (u, v) if half[first] >= half[second] else (v, u)
            faces = grid_faces(*u.shape)
            sides.append(
                Mesh(
                    (core + radius * normals).reshape(-1, 3),
                    faces if sign > 0 else faces[:, ::-1],
                    normals.reshape(-1, 3),
                    np.stack(along, -1).reshape(-1, 2) + offset,
                )
            )
    return merged(sides).moved(z=half[2])


def box(width: float, depth: float, height: float, radius: float = 0.004) -> Mesh:
    """A board or block; its edges are slightly broken, as no real edge is sharp."""
    return rounded_box((width, depth, height), radius)


def turned_body(profile: Sequence[tuple[float, float]], sides: int = 28) -> Mesh:
    """A surface of revolution about z through (radius, height) pairs, listed from the bottom up outside."""
    outline = np.array(profile, dtype=float)
    # A doubled point keeps the edge there crisp: the normals on either side are not averaged.
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    pieces = []
    length = 0.0
    for start, end in pairwise(outline):
        span = float(np.hypot(*(end - start)))
        if span < 1e-9:
            continue
        ring = np.stack([start, end])
        points = np.stack(
            [
                ring[:, :1] * np.cos(angle),
                ring[:, :1] * np.sin(angle),
                np.repeat(ring[:, 1:], sides + 1, axis=1),
            ],
            -1,
        )
        slope = (end - start) / span
        normal = np.stack([slope[1] * np.cos(angle), slope[1] * np.sin(angle), np.full_like(angle, -slope[0])], -1)
        around = angle * max(float(outline[:, 0].max()), 0.01)
        uvs = np.stack([np.tile(around, (2, 1)), np.repeat([[length], [length + span]], sides + 1, axis=1)], -1)
        pieces.append(
            Mesh(points.reshape(-1, 3), grid_faces(2, sides + 1), np.tile(normal, (2, 1)), uvs.reshape(-1, 2))
        )
        length += span
    return merged(pieces)


def curved_body(profile: Sequence[tuple[float, float]], sides: int = 32, samples: int = 24) -> Mesh:
    """Like `turned_body`, with a smooth curve drawn through the points: vases, shades, handles."""
    outline = np.array(profile, dtype=float)
    stations = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(outline, axis=0).T))])
    fine = np.linspace(0, stations[-1], samples)
    # Cubic in between without overshoot: blend of neighbouring points, enough for a turned pot.
    radius, height = (np.interp(fine, stations, outline[:, column]) for column in (0, 1))
    kernel = np.array([1, 2, 3, 2, 1]) / 9
    for values in (radius, height):
        padded = np.concatenate([[values[0]] * 2, values, [values[-1]] * 2])
        values[1:-1] = np.convolve(padded, kernel, "valid")[1:-1]
    return smoothed(turned_body(list(zip(radius.tolist(), height.tolist(), strict=True)), sides))


def cylinder(radius: float, height: float, sides: int = 24) -> Mesh:
    """A closed upright cylinder."""
    return turned_body([(0, 0), (radius, 0), (radius, height), (0, height)], sides)


def ball(radius: float, squash: float = 1.0) -> Mesh:
    """A sphere resting on z = 0, its height scaled by `squash`."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 13)
    profile = [(max(radius * float(np.cos(a)), 0.0), radius * squash * (1 + float(np.sin(a)))) for a in angle]
    return smoothed(turned_body(profile, 24))


def tube(points: Sequence[tuple[float, float, float]], radius: float, sides: int = 10) -> Mesh:
    """A round bar along a polyline, with closed ends: rods, handles, legs of bent metal."""
    path = np.array(points, dtype=float)
    directions = unit(np.gradient(path, axis=0))
    helper = np.array([0.0, 0.0, 1.0]) if abs(directions[:, 2]).max() < 0.9 else np.array([0.31, 0.95, 0.0])
    side = unit(np.cross(directions, helper))
    up = np.cross(side, directions)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    rim = side[:, None] * np.cos(angle)[:, None] + up[:, None] * np.sin(angle)[:, None]
    rings = path[:, None] + radius * rim
    # Ends closed by a ring that collapses to the axis.
    rings = np.concatenate([np.repeat(path[:1, None], sides + 1, 1), rings, np.repeat(path[-1:, None], sides + 1, 1)])
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    along = np.concatenate([[steps[0]], steps, [steps[-1]]])
    uvs = np.stack(np.broadcast_arrays(along[:, None], angle * radius), -1)
    body = sheet(rings, uvs)
    outward = np.concatenate([-directions[:1, None] + 0 * rim[:1], rim, directions[-1:, None] + 0 * rim[:1]])
    flipped = np.sum(body.normals * outward.reshape(-1, 3)) < 0
    return replace(body, faces=body.faces[:, ::-1] if flipped else body.faces, normals=outward.reshape(-1, 3))
