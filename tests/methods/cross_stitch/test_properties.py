"""What every network must be for its traces to be true."""

import pytest

from tests.methods.cross_stitch.networks import COMPACT, COMPACT_PASCAL, make_model
from vizlab.checks import require
from vizlab.core.config import NetworkConfig


@pytest.mark.parametrize("config", [COMPACT, COMPACT_PASCAL], ids=["three tasks", "five tasks"])
def test_traces_are_true(config: NetworkConfig) -> None:
    require(make_model(config))
