"""One compact MTAN and its trace for all tests of the room."""

import pytest

from tests.methods.mtan.networks import COMPACT
from tests.methods.warmed import made
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="session")
def compact() -> Model:
    return made(COMPACT)


@pytest.fixture(scope="session")
def mask_trace(compact: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(compact, small_rgbd)
