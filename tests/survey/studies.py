"""Small studies: random but seeded networks as files, pictures of boxes, a configuration over both."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.conftest import CONFIGS, make_model
from tests.data_folders import write_boxes
from vizlab.core.door.own import save_checkpoint
from vizlab.study.survey.config import load_config
from vizlab.study.survey.job import Job, make_job
from vizlab.study.survey.parts import read_part
from vizlab.study.survey.study import Study

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
