"""dataset.json: what the pictures of a data folder cannot say themselves."""

import json
import operator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vizlab.errors import DataError, InputError
from vizlab.geometry import Intrinsics
from vizlab.rgbd import parse_unit

FILE = "dataset.json"
_EDGES = ("top", "left", "bottom", "right")


@dataclass(frozen=True)
class Region:
    """A rectangle in pixels of a picture of size (height, width); `bottom` and `right` lie outside of it."""

    top: int
    left: int
    bottom: int
    right: int
    size: tuple[int, int]

    def scaled_to(self, size: tuple[int, int]) -> "Region":
        """The pixels of a picture resized to `size` (H, W) that lie wholly inside."""
        (height, width), (new_height, new_width) = self.size, size
        # Whole numbers throughout, rounded up at the near edges (-(-a // b)) and down at the far ones.
        top, left = -(-self.top * new_height // height), -(-self.left * new_width // width)
        return Region(top, left, self.bottom * new_height // height, self.right * new_width // width, size)

    def mask(self) -> np.ndarray:
        """HxW bool, True inside."""
        inside = np.zeros(self.size, bool)
        inside[self.top : self.bottom, self.left : self.right] = True
        return inside

    def __str__(self) -> str:
        height, width = self.size
        return f"rows {self.top} to {self.bottom - 1} and columns {self.left} to {self.right - 1} of {height}x{width}"


@dataclass(frozen=True)
class Manifest:
    """What dataset.json says of its pictures; None or empty where it does not say.

    depth_unit: metres per count or a name that `read_rgbd` knows. camera: in pixels of the size it names. measured:
    the part of every picture in which the depth was measured. source: where the pictures come from; limits: sentences
    about what networks trained on them cannot know; licence: of the pictures. The last three go into model cards.
    """

    depth_unit: float | str | None = None
    camera: Intrinsics | None = None
    measured: Region | None = None
    source: str = ""
    limits: tuple[str, ...] = ()
    licence: str = ""


def read_manifest(root: Path) -> Manifest:
    """The manifest of the folder `root`, empty if there is none. Raises DataError if the file cannot be understood."""
    values = read_values(root)
    try:
        unit = values.get("depth_unit")
        parse_unit(unit)
        camera = None if values.get("camera") is None else _camera(values["camera"])
    except InputError as err:
        raise DataError(f"'{root / FILE}': {err}") from err
    except (KeyError, TypeError, ValueError) as err:
        raise DataError(
            f"'{root / FILE}' describes its camera as {values['camera']!r}; expected positive numbers fx, fy, cx, cy, "
            "width and height in pixels: correct it, or leave 'camera' out."
        ) from err
    try:
        measured = None if values.get("measured") is None else _region(values["measured"])
    except (KeyError, TypeError, ValueError) as err:
        raise DataError(
            f"'{root / FILE}' gives {values['measured']!r} as the part in which depth was measured; expected the whole "
            "numbers top, left, bottom, right, width and height in pixels: correct it, or leave 'measured' out."
        ) from err
    return Manifest(unit, camera, measured, **_texts(root, values))


def read_values(root: Path) -> dict[str, Any]:
    """dataset.json as it stands, {} if there is none. Raises DataError if it is no JSON object."""
    path = root / FILE
    if not path.is_file():
        return {}
    try:
        values = json.loads(path.read_text())
    except ValueError as err:
        raise DataError(f"'{path}' is no JSON ({err}); correct it or remove it.") from err
    if not isinstance(values, dict):
        raise DataError(f"'{path}' holds a {type(values).__name__}; expected an object with keys, or no such file.")
    return values


def _texts(root: Path, values: dict[str, Any]) -> dict[str, Any]:
    limits = values.get("limits") or []
    texts = {name: values.get(name) or "" for name in ("source", "licence")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise DataError(f"'{root / FILE}': source and licence must be texts; correct them or leave them out.")
    if not isinstance(limits, list) or not all(isinstance(limit, str) for limit in limits):
        raise DataError(f"'{root / FILE}': limits must be a list of sentences; correct it or leave it out.")
    return {**texts, "limits": tuple(limits)}


def camera_values(camera: Intrinsics) -> dict[str, float]:
    """`camera` as dataset.json has it, in pixels."""
    size = {"width": camera.size[1], "height": camera.size[0]}
    return {"fx": camera.fx, "fy": camera.fy, "cx": camera.cx, "cy": camera.cy, **size}


def _camera(values: dict[str, Any]) -> Intrinsics:
    numbers = {key: float(values[key]) for key in ("fx", "fy", "cx", "cy")}
    size = (int(values["height"]), int(values["width"]))
    if min(*numbers.values(), *size) <= 0:
        raise ValueError("not positive")
    return Intrinsics(**numbers, size=size)


def region_values(region: Region) -> dict[str, int]:
    """`region` as dataset.json has it, in pixels."""
    edges = {name: getattr(region, name) for name in _EDGES}
    return {**edges, "width": region.size[1], "height": region.size[0]}


def _region(values: dict[str, Any]) -> Region:
    top, left, bottom, right = (operator.index(values[name]) for name in _EDGES)
    size = (operator.index(values["height"]), operator.index(values["width"]))
    if not (0 <= top < bottom <= size[0] and 0 <= left < right <= size[1]):
        raise ValueError("not inside the picture")
    return Region(top, left, bottom, right, size)
