"""Small studies: random but seeded networks as files, pictures of boxes, a configuration over both."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from tests.conftest import CONFIGS, make_model
from tests.data_folders import write_boxes
from vizlab.core.door.own import save_checkpoint
from vizlab.study.survey.config import load_config
from vizlab.study.survey.job import Job, make_job
from vizlab.study.survey.parts import read_part
from vizlab.study.survey.study import Section, Study

TRACES = "[measures.traces]\n"


def write_network(folder: Path, family: str) -> Path:
    path = folder / f"{family}.safetensors"
    save_checkpoint(path, make_model(family).network, CONFIGS[family], {})
    return path


def write_study(folder: Path, families: Sequence[str], measures: str = TRACES, **settings: object) -> Path:
    """A configuration with networks beside it, two pictures a batch; `measures` are its tables."""
    paths = [write_network(folder, family).name for family in families]
    lines = [f"{key} = {value!r}" for key, value in {"checkpoints": paths, "batch": 2, **settings}.items()]
    config = folder / "study.toml"
    config.write_text("\n".join([*lines, measures]).replace("'", '"'))
    return config


def write_pictures(folder: Path) -> Path:
    """Three test pictures of 72x96."""
    data = folder / "data"
    data.mkdir()
    return write_boxes(data)


def job_of(config: Path, data: Path, out: Path, limit: int | None = None) -> Job:
    return make_job(load_config(config), data, out, limit)[0]


def parts_of(job: Job) -> dict[str, dict[str, np.ndarray]]:
    """The rows of every part by file; fails where one is missing."""
    found = {}
    for task in job.tasks():
        for piece in job.pieces(task):
            part = read_part(job.parts, piece)
            assert part is not None, piece.file
            found[piece.file] = part[0]
    return found


def assert_same_studies(first: Study, second: Study) -> None:
    """The same numbers, bit for bit."""
    assert first.names == second.names
    assert list(first.sections) == list(second.sections)
    for name, values in first.pictures.items():
        np.testing.assert_array_equal(values, second.pictures[name], err_msg=name)
    for key, section in first.sections.items():
        assert section.rows.keys() == second.sections[key].rows.keys()
        for name, values in section.rows.items():
            np.testing.assert_array_equal(values, second.sections[key].rows[name], err_msg=f"{key} {name}")


MADE = {
    "exchanging": (("rgb", "depth"), ("rgb", "depth"), ("semseg",)),
    "distilling": (("semseg", "depth"), ("semseg", "depth"), ("semseg", "depth")),
}
"""Targets, sources and tasks of made networks, by name."""


def made_study(
    pictures: int = 40, sites: int = 6, networks: Sequence[str] = tuple(MADE), thumbnails: bool = True
) -> Study:
    """A study with known answers: at the k-th of `sites` sites the share is (k + 1) %, the effect 2 ** -k or so.

    So over the edges into a target shares rise, effects fall: every rank correlation is -1. An edge's effect is largest
    in the first picture and smallest in the last. Pictures are named "000", "001", ...
    """
    rng = np.random.default_rng(0)
    sections = {}
    for network in networks:
        for section in _made_sections(network, pictures, sites, rng):
            sections[network, section.measure] = section
    names = tuple(f"{i:03d}" for i in range(pictures))
    values = {"holes": np.linspace(0, 0.3, pictures), "distance": np.linspace(1, 4, pictures)}
    if thumbnails:
        grey = [np.full((24, 32, 3), 40 + 4 * i, np.uint8) for i in range(pictures)]
        values["thumbnail"] = np.array([cv2.imencode(".jpg", one)[1].tobytes() for one in grey])
    config = {
        "split": "test",
        "seed": 3,
        "resamples": 200,
        "measures": [],
        "checkpoints": [f"{n}.safetensors" for n in networks],
    }
    meta = {"config": config, "checkpoints": dict.fromkeys(networks, "0" * 64), "source": "made up", "refused": []}
    return Study(names, values, sections, meta)


def _made_sections(network: str, pictures: int, sites: int, rng: np.random.Generator) -> list[Section]:
    targets, sources, tasks = MADE[network]
    names = [f"site{k}" for k in range(sites)]
    edges = [[site, source, target] for site in names for target in targets for source in sources if source != target]
    index = np.array([names.index(site) for site, _, _ in edges])
    noise = 1 + 0.05 * rng.uniform(-1, 1, (pictures, len(edges)))
    ramp = np.linspace(2, 1, pictures)[:, None]
    share = ((index + 1) / 100 * noise).astype(np.float32)
    effect = (2.0**-index * ramp).astype(np.float32)[..., None].repeat(len(tasks), 2)
    counts = np.tile(np.array([[8, 0], [10, 10], [9, 1]], np.int32), (pictures, 1, 1))
    environments = [{"device": "cpu"}]
    labels = {"edge": edges, "task": list(tasks), "count": ["hit", "labelled", "predicted"], "class": ["a", "b"]}
    traces = {"share": share, "semseg|counts": counts}
    sweep = {"total": effect, "all": effect.sum(1)}
    meta = {"labels": labels, "axes": {}, "sites": {name: f"{k + 1}, stage {k}" for k, name in enumerate(names)}}
    places = np.arange(pictures)
    return [
        Section(network, "traces", places, traces, meta, environments),
        Section(network, "sweep", places, sweep, meta, environments),
    ]


def shapley_section(pictures: int, hits: dict[str, int]) -> Section:
    """Of one class: so many of 100 pixels hit with each coalition, and nothing wrongly said."""
    counts = np.array([[[[hit], [100], [hit]] for hit in hits.values()]] * pictures)
    labels = {"coalition": list(hits), "modality": ["rgb", "depth"], "replacement": ["mean"]}
    return Section("n", "shapley", np.arange(pictures), {"mean|semseg|counts": counts}, {"labels": labels}, [])
