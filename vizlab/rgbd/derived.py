"""Domains of a scene that follow from its colour and depth: pictures as image translation takes them.

Each is HxWx3 uint8 by a definition that depends on nothing but the pixels, never on the picture's own extremes, so that
equal grey means the same in every picture. Unknown depth is filled from the nearest known pixel, as for networks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError, one_line
from vizlab.geometry import Intrinsics, derived_normals
from vizlab.rgbd.holes import fill_unknown, nearest_known
from vizlab.rgbd.image import RGBDImage

Picture = NDArray[np.uint8]

COUNTS_PER_METRE = 512
LOG_RANGE = 11.1
"""Taskonomy's depth counts in 1/512 m with 16 bits; log(1 + counts) ends at 11.09."""
AT_CAMERA = (0.0, 0.0, -1.0)
"""Light that comes from behind the viewer, along the optical axis."""
EDGE_BLUR = 1.0
"""Pixels: standard deviation of the blur before the gradient."""
FULL_SLOPE = 0.31
"""The gradient that is drawn white, of the whole range: what a sharp step by half of it leaves after the blur."""
FULL_JUMP = 0.2
"""The jump off the surface, of the distance, that is drawn white."""


def depth_picture(depth: NDArray[np.float32]) -> Picture:
    """Depth (HxW metres) as the published image translation draws it: log(1 + 512 m), 0 to 11.1 as black to white."""
    filled, _ = fill_unknown(depth)
    return _grey(np.log1p(COUNTS_PER_METRE * filled) / LOG_RANGE)


def normals_picture(depth: NDArray[np.float32], camera: Intrinsics | None = None) -> Picture:
    """Normals that follow from depth (HxW metres): red faces right, green up, blue the camera, -1 to 1 as 0 to 255."""
    facing = _normals(depth, camera) * np.array([1, -1, -1], np.float32)
    return _bytes((facing + 1) / 2)


def shading_picture(
    depth: NDArray[np.float32], light: tuple[float, float, float] = AT_CAMERA, camera: Intrinsics | None = None
) -> Picture:
    """A white matt scene (HxW metres of depth) under one distant light: Lambert's max(0, n . l), 0 to 1 as 0 to 255.

    `light` points from the scene to the light, x right, y down, z forward; its length does not matter. No shadows are
    cast, and no light comes from elsewhere.
    """
    length = float(np.linalg.norm(light))
    if not np.isfinite(length) or length == 0:
        raise InputError(f"The light comes from {light}; expected a direction, such as (0, 0, -1), the camera's.")
    return _grey(_normals(depth, camera) @ (np.array(light, np.float32) / np.float32(length)))


def edges_picture(colour: Picture) -> Picture:
    """Edges of brightness in colour (HxWx3): the length of the gradient; white is a sharp step by half of the range.

    Grey by ITU-R 601, a Gaussian of one pixel, Sobel's 3x3 differences; neither thinned nor cut at a threshold, so that
    weak edges stay weak.
    """
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    return _grey(_slope(grey) / np.float32(FULL_SLOPE))


def occlusion_picture(depth: NDArray[np.float32]) -> Picture:
    """Edges at which one thing hides another (HxW metres): how far neighbours lie off a plane; white is a fifth.

    Of the inverse depth, which is linear on every plane, the second differences along rows and columns, times the
    depth: 0 on planes however they slant.
    """
    filled, _ = fill_unknown(depth)
    inverse = np.pad(1 / filled, 1, mode="edge")
    centre = inverse[1:-1, 1:-1]
    across = np.abs(inverse[1:-1, :-2] + inverse[1:-1, 2:] - 2 * centre)
    down = np.abs(inverse[:-2, 1:-1] + inverse[2:, 1:-1] - 2 * centre)
    # Beside the picture lies what is in it: there is no second difference at its rim.
    across[:, [0, -1]], down[[0, -1]] = 0, 0
    return _grey(np.maximum(across, down) / centre / np.float32(FULL_JUMP))


@dataclass(frozen=True)
class Derivation:
    """One domain that follows from `needs`; `sentence` defines it in a few words, `make` draws it."""

    title: str
    needs: Literal["rgb", "depth"]
    sentence: str
    make: Callable[[NDArray], Picture]


DERIVATIONS = {
    "colour": Derivation("colour", "rgb", "the colour picture itself", np.asarray),
    "depth": Derivation("depth", "depth", "log(1 + 512 m) of the depth, white is far", depth_picture),
    "normals": Derivation(
        "normals", "depth", "normals from the depth, red faces right, green up, blue the camera", normals_picture
    ),
    "shading": Derivation(
        "shading", "depth", "a matt white scene lit from the camera, by Lambert and normals from the depth",
        shading_picture,
    ),
    "edges": Derivation("edges of colour", "rgb", "the gradient of the colour picture's brightness", edges_picture),
    "occlusion": Derivation("edges of depth", "depth", "where depth jumps off its surface", occlusion_picture),
}  # fmt: skip
"""What can be derived, by name."""


def derive(rgbd: RGBDImage, name: str) -> Picture:
    """The domain of that name, HxWx3 uint8. Raises InputError where the picture lacks what it needs."""
    if name not in DERIVATIONS:
        raise InputError(f"'{one_line(name, 40)}' cannot be derived; expected one of {', '.join(DERIVATIONS)}.")
    found = DERIVATIONS[name]
    pixels = rgbd.colour if found.needs == "rgb" else rgbd.depth
    if pixels is None:
        lacks = "colour" if found.needs == "rgb" else "depth map"
        raise InputError(f"{found.title.capitalize()} cannot be derived: the picture has no {lacks}; give one as well.")
    return found.make(pixels)


def derivable(rgbd: RGBDImage) -> tuple[str, ...]:
    """What can be derived of that picture, by the names of `DERIVATIONS`."""
    return tuple(name for name, one in DERIVATIONS.items() if one.needs in rgbd.modalities)


def _normals(depth: NDArray[np.float32], camera: Intrinsics | None) -> NDArray[np.float32]:
    """Unit vectors HxWx3, x right, y down, z forward; where there is none, the nearest one, or the camera's."""
    filled, _ = fill_unknown(depth)
    normals = derived_normals(filled, camera)
    unknown = np.isnan(normals[..., 0])
    if unknown.all():
        return np.broadcast_to(np.array(AT_CAMERA, np.float32), normals.shape)
    return nearest_known(normals, unknown)


def _slope(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much HxW values, blurred, change from the pixel before to the one behind, in the direction of most change."""
    smooth = cv2.GaussianBlur(values, (0, 0), EDGE_BLUR, borderType=cv2.BORDER_REPLICATE)
    right, down = (cv2.Sobel(smooth, cv2.CV_32F, *way, ksize=3, borderType=cv2.BORDER_REPLICATE)
                   for way in ((1, 0), (0, 1)))  # fmt: skip
    return np.asarray(np.hypot(right, down) / 4, np.float32)


def _grey(values: NDArray[np.floating]) -> Picture:
    """HxW from 0 to 1 as HxWx3."""
    return np.repeat(_bytes(values)[..., None], 3, axis=2)


def _bytes(values: NDArray[np.floating]) -> Picture:
    return np.asarray(np.round(np.clip(values, 0, 1) * 255), np.uint8)
