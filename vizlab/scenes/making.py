"""Making scenes: a room is furnished from its seed, rendered and written in the folder format of `library`.

Needs the extra `render`, which is imported when the first room is rendered.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vizlab.errors import InputError
from vizlab.replacing import made_folder, replace_text
from vizlab.scenes.catalogue import CATALOGUE, Entry
from vizlab.scenes.library import EXACT_UNITS_PER_METRE, FORMAT, NORMAL_STEPS, Scene, load_scene
from vizlab.scenes.pictures import write_picture
from vizlab.scenes.rendering import Rendering, render_room
from vizlab.scenes.rooms import RECIPES, build_room
from vizlab.tasks import NYU40_CLASSES, VOID


def render_scene(
    name: str,
    out: Path,
    size: tuple[int, int] | None = None,
    spp: int | None = None,
    seed: int | None = None,
    kind: str | None = None,
) -> Scene:
    """Render a scene into the folder OUT/NAME and return it.

    With a name of the catalogue alone this is the bundled scene again; each further argument changes one thing.
    kind: a key of `RECIPES`, given for a room of one's own; size: (height, width) in pixels; spp: samples per pixel of
    the colour picture. Raises InputError for a name that is neither a scene nor a kind, and for impossible sizes.
    """
    entry = _entry(name, kind)
    seed = entry.seed if seed is None else seed
    size = entry.size if size is None else size
    spp = entry.spp if spp is None else spp
    if min(size) < 16 or spp < 1:
        raise InputError(f"A scene needs at least 16x16 pixels and one sample, not {size[1]}x{size[0]} and {spp}.")
    room = build_room(entry.kind, seed)
    rendering = render_room(room, size, spp, seed)
    # Rooms of one kind share their title; the bundled ones are told apart by their names.
    title = name.replace("_", " ").capitalize() if name in CATALOGUE else room.title
    save_scene(rendering, out / name, {"name": name, "title": title, "kind": entry.kind, "seed": seed, "spp": spp})
    return load_scene(name, out)


def _entry(name: str, kind: str | None) -> Entry:
    """What the arguments of `render_scene` are where they are not given."""
    if kind is not None:
        return Entry(kind, 1)
    if name in CATALOGUE:
        return CATALOGUE[name]
    if name in RECIPES:
        return Entry(name, 1)
    raise InputError(
        f"There is no bundled scene called {name!r}; there are: {', '.join(CATALOGUE)}. "
        f"For a new room give its kind as well: {', '.join(known_kinds())}."
    )


def save_scene(rendering: Rendering, folder: Path, facts: dict[str, Any]) -> None:
    """Write a rendering in the folder format of `library`; `facts` join scene.json. Raises InputError where a file
    cannot be written."""
    made_folder(folder, InputError)
    exact = np.nan_to_num(rendering.depth.astype(np.float64) * EXACT_UNITS_PER_METRE)
    normals = np.round((rendering.normals + 1) / 2 * NORMAL_STEPS).astype(np.uint8)
    for name, picture in (("rgb", rendering.rgb), ("texture", rendering.texture), ("light", rendering.light)):
        write_picture(folder / f"{name}.jpg", picture)
    write_picture(folder / "depth.png", rendering.sensor_depth)
    write_picture(folder / "depth_exact.png", np.round(np.clip(exact, 0, 65535)).astype(np.uint16))
    write_picture(folder / "label.png", rendering.label)
    write_picture(folder / "normals.png", normals)
    text = json.dumps({**facts, **_record(rendering)}, indent=2)
    replace_text(folder / "scene.json", text + "\n", InputError)


def _record(rendering: Rendering) -> dict[str, Any]:
    """What a reader of the folder must know."""
    height, width = rendering.label.shape
    camera = asdict(rendering.intrinsics)
    camera.pop("size")
    present = [NYU40_CLASSES[index] for index in np.unique(rendering.label) if index != VOID]
    return {
        "format": FORMAT,
        "width": width,
        "height": height,
        "intrinsics": camera,
        "classes": present,
        "files": {
            "rgb.jpg": "8-bit sRGB",
            "depth.png": "16-bit, millimetres, z-depth as a Kinect v1 gives it, 0 = hole",
            "depth_exact.png": "16-bit, 1/5000 m, exact z-depth along the optical axis, 0 = nothing hit",
            "label.png": "8-bit, NYU40 classes from 0, 255 = void",
            "normals.png": "8-bit, (n + 1) / 2 * 255, unit vectors that face the camera",
            "texture.jpg": "8-bit sRGB, diffuse reflectance without light; lamps, windows and mirrors are white",
            "light.jpg": "8-bit sRGB, radiance over reflectance, as if all were one grey",
        },
        "convention": "camera frame: x right, y down, z forward; pixel centres at integer coordinates",
    }


def known_kinds() -> list[str]:
    """The kinds of room that can be rendered, sorted."""
    return sorted(RECIPES)
