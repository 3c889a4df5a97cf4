"""A picture and three networks' traces of it, as one report has them."""

import pytest

from tests.conftest import make_model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.measures.reference import Reference
from vizlab.report import Material
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="session")
def material(
    small_rgbd: RGBDImage, cen_trace: FusionTrace, nddr_trace: FusionTrace, mti_trace: FusionTrace
) -> Material:
    """CEN (two streams), NDDR-CNN (three) and MTI-Net (sites that are no sum; four senders)."""
    traces = {"cen": cen_trace, "nddr-cnn": nddr_trace, "mti-net": mti_trace}
    return Material(traces, small_rgbd, Reference(depth=small_rgbd.depth), title="a <corner> & a box")


@pytest.fixture(scope="session")
def moved(small_rgbd: RGBDImage) -> Material:
    """CEN at another threshold, beside its own."""
    model = make_model("cen")
    return Material({"cen": trace(model, small_rgbd, threshold=0.9)}, small_rgbd, own={"cen": trace(model, small_rgbd)})
