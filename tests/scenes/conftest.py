"""Scenes on disk that no renderer was needed for."""

from pathlib import Path

import numpy as np
import pytest

from vizlab.scenes.making import save_scene
from vizlab.scenes.rendering import Rendering
from vizlab.scenes.sheet import COLUMNS
from vizlab.scenes.viewpoints import kinect_intrinsics

SIZE = (48, 64)
NAMES = [f"room_{index}" for index in range(COLUMNS + 1)]
"""One more than a row of the contact sheet holds."""


@pytest.fixture
def rendering() -> Rendering:
    ramp = np.tile(np.linspace(0, 1, SIZE[1], dtype=np.float32), (SIZE[0], 1))
    depth = 1 + 3 * ramp
    normals = np.tile(np.array([0, 0, -1], np.float32), (*SIZE, 1))
    colour = np.repeat((255 * ramp[..., None]).astype(np.uint8), 3, axis=2)
    return Rendering(
        colour, depth, (depth * 1000).astype(np.uint16), (39 * ramp).astype(np.uint8), normals, colour, colour,
        kinect_intrinsics(SIZE),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, rendering: Rendering) -> Path:
    for name in NAMES:
        save_scene(rendering, tmp_path / name, {"title": "Room", "kind": "office", "seed": 7, "spp": 1})
    return tmp_path
