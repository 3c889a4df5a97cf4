"""First-order estimates against what a small step really does, through an ensemble of detached streams too."""

import numpy as np
import pytest
import torch

from tests.conftest import make_model
from vizlab.core.edits import Scale
from vizlab.core.site import NO_INTERVENTION, intervening
from vizlab.experiments.interventions.edges import edges_of, idle_edges, with_edits
from vizlab.experiments.interventions.estimate import estimate
from vizlab.rgbd import RGBDImage

STEP = 0.01


def test_an_estimate_is_the_slope_of_the_ensemble_s_number(small_rgbd: RGBDImage) -> None:
    """Of log p of the class that is named, averaged over the cells of the picture: two forwards around each edge."""
    model = make_model("cen")
    framing = model.frame(small_rgbd.size)
    inputs = model.preprocess(small_rgbd, framing)
    found = estimate(model, inputs, framing)[0, :, 0]
    live = [edge for edge in edges_of(model) if edge not in idle_edges(model)]
    strongest = sorted(live, key=lambda edge: -abs(found[edges_of(model).index(edge)]))[:5]
    assert found[edges_of(model).index(strongest[0])] != 0

    def number(edge: object, factor: float) -> float:
        with intervening(with_edits(NO_INTERVENTION, {edge: Scale(factor)})):  # type: ignore[dict-item]
            y = model.forward(inputs)["semseg/ensemble"]
        height, width = framing.visible((y.shape[-2], y.shape[-1]))
        return float(y[..., :height, :width].double().log_softmax(1).amax(1).mean())

    for edge in strongest:
        slope = (number(edge, 1 + STEP) - number(edge, 1 - STEP)) / (2 * STEP)
        assert found[edges_of(model).index(edge)] == pytest.approx(-slope, rel=0.05, abs=1e-6), edge


def test_an_ensemble_that_is_no_weighted_sum_has_no_estimate(
    small_rgbd: RGBDImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model("cen")
    framing = model.frame(small_rgbd.size)
    wrong = {"semseg/ensemble": np.array([2.0, -3.0], np.float32)}
    monkeypatch.setattr(model.network, "output_weights", lambda: wrong)
    found = estimate(model, model.preprocess(small_rgbd, framing), framing)
    assert np.isnan(found).all()
    assert torch.is_grad_enabled()
