"""The commands: a whole exam from its folder to its text, broken off and gone on with, and what is no result."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.conftest import make_model
from tests.exam.made_exam import made_result, write_exam
from vizlab.cli import app
from vizlab.core.door import save_checkpoint
from vizlab.errors import DataError, InputError
from vizlab.study.exam import running
from vizlab.study.exam.explanations import Sitting
from vizlab.study.exam.folder import ExamFolder
from vizlab.study.exam.grading import EXPLANATIONS
from vizlab.study.exam.result import load_result
from vizlab.study.exam.running import Explaining, run_exam


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exam of two pictures, and networks to sit it."""
    root = tmp_path_factory.mktemp("exams")
    write_exam(root / "exam", 2)
    for family in ("cen", "nddr-cnn"):
        model = make_model(family)
        save_checkpoint(root / f"{family}.safetensors", model.network, model.config, {})
    return root


@pytest.fixture(scope="module")
def done(folder: Path) -> str:
    """What the command said; its result is exam.json in the folder."""
    checkpoints = [str(folder / "cen.safetensors"), str(folder / "nddr-cnn.safetensors")]
    options = ["--data", str(folder / "exam"), "--out", str(folder / "exam.json"), "--device", "cpu", "--steps", "1"]
    found = CliRunner().invoke(app, ["exam", *checkpoints, *options])
    assert found.exit_code == 0, found.output
    return found.output


def test_a_whole_exam(folder: Path, done: str) -> None:
    result = load_result(folder / "exam.json")
    assert result.pictures == ("000", "001")
    assert list(result.objects.picture) == [0] * 5 + [1] * 2 + [1] * (len(result.objects) - 7)
    cen, nddr = result.networks
    assert (cen.name, cen.inputs, cen.answer) == ("cen", ("rgb", "depth"), "semseg/ensemble")
    assert list(cen.outputs) == ["semseg/rgb", "semseg/depth", "semseg/ensemble"]
    assert [one.explanation for one in cen.explanations if one.output == "semseg/ensemble"] == [
        *["Shapley value"] * 3, *["gradient x input"] * 2, *["integrated gradients"] * 2,
    ]  # fmt: skip
    assert {one.variant for one in cen.explanations if one.explanation == "Shapley value"} == {
        "own mean", "training mean", "another picture",
    }  # fmt: skip
    assert [one.output for one in cen.explanations if one.explanation == "received"] == ["semseg/rgb", "semseg/depth"]
    assert all(len(one.points) == len(result.objects) for one in cen.explanations)
    assert (nddr.explanations, nddr.answer) == ((), "semseg")
    assert "takes rgb alone" in nddr.unexplained
    for output in (*cen.outputs.values(), *nddr.outputs.values()):
        assert (output.right <= output.labelled).all()
        assert (output.labelled.sum(1) == 70 * 96).all()
    assert result.about["explanations"] == list(EXPLANATIONS)
    assert (result.about["steps"], result.about["baselines"]) == (1, [("mean colour", "median plane")])
    assert result.objects.row[:2] == pytest.approx([16 / 72] * 2, abs=1e-5)  # boxes of 24x24 from row 4 on
    assert result.objects.column[:2] == pytest.approx([16 / 96, 48 / 96], abs=1e-5)
    # The other picture has the same boxes, but a fault divides its first.
    np.testing.assert_array_equal(result.objects.place[:2], [np.nan, 1])
    assert "both, one of two" in done
    assert "exam.json: 2 pictures" in done


def test_its_text_and_figures(folder: Path, done: str) -> None:
    found = CliRunner().invoke(app, ["exam-report", str(folder / "exam.json"), "--out", str(folder / "exam.md")])
    assert found.exit_code == 0, found.output
    text = (folder / "exam.md").read_text()
    assert "2 pictures, rendered with seed 3" in text
    assert "- They are boxes." in text
    assert {path.name for path in (folder / "exam").glob("*.png")} == {"accuracy.png", "explanations.png"}


@contextmanager
def counted(found: list[int]) -> Iterator[Any]:
    yield found.append


