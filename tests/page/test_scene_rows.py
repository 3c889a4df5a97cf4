"""The numbers of the table of scenes, from their definitions."""

import csv
import io
import math

import pytest

from tests.page.made_scenes import EXPECTED, SHARES, TRUTH, made_analysis, made_trace
from vizlab.measures.reference import Reference
from vizlab.measures.stage_shares import stage_shares
from vizlab.page.kit.analysis import Request
from vizlab.page.scene_rows import Column, SceneRows, SceneTable, in_scene, merged, network_scores, scene_row


def test_a_stage_s_share_is_the_mean_over_its_sites_and_targets() -> None:
    found = stage_shares(made_trace())
    assert list(found) == list(SHARES)
    for stage, (mean, defined, pairs) in SHARES.items():
        assert found[stage].mean == pytest.approx(mean, nan_ok=True, abs=1e-6)
        assert (found[stage].defined, found[stage].pairs) == (defined, pairs)
        assert found[stage].left_out == pairs - defined


@pytest.mark.parametrize("key", list(EXPECTED))
def test_scores_by_hand(key: str) -> None:
    assert getattr(network_scores(made_trace(), TRUTH), key) == pytest.approx(EXPECTED[key], rel=1e-5)


def test_what_is_not_predicted_or_not_known_is_undefined() -> None:
    scores = network_scores(made_trace(tasks=("semseg",)), TRUTH)
    assert scores.accuracy == pytest.approx(5 / 7)
    assert all(math.isnan(v) for v in (scores.rmse, scores.aligned_rmse, scores.angle))
    assert math.isnan(network_scores(made_trace(), Reference(depth=TRUTH.depth)).accuracy)


def table_of(*scenes: str, missing: str = "cellar") -> SceneTable:
    rows = {scene: scene_row(made_analysis(scene)) for scene in scenes}
    return SceneTable({s: s.title() for s in (*scenes, missing)}, {**rows, missing: None})


def test_columns_are_scores_then_stages_then_seconds() -> None:
    columns = table_of("attic").columns
    assert [c.key for c in columns] == [*list(EXPECTED)[:5], "stage1", "scale 0", "seconds"]
    assert [c.better for c in columns] == [1, 1, -1, -1, -1, 0, 0, -1]
    assert [c.unit for c in columns] == ["%", "%", "m", "m", "°", "%", "%", "s"]


def test_stages_of_networks_keep_their_order() -> None:
    assert merged([["s1", "s2", "s4"], ["s2", "s3", "s4"], ["z"]]) == ["s1", "s2", "s3", "s4", "z"]
    assert merged([]) == []


@pytest.mark.parametrize(
    ("decimals", "value", "shown", "written"),
    [
        (None, 0.12345, "12.3", "12.345"),
        (None, -0.0001, "0.0", "-0.01"),
        (3, 0.48349, "0.483", "0.48349"),
        (1, 25.96, "26.0", "25.96"),
        (3, math.nan, "–", ""),
        (None, math.nan, "–", ""),
    ],
)
def test_numbers_are_shown_short_and_written_whole(
    decimals: int | None, value: float, shown: str, written: str
) -> None:
    column = Column("x", "", "x", "", decimals, 0)
    assert (column.shown(value), column.written(value)) == (shown, written)


def test_means_leave_out_what_is_undefined_and_what_was_not_run() -> None:
    half = made_analysis("attic", {"made": made_trace(tasks=("depth",))})
    whole = made_analysis("hall")
    titles = {"attic": "Attic", "hall": "Hall", "cellar": "Cellar"}
    table = SceneTable(titles, {"attic": scene_row(half), "hall": scene_row(whole), "cellar": None})
    ((name, count, means),) = table.means()
    assert (name, count) == ("made", 2)
    assert means["accuracy"] == pytest.approx(5 / 7)
    assert means["rmse"] == pytest.approx(1)
    assert math.isnan(means["scale 0"])
    assert table.missing == ["cellar"]


def test_what_is_left_out_is_said() -> None:
    assert table_of("attic", "hall").left_out() == ["made, stage 1: 1 of 4", "made, scale 0: 2 of 2"]


def test_the_file_holds_every_number_in_its_unit() -> None:
    lines = list(csv.DictReader(io.StringIO(table_of("attic", "hall").csv())))
    assert [(line["scene"], line["network"], line["settings"]) for line in lines] == [
        ("attic", "made", "threshold=0.05"),
        ("hall", "made", "threshold=0.05"),
    ]
    first = lines[0]
    assert float(first["classes pixels right, %"]) == pytest.approx(100 * 5 / 7, rel=1e-5)
    assert float(first["depth RMSE scaled, m"]) == pytest.approx(math.sqrt(2), rel=1e-5)
    assert float(first["cross-stream share stage 1, %"]) == pytest.approx(10, rel=1e-4)
    assert first["cross-stream share scale 0, %"] == ""


def test_rows_outlive_their_analyses() -> None:
    rows, analysis = SceneRows(), made_analysis("attic")
    assert rows.get(analysis.key) is None
    row = rows.of(analysis)
    assert rows.get("key of attic") is row
    assert rows.of(analysis) is row


def test_a_request_goes_to_a_scene_with_its_settings() -> None:
    asked = Request(colour=None, scene="attic", models=("made",), settings={"threshold": 0.1}, precision="float32")
    there = in_scene(asked, "hall")
    assert (there.scene, there.colour, there.depth) == ("hall", None, None)
    assert (there.models, there.settings, there.precision) == (("made",), {"threshold": 0.1}, "float32")
    assert in_scene(there, "attic") == asked
