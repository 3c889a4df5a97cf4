"""The exam as a folder: read back, gone on with, the same from any number of workers; and the part that tests use."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from vizlab.errors import InputError
from vizlab.scenes.__main__ import app
from vizlab.scenes.exam import folder
from vizlab.scenes.exam.folder import MAPS, render_exam
from vizlab.scenes.exam.needs import CODES
from vizlab.scenes.exam.picture import Sensor, solve
from vizlab.scenes.exam.plan import plan
from vizlab.study.data import RGBDFolder
from vizlab.tasks import VOID

TINY = Path(__file__).parents[1] / "exam" / "tiny"
SIZE = (48, 64)


def facts(out: Path) -> dict:
    return json.loads((out / "dataset.json").read_text(encoding="utf-8"))


def maps_of(out: Path, name: str) -> dict[str, np.ndarray]:
    return {kind: cv2.imread(str(out / kind / f"{name}.png"), cv2.IMREAD_UNCHANGED) for kind in MAPS}


@pytest.mark.parametrize(
    ("count", "train", "size", "samples", "workers"),
    [(0, 0, SIZE, 1, 1), (1, -1, SIZE, 1, 1), (1, 0, (40, 64), 1, 1), (1, 0, SIZE, 0, 1), (1, 0, SIZE, 1, 0)],
)
def test_impossible_numbers_are_refused(
    tmp_path: Path, count: int, train: int, size: tuple[int, int], samples: int, workers: int
) -> None:
    with pytest.raises(InputError, match="one picture, 48x48 pixels"):
        next(render_exam(tmp_path, count, 0, train, size, samples, workers))
    assert not list(tmp_path.iterdir())


def test_there_are_two_sensors(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["exam", str(tmp_path), "--count", "1", "--sensor", "sonar"])
    assert isinstance(done.exception, InputError)
    assert "no depth sensor 'sonar'; expected exact or kinect" in str(done.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("seed", "size", "sensor"), [(1, (96, 128), "exact"), (0, (48, 64), "exact"), (0, (96, 128), "kinect")]
)
def test_another_exam_in_the_folder_is_left_alone(
    tmp_path: Path, seed: int, size: tuple[int, int], sensor: Sensor
) -> None:
    shutil.copy(TINY / "dataset.json", tmp_path)
    before = (tmp_path / "dataset.json").read_bytes()
    with pytest.raises(InputError, match="says seed 0 and 128x96 with exact depth; give another folder"):
        next(render_exam(tmp_path, 1, seed, 0, size, 1, sensor=sensor))
    assert (tmp_path / "dataset.json").read_bytes() == before


def test_complete_pictures_are_not_rendered_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is missing is, and only that; the lists name what is there, a stop half-way included."""
    out = tmp_path / "exam"
    shutil.copytree(TINY, out)
    names = RGBDFolder(out, "test").names
    (out / "need" / f"{names[2]}.png").unlink()
    (out / "rgb" / f"{names[4]}.png").unlink()
    done = []

    def render_picture(out: Path, one: object, *how: object) -> tuple[str, list]:
        done.append(one.name)  # type: ignore[attr-defined]
        for kind in ("need", "rgb"):
            shutil.copy(TINY / kind / f"{done[-1]}.png", out / kind)
        return done[-1], facts(TINY)["exam"]["objects"][done[-1]]

    monkeypatch.setattr(folder, "render_picture", render_picture)
    running = render_exam(out, len(names), 0, 0, (96, 128), 1)
    assert next(running) == names[2]
    running.close()
    assert done == [names[2]]
    assert list(render_exam(out, len(names), 0, 0, (96, 128), 1)) == [names[4]]
    assert list(render_exam(out, len(names), 0, 0, (96, 128), 1)) == []
    assert facts(out) == facts(TINY) | {"exam": facts(TINY)["exam"] | {"sensor": "exact"}}
    assert (out / "test.txt").read_text() == (TINY / "test.txt").read_text()


