"""A room as a mitsuba scene: path-traced colour, and exact geometry at the centre of each pixel.

Variant `scalar_rgb`. Two scenes are built from the same meshes: one with the real materials and lights for the
colour, and a plain one for geometry, in which every surface is opaque and gives away its position, normal and shape.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import VizlabError
from vizlab.scenes.materials import Material
from vizlab.scenes.meshes import Mesh, merged
from vizlab.scenes.shell import Room
from vizlab.scenes.textures import Map
from vizlab.scenes.viewpoints import kinect_intrinsics

BODY_STEPS = 4096
"""One over the spacing of the reflectances that number the bodies; a power of two, so that they are exact."""
MATTE = 0.7
"""Surfaces rougher than this are plain diffuse: nobody sees the difference, and paths get much cheaper."""
PASSES = 8
"""Independent renderings of equal size, averaged robustly; their spread says how noisy a pixel is."""


@dataclass(frozen=True)
class Body:
    """All parts of one material and one class as one mesh."""

    mesh: Mesh
    material: Material
    label: str


@dataclass(frozen=True)
class Geometry:
    """What the camera ray through each pixel's centre hits first.

    points: HxWx3 float64, metres, room frame; normals: HxWx3 float64, room frame, as the mesh has them;
    body: HxW index into the list of bodies, -1 where the ray leaves the room.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    body: NDArray[np.int32]


def load_mitsuba() -> ModuleType:
    """The mitsuba module in its scalar variant."""
    try:
        import mitsuba
    except ImportError as err:
        raise VizlabError(
            'Rendering scenes needs mitsuba, which is not installed: run pip install "vizlab[render]". '
            "The bundled scenes load without it."
        ) from err
    if mitsuba.variant() != "scalar_rgb":
        mitsuba.set_variant("scalar_rgb")
    return mitsuba


def gather_bodies(room: Room) -> list[Body]:
    """The room's parts grouped by material and class: fewer, larger meshes trace faster."""
    groups: dict[tuple[int, str], list[Mesh]] = {}
    found: dict[tuple[int, str], Material] = {}
    for part in room.parts:
        key = (id(part.material), part.label)
        groups.setdefault(key, []).append(part.mesh)
        found[key] = part.material
    return [Body(merged(meshes), found[key], key[1]) for key, meshes in groups.items()]


def write_ply(mesh: Mesh, path: Path) -> None:
    """Write a mesh as binary PLY with normals and texture coordinates."""
    names = ("x", "y", "z", "nx", "ny", "nz", "u", "v")
    columns = np.concatenate([mesh.vertices, mesh.normals, mesh.uvs], axis=1).astype("<f4")
    faces = np.empty(len(mesh.faces), dtype=[("count", "u1"), ("index", "<i4", 3)])
    faces["count"], faces["index"] = 3, mesh.faces
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(columns)}"]
    header += [f"property float {name}" for name in names]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header\n"]
    path.write_bytes("\n".join(header).encode() + columns.tobytes() + faces.tobytes())


