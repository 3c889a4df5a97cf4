"""The gammas of a network that was trained."""

import re

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.conftest import ROOT


@pytest.fixture(scope="session")
def bundled() -> dict[str, np.ndarray]:
    """The exchanging gammas (2, C) of the bundled CEN by site, read straight from its file."""
    tensors = load_file(ROOT / "checkpoints" / "cen-mobilenetv2-nyuv2.safetensors")
    exchanging = re.compile(r"encoder\.(features\.(?:1\.conv\.0\.1|\d+\.conv\.1\.1))\.weight")
    return {found[1]: value for key, value in tensors.items() if (found := exchanging.fullmatch(key))}
