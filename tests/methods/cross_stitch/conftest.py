"""One compact cross-stitch network and its trace for all tests of the room."""

import pytest

from tests.methods.cross_stitch.networks import make_model
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="session")
def stitched() -> Model:
    return make_model()


@pytest.fixture(scope="session")
def stitched_trace(stitched: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(stitched, small_rgbd)
