"""What the ensemble weighs: softmax of alpha in the order of the inputs, and whose class it takes how often."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.conftest import make_model
from vizlab.core.model import Model
from vizlab.core.predictions import SemsegPrediction
from vizlab.core.registry import methods
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.methods.cen.network import CEN
from vizlab.rgbd import RGBDImage
from vizlab.views.ensemble import ensemble_words, stream_weights


def with_alpha(family: str, *alpha: float) -> Model:
    model = make_model(family)
    assert isinstance(model.network, CEN)
    assert model.network.alpha is not None
    with torch.no_grad():
        model.network.alpha.copy_(torch.tensor(alpha).view_as(model.network.alpha))
    return model


def labelled(trace_: FusionTrace, **labels: list[int]) -> FusionTrace:
    """The trace with these labels for the semseg outputs of that end."""
    blank = np.ones((1, 4), np.float32)
    made = {f"semseg/{end}": SemsegPrediction(np.array([row], np.uint8), blank) for end, row in labels.items()}
    return replace(trace_, predictions={**trace_.predictions, **made})


def test_weights_are_softmax_of_alpha_by_input(small_rgbd: RGBDImage) -> None:
    found = stream_weights(trace(with_alpha("cen", 0.0, math.log(3)), small_rgbd))
    assert [(w.task, w.stream) for w in found] == [("semseg", "rgb"), ("semseg", "depth")]
    assert [w.weight for w in found] == pytest.approx([0.25, 0.75])


def test_the_ensemble_is_the_weighted_sum(small_rgbd: RGBDImage) -> None:
    """The recorded weights are those of the forward."""
    model = with_alpha("cen", 0.4, -0.3)
    outputs = model.forward(model.preprocess(small_rgbd))
    rgb, depth = (w.weight for w in stream_weights(trace(model, small_rgbd)))
    joined = rgb * outputs["semseg/rgb"] + depth * outputs["semseg/depth"]
    torch.testing.assert_close(outputs["semseg/ensemble"], joined, rtol=1e-5, atol=1e-4)


def test_every_task_has_weights_of_its_own(small_rgbd: RGBDImage) -> None:
    found = stream_weights(trace(with_alpha("cen-multimodal-multitask", 0, math.log(4), math.log(9), 0), small_rgbd))
    assert [(w.task, w.stream, round(w.weight, 4)) for w in found] == [
        ("semseg", "rgb", 0.2), ("semseg", "depth", 0.8), ("normals", "rgb", 0.9), ("normals", "depth", 0.1),
    ]  # fmt: skip
    assert [math.isnan(w.agreement) for w in found] == [False, False, True, True]


def test_whose_class_it_takes_is_counted_over_pixels(cen_trace: FusionTrace) -> None:
    known = labelled(cen_trace, ensemble=[1, 2, 3, 4], rgb=[1, 2, 3, 9], depth=[9, 9, 3, 9])
    rgb, depth = stream_weights(known)
    assert (rgb.agreement, depth.agreement) == (0.75, 0.25)
    text = ensemble_words(known)
    assert "the class is rgb’s at 75.0 % and depth’s at 25.0 % of this picture’s pixels" in text
    assert "semseg: rgb 0.50, depth 0.50 (as good as equal)" in text


def test_unequal_weights_are_not_called_equal(small_rgbd: RGBDImage) -> None:
    text = ensemble_words(trace(with_alpha("cen", 0.0, math.log(3)), small_rgbd))
    assert "semseg: rgb 0.25, depth 0.75;" in text
    assert "equal" not in text


def test_a_network_without_an_ensemble_says_nothing(multitask_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    for without in (multitask_trace, replace(cen_trace, weights={})):
        assert stream_weights(without) == ()
        assert ensemble_words(without) == ""


def test_the_summary_holds_them(cen_trace: FusionTrace, multitask_trace: FusionTrace) -> None:
    found = methods()["cen"].summary(cen_trace)["ensemble"]
    assert found["weights"] == {"semseg": {"rgb": pytest.approx(0.5), "depth": pytest.approx(0.5)}}
    assert found["statement"] == ensemble_words(cen_trace)
    assert methods()["cen"].summary(multitask_trace)["ensemble"] == {"weights": {}, "statement": ""}
