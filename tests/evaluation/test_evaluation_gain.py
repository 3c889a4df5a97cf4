"""Gains against closed forms, and what is compared with what."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.evaluation.result_examples import APART, CEN, MULTI, SINGLES, normals, result, semseg
from vizlab.errors import DataError, InputError
from vizlab.study.evaluation.baselines import read_baselines, write_baseline
from vizlab.study.evaluation.gain import Change, Comparison, changes_by_task, comparisons
from vizlab.study.evaluation.results import ByOutput, Result


def gain(figures: ByOutput, baselines: ByOutput) -> float:
    return Comparison("", (), changes_by_task(figures, baselines)).gain


def test_the_multi_task_gain_is_the_mean_of_signed_relative_changes() -> None:
    """+8 % mIoU, -20 % RMSE and -25 % angle: all three are better."""
    baselines = {"semseg": semseg(25.0), "depth": {"RMSE": 1.0}, "normals": normals(40.0)}
    assert gain(MULTI.by_task, baselines) == pytest.approx((8 + 20 + 25) / 3)
    worse = {"depth": {"RMSE": 1.1}}
    assert gain(worse, {"depth": {"RMSE": 1.0}}) == pytest.approx(-10)


@pytest.mark.parametrize(
    ("task", "ours", "theirs", "even"),
    [
        ("semseg", 30.0, 29.1, True),
        ("semseg", 29.0, 30.1, False),
        ("depth", 0.70, 0.719, True),
        ("depth", 0.73, 0.70, False),
        ("normals", 24.0, 24.9, True),
        ("normals", 24.0, 25.1, False),
    ],
)
def test_figures_within_a_point_two_centimetres_or_a_degree_are_even(
    task: str, ours: float, theirs: float, even: bool
) -> None:
    assert Change(task, ours, theirs).even is even


@pytest.mark.parametrize("baselines", [{}, {"semseg": semseg(1.0)}, {"edge": {"F": 1.0}}])
def test_a_gain_needs_the_same_tasks_on_both_sides(baselines: dict[str, dict[str, float]]) -> None:
    with pytest.raises(InputError, match="same tasks"):
        gain({"depth": {"RMSE": 1.0}}, baselines)


def test_several_tasks_are_compared_once_every_task_has_its_baseline() -> None:
    (found,) = comparisons(MULTI, SINGLES)
    assert found.gain == pytest.approx((8 + 20 + 25) / 3)
    assert [r.name for r in found.against] == ["semseg-rgb", "depth-rgb", "normals-rgb"]
    assert comparisons(MULTI, SINGLES[:2]) == ()


def test_several_tasks_of_several_inputs_are_compared_with_one_input_alone_too() -> None:
    figures = {"semseg/ensemble": semseg(30.0), "semseg/rgb": semseg(1.0), "normals/ensemble": normals(20.0)}
    (found,) = comparisons(result("both", figures, ("rgb", "depth")), [*SINGLES, *APART])
    assert found.title == "gain over single-task networks of rgb alone"
    assert found.gain == pytest.approx((20 + 50) / 2)


def test_a_fusing_network_is_compared_by_its_ensemble() -> None:
    gains = {c.title: c.gain for c in comparisons(CEN, [*APART, *SINGLES, CEN])}
    assert gains == {
        "gain over rgb alone": pytest.approx(20),
        "gain over depth alone": pytest.approx(25),
        "gain over late fusion without exchange": pytest.approx(50),
    }


def test_what_was_not_scored_is_not_compared() -> None:
    """Pictures without labels give no figure for semseg."""
    without = replace(MULTI, outputs={k: v for k, v in MULTI.outputs.items() if k != "semseg"})
    assert comparisons(without, SINGLES) == ()
    assert comparisons(replace(CEN, outputs={}), APART) == ()
    assert comparisons(CEN, [replace(one, outputs={}) for one in APART]) == ()


def test_a_baseline_of_zero_allows_no_comparison() -> None:
    nothing = result("semseg-rgb", {"semseg": semseg(0.0)})
    assert math.isnan(gain(CEN.by_task, nothing.by_task))
    assert comparisons(CEN, [nothing]) == ()


@pytest.mark.parametrize(
    "change",
    [{"data": "rooms"}, {"pictures": 20}, {"split": "train"}, {"architecture": "cen-resnet50"}, {"start": "0" * 16}],
)
def test_only_the_same_pictures_backbone_and_start_are_compared(change: dict[str, object]) -> None:
    others = [replace(single, **change) for single in SINGLES]  # type: ignore[arg-type]
    assert comparisons(replace(MULTI, data="NYUv2", start="1" * 16), others) == ()


def test_starts_that_are_unknown_or_the_same_are_no_hindrance() -> None:
    for theirs in ("", "1" * 16):
        (found,) = comparisons(replace(MULTI, start="1" * 16), [replace(single, start=theirs) for single in SINGLES])
        assert [other.start for other in found.against] == [theirs] * 3
    (found,) = comparisons(MULTI, [replace(single, start="1" * 16) for single in SINGLES])
    assert len(found.against) == 3


def test_pictures_of_unknown_source_may_be_the_same() -> None:
    (found,) = comparisons(MULTI, [replace(single, data="NYUv2") for single in SINGLES])
    assert [other.data for other in found.against] == ["NYUv2"] * 3


def test_depth_and_normals_are_compared_in_the_same_part_of_the_pictures_only() -> None:
    inside = replace(MULTI, measured="the middle")
    assert comparisons(inside, SINGLES) == ()
    semseg, *others = SINGLES
    (found,) = comparisons(inside, [semseg, *(replace(other, measured="the middle") for other in others)])
    assert found.title == "multi-task gain over single-task networks"


def test_a_network_of_one_task_and_one_input_is_compared_with_nothing() -> None:
    assert comparisons(SINGLES[0], [*SINGLES, *APART, CEN, MULTI]) == ()


def test_what_was_just_measured_comes_before_what_a_file_remembers() -> None:
    new = result("semseg-rgb", {"semseg": semseg(30.0)})
    assert comparisons(CEN, [new, *APART])[0].gain == pytest.approx(0)


def test_what_was_trained_as_long_is_compared_first() -> None:
    longer = replace(SINGLES[0], name="longer", epochs=30)
    equal = replace(SINGLES[0], name="equal", epochs=24)
    (found,) = comparisons(replace(MULTI, epochs=24), [longer, *SINGLES[1:], equal])
    assert [other.name for other in found.against] == ["equal", "depth-rgb", "normals-rgb"]
    (found,) = comparisons(replace(CEN, epochs=30), [equal, longer])
    assert [other.name for other in found.against] == ["longer"]
    (found,) = comparisons(replace(MULTI, epochs=24), [longer, *SINGLES[1:]])
    assert found.against[0].name == "longer", "none was trained as long"


def test_baselines_are_kept_by_name(tmp_path: Path) -> None:
    file = tmp_path / "baselines.json"
    assert read_baselines(file) == ()
    for one in (*APART, MULTI, result("semseg-rgb", {"semseg": semseg(26.0)})):
        write_baseline(file, one)
    kept = {one.name: one for one in read_baselines(file)}
    assert list(kept) == ["multi", "semseg-depth", "semseg-rgb", "both, late fusion"]
    assert kept["semseg-rgb"].outputs["semseg"]["mIoU"] == 26
    assert kept["multi"] == MULTI
    assert isinstance(kept["multi"], Result)


@pytest.mark.parametrize("text", ["{", "[1]", '[{"name": "x"}]', '{"a": 1}'])
def test_a_broken_file_of_baselines_gets_a_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "baselines.json"
    file.write_text(text)
    with pytest.raises(DataError, match="holds no baselines"):
        read_baselines(file)
