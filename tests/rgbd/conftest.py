"""Rooms and photographs written to files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.rgbd.rgbd_rooms import SIZE, photograph


@pytest.fixture
def save_colour(tmp_path: Path) -> Callable[..., Path]:
    def save(size: tuple[int, int] = SIZE, orientation: int = 1, name: str = "view.png") -> Path:
        image = Image.fromarray(photograph(size))
        image.getexif()[274] = orientation
        image.save(tmp_path / name, exif=image.getexif())
        return tmp_path / name

    return save


@pytest.fixture
def save_depth(tmp_path: Path) -> Callable[..., Path]:
    def save(values: np.ndarray, name: str = "depth.png") -> Path:
        path = tmp_path / name
        if path.suffix == ".npy":
            np.save(path, values)
        elif path.suffix == ".npz":
            np.savez_compressed(path, depth=values)
        else:
            Image.fromarray(values).save(path)
        return path

    return save
