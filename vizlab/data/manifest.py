"""dataset.json: what the pictures of a data folder cannot say themselves."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vizlab.errors import DataError, InputError
from vizlab.geometry import Intrinsics
from vizlab.rgbd import parse_unit

FILE = "dataset.json"


@dataclass(frozen=True)
class Manifest:
    """The keys of dataset.json that reading depends on; None where the file does not say.

    depth_unit: metres per count or a name that `read_rgbd` knows. camera: in pixels of the size it names.
    """

    depth_unit: float | str | None = None
    camera: Intrinsics | None = None


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
    return Manifest(unit, camera)


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