def test_training_pictures_have_a_list_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def render_picture(out: Path, one: object, *how: object) -> tuple[str, list]:
        asked.append(one.name)  # type: ignore[attr-defined]
        return asked[-1], []

    monkeypatch.setattr(folder, "render_picture", render_picture)
    done = CliRunner().invoke(app, ["exam", str(tmp_path), "--count", "2", "--train", "3", "--size", "64x48"])
    assert done.exit_code == 0
    assert "5 rendered now of 5 in all" in done.output
    assert (tmp_path / "test.txt").read_text().split() == ["exam_00000", "exam_00001"]
    assert (tmp_path / "train.txt").read_text().split() == ["train_00000", "train_00001", "train_00002"]


def test_the_shipped_part_reads_as_a_data_folder_and_its_maps_agree() -> None:
    data = RGBDFolder(TINY, "test")
    exam = facts(TINY)["exam"]
    assert len(data) >= 6
    assert sum(path.stat().st_size for path in TINY.rglob("*")) < 600_000
    assert {int(code): need for code, need in exam["needs"].items()} == {code: need for need, code in CODES.items()}
    seen = set()
    for index, name in enumerate(data.names):
        sample, maps = data.read(index), maps_of(TINY, name)
        assert [one.need for one in plan(0, 0, index).wanted] == [one["need"] for one in exam["objects"][name]]
        np.testing.assert_array_equal(np.isnan(sample.depth), maps["fault"] & 2 > 0)
        for one in exam["objects"][name]:
            where = maps["object"] == one["number"]
            assert where.sum() == one["pixels"]
            assert (maps["label40"][where] == one["class"]).all()
            assert set(maps["need"][where & (maps["fault"] == 0)]) <= {CODES[one["need"]]}
            if one["need"] == "both":
                assert one["class"] == exam["xor"]["classes"][(one["pattern"] == "B") != one["raised"]]
        assert ((maps["object"] > 0) == (maps["need"] > 0)).all()
        assert (maps["label40"][maps["need"] > 0] != VOID).all()
        seen |= set(np.unique(maps["need"])) | set(np.unique(maps["fault"]) + 10)
    assert seen >= {0, 1, 2, 3, 4, 5, 10, 11, 12}


def test_the_shipped_part_is_what_its_seed_gives() -> None:
    """One picture, whose colour is not rendered: another processor may round a few pixels another way."""
    pytest.importorskip("mitsuba", reason="rendering needs mitsuba: pip install 'vizlab[render]'")
    solved = solve(plan(0, 0, 1), (96, 128))
    assert [one.record() for one in solved.placed] == [
        {key: value for key, value in one.items() if key != "pixels"}
        for one in facts(TINY)["exam"]["objects"]["exam_00001"]
    ]
    for kind, stored in maps_of(TINY, "exam_00001").items():
        found = solved.maps()[kind]
        assert found.dtype == stored.dtype
        assert (np.abs(found.astype(int) - stored) <= (kind == "depth")).mean() > 0.998, kind


@pytest.mark.slow
def test_two_workers_find_what_one_does(tmp_path: Path) -> None:
    pytest.importorskip("mitsuba", reason="rendering needs mitsuba: pip install 'vizlab[render]'")
    one, two = tmp_path / "one", tmp_path / "two"
    assert list(render_exam(one, 2, 3, 0, SIZE, 1)) == ["exam_00000", "exam_00001"]
    assert sorted(render_exam(two, 2, 3, 0, SIZE, 1, workers=2)) == ["exam_00000", "exam_00001"]
    assert facts(one) == facts(two)
    assert (one / "test.txt").read_bytes() == (two / "test.txt").read_bytes()
    for name in ("exam_00000", "exam_00001"):
        for kind in MAPS:
            first, second = ((out / kind / f"{name}.png").read_bytes() for out in (one, two))
            assert first == second, (name, kind)
        assert (two / "rgb" / f"{name}.png").is_file()
    assert not [path for path in two.rglob(".*")], "no half-written file is left"
