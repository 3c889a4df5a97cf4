"""The batch against one picture at a time, and its sums against brute force."""

import numpy as np
import pytest
import torch

from tests.experiments import modality_networks as toys
from vizlab.core.model import Model
from vizlab.core.predictions import decode
from vizlab.core.tracer import trace
from vizlab.errors import InputError
from vizlab.experiments.modalities.batch import ACCURACY, ANGLE, PROBABILITY, RMSE, BatchTruth, mean_iou, worth_batch
from vizlab.experiments.modalities.replacements import MEAN, own_mean, training_mean
from vizlab.experiments.modalities.worth import worth
from vizlab.measures.metrics import semseg_score
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.tasks import VOID

PAIR = ("rgb", "depth")
BOTH, NONE = frozenset(PAIR), frozenset()


def batch_of(model: Model, pictures: list[RGBDImage]) -> dict[str, torch.Tensor]:
    each = [model.preprocess(rgbd) for rgbd in pictures]
    return {name: torch.cat([inputs[name] for inputs in each]) for name in model.inputs}


def labels_for(model: Model, pictures: list[RGBDImage]) -> np.ndarray:
    """What the network says, but for the middle columns; nothing in the first rows."""
    random = np.random.default_rng(5)
    label = np.stack([trace(model, rgbd).predictions["semseg"].label for rgbd in pictures])
    label[:, :, 40:70] = random.integers(0, 40, label[:, :, 40:70].shape)
    label[:, :24] = VOID
    return label


@pytest.fixture(scope="module")
def pictures(small_rgbd: RGBDImage) -> list[RGBDImage]:
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    return [small_rgbd, RGBDImage(small_rgbd.colour[:, ::-1].copy(), small_rgbd.depth[::-1] * 0.8)]


def test_as_one_picture_at_a_time(cen_model: Model, pictures: list[RGBDImage]) -> None:
    framing, label = cen_model.frame(pictures[0].size), labels_for(cen_model, pictures)
    inputs = batch_of(cen_model, pictures)
    stand_in = {name: own_mean(x, framing, name) for name, x in inputs.items()}
    truth = BatchTruth(label=torch.from_numpy(label).long())
    found = worth_batch(cen_model, inputs, {MEAN: stand_in}, truth, framing)
    assert set(found.scores[MEAN]) == {"semseg/rgb", "semseg/depth", "semseg/ensemble"}
    for output in found.scores[MEAN]:
        phi, joint = found.phi(MEAN, output, PROBABILITY), found.interaction(MEAN, output, PROBABILITY)
        accuracy = found.table(MEAN, output, ACCURACY)
        for index, (rgbd, truth_) in enumerate(zip(pictures, label, strict=True)):
            one = worth(cen_model, rgbd, output=output, target="true", truth=Reference(label=truth_)).maps[MEAN]
            for player, value in one.totals().items():
                assert float(phi[player][index]) == pytest.approx(value, abs=1e-5)
            assert float(joint[PAIR][index]) == pytest.approx(np.nanmean(one.interaction[PAIR]), abs=1e-5)
            for some, scores in one.scores.items():
                assert float(accuracy[some][index]) == pytest.approx(scores["accuracy"], abs=1e-9)


def test_confusion_and_mean_iou_as_the_decoded_labels_give_them(cen_model: Model, pictures: list[RGBDImage]) -> None:
    framing, label = cen_model.frame(pictures[0].size), labels_for(cen_model, pictures)
    inputs = batch_of(cen_model, pictures)
    truth = BatchTruth(label=torch.from_numpy(label).long())
    found = worth_batch(cen_model, inputs, {"mean": {n: training_mean(x) for n, x in inputs.items()}}, truth, framing)
    scores = found.scores["mean"]["semseg/ensemble"][BOTH]
    for index, rgbd in enumerate(pictures):
        shown = decode(cen_model.forward(cen_model.preprocess(rgbd)), framing)["semseg/ensemble"]
        expected = np.zeros((40, 40), int)
        np.add.at(expected, (label[index][label[index] != VOID], shown.label[label[index] != VOID]), 1)
        assert scores.confusion is not None
        np.testing.assert_array_equal(scores.confusion[index].numpy(), expected)
        assert mean_iou(scores.confusion[index]) == pytest.approx(semseg_score(shown.label, label[index]).miou)
        assert int(scores.known[index]) == int((label[index] != VOID).sum())


def test_depth_by_its_root_mean_square_error() -> None:
    model = toys.two_inputs(lambda rgb, depth: {"depth": rgb + depth})
    pictures = [toys.picture(0), toys.picture(1)]
    inputs, framing = batch_of(model, pictures), model.frame((6, 8))
    depth = torch.full((2, 6, 8), 1.5)
    depth[0, :2], depth[1] = torch.nan, torch.nan
    zero = {name: training_mean(x) for name, x in inputs.items()}
    found = worth_batch(model, inputs, {"zero": zero}, BatchTruth(depth=depth), framing)
    red, metres = toys.seen(pictures[0])
    expected = {
        BOTH: red + metres,
        frozenset({"rgb"}): red,
        frozenset({"depth"}): metres,
        NONE: 0 * red,
    }
    for some, predicted in expected.items():
        scores = found.scores["zero"]["depth"][some]
        error = (predicted - 1.5)[2:].astype(float)
        assert float(scores.measures[RMSE][0]) == pytest.approx(-np.sqrt((error**2).mean()), rel=1e-5)
        assert scores.squares is not None
        assert float(scores.squares[0]) == pytest.approx((error**2).sum(), rel=1e-5)
        assert scores.known.tolist() == [32, 0]
        assert np.isnan(float(scores.measures[RMSE][1]))
        assert scores.confusion is None


def test_normals_by_their_mean_angle() -> None:
    model = toys.two_inputs(lambda rgb, depth: {"normals": torch.cat([0 * rgb, rgb.sin(), rgb.cos()], 1)}, "normals", 3)
    inputs = batch_of(model, [toys.picture(0)])
    normals = torch.tensor([0.0, 0.0, 1.0])[None, :, None, None].repeat(1, 1, 6, 8)
    normals[..., 0] = torch.nan
    found = worth_batch(
        model, inputs, {"zero": {n: training_mean(x) for n, x in inputs.items()}}, BatchTruth(normals=normals),
        model.frame((6, 8)),
    )  # fmt: skip
    red, _ = toys.seen(toys.picture(0))
    angle = np.degrees(red[:, 1:]).mean()
    assert float(found.phi("zero", "normals", ANGLE)["rgb"][0]) == pytest.approx(-angle, abs=0.05)
    assert float(found.phi("zero", "normals", ANGLE)["depth"][0]) == pytest.approx(0, abs=1e-5)
    assert found.scores["zero"]["normals"][BOTH].known.tolist() == [42]


def test_mean_iou_by_hand() -> None:
    """Class 0: 3 hit of 4 held, 1 false; class 1: 1 of 2; class 2 occurs in no label."""
    matrix = torch.tensor([[3, 0, 1], [1, 1, 0], [0, 0, 0]])
    assert mean_iou(matrix) == pytest.approx((3 / 5 + 1 / 2) / 2)


def test_a_replacement_without_a_modality(cen_model: Model, small_rgbd: RGBDImage) -> None:
    inputs = cen_model.preprocess(small_rgbd)
    with pytest.raises(InputError, match="The replacement 'x' has no depth"):
        worth_batch(cen_model, inputs, {"x": {"rgb": inputs["rgb"]}}, BatchTruth(), cen_model.frame(small_rgbd.size))
