"""Interventions on a GPU: what is gone on with is a whole forward to the bit, and effects are those of the CPU."""

import numpy as np
import pytest
import torch

from tests.conftest import make_model
from vizlab.core.site import NO_INTERVENTION, intervening
from vizlab.experiments.interventions.edges import cutting, idle_edges
from vizlab.experiments.interventions.passes import KINDS, Pass, Passes
from vizlab.rgbd import RGBDImage

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: the GPU tests were not run"),
]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", ["cen", "cen-multitask", "nddr-cnn", "mti-net"])
def test_a_kept_forward_goes_on_to_the_bit(family: str, precision: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    model.move_to(torch.device("cuda"), precision)  # type: ignore[arg-type]
    framing = model.frame(small_rgbd.size)
    inputs = model.preprocess(small_rgbd, framing)
    passes = Passes(model, inputs, framing)
    for edge in {passes.edges[0], passes.edges[len(passes.edges) // 2], passes.edges[-1]} - idle_edges(model):
        went_on = passes._outputs([Pass("total", passes.edges.index(edge))])
        with intervening(cutting(NO_INTERVENTION, [edge])):
            whole = model.forward(inputs)
        assert all(torch.equal(whole[name], went_on[name]) for name in whole), edge


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "mti-net"])
def test_effects_are_those_of_the_cpu(family: str, small_rgbd: RGBDImage) -> None:
    found = {}
    for device in ("cpu", "cuda"):
        model = make_model(family)
        model.move_to(torch.device(device), "float32")
        framing = model.frame(small_rgbd.size)
        passes = Passes(model, model.preprocess(small_rgbd, framing), framing)
        list(passes.run(passes.listed(KINDS)))
        found[device] = passes.found.size
    for kind, size in found["cpu"].items():
        np.testing.assert_allclose(found["cuda"][kind], size, rtol=0.02, atol=1e-5)
