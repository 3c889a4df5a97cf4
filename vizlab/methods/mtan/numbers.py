"""Masks of an MTAN in numbers: how much of each channel a task keeps, and how alike two tasks' masks are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vizlab.core.site_words import stage_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.mtan.network import KIND
from vizlab.methods.parts.kinds import sites_of
from vizlab.views.formatting import signed

KEPT = 0.5
"""A task keeps a channel if its mask there is at least this, on average over pixels: half of what it could pass."""

Over = Literal["values", "channels", "pixels"]
"""What two masks are compared over: all their values, their means over pixels, or their means over channels."""


@dataclass(frozen=True, eq=False)
class LayerMasks:
    """The masks of all T tasks on the features of one stage, for one picture; float32, masks are 0..1.

    `maps` (T, h, w) are means over channels, `channels` (T, C) means over pixels, `overlap` (T, T) Pearson's
    correlations over channels and pixels, NaN where a mask is the same everywhere; `grid` rows and columns of the whole
    map, with those over padding.
    """

    site: str
    stage: str
    tasks: tuple[str, ...]
    maps: np.ndarray
    channels: np.ndarray
    overlap: np.ndarray
    grid: tuple[int, int] | None

    @property
    def kept(self) -> np.ndarray:
        """(T,) how many channels each task keeps."""
        return (self.channels >= KEPT).sum(1)

    @property
    def means(self) -> np.ndarray:
        """(T,) of each mask over channels and pixels."""
        return self.channels.mean(1)

    def alike(self, over: Over = "values") -> np.ndarray:
        """(T, T) correlations of masks over all `values`, over `channels` of their means, or over `pixels`."""
        if over == "values":
            return self.overlap
        return correlations(self.channels if over == "channels" else self.maps.reshape(len(self.maps), -1))


def layer_masks(trace: FusionTrace) -> tuple[LayerMasks, ...]:
    """From the first stage to the last; raises TraceError for a network without masks, or a trace without theirs."""
    sites = sites_of(trace, (KIND,), "has no masks", "an MTAN")
    return tuple(_masks(site, trace) for site in sites)


def correlations(rows: np.ndarray) -> np.ndarray:
    """(T, T) float32: Pearson's of each two of T rows; NaN where one of them is the same everywhere."""
    centred = rows.astype(np.float64) - rows.mean(1, dtype=np.float64, keepdims=True)
    size = np.sqrt(np.square(centred).sum(1))
    known = np.outer(size, size) > 0
    found = np.where(known, centred @ centred.T / np.where(known, np.outer(size, size), 1), np.nan)
    return found.clip(-1, 1).astype(np.float32)


@dataclass(frozen=True)
class Pair:
    """How alike the masks of two tasks are at one stage."""

    stage: str
    first: str
    second: str
    value: float


def pairs(layers: Sequence[LayerMasks]) -> tuple[Pair, ...]:
    """Every two tasks at every stage at which the correlation of their masks is known."""
    every = (
        Pair(layer.stage, layer.tasks[i], layer.tasks[j], float(layer.overlap[i, j]))
        for layer in layers
        for i in range(len(layer.tasks))
        for j in range(i + 1, len(layer.tasks))
    )
    return tuple(pair for pair in every if math.isfinite(pair.value))


def statement(trace: FusionTrace) -> str:
    """Where masks are most and where they are least alike, in a sentence."""
    found = pairs(layer_masks(trace))
    if not found:
        return "There are no two masks to compare in this run."
    most, least = max(found, key=lambda pair: pair.value), min(found, key=lambda pair: pair.value)
    if most == least:
        return f"The masks of {_words(most)}."
    return f"Most alike are the masks of {_words(most)}; least alike those of {_words(least)}."


def _words(pair: Pair) -> str:
    return f"{pair.first} and {pair.second} at {stage_words(pair.stage)} (correlation {signed(pair.value)})"


def _masks(site: SiteTrace, trace: FusionTrace) -> LayerMasks:
    if not {"mask", "channels", "overlap"} <= set(site.extras):
        raise TraceError(f"The trace of '{trace.model.name}' holds no masks; trace the picture again.")
    maps, channels, overlap = (site.extras[name] for name in ("mask", "channels", "overlap"))
    return LayerMasks(site.site.name, site.site.stage, site.site.targets, maps, channels, overlap, site.grid)
