"""Tables by their cells."""

from dataclasses import replace

from tests.evaluation.result_examples import APART, CEN, COST, MULTI, SINGLES, result, semseg
from vizlab.core.registry import known_control, methods
from vizlab.study.evaluation.curve import Curve, CurvePoint
from vizlab.study.evaluation.table import (
    cost_sentences,
    curve_table,
    even_sentences,
    gain_sentences,
    markdown,
    rows_of,
    table,
)


def test_a_row_per_output_worth_a_row() -> None:
    assert [row.name for row in rows_of(CEN)] == ["fusing, ensemble", "fusing, rgb", "fusing, depth"]
    assert [row.name for row in rows_of(MULTI)] == ["multi"]


def test_columns_without_a_value_are_left_out_and_cost_stands_once() -> None:
    shown = table(rows_of(CEN))
    assert shown.headers == (
        "network", "semseg mIoU %", "mean acc. %", "pixel acc. %", "params M", "GFLOPs", "CPU ms",
    )  # fmt: skip
    assert shown.rows[0] == ("fusing, ensemble", "30.0", "40.0", "60.0", "2.30", "5.60", "41")
    assert shown.rows[1] == ("fusing, rgb", "27.0", "37.0", "57.0", "", "", "")


def test_all_tasks_stand_in_one_row_with_the_gain_where_the_baselines_are_known() -> None:
    shown = table([row for r in (MULTI, *SINGLES) for row in rows_of(r, SINGLES)])
    multi = dict(zip(shown.headers, shown.rows[0], strict=True))
    assert multi["depth RMSE m"] == "0.800"
    assert multi["derived normals mean °"] == "30.0"
    assert {"median °", "<11.25° %", "<22.5° %", "<30° %"} <= set(multi)
    assert multi["multi-task gain %"] == "+17.7"
    assert "multi-task gain %" not in table(rows_of(MULTI)).headers


def test_markdown_is_aligned() -> None:
    lines = markdown(table(rows_of(CEN))).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[1].startswith("| ---")
    assert lines[1].count("-: |") == 6


def test_gains_are_said_in_sentences() -> None:
    fused = "gain over late fusion without exchange: +50.0 % (semseg mIoU 30.0 against 20.0, both, late fusion)"
    assert fused in gain_sentences(CEN, APART)
    (multi,) = gain_sentences(MULTI, SINGLES)
    assert multi.endswith(
        "(semseg mIoU 27.0 against 25.0, semseg-rgb; depth RMSE 0.800 against 1.000, depth-rgb; "
        "normals mean angle 30.0 against 40.0, normals-rgb)"
    )


def test_a_baseline_trained_longer_is_named_as_such() -> None:
    (sentence,) = gain_sentences(replace(CEN, epochs=24), [replace(APART[1], epochs=30)])
    assert sentence.endswith("(semseg mIoU 30.0 against 24.0, semseg-depth, trained for 30 epochs instead of 24)")
    assert "epochs" not in gain_sentences(CEN, [replace(APART[1], epochs=30)])[0]


def test_close_figures_are_called_even() -> None:
    close = result("semseg-rgb", {"semseg": semseg(29.2)})
    (sentence,) = gain_sentences(CEN, [close])
    assert "(semseg mIoU 30.0 against 29.2, even, semseg-rgb)" in sentence
    assert "0.02 m of RMSE" in even_sentences([sentence])[0]
    assert even_sentences([]) == []


def test_cost_says_how_it_was_counted() -> None:
    flops, time = cost_sentences([None, COST, COST])
    assert "a multiply-add counted as two operations" in flops
    assert "240x320" in flops
    assert "some CPU, 2 threads, float32; it varies with the machine" in time
    assert cost_sentences([None]) == []


def test_the_curve_marks_the_threshold_that_ships() -> None:
    outputs = {"semseg/rgb": semseg(20.0), "semseg/ensemble": semseg(25.0)}
    curve = Curve(known_control("threshold"), (CurvePoint(0.02, 0.246, outputs), CurvePoint(None, 0.0, outputs)))
    shown = curve_table(curve, own=0.02)
    assert shown.headers == ("threshold", "exchanged %", "semseg/rgb mIoU", "semseg/ensemble mIoU")
    assert shown.rows == (
        ("0.02 (as it ships)", "24.6", "20.0", "25.0"), ("exchange off", "0.0", "20.0", "25.0"),
    )  # fmt: skip


def test_published_figures_are_those_of_the_papers() -> None:
    """CEN: NeurIPS 2020, NYUv2, single scale; MTI-Net: ECCV 2020."""
    by_name = {(p.name, p.setting): p.figures for m in methods().values() for p in m.literature}
    assert by_name["CEN, ResNet-101", "ensemble, single scale"]["semseg"]["mIoU"] == 51.1
    assert by_name["CEN, ResNet-152", "ensemble, single scale"]["semseg"]["mIoU"] == 51.6
    assert by_name["MTI-Net, HRNet-18", "semseg and depth"]["depth"]["RMSE"] == 0.620
    assert {"cen", "nddr-cnn", "mti-net"} <= {m.family for m in methods().values() if m.literature}
    assert all(p.source for m in methods().values() for p in m.literature)
