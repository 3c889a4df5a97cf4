"""Rendered rooms by the hundred, straight into the folder layout that training reads (see `vizlab.study.data`)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vizlab.errors import InputError
from vizlab.scenes.catalogue import FIRST_SEED
from vizlab.scenes.rendering import Rendering, render_room
from vizlab.scenes.rooms import RECIPES, build_room
from vizlab.scenes.viewpoints import kinect_intrinsics
from vizlab.study.data.manifest import FILE, camera_values


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
    out: Path, count: int, size: tuple[int, int], spp: int, first_seed: int = FIRST_SEED, test_every: int = 0
) -> Iterator[Job]:
    """Render `count` rooms into `out`, yielding each that was rendered; those that are complete already are skipped.

    size: (height, width) in pixels; test_every: every so many pictures one goes to test.txt, 0 for none. Depth is as a
    Kinect gives it. Stopped at any point, the folder holds whole pictures only, and the same call goes on.
    """
    if first_seed < FIRST_SEED:
        raise InputError(f"Seeds below {FIRST_SEED} belong to bundled scenes, but the first is {first_seed}; "
                         f"pass --seed {FIRST_SEED} or more.")  # fmt: skip
    if min(size) < 16 or spp < 1 or count < 1:
        raise InputError(f"A data set needs one room, 16x16 pixels and one sample at least, not {count}, "
                         f"{size[1]}x{size[0]} and {spp}.")  # fmt: skip
    planned = jobs(count, first_seed)
    for folder in ("rgb", "depth", "label40"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    _write_facts(out, size)
    for job in planned:
        if not is_complete(out, job):
            save_sample(out, job.name, render_room(build_room(job.kind, job.seed), size, spp, job.seed))
            _write_lists(out, planned, test_every)
            yield job
    _write_lists(out, planned, test_every)


def is_complete(out: Path, job: Job) -> bool:
    """Whether all pictures of a room are there."""
    return all(path.is_file() for path in _paths(out, job.name))


def save_sample(out: Path, name: str, rendering: Rendering) -> None:
    """Write a rendering's colour, sensor-like depth and labels under `name`."""
    packed = [cv2.IMWRITE_PNG_COMPRESSION, 9]
    images = [
        (rendering.rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92]),
        (rendering.sensor_depth, packed),
        (rendering.label, packed),
    ]
    for path, (image, options) in zip(_paths(out, name), images, strict=True):
        # A run stopped half-way through a file must not leave that file under its final name.
        partial = path.with_name(f".{path.name}")
        partial.write_bytes(cv2.imencode(path.suffix, np.ascontiguousarray(image), options)[1].tobytes())
        os.replace(partial, path)


def _paths(out: Path, name: str) -> tuple[Path, Path, Path]:
    return out / "rgb" / f"{name}.jpg", out / "depth" / f"{name}.png", out / "label40" / f"{name}.png"


def _write_lists(out: Path, planned: list[Job], test_every: int) -> None:
    """train.txt and test.txt out of what is complete."""
    split: dict[str, list[str]] = {"train": [], "test": []}
    for index, job in enumerate(planned):
        if is_complete(out, job):
            tested = test_every > 0 and index % test_every == test_every - 1
            split["test" if tested else "train"].append(job.name)
    for name, members in split.items():
        (out / f"{name}.txt").write_text("".join(f"{member}\n" for member in members), encoding="utf-8")


def _write_facts(out: Path, size: tuple[int, int]) -> None:
    """dataset.json: the depth's unit and the camera, which readers would have to guess otherwise."""
    camera = camera_values(kinect_intrinsics(size))
    facts = {"source": "rooms rendered by vizlab scenes dataset", "depth_unit": "mm", "camera": camera}
    (out / FILE).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
