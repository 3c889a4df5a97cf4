"""Rendered data sets: the folder that training reads, seeds of their own, going on after a stop."""

from pathlib import Path

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.scenes import known_kinds
from vizlab.scenes.catalogue import CATALOGUE, FIRST_SEED
from vizlab.study.data import RGBDFolder
from vizlab.study.data.rendered import jobs, render_dataset
from vizlab.tasks import NYU40_CLASSES

SIZE = (48, 64)


def test_rooms_are_of_all_kinds_and_none_is_bundled() -> None:
    planned = jobs(20, FIRST_SEED)
    assert {job.kind for job in planned} == set(known_kinds())
    assert len({job.name for job in planned}) == 20
    assert not {(job.kind, job.seed) for job in planned} & {(entry.kind, entry.seed) for entry in CATALOGUE.values()}


def test_seeds_of_bundled_scenes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"--seed {FIRST_SEED}"):
        next(render_dataset(tmp_path, 2, SIZE, 1, first_seed=1))


def test_a_data_set_reads_back_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    pytest.importorskip("mitsuba", reason="rendering needs mitsuba: pip install 'vizlab[render]'")
    stopped = render_dataset(tmp_path, 2, SIZE, 1, test_every=2)
    first = next(stopped)
    stopped.close()
    assert RGBDFolder(tmp_path, "train").names == [first.name]
    rest = list(render_dataset(tmp_path, 2, SIZE, 1, test_every=2))
    assert len(rest) == 1
    assert list(render_dataset(tmp_path, 2, SIZE, 1, test_every=2)) == []
    assert RGBDFolder(tmp_path, "test").names == [rest[0].name]
    sample = RGBDFolder(tmp_path, "train").read(0)
    assert sample.colour.shape == (*SIZE, 3)
    assert sample.label.max() < len(NYU40_CLASSES)
    assert 0.5 < np.nanmedian(sample.depth) < 6
    assert not list(tmp_path.rglob(".*")), "no half-written file is left"
