"""One compact TokenFusion network and its trace for all tests of the room."""

import pytest

from tests.methods.token_fusion.networks import make_model
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="session")
def tokens() -> Model:
    return make_model()


@pytest.fixture(scope="session")
def tokens_trace(tokens: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(tokens, small_rgbd)
