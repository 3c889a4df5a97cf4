"""What the stored numbers of a depth map give away about their unit, whatever scene they show.

- The **steps** between them. Depth that was whole millimetres once, or went through a coarser grid, lies on multiples
  of that grid in any finer unit: every 5 counts in 1/5000 m, every 2.56 counts where 5 mm became 1/512 m.
- The steps between their **reciprocals**. A Kinect v1, a PrimeSense or a Structure sensor measures disparity in eighths
  of a pixel, so 1/depth has a step of 1/(8 f b): 0.0029 per metre for f = 575 pixels and b = 75 mm.
- What stands for **nothing**: 0, or 65535 alone.
- The **shape** of the picture: sensors have their own, street data sets a wide one.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vizlab.rgbd.units import SATURATED, Encoding, known_mask

Nothing = Literal["none", "zeros", "saturated", "both"]

GRIDS = (0.001, 0.002, 0.005, 0.01)
"""Metres: the grids that depth goes through."""
DISPARITY_STEP = 0.0029
"""1/m: the step of 1/depth of a Kinect v1."""
SENSOR_SIZES = {
    (480, 640), (424, 512), (720, 1280), (480, 848), (360, 640), (270, 480), (240, 424), (768, 1024), (576, 640),
    (288, 320), (1024, 1280), (192, 256), (180, 320),
}  # fmt: skip
"""(height, width) of the depth maps of Kinects, RealSenses, Structure and Matterport cameras, and telephones."""
QUARTER_SIZES = {(768, 1024), (1024, 1280)}
"""Those of them whose sensor, an L515 or a Matterport camera, counts quarters of a millimetre."""
FEWEST = 24
"""Numbers: of fewer, a pattern of steps says nothing."""

_MOST = 20_000  # distinct numbers looked at
_SMALLEST_STEP = 1.2  # counts: a finer grid leaves no gaps


@dataclass(frozen=True)
class Layout:
    """Where a map has numbers: what stands for nothing, the share that is known, and its shape."""

    nothing: Nothing
    known: float
    wide: bool
    sensor: bool
    quarters: bool

    @classmethod
    def of(cls, raw: NDArray) -> "Layout":
        zeros = float(np.mean(raw == 0)) > 0.005
        saturated = float(np.mean(raw == SATURATED)) > 0.001
        nothing: Nothing = "both" if zeros and saturated else "zeros" if zeros else "saturated" if saturated else "none"
        height, width = raw.shape
        return cls(
            nothing=nothing,
            known=float(known_mask(raw).mean()),
            wide=height >= 32 and width / height > 2.2,
            sensor=bool({(height, width), (width, height)} & SENSOR_SIZES),
            quarters=bool({(height, width), (width, height)} & QUARTER_SIZES),
        )


def distinct_counts(sample: NDArray) -> NDArray[np.float64]:
    """The distinct numbers of `sample`, in order; the lowest of them where there are very many."""
    return np.unique(sample)[:_MOST].astype(float)


def is_visible(grid: float, encoding: Encoding) -> bool:
    """Whether depth on a `grid` (metres) leaves gaps between the counts of `encoding`."""
    return grid / encoding.metres_per_count >= _SMALLEST_STEP


def lies_on_grid(distinct: NDArray[np.float64], step: float) -> bool:
    """Whether all numbers are multiples of `step`, rounded or cut to integers, and this says something."""
    if step < _SMALLEST_STEP or len(distinct) < FEWEST:
        return False
    nearest = np.abs(distinct - step * np.round(distinct / step))
    cut = step * np.ceil(distinct / step - 1e-9) - distinct
    return bool(np.mean(nearest <= 0.5 + 1e-6) >= 0.995 or np.mean(cut < 1) >= 0.995)


def disparity_step(distinct: NDArray[np.float64]) -> float | None:
    """The step of 1/number, if they keep one, as a sensor does that measures disparity; None if they do not.

    A disparity that no pixel has is skipped: a few steps may be two or more in one.
    """
    gaps = np.diff(distinct)
    seen = gaps >= 3  # counts: finer steps are lost in rounding
    if seen.sum() < FEWEST:
        return None
    steps = (1 / distinct[:-1] - 1 / distinct[1:])[seen]
    step = float(np.median(steps))
    times = np.round(steps / step)
    keeps = (np.abs(steps / step - times) < 0.25) & (times >= 1)
    return step if np.mean(keeps) > 0.93 and np.mean(times == 1) > 0.75 else None
