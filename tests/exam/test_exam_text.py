"""What an exam comes to, and what is said of it: of a result whose numbers are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.exam.made_exam import FIRST, PICTURES, SECOND, made_result
from vizlab.cli import app
from vizlab.scenes.exam.needs import BOTH, DEPTH, EITHER, NONE, NOT_ASKED, RGB
from vizlab.study.exam import prose
from vizlab.study.exam.figures import accuracy_figure, explanation_figure
from vizlab.study.exam.needs import DEPTH_TURNED, RGB_TURNED
from vizlab.study.exam.result import ExamResult, result_of
from vizlab.study.exam.summaries import ALL, CONTROLS, RIGHT, accuracies, pointings, present
from vizlab.study.exam.tables import explanation_rows, object_rows
from vizlab.study.exam.text import exam_text

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def result() -> ExamResult:
    return result_of(made_result())


def changed(change: Callable[[dict[str, Any]], None]) -> ExamResult:
    values = made_result()
    change(values)
    return result_of(values)


def test_accuracies(result: ExamResult) -> None:
    sees, blind = accuracies(result)
    assert (sees.network, sees.output, sees.answer, blind.network) == ("sees", "semseg", True, "blind")
    pixels = {need: float(one.value) for need, one in sees.pixels.items()}
    assert np.isnan(pixels.pop(NONE))  # there are no such pixels
    assert pixels == {NOT_ASKED: 0.5, RGB: 1, DEPTH: 1, BOTH: 0.25, EITHER: 1}
    objects = {kind: float(one.value) for kind, one in sees.objects.items() if kind in present(result)}
    assert objects == {RGB: 1, DEPTH: 1, BOTH: 0, EITHER: 1}
    assert all(np.isnan(sees.objects[kind].value) for kind in (NONE, RGB_TURNED, DEPTH_TURNED))
    assert float(sees.pair.value) == 0.5


def test_one_answer_for_all_slabs_is_right_in_half_however_many_there_are_of_each_class() -> None:
    """Twelve slabs of the first class and four of the second; the answer is always the first."""

    def first_for_all(values: dict[str, Any]) -> None:
        marks, objects = values["networks"][0]["outputs"]["semseg"], values["objects"]
        there = zip(objects["class"], objects["picture"], strict=True)
        marks["pair"] = [
            0.9 if index == FIRST else 0.1 if index == SECOND and place < 4 else None for index, place in there
        ]

    assert float(accuracies(changed(first_for_all))[0].pair.value) == 0.5


def test_smallness_alone_is_a_way_to_tell_as_well() -> None:
    def small(values: dict[str, Any]) -> None:
        objects = values["objects"]
        objects["pixels"] = [50 if need == 2 else 200 for need in objects["need"]]

    text = exam_text(changed(small), "exam")
    reached = "the size of the object alone reaches 1.00 [1.00, 1.00], whichever way it points; 0 of 3 are"
    assert text.count(reached) == 2  # above rgb, and above either
    assert "alone reaches" not in text.partition("**sees, objects named rightly.**")[2]


def test_a_pair_that_is_even_counts_half() -> None:
    def even(values: dict[str, Any]) -> None:
        marks = values["networks"][0]["outputs"]["semseg"]
        marks["pair"] = [None if one is None else 0.5 for one in marks["pair"]]

    assert float(accuracies(changed(even))[0].pair.value) == 0.5


def test_how_explanations_point(result: ExamResult) -> None:
    right, wrong, flat, *controls = pointings(result)
    assert [one.title for one in (right, wrong, flat)] == ["right", "wrong", "flat"]
    assert [one.title for one in controls] == [f"control: {name}" for name in CONTROLS]
    assert {one.network for one in pointings(result)} == {"sees"}
    found = right.graded[ALL]
    assert found.counts == {RGB: PICTURES, DEPTH: PICTURES, BOTH: 2 * PICTURES, EITHER: PICTURES}
    assert [float(x.value) for x in (found.modality, found.camouflage, found.rho)] == pytest.approx([1, 1, 1])
    assert found.both is not None
    assert float(found.both.value) == 1
    turned = wrong.graded[ALL]
    assert [float(x.value) for x in (turned.modality, turned.camouflage, turned.rho)] == pytest.approx([0, 0, -1])
    assert turned.both is None
    assert float(flat.graded[ALL].modality.value) == float(controls[0].graded[ALL].modality.value) == 0.5
    assert np.isnan(flat.graded[ALL].rho.value)


def test_named_rightly_are_those_of_the_output(result: ExamResult) -> None:
    found = pointings(result)[0].graded[RIGHT]
    assert found.counts == {RGB: PICTURES, DEPTH: PICTURES, BOTH: 0, EITHER: PICTURES}
    assert float(found.modality.value) == 1
    assert found.both is not None
    assert np.isnan(found.both.value)


def test_each_output_has_its_own_marks() -> None:
    """A stream names colour's objects alone, its network's answer all but slabs; another network names none."""

    def more(values: dict[str, Any]) -> None:
        sees, blind, _ = values["networks"]
        needs = values["objects"]["need"]
        answer = sees["outputs"]["semseg"]
        sees["outputs"]["semseg/rgb"] = {**answer, "objects": [0.75 if need == 1 else 0.25 for need in needs]}
        blind["outputs"] = {"semseg": {**answer, "objects": [0.4] * len(needs), "right": [[0] * 6] * PICTURES}}
        sees["explanations"][0] = {**sees["explanations"][0], "output": "semseg/rgb"}

    result = changed(more)
    answer, stream, blind = accuracies(result)
    assert [float(one.objects[DEPTH].value) for one in (answer, stream, blind)] == [1, 0, 0]
    assert [float(one.objects[RGB].value) for one in (answer, stream, blind)] == [1, 1, 0]
    assert [float(one.pixels[RGB].value) for one in (answer, blind)] == [1, 0]
    of_stream, of_answer = pointings(result)[:2]
    assert of_stream.graded[RIGHT].counts == {RGB: PICTURES, DEPTH: 0, BOTH: 0, EITHER: 0}
    assert of_answer.graded[RIGHT].counts[DEPTH] == PICTURES


def test_every_kind_has_its_place_in_the_ranks() -> None:
    """Ranks by hand: each picture has rgb -1, two slabs and one of either at 0, depth 1, and scores that differ."""

    def scored(values: dict[str, Any]) -> None:
        by_need = {1: -0.5, 2: 0.5, 3: 0.9, 4: -0.9}
        together = {1: 0.1, 2: 0.8, 3: 0.5, 4: 0.9}
        one = values["networks"][0]["explanations"][0]
        one["points"] = [by_need[need] for need in values["objects"]["need"]]
        one["interaction"] = [together[need] for need in values["objects"]["need"]]

    found = pointings(changed(scored))[0].graded[ALL]
    # Of each picture's five: scores either < rgb < depth < slabs (tied); truth rgb < either, slabs (tied) < depth.
    scores, truth = np.array([2.0, 3.0, 4.5, 1.0, 4.5]), np.array([1.0, 5.0, 3.0, 3.0, 3.0])
    assert float(found.rho.value) == pytest.approx(np.corrcoef(scores, truth)[0, 1])
    assert found.both is not None
    assert float(found.both.value) == pytest.approx(1 / 3)  # above rgb alone, of rgb, depth and either


def test_what_nobody_can_tell_has_no_place_in_ranks() -> None:
    """Objects of need `none` change no figure, whatever is said of them."""

    def faulty(values: dict[str, Any]) -> None:
        values["objects"]["need"] = [5 if need == 4 else need for need in values["objects"]["need"]]
        points = values["networks"][0]["explanations"][0]["points"]
        values["networks"][0]["explanations"][0]["points"] = [
            9.0 if need == 5 else one for one, need in zip(points, values["objects"]["need"], strict=True)
        ]

    found = pointings(changed(faulty))[0].graded[ALL]
    assert float(found.rho.value) == pytest.approx(1)
    assert float(found.modality.value) == 1
    assert np.isnan(found.camouflage.value)
    assert found.both is not None
    assert float(found.both.value) == 1


def test_what_a_fault_turned_is_counted_apart() -> None:
    """Three pieces of furniture need depth since colour is broken, two need colour; one of these is named rightly.

    Nothing is ranked that needs what it was not built to need, whatever is said of it.
    """

    def faulty(values: dict[str, Any]) -> None:
        objects, network = values["objects"], values["networks"][0]
        furniture = [place for place, need in enumerate(objects["need"]) if need == 4]
        for place, need in zip(furniture, (2, 2, 2, 1, 1), strict=False):
            objects["need"][place] = need
            network["explanations"][0]["points"][place] = 9.0 if need == 1 else -9.0
        network["outputs"]["semseg"]["objects"][furniture[4]] = 0.2

    result = changed(faulty)
    assert present(result) == (RGB, DEPTH, BOTH, EITHER, RGB_TURNED, DEPTH_TURNED)
    (sees, _) = accuracies(result)
    assert [float(sees.objects[kind].value) for kind in present(result)] == [1, 1, 0, 1, 0.5, 1]
    head, rows = object_rows(result)
    assert head[2:8] == (
        "rgb (12)", "depth (12)", "both (24)", "either (7)", "rgb, by a fault (2)", "depth, by a fault (3)",
    )  # fmt: skip
    assert rows[0][6].startswith("50.0 [")
    found = pointings(result)[0].graded[ALL]
    assert found.counts == {RGB: PICTURES, DEPTH: PICTURES, BOTH: 2 * PICTURES, EITHER: PICTURES - 5}
    assert [float(x.value) for x in (found.modality, found.camouflage, found.rho)] == pytest.approx([1, 1, 1])
    assert "| depth, by a fault | furniture of either kind whose colour is lost to a fault | 3 |" in exam_text(
        result, "x"
    )


def test_controls_are_closed_forms() -> None:
    """What needs depth lies low, what needs colour high and far from the centre; elsewhere it is the same there."""

    def laid_out(values: dict[str, Any]) -> None:
        objects = values["objects"]
        rows = {1: 0.1, 2: 0.7, 3: 0.5, 4: 0.5}
        objects["row"] = [rows[need] for need in objects["need"]]
        objects["column"] = [0.5 + (need == 1) * 0.3 for need in objects["need"]]
        objects["place"] = [{1: -0.5, 2: 0.9, 3: 0.0, 4: 0.0}[need] for need in objects["need"]]

    result = changed(laid_out)
    by_name = {one.title: one.graded[ALL] for one in pointings(result)}
    assert float(by_name["control: height in the picture"].modality.value) == 0
    assert float(by_name["control: distance to the centre"].modality.value) == 0
    assert float(by_name["control: distance to the centre"].camouflage.value) == 1
    assert float(by_name["control: need at its place elsewhere"].rho.value) == pytest.approx(1)
    assert "the height in the picture alone reaches 1.00 [1.00, 1.00]" in exam_text(result, "x")


def test_the_text_says_which_explanations_there_are() -> None:
    text = exam_text(result_of(made_result()), "exam")
    assert "*Shapley value*" in text
    assert "*Integrated gradients*" not in text
    assert "Not graded here: gradient x input, integrated gradients, effect of the exchange." in text
    assert "Gradients are taken" not in text

    def with_gradients(values: dict[str, Any]) -> None:
        values["about"]["explanations"].append("integrated gradients")
        values["about"]["baselines"].append(["black", "unknown"])

    text = exam_text(changed(with_gradients), "exam")
    assert (
        "against every pixel in the picture's mean colour and a plane at the picture's median depth; black and all"
        in text
    )
    assert "with 8 steps." in text


def test_an_object_without_a_score_is_not_counted() -> None:
    def unknown(values: dict[str, Any]) -> None:
        values["networks"][0]["explanations"][0]["points"][0] = None

    assert pointings(changed(unknown))[0].graded[ALL].counts[RGB] == PICTURES - 1


def test_tables(result: ExamResult) -> None:
    head, rows = object_rows(result)
    assert head[2] == f"rgb ({PICTURES})"
    assert rows[0][:3] == ("sees", "semseg", "100.0 [100.0, 100.0]")
    assert rows[0][2:6] == ("100.0 [100.0, 100.0]", "100.0 [100.0, 100.0]", "0.0 [0.0, 0.0]", "100.0 [100.0, 100.0]")
    head, rows = explanation_rows(result)
    assert head[0] == "explanation"
    assert rows[0][:4] == ("right", "semseg", str(5 * PICTURES), "1.00 [1.00, 1.00]")
    assert rows[1][-1] == "–"


def test_the_text_says_what_the_numbers_say(result: ExamResult) -> None:
    text = exam_text(result, "exam")
    assert (
        "Depth above rgb: 1 of 3 above chance, 1 below it; the highest is right of semseg, 1.00 [1.00, 1.00]." in text
    )
    assert "alone reaches 0.50 [0.50, 0.50], whichever way it points; 1 of 3 are above that." in text
    assert "apart no more and no less often than chance would, as far as can be told (50 [" in text
    assert "**sees, objects named rightly.** Depth above rgb: 1 of 3 above chance" in text
    assert "for want of 10 objects of each kind, of: by interaction, both above the rest." in text
    assert "rgb 100 [100, 100] %, depth 100 [100, 100] %, both 0 [0, 0] %" in text
    assert "- other predicts depth." in text
    assert "- blind takes rgb." in text
    assert "| rgb | flat things" in text
    assert "60 objects are asked about, of 63 in the scenes" in text
    assert "12 pictures, rendered with seed 3; in 2 of them a sensor has a fault." in text


def test_what_is_no_better_than_chance_is_called_so() -> None:
    def flat_alone(values: dict[str, Any]) -> None:
        values["networks"][0]["explanations"] = values["networks"][0]["explanations"][1:]

    text = exam_text(changed(flat_alone), "exam")
    assert (
        "0 of 2 above chance, 1 below it; the highest is flat of semseg, 0.50 [0.50, 0.50], which is not above" in text
    )
    assert "interaction, both" not in text


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.9, "apart more often than chance would"), (0.1, "apart less often than chance would")],
)
def test_slabs_in_words(share: float, words: str) -> None:
    def told(values: dict[str, Any]) -> None:
        marks = values["networks"][0]["outputs"]["semseg"]
        marks["pair"] = [None if one is None else share for one in marks["pair"]]

    assert words in exam_text(changed(told), "exam")


def test_rows_of_few_objects_are_told() -> None:
    def few(values: dict[str, Any]) -> None:
        marks = values["networks"][0]["outputs"]["semseg"]
        needs = values["objects"]["need"]
        marks["objects"] = [0.2 if need == 2 else one for one, need in zip(marks["objects"], needs, strict=True)]

    assert "In 3 of 3 rows of the second table there are fewer than 10 objects" in exam_text(changed(few), "exam")
    assert "rows of the second table" not in exam_text(result_of(made_result()), "exam")


def test_of_few_objects_nothing_is_said() -> None:
    """Nine of each kind, which a perfect explanation orders without a fault."""

    def few(values: dict[str, Any]) -> None:
        needs = values["objects"]["need"]
        late = [place >= 9 for place in values["objects"]["picture"]]
        values["objects"]["need"] = [5 if gone else need for need, gone in zip(needs, late, strict=True)]
        marks = values["networks"][0]["outputs"]["semseg"]
        marks["pair"] = [None if gone else one for one, gone in zip(marks["pair"], late, strict=True)]

    text = exam_text(changed(few), "exam")
    silent = "**sees, all objects.** Nothing is said, for want of 10 objects of each kind, of: depth above rgb; depth"
    assert silent in text
    assert "above chance" not in text

    def fewer_slabs(values: dict[str, Any]) -> None:
        values["objects"]["need"] = [5 if need == 3 else need for need in values["objects"]["need"]]

    assert "There are 0 slabs, too few to say" in exam_text(changed(fewer_slabs), "exam")


def test_without_explanations_there_are_none_in_the_text() -> None:
    def none(values: dict[str, Any]) -> None:
        values["networks"] = values["networks"][1:]

    text = exam_text(changed(none), "exam")
    assert "explanations.png" not in text
    assert "blind takes rgb." in text


@pytest.mark.parametrize("word", ["best", "highest", "better", "points to the right"])
def test_what_stands_fixed_says_nothing_that_was_found(word: str) -> None:
    texts = {name: str(text) for name, text in vars(prose).items() if name.isupper()}
    assert not [name for name, text in texts.items() if word in text]


def test_figures(result: ExamResult) -> None:
    axes = accuracy_figure(result).axes[0]
    assert [line.get_text() for line in axes.get_xticklabels()] == ["rgb", "depth", "both", "either"]
    points = axes.containers[0][0].get_ydata()
    np.testing.assert_allclose(points[:4], [100, 100, 0, 100])
    left, right = explanation_figure(result).axes
    assert len(left.containers) == 2 * (3 + len(CONTROLS) - 1)  # nothing is known of places
    assert [float(one[0].get_xdata()[0]) for one in left.containers[::2]] == [1, 0, *[0.5] * 4]
    assert len(right.containers) == len(left.containers)


@pytest.mark.skipif(not (DOCS / "exam.json").is_file(), reason="the project has not sat its exam yet")
def test_the_text_of_the_exam_is_made_from_its_file(tmp_path: Path) -> None:
    """Byte by byte, with its figures beside it."""
    done = CliRunner().invoke(app, ["exam-report", str(DOCS / "exam.json"), "--out", str(tmp_path / "exam.md")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "exam.md").read_bytes() == (DOCS / "exam.md").read_bytes()
    drawn = {path.name for path in (tmp_path / "exam").iterdir()}
    assert drawn == {path.name for path in (DOCS / "exam").glob("*.png")}
