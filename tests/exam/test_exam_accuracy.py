"""Marks against brute force over pixels, of outputs made by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.conftest import CEN, make_model
from tests.exam.made_exam import FIRST, SECOND, write_exam
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.scenes.exam.needs import BOTH
from vizlab.study.exam.accuracy import answered, mark, refusal
from vizlab.study.exam.folder import ExamFolder, ExamPicture
from vizlab.tasks import SUNRGBD37_CLASSES

SAME = Framing((72, 96), (72, 96), (72, 96))
"""The network's pixels are the picture's."""


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> ExamPicture:
    return ExamFolder(write_exam(tmp_path_factory.mktemp("exams") / "exam")).read(3)


def logits(label: np.ndarray) -> torch.Tensor:
    """(1, 40, H, W) whose likeliest class is `label`."""
    return 5 * torch.nn.functional.one_hot(torch.from_numpy(label.astype(np.int64)), 40).permute(2, 0, 1)[None].float()


def test_pixels_and_objects_by_brute_force(picture: ExamPicture) -> None:
    rng = np.random.default_rng(2)
    truth = picture.sample.label
    said = np.where(rng.random(truth.shape) < 0.55, np.minimum(truth, 39), rng.integers(0, 40, truth.shape))
    found = mark(logits(said), picture, (FIRST, SECOND), SAME)
    right, labelled = np.zeros(6, int), np.zeros(6, int)
    for need, true, mine in zip(picture.need.flat, truth.flat, said.flat, strict=True):
        labelled[need] += true != 255
        right[need] += true != 255 and true == mine
    np.testing.assert_array_equal(found.right, right)
    np.testing.assert_array_equal(found.labelled, labelled)
    assert labelled.sum() == 70 * 96
    for one, share in zip(picture.asked, found.objects, strict=True):
        assert share == pytest.approx((said[one.region] == one.object.index).mean())


def test_of_two_classes_equal_ones_count_half(picture: ExamPicture) -> None:
    """In the first slab its class leads on a quarter of the pixels and is even elsewhere; in the second it lags."""
    y = torch.zeros(1, 40, *picture.need.shape)
    slabs = [one for one in picture.asked if one.need == BOTH]
    rows, columns = np.nonzero(slabs[0].region)
    quarter = len(rows) // 4
    y[0, slabs[0].object.index, rows[:quarter], columns[:quarter]] = 1
    y[0, {FIRST: SECOND, SECOND: FIRST}[slabs[1].object.index]][torch.from_numpy(slabs[1].region)] = 1
    y[0, 3] = 9  # what else is likelier does not matter
    found = mark(y, picture, (FIRST, SECOND), SAME).pair
    assert np.isnan(found).sum() == len(picture.asked) - 2
    assert found[np.isfinite(found)] == pytest.approx([0.25 + 0.5 * 0.75, 0.0])


def test_answers_come_last_and_others_are_left_out() -> None:
    names = ("semseg/ensemble", "semseg/rgb", "depth", "scale_1/semseg", "semseg/depth")
    outputs = dict.fromkeys(names, torch.zeros(1))
    assert list(answered(outputs)) == ["semseg/rgb", "semseg/depth", "semseg/ensemble"]


def model(**changes: object) -> Model:
    config = replace(CEN, **changes)  # type: ignore[arg-type]
    return Model(build_network(config), config, "some", precision="float32")


def test_who_can_sit_it() -> None:
    assert refusal(make_model("cen")) == ""
    assert refusal(make_model("nddr-cnn")) == ""
    assert refusal(model(classes=())) == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tasks": ("depth",)}, "predicts depth; an exam asks for semseg"),
        ({"classes": SUNRGBD37_CLASSES}, "knows 37 classes of its own; an exam asks for the 40"),
        ({"classes": tuple(map(str, range(40)))}, "knows 40 classes of its own"),
    ],
)
def test_who_cannot_is_told_why(changes: dict[str, object], sentence: str) -> None:
    assert sentence in refusal(model(**changes))
