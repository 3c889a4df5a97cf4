"""Traces of a batch are those of its pictures one by one, and a study's figures are those of `vizlab eval`."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.conftest import CONFIGS, make_model
from vizlab.core.model import Model
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage
from vizlab.study.data import RGBDFolder, Sample
from vizlab.study.evaluation import evaluate
from vizlab.study.survey.batch import Batch, batches
from vizlab.study.survey.intervals import draw, miou, ratio, rmse
from vizlab.study.survey.scores import class_counts
from vizlab.study.survey.traces import Traces
from vizlab.tasks import VOID


@pytest.fixture(scope="module")
def samples(data_folder: Path) -> list[Sample]:
    """Four pictures, the last of which lacks some depth and all labels."""
    folder = RGBDFolder(data_folder, "train")
    found = [folder.read(i) for i in range(4)]
    depth, label = found[3].depth.copy(), np.full_like(found[3].label, VOID)
    depth[20:40, 30:60] = np.nan
    return [*found[:3], Sample("holes", found[3].colour, depth, label, found[3].camera)]


@pytest.fixture(scope="module", params=list(CONFIGS))
def traced(request: pytest.FixtureRequest, samples: list[Sample]) -> tuple[Model, Batch, dict[str, np.ndarray]]:
    model = make_model(request.param)
    (batch,) = batches(model, range(4), samples)
    return model, batch, Traces(after=True).run(model, batch)


def test_a_batch_has_the_numbers_of_its_pictures(traced: tuple[Model, Batch, dict[str, np.ndarray]]) -> None:
    model, batch, rows = traced
    labels = Traces().meta(model)["labels"]
    assert len(labels["edge"]) == rows["share"].shape[1]
    for place, sample in enumerate(batch.samples):
        alone = trace(model, RGBDImage(sample.colour, sample.depth)).sites
        for column, (site, source, target) in enumerate(labels["edge"]):
            t, s = alone[site].site.targets.index(target), alone[site].site.sources.index(source)
            for row in ("share", "energy"):
                expected = getattr(alone[site], row)[t, s]
                np.testing.assert_allclose(rows[row][place, column], expected, rtol=1e-4, atol=1e-6)
        for column, (site, target) in enumerate(labels["port"]):
            t = alone[site].site.targets.index(target)
            own = alone[site].energy[t, alone[site].site.sources.index(target)]
            np.testing.assert_allclose(rows["own_energy"][place, column], own, rtol=1e-4)
            np.testing.assert_allclose(rows["outside_mean"][place, column], alone[site].outside_mean[t], atol=1e-5)
            after = alone[site].share_after
            expected = np.nan if after is None else after[t]
            np.testing.assert_allclose(rows["share_after"][place, column], expected, atol=1e-5)


def test_figures_are_those_of_evaluation(traced: tuple[Model, Batch, dict[str, np.ndarray]]) -> None:
    model, batch, rows = traced
    draws = draw(len(batch), 2)
    for output, expected in evaluate(model, batch.samples).by_output.items():
        if f"{output}|counts" in rows:
            assert float(miou(rows[f"{output}|counts"], draws).value) == pytest.approx(expected["mIoU"], abs=1e-9)
        elif f"{output}|squares" in rows:
            found = rmse(rows[f"{output}|squares"], rows[f"{output}|pixels"], draws)
            assert float(found.value) == pytest.approx(expected["RMSE"], rel=1e-6)
        else:
            angle = ratio(rows[f"{output}|angles"], rows[f"{output}|pixels"], draws)
            assert float(angle.value) == pytest.approx(expected["mean angle"], rel=1e-5)


def test_confidence_is_the_mean_probability_of_the_class_that_is_said(samples: list[Sample]) -> None:
    model = make_model("cen")
    (batch,) = batches(model, range(4), samples)
    rows = Traces().run(model, batch)
    for place, sample in enumerate(samples):
        alone = trace(model, RGBDImage(sample.colour, sample.depth)).predictions["semseg"]
        assert rows["semseg/ensemble|confidence"][place] == pytest.approx(alone.confidence.mean(), abs=1e-6)


def test_counts_by_brute_force() -> None:
    generator = torch.Generator().manual_seed(0)
    label = torch.randint(5, (2, 6, 7), generator=generator)
    reference = torch.randint(5, (2, 6, 7), generator=generator)
    reference[1, :3] = VOID
    counts = class_counts(label, reference, 5)
    for picture in range(2):
        for k in range(5):
            valid = reference[picture] != VOID
            expected = [
                int(((label[picture] == k) & (reference[picture] == k)).sum()),
                int((reference[picture] == k).sum()),
                int(((label[picture] == k) & valid).sum()),
            ]
            assert counts[picture, :, k].tolist() == expected


def test_pictures_of_another_size_go_apart_and_come_back_in_order(samples: list[Sample]) -> None:
    model = make_model("cen")
    crop = samples[1]
    small = Sample("small", crop.colour[:60].copy(), crop.depth[:60].copy(), crop.label[:60].copy(), crop.camera)
    found = batches(model, (5, 7, 9), [samples[0], small, samples[2]])
    assert [batch.index for batch in found] == [(5, 9), (7,)]
    assert found[0].framing.picture == (72, 96)
    assert found[1].framing.picture == (60, 96)


def test_the_measure_leaves_the_model_as_it_was(samples: list[Sample]) -> None:
    model = make_model("mti-net")
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    (batch,) = batches(model, range(4), samples)
    Traces().run(model, batch)
    after = model.network.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())
