"""One call from a room to everything that is known about its picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.geometry import Intrinsics
from vizlab.rgbd.derived import edges_picture
from vizlab.scenes.development import denoised, developed, light_alone, texture_alone
from vizlab.scenes.path_tracing import Body, Geometry, RoomScene
from vizlab.scenes.sensor import kinect_depth
from vizlab.scenes.shell import Room
from vizlab.scenes.textures import Image, Map
from vizlab.scenes.viewpoints import kinect_intrinsics
from vizlab.tasks import NYU40_CLASSES, VOID

ALBEDO_SAMPLES = 16
"""Samples per pixel of reflectance; rooms of few samples have fewer."""


@dataclass(frozen=True)
class Rendering:
    """A picture of a room with exact geometry.

    rgb: HxWx3 uint8 sRGB; depth: HxW float32, z-depth in metres along the optical axis, NaN outside the room;
    sensor_depth: HxW uint16, millimetres as a Kinect would give them, 0 = hole; label: HxW uint8, NYU40, 255 void;
    normals: HxWx3 float32 unit vectors facing the camera (x right, y down, z forward). texture: HxWx3 uint8 sRGB, the
    surfaces' reflectance without light; light: HxWx3 uint8 sRGB, the light without texture (see `development`).
    """

    rgb: Image
    depth: Map
    sensor_depth: NDArray[np.uint16]
    label: NDArray[np.uint8]
    normals: Map
    texture: Image
    light: Image
    intrinsics: Intrinsics

    def domains(self) -> dict[str, Image]:
        """Further pictures of the same view by name, HxWx3 uint8 each, as image translation takes them.

        texture and light as above. normals: exact, coded as `vizlab.rgbd.derived` codes those that follow from depth
        (red faces right, green up, blue the camera, -1 to 1 as 0 to 255). edges: of the photograph's brightness, by
        the definition there. The photograph itself goes by the name rgb and the depth, in metres, by depth.
        """
        return {
            "texture": self.texture,
            "light": self.light,
            "normals": normals_code(self.normals),
            "edges": edges_picture(self.rgb),
        }


def room_geometry(room: Room, size: tuple[int, int]) -> tuple[Map, NDArray[np.uint8]]:
    """Exact depth (HxW float32, metres) and class labels (HxW uint8) alone; takes seconds, not minutes."""
    with RoomScene(room, size) as scene:
        geometry = scene.geometry()
        bodies = scene.bodies
    return camera_geometry(room, geometry)[0], class_labels(bodies, geometry)


def render_room(room: Room, size: tuple[int, int], spp: int, seed: int) -> Rendering:
    """Render a room; size is (height, width) in pixels, spp the samples per pixel of the colour picture."""
    rng = np.random.default_rng([seed, 77])
    with RoomScene(room, size) as scene:
        geometry = scene.geometry()
        albedo = np.clip(scene.albedo(min(ALBEDO_SAMPLES, max(spp, 4))), 0, 1)
        colour, variance = scene.colour(spp, seed)
        clean = denoised(colour, variance, albedo, geometry)
        bodies = scene.bodies
    depth, normals = camera_geometry(room, geometry)
    return Rendering(
        developed(clean, room.exposure, rng),
        depth,
        kinect_depth(depth, normals, infrared_echo(bodies, geometry, albedo), rng),
        class_labels(bodies, geometry),
        normals,
        texture_alone(albedo),
        light_alone(clean, albedo, room.exposure),
        kinect_intrinsics(size),
    )


def camera_geometry(room: Room, geometry: Geometry) -> tuple[Map, Map]:
    """Exact z-depth (HxW, metres) and normals (HxWx3) in the camera frame, NaN and 0 where nothing was hit."""
    points = room.viewpoint.to_camera(geometry.points)
    normals = geometry.normals @ room.viewpoint.frame().T
    # Cloth and panels have two sides: the one that is seen faces the camera.
    normals = np.where((normals * points).sum(-1, keepdims=True) > 0, -normals, normals)
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    hit = geometry.body >= 0
    normals = np.where(hit[..., None], normals / np.maximum(length, 1e-9), 0)
    return np.where(hit, points[..., 2], np.nan).astype(np.float32), normals.astype(np.float32)


def class_labels(bodies: list[Body], geometry: Geometry) -> NDArray[np.uint8]:
    """HxW uint8 NYU40 classes of what each pixel's centre shows."""
    # The extra last entry answers index -1.
    table = np.array([NYU40_CLASSES.index(body.label) for body in bodies] + [VOID], dtype=np.uint8)
    return table[geometry.body]


def normals_code(normals: Map) -> Image:
    """Unit vectors HxWx3 in the camera frame as a picture, uint8: the code of `vizlab.rgbd.derived.normals_picture`."""
    facing = normals * np.array([1, -1, -1], np.float32)
    return np.round((facing + 1) / 2 * 255).astype(np.uint8)


def infrared_echo(bodies: list[Body], geometry: Geometry, albedo: Map) -> Map:
    """HxW in [0, 1]: how much of a depth sensor's pattern each surface returns."""
    table = np.array([body.material.echo for body in bodies] + [0.0], dtype=np.float32)
    # Dyes that look dark are mostly brighter in the near infrared.
    brightness = np.clip(0.04 + cv2.blur(albedo.max(-1), (3, 3)), 0, 1)
    return (table[geometry.body] * brightness).astype(np.float32)
