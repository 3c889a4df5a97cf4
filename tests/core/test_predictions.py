"""Decoding a network's outputs: sizes, ranges, and the same labels as the direct way."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vizlab.core.framing import Framing
from vizlab.core.predictions import (
    DepthPrediction,
    ImagePrediction,
    MapPrediction,
    NormalsPrediction,
    SemsegPrediction,
    decode,
)

FRAMING = Framing(picture=(45, 60), content=(30, 40), padded=(32, 64))


def output(channels: int, size: tuple[int, int] = (8, 16)) -> torch.Tensor:
    return torch.randn(1, channels, *size, generator=torch.Generator().manual_seed(channels))


def test_semseg_is_the_argmax_of_enlarged_probabilities() -> None:
    """However many classes are held at once, the label and its probability are those of all classes together."""
    logits = output(40) * 3
    prediction = decode({"semseg": logits}, FRAMING)["semseg"]
    assert isinstance(prediction, SemsegPrediction)
    at_input = F.interpolate(logits, size=FRAMING.padded, mode="bilinear")[..., :30, :40]
    probability = F.interpolate(at_input.softmax(1), size=FRAMING.picture, mode="bilinear")[0]
    assert np.array_equal(prediction.label, probability.argmax(0).numpy())
    assert prediction.confidence == pytest.approx(probability.amax(0).numpy(), abs=1e-6)


def test_each_task_gets_its_kind_and_the_pictures_size() -> None:
    outputs = {"depth": output(1) - 1, "normals": output(3), "edge": output(1), "image/input0": output(3) * 2}
    decoded = decode(outputs, FRAMING)
    depth, normals, edge, image = (decoded[k] for k in outputs)
    assert isinstance(depth, DepthPrediction)
    assert depth.value.shape == FRAMING.picture
    assert depth.value.min() == 0  # a distance is not negative
    assert isinstance(normals, NormalsPrediction)
    assert np.linalg.norm(normals.value, axis=-1) == pytest.approx(1, abs=1e-5)
    assert isinstance(edge, MapPrediction)
    assert 0 < edge.value.min() < edge.value.max() < 1
    assert isinstance(image, ImagePrediction)
    assert image.value.dtype == np.uint8
    assert image.value.shape == (*FRAMING.picture, 3)


def test_padding_never_reaches_a_prediction() -> None:
    logits = torch.zeros(1, 2, 32, 64)
    logits[:, 1] = -9
    logits[:, 1, 30:] = logits[:, 1, :, 40:] = 9
    prediction = decode({"semseg": logits}, FRAMING)["semseg"]
    assert isinstance(prediction, SemsegPrediction)
    assert not prediction.label.any()


def test_initial_predictions_keep_their_own_size() -> None:
    decoded = decode({"scale_1/depth": output(1, (4, 8)), "scale_1/semseg": output(40, (4, 8))}, FRAMING)
    assert decoded["scale_1/depth"].value.shape == (4, 5)  # type: ignore[union-attr]
    assert decoded["scale_1/semseg"].label.shape == (4, 5)  # type: ignore[union-attr]


def test_the_ensemble_also_stands_under_the_tasks_name() -> None:
    outputs = {"semseg/rgb": output(40), "semseg/ensemble": output(40)}
    decoded = decode(outputs, FRAMING)
    assert decoded["semseg"] is decoded["semseg/ensemble"]
    assert set(decode(outputs, FRAMING, aliases=False)) == set(outputs)


def test_one_channel_of_saliency_is_a_probability_and_two_are_classes() -> None:
    one, two = decode({"sal": output(1)}, FRAMING)["sal"], decode({"sal": output(2)}, FRAMING)["sal"]
    assert isinstance(one, MapPrediction)
    whole = torch.nn.functional.interpolate(output(1), size=FRAMING.padded, mode="bilinear")[..., :30, :40]
    expected = torch.nn.functional.interpolate(whole, size=FRAMING.picture, mode="bilinear")[0, 0].sigmoid()
    np.testing.assert_allclose(one.value, expected.numpy(), atol=1e-6)
    assert isinstance(two, SemsegPrediction)


def test_entropy_is_in_nats_and_of_all_classes() -> None:
    """By its definition in float64, where nothing is enlarged; of four classes alike it is ln 4."""
    logits = torch.tensor(np.random.default_rng(3).normal(0, 2, (1, 4, 6, 8)), dtype=torch.float32)
    logits[:, :, 0, 0] = 1.5
    same = Framing((6, 8), (6, 8), (6, 8))
    found = decode({"semseg": logits}, same)["semseg"]
    assert isinstance(found, SemsegPrediction)
    p = np.exp(logits[0].double().numpy())
    p /= p.sum(0)
    expected = -(p * np.log(p)).sum(0)
    assert found.entropy is not None
    assert found.entropy == pytest.approx(expected, abs=1e-5)
    assert found.entropy[0, 0] == pytest.approx(np.log(4), abs=1e-6)
