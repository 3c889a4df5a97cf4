"""What an attribution is: signed maps in the unit of what they explain, and whether they add up to it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from vizlab.core.framing import Framing

WARN_ABOVE = 0.05
"""The completeness residual from which on a warning is given."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Where one number of a network's output comes from.

    `maps`: by modality (by stream for Grad-CAM), (h, w) float32, signed, in `unit`, at the pixels of the network's
    input that show the picture (at the cells of the site for Grad-CAM); what padding received is counted where it was
    copied from. Each sums to its total. `value` is the number itself, `before` the same for the baselines, both in
    `unit`; `of` says which number it is. `baselines` by modality, in words. `steps` of the path or 1; `forwards` is how
    many pictures went through the network, `backwards` how many came back.

    `segments` (occlusion) (h, w) int32 numbers the superpixels; each one's effect is spread evenly over its pixels.
    `site` is Grad-CAM's.
    """

    method: str
    model: str
    output: str
    of: str
    unit: str
    region: np.ndarray
    maps: Mapping[str, np.ndarray]
    value: float
    before: float
    baselines: Mapping[str, str]
    framing: Framing
    complete: bool
    steps: int = 1
    forwards: int = 0
    backwards: int = 0
    segments: np.ndarray | None = None
    site: str = ""

    @property
    def totals(self) -> dict[str, float]:
        """By modality (or stream), in `unit`."""
        return {name: float(values.sum(dtype=np.float64)) for name, values in self.maps.items()}

    @property
    def total(self) -> float:
        return sum(self.totals.values())

    @property
    def difference(self) -> float:
        """What there is to attribute: the value less that of the baselines, in `unit`."""
        return self.value - self.before

    @property
    def residual(self) -> float:
        """|total - difference| / |difference| (Sundararajan et al. 2017); infinite if only the difference is 0."""
        missed = abs(self.total - self.difference)
        if self.difference == 0:
            return 0.0 if missed == 0 else math.inf
        return missed / abs(self.difference)

    @property
    def warning(self) -> str:
        """A sentence where the maps do not add up to what they should; empty otherwise."""
        if not self.residual > WARN_ABOVE:
            return ""
        off = f"{100 * self.residual:.0f} %" if math.isfinite(self.residual) else "infinitely far"
        if not self.complete:
            return f"The maps' sum is {off} off the difference; {self.method} does not promise that it adds up."
        return (
            f"The maps' sum is {off} off the difference it should equal: do not read totals off them. "
            "More steps bring it closer."
        )

    def effects(self, name: str) -> np.ndarray:
        """(h, w) as it is shown: the whole effect of each superpixel at all of its pixels; else the map itself."""
        values = self.maps[name]
        if self.segments is None:
            return values
        return values * np.bincount(self.segments.ravel())[self.segments]

    def at_picture_size(self, name: str) -> np.ndarray:
        """HxW float32, what is shown over the picture: `effects` in its pixels, each as the nearest input pixel."""
        height, width = self.framing.picture
        return cv2.resize(
            np.asarray(self.effects(name), np.float32), (width, height), interpolation=cv2.INTER_NEAREST_EXACT
        )
