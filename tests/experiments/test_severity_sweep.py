"""The sweep: each cell is what one traced forward of one broken picture says, and nothing else."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import make_model
from vizlab.core.model import Model
from vizlab.core.tracer import trace
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.corruptions import (
    CORRUPTIONS,
    Corruption,
    SeveritySweep,
    corrupted,
    missing_modalities,
    severity_sweep,
)
from vizlab.measures.metrics import semseg_score
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage

NAMES = ("depth-noise", "rgb-dark", "depth-unit")


@pytest.fixture(scope="module")
def truth(small_rgbd: RGBDImage) -> Reference:
    label = np.zeros(small_rgbd.size, np.uint8)
    label[45:] = 1
    label[:3] = 255
    return Reference(label=label, notes={"semseg": "drawn"})


@pytest.fixture(scope="module")
def sweep(cen_model: Model, small_rgbd: RGBDImage, truth: Reference) -> SeveritySweep:
    return severity_sweep(cen_model, small_rgbd, NAMES, truth=truth, severities=(1, 4), seed=5)


def test_every_cell_is_the_trace_of_that_picture(
    sweep: SeveritySweep, cen_model: Model, small_rgbd: RGBDImage, truth: Reference
) -> None:
    clean = trace(cen_model, small_rgbd)
    before = {(name, t): s.cross_share[i] for name, s in clean.sites.items() for i, t in enumerate(s.site.targets)}
    assert sweep.pairs == tuple(before)
    for name in NAMES:
        for row, severity in enumerate((1, 4)):
            found = trace(cen_model, corrupted(small_rgbd, name, severity, 5))
            label, said = found.predictions["semseg"].label, found.predictions["semseg"].confidence  # type: ignore[union-attr]
            assert sweep.score(name, "semseg.miou")[row] == semseg_score(label, truth.label).miou  # type: ignore[arg-type]
            assert sweep.confidence(name)[row] == pytest.approx(float(said.mean()))
            assert sweep.moved(name, "semseg.flipped")[row] == (label != clean.predictions["semseg"].label).mean()  # type: ignore[union-attr]
            after = np.array([found.sites[s].cross_share[found.sites[s].site.targets.index(t)] for s, t in sweep.pairs])
            np.testing.assert_array_equal(sweep.share(name)[row], after)
            np.testing.assert_allclose(sweep.response(name)[row], after - np.array(list(before.values())), atol=1e-7)
    assert sweep.against == {"semseg": "drawn"}
    assert np.abs(sweep.response("depth-unit")).max() > 0.001


def test_nothing_broken_moves_nothing(cen_model: Model, small_rgbd: RGBDImage) -> None:
    """A factor of one and no noise: the same numbers to the bit."""
    idle = tuple(
        replace(CORRUPTIONS[name], levels=({key: value},) * 5)
        for name, key, value in (("depth-near", "factor", 1.0), ("rgb-grey", "lost", 0.0))
    )
    sweep = severity_sweep(cen_model, small_rgbd, idle, severities=(3,))
    for one in idle:
        assert (sweep.response(one.name) == 0).all()
        assert sweep.moved(one.name, "semseg.flipped") == [0]
        assert sweep.confidence(one.name) == [sweep.clean.confidence]


def test_a_corruption_without_degrees_runs_once(cen_model: Model, small_rgbd: RGBDImage) -> None:
    told: list[tuple[float, str]] = []
    sweep = severity_sweep(cen_model, small_rgbd, ["depth-unit", "rgb-dark"], step=lambda *said: told.append(said))
    assert len(told) == 1 + 5
    assert [done for done, _ in told] == pytest.approx([i / 6 for i in range(6)])
    assert told[0][1] == "wrong unit"
    assert told[-1][1] == "dark, severity 5"
    assert len(np.unique(sweep.share("depth-unit"), axis=0)) == 1
    assert len(np.unique(sweep.share("rgb-dark"), axis=0)) == 5


def test_a_sweep_can_be_given_up(cen_model: Model, small_rgbd: RGBDImage) -> None:
    def step(done: float, what: str) -> None:
        if done > 0.3:
            raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        severity_sweep(cen_model, small_rgbd, NAMES, step=step)
    assert not cen_model.lock.locked()


def test_a_picture_that_cannot_be_broken_so_is_a_gap(cen_model: Model) -> None:
    dark = RGBDImage(np.zeros((60, 80, 3), np.uint8), np.full((60, 80), 2.0, np.float32))
    sweep = severity_sweep(cen_model, dark, ["depth-holes", "depth-noise"], severities=(1, 2))
    assert np.isnan(sweep.confidence("depth-holes")).all()
    assert np.isnan(sweep.response("depth-holes")).all()
    assert "leaves no known depth" in sweep.refused["depth-holes", 2]
    assert np.isfinite(sweep.response("depth-noise")).any()
    assert [row.get("refused", "") != "" for row in sweep.rows()] == [False, True, True, False, False]


@pytest.mark.parametrize("family", ["cen-multitask", "nddr-cnn", "mti-net", "cen-multimodal-multitask"])
def test_every_method_can_be_swept(family: str, small_rgbd: RGBDImage) -> None:
    """Metrics of all tasks that have a reference; sites that do not add are left out."""
    model = make_model(family)
    truth = Reference().completed(small_rgbd)
    sweep = severity_sweep(model, small_rgbd, ["rgb-gaussian"], truth=truth, severities=(5,))
    tasks = {task.name for task in model.tasks}
    expected = {"depth": {"depth.rmse", "depth.aligned_rmse"}, "normals": {"normals.angle"}}
    assert set(sweep.metrics) == set().union(*(expected[task] for task in tasks & set(expected)))
    assert {name for name, _ in sweep.pairs} == {site.name for site in model.sites if site.additive}
    moved = {"semseg": "semseg.flipped", "depth": "depth.rmse", "normals": "normals.angle"}
    assert set(sweep.clean.moved) == {moved[task] for task in tasks}
    assert all(sweep.clean.moved[key] == pytest.approx(0, abs=0.05) for key in sweep.clean.moved)
    assert any(sweep.moved("rgb-gaussian", key)[0] > 0 for key in sweep.clean.moved)


def test_settings_and_size_hold_for_all_forwards(cen_model: Model, small_rgbd: RGBDImage) -> None:
    given = {"threshold": 0.0}
    sweep = severity_sweep(cen_model, small_rgbd, ["rgb-dark"], severities=(2,), settings=given, working_size=(64, 96))
    assert np.nanmax(np.abs(sweep.clean.share)) == 0  # nothing is exchanged at a threshold of 0
    expected = trace(cen_model, corrupted(small_rgbd, "rgb-dark", 2), working_size=(64, 96), threshold=0.0)
    said = expected.predictions["semseg"].confidence  # type: ignore[union-attr]
    assert sweep.confidence("rgb-dark")[0] == pytest.approx(float(said.mean()))


def test_what_cannot_be_swept_is_said(cen_model: Model, small_rgbd: RGBDImage) -> None:
    with pytest.raises(InputError, match="nothing to sweep"):
        severity_sweep(cen_model, small_rgbd, [])
    with pytest.raises(InputError, match="no corruption 'rain'"):
        severity_sweep(cen_model, small_rgbd, ["rain"])
    with pytest.raises(InputError, match="whole number from 1 to 5"):
        severity_sweep(cen_model, small_rgbd, ["rgb-dark"], severities=(7,))
    with pytest.raises(InputError, match=r"nddr-cnn takes rgb alone"):
        severity_sweep(make_model("nddr-cnn"), small_rgbd, ["depth-noise"])
    with pytest.raises(InputError, match="is not in this sweep"):
        severity_sweep(cen_model, small_rgbd, ["rgb-dark"], severities=(1,)).at("rgb-dark", 2)


def test_rows_are_the_arrays(sweep: SeveritySweep) -> None:
    rows = list(csv.DictReader(io.StringIO(sweep.csv())))
    assert [(row["corruption"], row["severity"]) for row in rows] == [
        ("none", "0"), *((name, str(severity)) for name in NAMES for severity in (1, 4)),
    ]  # fmt: skip
    pair = sweep.pairs[-1]
    for name in NAMES:
        listed = [row for row in rows if row["corruption"] == name]
        which = sweep.pairs.index(pair)
        assert [float(row[sweep.column(pair)]) for row in listed] == sweep.share(name)[:, which].tolist()
        assert [float(row["semseg.miou"]) for row in listed] == sweep.score(name, "semseg.miou").tolist()
        assert [row["parameters"] for row in listed] == [CORRUPTIONS[name].parameters(s) for s in (1, 4)]
    assert {row["network"] for row in rows} == {"cen"}
    assert {row["seed"] for row in rows} == {"5"}


def test_the_dictionary_is_json_without_nan(sweep: SeveritySweep) -> None:
    assert json.loads(json.dumps(sweep.to_dict(), allow_nan=False))["rows"] == sweep.rows()


def test_results_cannot_be_written_to(sweep: SeveritySweep) -> None:
    with pytest.raises(ValueError, match="read-only"):
        sweep.clean.share[0] = 1


@pytest.mark.parametrize("replacement", ["mean", "other"])
def test_missing_modalities_are_measured_subset_by_subset(
    replacement: str, cen_model: Model, small_rgbd: RGBDImage, truth: Reference
) -> None:
    found = missing_modalities(cen_model, small_rgbd, replacement, truth=truth, seed=2)  # type: ignore[arg-type]
    both, rgb, depth, none = (frozenset(one) for one in ({"rgb", "depth"}, {"rgb"}, {"depth"}, set[str]()))
    assert list(found.by_present) == [both, rgb, depth, none]
    for present, gone in ((both, ()), (rgb, ("depth",)), (depth, ("rgb",)), (none, ("rgb", "depth"))):
        picture = small_rgbd
        for name in gone:
            picture = corrupted(picture, f"{name}-dropped-{replacement}", 1, 2)
        label = trace(cen_model, picture).predictions["semseg"].label  # type: ignore[union-attr]
        assert found.by_present[present].scores["semseg.miou"] == semseg_score(label, truth.label).miou  # type: ignore[arg-type]
    score = {one: m.scores["semseg.miou"] for one, m in found.by_present.items()}
    expected = 0.81 * score[both] + 0.09 * (score[rgb] + score[depth]) + 0.01 * score[none]
    assert found.expected("semseg.miou", 0.1) == pytest.approx(expected)


def test_a_corruption_of_one_s_own_can_be_swept(cen_model: Model, small_rgbd: RGBDImage) -> None:
    upside_down = Corruption(
        "rgb-flipped", "rgb", "upside down", ({},), "upside down",
        lambda rgbd, level, random: np.ascontiguousarray(rgbd.colour[::-1]),  # type: ignore[index]
    )  # fmt: skip
    sweep = severity_sweep(cen_model, small_rgbd, [upside_down])
    assert sweep.moved("rgb-flipped", "semseg.flipped")[0] > 0
