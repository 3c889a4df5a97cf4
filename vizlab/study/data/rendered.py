"""Rendered rooms by the hundred, straight into the folder layout that training reads (see `vizlab.study.data`)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vizlab.errors import InputError
from vizlab.replacing import made_folder, replace_text
from vizlab.scenes.catalogue import FIRST_SEED
from vizlab.scenes.pictures import write_picture
from vizlab.scenes.rendering import Rendering, render_room
from vizlab.scenes.rooms import RECIPES, build_room
from vizlab.scenes.textures import Map
from vizlab.scenes.viewpoints import kinect_intrinsics
from vizlab.study.data.folder import DOMAINS
from vizlab.study.data.manifest import FILE, camera_values

BASE = ("rgb", "depth", "label40")
"""The folders that every data set has."""


LICENCE = "The rooms were rendered by vizlab, from textures and furniture of its own making, under its MIT licence."
LIMITS = ["Rendered rooms of six kinds: light, materials and clutter are simpler than in photographs."]


@dataclass(frozen=True)
class Job:
    """One picture of a data set: its name in the folder, and the room it shows."""

    name: str
    kind: str
    seed: int


def jobs(count: int, first_seed: int) -> list[Job]:
    """The first `count` rooms: all kinds in turn with one seed, then with the next."""
    kinds = sorted(RECIPES)
    rooms = ((kinds[index % len(kinds)], first_seed + index // len(kinds)) for index in range(count))
    return [Job(f"{kind}_{seed:05d}", kind, seed) for kind, seed in rooms]


def render_dataset(
    out: Path,
    count: int,
    size: tuple[int, int],
    spp: int,
    first_seed: int = FIRST_SEED,
    test_every: int = 0,
    domains: bool = False,
) -> Iterator[Job]:
    """Render `count` rooms into `out`, yielding each that was rendered; those that are complete already are skipped.

    size: (height, width) in pixels; test_every: every so many pictures one goes to test.txt, 0 for none. Depth is as a
    Kinect gives it; with `domains` it is exact, and folders of further pictures stand beside it (`Rendering.domains`).
    Stopped at any point, the folder holds whole pictures only, and the same call goes on.
    """
    if first_seed < FIRST_SEED:
        raise InputError(f"Seeds below {FIRST_SEED} belong to bundled scenes, but the first is {first_seed}; "
                         f"pass --seed {FIRST_SEED} or more.")  # fmt: skip
    if min(size) < 16 or spp < 1 or count < 1:
        raise InputError(f"A data set needs one room, 16x16 pixels and one sample at least, not {count}, "
                         f"{size[1]}x{size[0]} and {spp}.")  # fmt: skip
    planned = jobs(count, first_seed)
    folders = (*BASE, *(DOMAINS if domains else ()))
    for folder in folders:
        made_folder(out / folder, InputError)
    _write_facts(out, size, domains)
    for job in planned:
        if not is_complete(out, job, folders):
            save_sample(out, job.name, render_room(build_room(job.kind, job.seed), size, spp, job.seed), domains)
            _write_lists(out, planned, test_every, folders)
            yield job
    _write_lists(out, planned, test_every, folders)


def is_complete(out: Path, job: Job, folders: Sequence[str] = BASE) -> bool:
    """Whether the pictures of a room are there in all `folders`."""
    return all(_path(out, folder, job.name).is_file() for folder in folders)


def save_sample(out: Path, name: str, rendering: Rendering, domains: bool = False) -> None:
    """Write a rendering's colour, depth and labels under `name`, with `domains` exact depth and the domains too."""
    depth = _millimetres(rendering.depth) if domains else rendering.sensor_depth
    images = {"rgb": rendering.rgb, "depth": depth, "label40": rendering.label}
    images |= rendering.domains() if domains else {}
    for folder, image in images.items():
        write_picture(_path(out, folder, name), image)


def _path(out: Path, folder: str, name: str) -> Path:
    return out / folder / f"{name}{'.jpg' if folder == 'rgb' else '.png'}"


def _millimetres(depth: Map) -> np.ndarray:
    """HxW uint16, 0 where nothing was hit."""
    return np.round(np.nan_to_num(depth) * 1000).astype(np.uint16)


def _write_lists(out: Path, planned: list[Job], test_every: int, folders: Sequence[str]) -> None:
    """train.txt and test.txt out of what is complete."""
    split: dict[str, list[str]] = {"train": [], "test": []}
    for index, job in enumerate(planned):
        if is_complete(out, job, folders):
            tested = test_every > 0 and index % test_every == test_every - 1
            split["test" if tested else "train"].append(job.name)
    for name, members in split.items():
        replace_text(out / f"{name}.txt", "".join(f"{member}\n" for member in members), InputError)


def _write_facts(out: Path, size: tuple[int, int], domains: bool) -> None:
    """dataset.json: the depth's unit and the camera, which readers would have to guess otherwise."""
    camera = camera_values(kinect_intrinsics(size))
    source = "rooms rendered by vizlab scenes dataset" + (", with exact depth and domains" if domains else "")
    facts = {"source": source, "licence": LICENCE, "limits": LIMITS, "depth_unit": "mm", "camera": camera}
    replace_text(out / FILE, json.dumps(facts, indent=2) + "\n", InputError)
