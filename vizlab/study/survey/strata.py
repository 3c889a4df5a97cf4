"""What can be said of a picture without any network: by this results are broken down."""

from collections.abc import Sequence

import cv2
import numpy as np

from vizlab.study.data import Sample


def picture_rows(samples: Sequence[Sample], thumbnails: int = 0) -> dict[str, np.ndarray]:
    """`holes` (n,) share of pixels without depth, `distance` (n,) median depth in metres of those compared (NaN: none).

    With `thumbnails`, a width in pixels, also `thumbnail` (n,): a JPEG each, as bytes.
    """
    rows = {
        "holes": np.array([np.isnan(sample.depth).mean() for sample in samples], np.float32),
        "distance": np.array([_median(sample.reference_depth) for sample in samples], np.float32),
    }
    if thumbnails:
        # A JPEG ends with the byte D9, so that no zero that NumPy pads with is taken for a part of it.
        rows["thumbnail"] = np.array([_jpeg(sample.colour, thumbnails) for sample in samples])
    return rows


def _median(depth: np.ndarray) -> float:
    known = depth[np.isfinite(depth)]
    return float(np.median(known)) if known.size else np.nan


def _jpeg(colour: np.ndarray, width: int) -> bytes:
    height = max(1, round(colour.shape[0] * width / colour.shape[1]))
    small = cv2.resize(colour, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