def test_what_was_graded_before_stays(folder: Path, done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four parts one is damaged, and one is of another picture: these two are made again, with the same numbers."""
    before = (folder / "exam.json").read_bytes()
    parts = folder / "exam.json.parts"
    assert len(list(parts.iterdir())) == 4
    (parts / "cen-0001.json").write_text("{")
    (parts / "nddr-cnn-0001.json").write_bytes((parts / "nddr-cnn-0000.json").read_bytes())
    graded, grade = [], running.grade

    def watched(sitting: Any, *how: Any) -> dict[str, Any]:
        graded.append((sitting.model.name, sitting.picture.sample.name))
        return grade(sitting, *how)

    monkeypatch.setattr(running, "grade", watched)
    checkpoints = [folder / "cen.safetensors", folder / "nddr-cnn.safetensors"]
    steps: list[int] = []
    run_exam(
        checkpoints,
        folder / "exam",
        folder / "exam.json",
        lambda length: counted(steps),
        device="cpu",
        explaining=Explaining(steps=1),
    )
    assert graded == [("cen", "001"), ("nddr-cnn", "001")]
    assert (folder / "exam.json").read_bytes() == before
    assert sum(steps) == 4


def test_what_was_graded_elsewhere_is_graded_again_and_never_in_tf32(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded, grade, elsewhere = [], running.grade, {"device": "cpu", "precision": "float32", "torch": "0"}

    def watched(sitting: Any, *how: Any) -> dict[str, Any]:
        graded.append((torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32))
        return grade(sitting, *how)

    def sit() -> dict[str, Any]:
        once = folder / "exam", tmp_path / "exam.json", lambda length: counted([])
        return run_exam([folder / "nddr-cnn.safetensors"], *once, limit=1, device="cpu")["networks"][0]["environment"]

    monkeypatch.setattr(running, "grade", watched)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    assert sit()["torch"] == torch.__version__
    sit()
    assert graded == [(False, False)]
    assert torch.backends.cudnn.allow_tf32
    monkeypatch.setattr(running, "environment", lambda model: elsewhere)
    assert sit() == elsewhere
    assert len(graded) == 2


def test_explanations_are_chosen_by_name(folder: Path) -> None:
    exam = ExamFolder(folder / "exam")
    sitting = Sitting(make_model("cen"), exam.read(0))
    found = running.grade(sitting, exam.pair, ("received", "effect of the exchange"))["explanations"]
    assert [(one["explanation"], one["output"]) for one in found] == [
        (name, output) for name in ("received", "effect of the exchange") for output in ("semseg/rgb", "semseg/depth")
    ]
    with pytest.raises(InputError, match="'guess' is no explanation that is graded; expected Shapley value, gradient"):
        Explaining(("guess",))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [("black", "'black' is no pair of baselines"), ("black, red", "'red' is no baseline for depth")],
)
def test_baselines_that_there_are_not(folder: Path, tmp_path: Path, given: str, sentence: str) -> None:
    options = ["--data", str(folder / "exam"), "--out", str(tmp_path / "exam.json"), "--baselines", given]
    found = CliRunner().invoke(app, ["exam", str(folder / "cen.safetensors"), *options])
    assert isinstance(found.exception, InputError)
    assert sentence in str(found.exception)


def test_the_picture_beside_another_is_the_same_in_a_longer_run() -> None:
    assert [running.partner(place, 4) for place in range(4)] == [1, 0, 3, 2]
    assert [running.partner(place, 5) for place in range(5)] == [1, 0, 3, 2, 3]
    assert running.partner(0, 1) == 0


def test_who_cannot_sit_it_is_told(folder: Path, tmp_path: Path) -> None:
    model = make_model("cen-multitask")
    config = model.config
    save_checkpoint(tmp_path / "one.safetensors", model.network, config, {})
    options = ["--data", str(folder), "--out", str(tmp_path / "exam.json")]
    found = CliRunner().invoke(app, ["exam", str(tmp_path / "one.safetensors"), *options])
    assert isinstance(found.exception, DataError)
    twice = [tmp_path / "one.safetensors", tmp_path / "one.safetensors"]
    with pytest.raises(InputError, match="Two checkpoints are called 'one'"):
        run_exam(twice, folder / "exam", tmp_path / "exam.json", lambda length: counted([]))


def test_where_nobody_can_sit_it_there_is_no_result(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "refusal", lambda model: f"{model.name} will not.")
    with pytest.raises(InputError, match="cen will not"):
        run_exam([folder / "cen.safetensors"], folder / "exam", tmp_path / "exam.json", lambda length: counted([]))
    assert not (tmp_path / "exam.json").exists()


def write(path: Path, values: Any) -> Path:
    path.write_text(json.dumps(values))
    return path


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    result = load_result(write(tmp_path / "exam.json", made_result()))
    assert [one.name for one in result.graded] == ["sees", "blind"]
    right = result.networks[0].explanations[0]
    np.testing.assert_array_equal(right.points[:5], [-1, 1, 0, 0, 0])
    assert np.isnan(result.networks[0].outputs["semseg"].pair[0])
    assert result.networks[0].outputs["semseg"].told[:3].tolist() == [True, True, False]


def _broken(name: str) -> Any:
    values = made_result()
    network = values["networks"][0]
    if name == "version":
        values["version"] = 1
    elif name == "kind":
        values["kind"] = "study"
    elif name == "need":
        values["objects"]["need"][0] = 9
    elif name == "picture":
        values["objects"]["picture"][0] = -1
    elif name == "points":
        network["explanations"][0]["points"].pop()
    elif name == "output":
        network["explanations"][0]["output"] = "depth"
    elif name == "right":
        network["outputs"]["semseg"]["right"].pop()
    elif name == "refused":
        network["refused"] = "no"
    elif name == "pair":
        values["about"]["pair"] = [18, 40]
    return [] if name == "list" else values


@pytest.mark.parametrize(
    "name", ["version", "kind", "need", "picture", "points", "output", "right", "refused", "pair", "list"]
)
def test_what_is_no_result_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="is no result of an exam"):
        load_result(write(tmp_path / "exam.json", _broken(name)))


def test_a_missing_and_a_huge_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="There is no file"):
        load_result(tmp_path / "exam.json")
    monkeypatch.setattr("vizlab.study.exam.result.MOST_BYTES", 10)
    with pytest.raises(DataError, match="at most 0 are read"):
        load_result(write(tmp_path / "exam.json", made_result()))
