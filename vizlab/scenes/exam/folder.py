"""The exam on disk: a data folder (see `vizlab.study.data`) with three more maps, rendered picture by picture."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vizlab.errors import InputError, one_line
from vizlab.replacing import made_folder, replace_text
from vizlab.scenes.exam.needs import VERSION, WRITTEN
from vizlab.scenes.exam.picture import Sensor, picture_of, solve
from vizlab.scenes.exam.plan import XOR_CLASSES, Plan, plan
from vizlab.scenes.pictures import write_picture
from vizlab.scenes.viewpoints import kinect_intrinsics

MAPS = ("depth", "label40", "need", "object", "fault")
"""Folders of what follows from the seed alone, 8 bits but for the depth's 16."""
FACTS = "dataset.json"
LICENCE = "The rooms were rendered by vizlab, from textures and furniture of its own making, under its MIT licence."
LIMIT = (
    "Rendered rooms with furniture taken out and objects put in: what needs one modality is made to need it, as "
    "no real object does so purely."
)
SENSORS: dict[Sensor, str] = {
    "exact": "Depth is exact, in whole millimetres, without a sensor's noise.",
    "kinect": "Depth is what a Kinect would make of the exact one, by a model of it; its holes count as faults.",
}
"""What is to be said of the depth."""


def render_exam(
    out: Path,
    count: int,
    seed: int,
    train: int,
    size: tuple[int, int],
    samples: int,
    workers: int = 1,
    sensor: str = "exact",
) -> Iterator[str]:
    """Render `count` pictures to test and `train` to learn from into `out`, yielding the name of each when it is there.

    size: (height, width) in pixels; samples: per pixel of the colour. Complete pictures are skipped, so that the same
    call goes on where one was stopped, and more pictures go after fewer. Everything but the colour follows from seed,
    size and sensor, to the bit. Raises InputError for impossible numbers, a sensor that there is not, and a folder with
    another exam in it.
    """
    if min(size) < 48 or min(count + train, samples, workers) < 1 or min(count, train, seed) < 0:
        raise InputError(
            f"An exam needs one picture, 48x48 pixels, one sample and one worker at least, not {count + train}, "
            f"{size[1]}x{size[0]}, {samples} and {workers}."
        )
    measuring = next((one for one in SENSORS if one == sensor), None)
    if measuring is None:
        raise InputError(f"There is no depth sensor '{one_line(sensor, 40)}'; expected {' or '.join(SENSORS)}.")
    plans = [plan(seed, 0, index) for index in range(count)] + [plan(seed, 1, index) for index in range(train)]
    for folder in ("rgb", *MAPS):
        made_folder(out / folder, InputError)
    known = _objects_there(out, seed, size, measuring)
    waiting = [one for one in plans if one.name not in known]
    _write_facts(out, seed, size, measuring, known)
    for name, records in _rendered(out, waiting, size, samples, workers, measuring):
        known[name] = records
        _write_facts(out, seed, size, measuring, known)
        yield name


def is_complete(out: Path, name: str) -> bool:
    """Whether all files of a picture are there."""
    return all(_path(out, folder, name).is_file() for folder in ("rgb", *MAPS))


def render_picture(
    out: Path, one: Plan, size: tuple[int, int], samples: int, sensor: Sensor = "exact"
) -> tuple[str, list[dict[str, Any]]]:
    """Render one picture and write its files; returns its name and its objects as dataset.json has them."""
    solved = solve(one, size, sensor)
    for folder, image in {**solved.maps(), "rgb": picture_of(solved, samples)}.items():
        write_picture(_path(out, folder, one.name), image)
    return one.name, solved.records()


def _rendered(
    out: Path, plans: Sequence[Plan], size: tuple[int, int], samples: int, workers: int, sensor: Sensor
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    if workers == 1:
        yield from (render_picture(out, one, size, samples, sensor) for one in plans)
        return
    # Spawned, not forked: the renderer has threads of its own.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(render_picture, out, one, size, samples, sensor) for one in plans]
        try:
            for job in as_completed(jobs):
                yield job.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _path(out: Path, folder: str, name: str) -> Path:
    return out / folder / f"{name}.png"


def _objects_there(out: Path, seed: int, size: tuple[int, int], sensor: Sensor) -> dict[str, list[dict[str, Any]]]:
    """The objects of the pictures that a folder holds already, whole, by name."""
    path = out / FACTS
    if not path.is_file():
        return {}
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as err:
        raise InputError(f"'{path}' cannot be read as JSON ({err}); give another folder, or delete it.") from err
    exam, camera = facts.get("exam", {}), facts.get("camera", {})
    measured = exam.get("sensor", "exact")
    found = (exam.get("version"), exam.get("seed"), camera.get("height"), camera.get("width"), measured)
    if found != (VERSION, seed, *size, sensor):
        raise InputError(
            f"'{out}' holds something else than the exam of seed {seed} at {size[1]}x{size[0]} pixels with {sensor} "
            f"depth: its {FACTS} says seed {found[1]} and {found[3]}x{found[2]} with {measured} depth; give another "
            "folder, or that seed, size and sensor."
        )
    return {name: records for name, records in exam["objects"].items() if is_complete(out, name)}


def _write_facts(
    out: Path, seed: int, size: tuple[int, int], sensor: Sensor, known: dict[str, list[dict[str, Any]]]
) -> None:
    """dataset.json and the lists, of the pictures that are there."""
    names = sorted(known)
    camera = asdict(kinect_intrinsics(size))
    camera.pop("size")
    facts = {
        "source": "rooms rendered by vizlab scenes exam",
        "licence": LICENCE,
        "limits": (LIMIT, SENSORS[sensor]),
        "depth_unit": "mm",
        "camera": {**camera, "width": size[1], "height": size[0]},
        "exam": {
            "version": VERSION,
            "seed": seed,
            "needs": WRITTEN,
            "sensor": sensor,
            "xor": {"classes": list(XOR_CLASSES)},
            "objects": {name: known[name] for name in names},
        },
    }
    replace_text(out / FACTS, json.dumps(facts, indent=1) + "\n", InputError)
    for split, start in (("test", "exam_"), ("train", "train_")):
        members = [name for name in names if name.startswith(start)]
        if members:
            replace_text(out / f"{split}.txt", "".join(f"{name}\n" for name in members), InputError)
