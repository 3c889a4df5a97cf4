"""An exam is read as it was drawn: maps, objects, and of which of them anybody is asked."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.exam.made_exam import CHAIR, FIRST, RUG, SECOND, write_exam
from vizlab.errors import DataError
from vizlab.scenes.exam.needs import BOTH, DEPTH, EITHER, NONE, RGB
from vizlab.study.exam.folder import LEAST, ExamFolder
from vizlab.study.exam.needs import DEPTH_TURNED, NAMES, RGB_TURNED, kinds


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_exam(tmp_path / "exam")


TINY = Path(__file__).with_name("tiny")
"""Six pictures as `vizlab scenes exam` renders them."""


def test_a_rendered_exam_is_read() -> None:
    """Of every object that is asked about class and need are what was built, or what a fault made of it."""
    folder, asked = ExamFolder(TINY), 0
    after = {"rgb": {RGB, NONE}, "depth": {DEPTH, NONE}, "both": {BOTH, NONE}, "either": {EITHER, RGB, DEPTH, NONE}}
    for place in range(len(folder)):
        picture = folder.read(place)
        for one in picture.asked:
            assert (picture.sample.label[one.region] == one.object.index).all()
            assert one.need == folder_need(one.object.built) or picture.fault[one.region].any()
            assert one.need in after[one.object.built]
            assert one.object.built != "both" or one.object.index in folder.pair
        asked += len(picture.asked)
    assert asked >= 15


def folder_need(built: str) -> int:
    return {"rgb": RGB, "depth": DEPTH, "both": BOTH, "either": EITHER}[built]


def change(root: Path, kind: str, name: str, values: np.ndarray) -> None:
    cv2.imwrite(str(root / kind / f"{name}.png"), values)


def said(root: Path, **changes: object) -> None:
    """dataset.json with another "exam"."""
    values = json.loads((root / "dataset.json").read_text())
    values["exam"] |= changes
    (root / "dataset.json").write_text(json.dumps(values))


def test_objects_have_the_needs_they_were_built_with(root: Path) -> None:
    folder = ExamFolder(root)
    assert (folder.pair, folder.seed, folder.source, folder.limits) == (
        (FIRST, SECOND), 3, "boxes", ("They are boxes.",)
    )  # fmt: skip
    picture = folder.read(0)
    assert [one.need for one in picture.asked] == [RGB, DEPTH, BOTH, EITHER, BOTH]
    assert [one.object.index for one in picture.asked][:2] == [RUG, CHAIR]
    assert {one.object.index for one in picture.asked if one.need == BOTH} <= {FIRST, SECOND}
    for one in picture.asked:
        assert one.region.sum() == 24 * 24
        assert (picture.aim[one.region] == one.object.index).all()
    assert (picture.aim == 255).sum() == 72 * 96 - 5 * 24 * 24
    assert picture.image.size == (72, 96)


def test_a_fault_turns_needs_and_what_it_cuts_in_two_is_not_asked(root: Path) -> None:
    picture = ExamFolder(root).read(3)
    assert [(one.object.number, one.need) for one in picture.asked] == [(2, DEPTH), (3, BOTH), (4, DEPTH), (5, BOTH)]
    assert len(picture.objects) == 5


@pytest.mark.parametrize(("pixels", "asked"), [(LEAST, True), (LEAST - 1, False)])
def test_of_what_is_hardly_seen_nobody_is_asked(root: Path, pixels: int, asked: bool) -> None:
    number = np.zeros(72 * 96, np.uint8)
    number[2 * 96 : 2 * 96 + pixels] = 1
    change(root, "object", "000", number.reshape(72, 96))
    change(root, "need", "000", np.full((72, 96), RGB, np.uint8))
    assert len(ExamFolder(root).read(0).asked) == asked


@pytest.mark.parametrize(("broken", "asked"), [(10, True), (11, False)])
def test_nine_tenths_must_have_one_need(root: Path, broken: int, asked: bool) -> None:
    """Of 100 pixels; what is asked about are those of that need alone."""
    number, need = np.zeros((72, 96), np.uint8), np.zeros((72, 96), np.uint8)
    number[10:20, 10:20] = 1
    need[10:20, 10:20] = RGB
    need[10:20, 10:20].reshape(-1)[:1] = RGB
    flat = np.full(100, RGB, np.uint8)
    flat[:broken] = NONE
    need[10:20, 10:20] = flat.reshape(10, 10)
    change(root, "object", "000", number)
    change(root, "need", "000", need)
    found = ExamFolder(root).read(0).asked
    assert len(found) == asked
    assert not found or found[0].region.sum() == 90


def test_a_need_that_a_fault_turned_is_told_from_one_that_was_built(root: Path) -> None:
    """In the last picture colour is broken at the fourth box, which either shows elsewhere."""
    folder = ExamFolder(root)
    before, after = ({one.object.number: one for one in folder.read(place).asked} for place in (0, 3))
    assert (before[4].need, before[4].kind) == (EITHER, EITHER)
    assert (after[4].need, NAMES[after[4].kind]) == (DEPTH, "depth, by a fault")
    assert before[2].kind == after[2].kind == DEPTH
    need, built = np.array([RGB, RGB, DEPTH, DEPTH, NONE, NONE]), np.array([RGB, EITHER, DEPTH, EITHER, RGB, BOTH])
    assert kinds(need, built).tolist() == [RGB, RGB_TURNED, DEPTH, DEPTH_TURNED, NONE, NONE]


def test_a_picture_is_hashed_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, hashed = ExamFolder(root), []

    def watched(self: ExamFolder, index: int) -> str:
        hashed.append(index)
        return str(index)

    monkeypatch.setattr(ExamFolder, "_digest", watched)
    assert [folder.digest(index) for index in (0, 1, 0, 1)] == ["0", "1", "0", "1"]
    assert hashed == [0, 1]


def test_void_pixels_are_of_no_object(root: Path) -> None:
    label = np.full((72, 96), 255, np.uint8)
    change(root, "label40", "000", label)
    assert ExamFolder(root).read(0).asked == ()


def test_the_digest_is_of_all_that_is_read(root: Path) -> None:
    before = ExamFolder(root)
    first, second = before.digest(0), before.digest(1)
    assert first != second
    change(root, "fault", "000", np.ones((72, 96), np.uint8))
    assert ExamFolder(root).digest(0) != first
    assert ExamFolder(root).digest(1) == second


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        ("need", np.full((72, 96), 6, np.uint8), "holds 6; expected 0 to 5"),
        ("fault", np.full((72, 96), 4, np.uint8), "holds 4; expected 0 to 3"),
        ("object", np.zeros((36, 48), np.uint8), "is 36x48 uint8; expected 72x96 uint8"),
        ("need", np.zeros((72, 96), np.uint16), "is 72x96 uint16; expected 72x96 uint8"),
    ],
)
def test_maps_that_do_not_fit_are_refused(root: Path, kind: str, values: np.ndarray, sentence: str) -> None:
    change(root, kind, "000", values)
    with pytest.raises(DataError, match=sentence):
        ExamFolder(root).read(0)


def test_a_missing_map_is_named(root: Path) -> None:
    (root / "need/000.png").unlink()
    with pytest.raises(DataError, match="Map 'need' of picture '000'"):
        ExamFolder(root).read(0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"version": 2}, "describes no exam of version 1"),
        ({"objects": []}, "describes no exam of version 1"),
        ({"xor": {}}, "does not name the two classes"),
        ({"needs": {"1": "depth", "2": "rgb"}}, "gives the codes of needs as .*; expected 1 rgb, 2 depth, 3 both"),
        ({"needs": None}, "gives the codes of needs as None"),
        ({"objects": {"000": [{"number": 1}]}}, "describes an object of the exam in another way"),
        ({"objects": {"000": [{"number": 1, "need": "smell", "class": 4, "what": "x"}]}}, "the need 'smell'"),
        ({"objects": {"000": [{"number": 1, "need": "rgb", "class": 40, "what": "x"}]}}, "the class 40"),
    ],
)
def test_what_dataset_json_must_say(root: Path, changes: dict[str, object], sentence: str) -> None:
    said(root, **changes)
    with pytest.raises(DataError, match=sentence):
        ExamFolder(root).read(0)


def test_another_data_folder_is_no_exam(data_folder: Path) -> None:
    with pytest.raises(DataError, match="describes no exam"):
        ExamFolder(data_folder)
