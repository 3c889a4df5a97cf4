"""Which encoding a depth map is in, and how sure that is, by Bayes' rule.

The practices of `vizlab.rgbd.practices` are weighed against each other by where the depths would lie (rooms, table
tops, streets) and by the fingerprints of their numbers (`vizlab.rgbd.fingerprints`). The result's confidence is the
winner's share of the probability, "none of these" included.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vizlab.rgbd.fingerprints import (
    DISPARITY_STEP,
    FEWEST,
    GRIDS,
    Layout,
    disparity_step,
    distinct_counts,
    is_visible,
    lies_on_grid,
)
from vizlab.rgbd.practices import FLOAT_PRACTICES, PRACTICES, SCENES, Practice, Scenes
from vizlab.rgbd.units import SATURATED, Encoding, known_mask, rotate_bits

SURE = 0.9
"""Below this confidence a unit is a guess."""
_NONE_OF_THESE = 0.0002
_GRIDDED = 0.01  # of files of no known practice
_COINCIDENCE = 1e-4  # of a grid that is none
_PLANE = 0.006  # of steps that look like those of some sensor by chance: a rendered floor has one for each row
_WORTH_NAMING = 0.01
_SAMPLE = 200_000


@dataclass(frozen=True)
class Candidate:
    """An encoding that may be meant, and its share of the probability, 0..1."""

    encoding: Encoding
    share: float


@dataclass(frozen=True)
class DetectedUnit:
    """An encoding and how sure it is, 0..1. `assumed` is False where the user gave it; `others` may be meant too."""

    encoding: Encoding
    confidence: float
    assumed: bool
    others: tuple[Candidate, ...] = ()


def detect_unit(raw: NDArray, known: NDArray[np.bool_] | None = None) -> DetectedUnit:
    """The most probable encoding of `raw` depth (HxW, as stored).

    `known` (HxW) are its measurements, at least one; None takes all that `known_mask` does.
    """
    measured = raw[known_mask(raw) if known is None else known]
    sample = measured[:: max(1, measured.size // _SAMPLE)]
    chances: dict[Encoding, float] = defaultdict(float)
    integers = raw if raw.dtype.kind in "iu" else _kept_as_floats(raw, measured)
    if integers is not None:
        layout, counts = Layout.of(integers), _Counts(sample.astype(np.int64))
        can_rotate = raw.dtype.kind in "iu" and measured.max() <= SATURATED
        rotated = _Counts(rotate_bits(sample)) if can_rotate else None
        for practice in PRACTICES:
            chances[practice.encoding] += _chance(layout, counts, rotated, practice)
        none_of_these = _NONE_OF_THESE * max(_layout_chance(layout, practice) for practice in PRACTICES)
        none_of_these *= _GRIDDED if counts.is_gridded else 1
        none_of_these *= max(_GRIDDED, counts.low_bits_by_chance) if counts.low_bits else 1
    else:
        quantiles = _quantiles(sample)
        for encoding, (prior, scenes) in FLOAT_PRACTICES.items():
            chances[encoding] = prior * _scene_fit(quantiles, encoding, scenes)
        none_of_these = _NONE_OF_THESE
    total = sum(chances.values()) + none_of_these
    first, *others = sorted((Candidate(e, c / total) for e, c in chances.items()), key=lambda one: -one.share)
    confidence = min(0.99, round(first.share, 2))  # a guess is never certain
    worth_naming = tuple(one for one in others if one.share > _WORTH_NAMING)
    return DetectedUnit(first.encoding, confidence, assumed=True, others=worth_naming)


def _kept_as_floats(raw: NDArray, measured: NDArray) -> NDArray[np.int64] | None:
    """The integers that `raw` (HxW floats) was made of, if all that it measured are such; None if not."""
    if float(measured.max()) > SATURATED or (measured != np.trunc(measured)).any() or len(np.unique(measured)) < FEWEST:
        return None
    return np.nan_to_num(raw.astype(float), posinf=0, neginf=0).clip(0, SATURATED).astype(np.int64)


class _Counts:
    """Numbers as they were stored, or with their bits rotated back, and their fingerprints."""

    def __init__(self, sample: NDArray) -> None:
        self.low_bits = bool(np.mean((sample & 7) <= 1) > 0.9)
        self.quantiles = _quantiles(sample)
        self._distinct = distinct_counts(sample)
        self.low_bits_by_chance = 0.25 ** len(self._distinct)

    @cached_property
    def disparity_step(self) -> float | None:
        return disparity_step(self._distinct)

    @cached_property
    def grids(self) -> dict[Encoding, float | None]:
        """By encoding, the coarsest of GRIDS that the numbers lie on, if that is all of their coarseness."""
        encodings = {practice.encoding for practice in PRACTICES if not practice.encoding.rotated}
        return {encoding: self._grid(encoding) for encoding in encodings}

    @property
    def is_gridded(self) -> bool:
        return any(grid is not None for grid in self.grids.values())

    def _grid(self, encoding: Encoding) -> float | None:
        fits = [grid for grid in GRIDS if self._lies_on(grid, encoding)]
        coarser = any(self._lies_on(fits[-1] * times, encoding) for times in (2, 5)) if fits else False
        return fits[-1] if fits and not coarser else None

    def _lies_on(self, grid: float, encoding: Encoding) -> bool:
        return lies_on_grid(self._distinct, grid / encoding.metres_per_count)


def _chance(layout: Layout, stored: _Counts, rotated: _Counts | None, practice: Practice) -> float:
    counts = rotated if practice.encoding.rotated else stored
    if counts is None:
        return 0.0
    chance = practice.prior * _layout_chance(layout, practice) * _disparity_chance(counts, practice)
    chance *= _scene_fit(counts.quantiles, practice.encoding, practice.scenes)
    if practice.encoding.rotated:  # whose low three bits stay at 0, or at 1 from 8.192 m on
        return chance * (0.97 if stored.low_bits else 0.03)
    return chance * (max(0.001, stored.low_bits_by_chance) if stored.low_bits else _grid_chance(counts, practice))


def _layout_chance(layout: Layout, practice: Practice) -> float:
    chance = practice.nothing[layout.nothing]
    chance *= practice.sensor if layout.sensor else 1 - practice.sensor
    chance *= practice.sparse if layout.known < 0.35 else 1 - practice.sparse
    chance *= practice.quarters if layout.quarters else 1 - practice.quarters
    return chance * (practice.wide if layout.wide else 1 - practice.wide)


def _grid_chance(counts: _Counts, practice: Practice) -> float:
    if counts.is_gridded:
        grid = counts.grids[practice.encoding]
        return _COINCIDENCE if grid is None else practice.grids.get(grid, _COINCIDENCE)
    return 1 - sum(share for grid, share in practice.grids.items() if is_visible(grid, practice.encoding))


def _disparity_chance(counts: _Counts, practice: Practice) -> float:
    if counts.disparity_step is None:
        return 1 - practice.disparity
    off = math.log(counts.disparity_step / practice.encoding.metres_per_count / DISPARITY_STEP) / 0.12
    return _PLANE + practice.disparity * math.exp(-0.5 * off**2)


def _quantiles(sample: NDArray) -> NDArray[np.float64]:
    """What 5, 50 and 95 % of the numbers are below."""
    return np.percentile(sample.astype(float), (5, 50, 95))


def _scene_fit(quantiles: NDArray[np.float64], encoding: Encoding, shares: Scenes) -> float:
    """How well depths with such `quantiles` of their counts would fit a scene, 0..1."""
    near, median, far = (float(one) for one in quantiles * encoding.metres_per_count)
    if near < 1e-300:  # a float so small that scaling it leaves nothing
        return 0.0
    fit = 0.0
    for share, (typical, spread, nearest, farthest) in zip(shares, SCENES, strict=True):
        misfit = 0.5 * (math.log(median / typical) / spread) ** 2
        misfit += 2 * max(0.0, math.log(nearest / near)) + 2 * max(0.0, math.log(far / farthest))
        fit += share * math.exp(-misfit)
    return fit