class RoomScene:
    """A room loaded into mitsuba; use it in a `with` block, which removes its temporary mesh files."""

    def __init__(self, room: Room, size: tuple[int, int]) -> None:
        """size: (height, width) of the picture in pixels."""
        self.room, self.size = room, size
        self.bodies = gather_bodies(room)
        self._mi = load_mitsuba()

    def __enter__(self) -> RoomScene:
        self._folder = tempfile.TemporaryDirectory(prefix="vizlab-scene-")
        for index, body in enumerate(self.bodies):
            write_ply(body.mesh, self._mesh_path(index))
        return self

    def __exit__(self, *error: object) -> None:
        self._folder.cleanup()

    def _mesh_path(self, index: int) -> Path:
        return Path(self._folder.name) / f"body{index}.ply"

    def geometry(self) -> Geometry:
        """Positions, normals and bodies, exact at pixel centres."""
        # Each body is painted with its own number, in steps that a float holds exactly: the shape index that mitsuba
        # offers counts differently from one scene to the next.
        numbers = [{"type": "rgb", "value": (index + 1) / BODY_STEPS} for index in range(len(self.bodies))]
        channels = self._plain_pass("points:position,normals:sh_normal,body:albedo", numbers, 1)
        body = np.round(channels[..., 6] * BODY_STEPS).astype(np.int32) - 1
        return Geometry(channels[..., :3], channels[..., 3:6], body)

    def albedo(self, samples: int = 16) -> Map:
        """HxWx3 linear diffuse reflectance, anti-aliased; emitters and mirrors count as 1."""
        colours = [self._plain(body.material) for body in self.bodies]
        return self._plain_pass("albedo:albedo", colours, samples).astype(np.float32)

    def _plain_pass(self, channels: str, reflectances: list[dict[str, Any]], samples: int) -> NDArray[np.float64]:
        """The named channels with every body opaque and diffuse; one sample goes through the pixel's centre."""
        mi = self._mi
        scene: dict[str, Any] = {
            "type": "scene",
            "integrator": {"type": "aov", "aovs": channels},
            "sensor": self._sensor(samples, centred=samples == 1),
        }
        for index, reflectance in enumerate(reflectances):
            surface = {"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": reflectance}}
            scene[f"body{index:04d}"] = self._shape(index, surface)
        return np.array(mi.render(self._loaded(scene), spp=samples, seed=0), dtype=np.float64)

    def colour(self, spp: int, seed: int) -> tuple[Map, Map]:
        """Linear radiance HxWx3 and the variance of its estimate HxWx3, from about `spp` samples per pixel."""
        mi = self._mi
        # A pass of a sample or two misses the sun so often that its light would be cut as if it were a firefly.
        passes = min(PASSES, max(spp // 4, min(spp, 4)))
        share = max(spp // passes, 1)
        scene: dict[str, Any] = {
            "type": "scene",
            "integrator": {"type": "path", "max_depth": 9, "rr_depth": 5},
            "sensor": self._sensor(share),
        }
        if self.room.sun is not None:
            tint = np.array([1.0, 0.9, 0.74]) * self.room.sun.irradiance
            scene["sun"] = {
                "type": "directional",
                "direction": list(self.room.sun.direction),
                "irradiance": {"type": "rgb", "value": tint.tolist()},
            }
        for index, body in enumerate(self.bodies):
            scene[f"body{index:04d}"] = self._lit_shape(index, body.material)
        loaded = self._loaded(scene)
        images = [
            # Bump maps on sharp edges can yield not-a-number, which blurring would spread over the whole picture.
            np.nan_to_num(np.array(mi.render(loaded, spp=share, seed=seed * 1000 + index), dtype=np.float32)[..., :3])
            for index in range(passes)
        ]
        return robust_mean(np.stack(images))

    def _loaded(self, scene: dict[str, Any]) -> Any:
        # Left to itself mitsuba merges shapes in an order that changes from run to run, and with it the order of the
        # lights: the same seed would give another noise each time.
        return self._mi.load_dict(scene, optimize=False)

    def _sensor(self, samples: int, centred: bool = False) -> dict[str, Any]:
        mi = self._mi
        height, width = self.size
        view = self.room.viewpoint
        _, down, forward = view.frame()
        target = np.array(view.origin) + forward
        focal = kinect_intrinsics(self.size).fy
        return {
            "type": "perspective",
            "fov_axis": "y",
            "fov": float(np.degrees(2 * np.arctan(height / 2 / focal))),
            "near_clip": 0.05,
            "far_clip": 50.0,
            "to_world": mi.ScalarTransform4f().look_at(
                origin=list(view.origin), target=target.tolist(), up=(-down).tolist()
            ),
            # Without jitter a single sample goes through the pixel's centre.
            "sampler": {"type": "stratified", "sample_count": 1, "jitter": False}
            if centred
            else {"type": "independent", "sample_count": samples},
            "film": {
                "type": "hdrfilm",
                "width": width,
                "height": height,
                "pixel_format": "rgb",
                "component_format": "float32",
                "rfilter": {"type": "box"},
            },
        }

    def _shape(self, index: int, bsdf: dict[str, Any]) -> dict[str, Any]:
        return {"type": "ply", "filename": str(self._mesh_path(index)), "bsdf": bsdf}

    def _lit_shape(self, index: int, material: Material) -> dict[str, Any]:
        if material.finish != "glow":
            return self._shape(index, self._bsdf(material))
        black = {"type": "diffuse", "reflectance": {"type": "rgb", "value": 0.0}}
        shape = self._shape(index, black)
        shape["emitter"] = {"type": "area", "radiance": self._radiance(material)}
        return shape

    def _radiance(self, material: Material) -> dict[str, Any]:
        colour = material.colour
        if isinstance(colour, tuple):
            return {"type": "rgb", "value": (np.array(colour) * material.radiance).tolist()}
        linear = linear_colour(colour) * material.radiance
        return self._bitmap(np.ascontiguousarray(linear, dtype=np.float32), (1.0, 1.0), raw=True)

    def _bitmap(self, image: np.ndarray, tile: tuple[float, float], raw: bool) -> dict[str, Any]:
        mi = self._mi
        return {
            "type": "bitmap",
            # v grows upwards on our surfaces; mitsuba's grows with the rows of the picture.
            "bitmap": mi.Bitmap(np.ascontiguousarray(image[::-1])),
            "raw": raw,
            "to_uv": mi.ScalarTransform4f().scale([1 / tile[0], 1 / tile[1], 1]),
        }

    def _texture(self, material: Material) -> dict[str, Any]:
        if isinstance(material.colour, tuple):
            return {"type": "rgb", "value": linear_colour(np.array(material.colour)).tolist()}
        return self._bitmap(material.colour, material.tile, raw=material.colour.dtype != np.uint8)

    def _plain(self, material: Material) -> dict[str, Any]:
        """What the denoiser takes for a surface's colour."""
        if material.finish in ("glow", "mirror"):
            return {"type": "rgb", "value": 1.0}
        return self._texture(material)

    def _bsdf(self, material: Material) -> dict[str, Any]:
        if material.finish == "mirror":
            reflectance = {"type": "rgb", "value": list(material.colour)}
            return {"type": "twosided", "bsdf": {"type": "conductor", "specular_reflectance": reflectance}}
        if material.finish == "thin":
            return {
                "type": "principledthin",
                "base_color": self._texture(material),
                "roughness": material.roughness,
                "diff_trans": 0.7,
                "spec_trans": 0.0,
            }
        surface: dict[str, Any] = {"type": "diffuse", "reflectance": self._texture(material)}
        if material.roughness < MATTE:
            surface = self._glossy(material)
        if material.relief is not None:
            relief = self._bitmap(material.relief[..., None], material.tile, raw=True)
            surface = {"type": "bumpmap", "arbitrary": relief, "scale": material.relief_depth, "bsdf": surface}
        return {"type": "twosided", "bsdf": surface}

    def _glossy(self, material: Material) -> dict[str, Any]:
        return {
            "type": "principled",
            "base_color": self._texture(material),
            "roughness": material.roughness,
            "specular": material.specular,
            "metallic": material.metallic,
        }


def linear_colour(colour: np.ndarray) -> np.ndarray:
    """sRGB (uint8, or float64 in [0, 1]) to linear; float32 arrays are linear already."""
    if colour.dtype == np.float32:
        return colour
    encoded = colour / 255 if colour.dtype == np.uint8 else colour
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def robust_mean(images: Map) -> tuple[Map, Map]:
    """Mean over passes (first axis) and its variance, with fireflies cut.

    A single path that finds a lamp by chance outshines thousands, so no pass may exceed its pixel's median much;
    this costs a little energy in caustics only.
    """
    limit = 3 * np.median(images, axis=0) + 0.15
    cut = np.minimum(images, limit)
    count = len(images)
    variance = cut.var(axis=0, ddof=1) / count if count > 1 else np.full_like(cut[0], 0.01)
    return cut.mean(axis=0), variance
