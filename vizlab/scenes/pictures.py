"""Pictures of rooms as files: one way to write them, for scenes, data sets and exams."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from vizlab.errors import InputError
from vizlab.replacing import replace_bytes

_OPTIONS = {".png": [cv2.IMWRITE_PNG_COMPRESSION, 9], ".jpg": [cv2.IMWRITE_JPEG_QUALITY, 92]}


def write_picture(path: Path, picture: np.ndarray) -> None:
    """RGB (H, W, 3), or one number a pixel (H, W), as .png or .jpg, whole or not at all. Raises InputError."""
    stored = np.ascontiguousarray(picture[..., ::-1] if picture.ndim == 3 else picture)
    replace_bytes(path, cv2.imencode(path.suffix, stored, _OPTIONS[path.suffix])[1].tobytes(), InputError)
