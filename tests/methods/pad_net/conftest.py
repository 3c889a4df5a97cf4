"""One compact PAD-Net, of whose senders one only sends, and its trace for all tests of the room."""

import pytest

from tests.methods.warmed import made
from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage
from vizlab.tasks import NYU40_CLASSES

COMPACT = NetworkConfig(
    "pad-net-mobilenetv2",
    ("semseg", "depth", "normals"),
    ("rgb",),
    auxiliary_tasks=("semseg", "normals", "edge", "depth"),
    classes=NYU40_CLASSES,
    working_size=(96, 128),
    options={"width": 32},
)


@pytest.fixture(scope="session")
def compact() -> Model:
    return made(COMPACT)


@pytest.fixture(scope="session")
def pad_trace(compact: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(compact, small_rgbd)
