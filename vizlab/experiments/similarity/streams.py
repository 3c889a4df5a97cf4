"""Linear CKA between the streams of a network, at every site, of one picture or of many.

A sample is a cell of the site's map: streams meet cell by cell, so the question is whether they tell the same cells
apart in the same way. The cells of one picture are not independent. So a picture is one set of samples, centred by
itself; over many pictures the three unbiased terms are averaged apart, as Nguyen et al. (2021) average over
minibatches, before the quotient is taken, and intervals are over pictures. (With whole pictures as samples the
question would be another one: whether two streams find the same pictures alike.) Late in a network there are often
fewer cells than channels; Kornblith's biased form is then near 1 whatever the features, the unbiased one is not.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import FusionModule, Intervention, Mixing, intervening, observing
from vizlab.core.tracer import settings_for
from vizlab.experiments.similarity.cka import biased_terms, unbiased_terms
from vizlab.rgbd import RGBDImage

When = Literal["before", "after"]
"""Own part of each target as the site adds it, or what each target has after mixing."""
MOST_CELLS = 4096
"""Of a larger map every k-th row and column is taken, from the middle of the first k."""


@dataclass(frozen=True, order=True)
class Place:
    """Two targets of a site, before or after it mixed."""

    site: str
    when: When
    first: str
    second: str


@dataclass(frozen=True)
class Similarity:
    """How alike two streams are at one place.

    `cka` is of the unbiased terms, `low` and `high` its 95 % bootstrap interval over pictures (NaN for one picture);
    `kornblith` the mean over pictures of the biased form, 0..1; `pictures` how many, `cells` and `channels` how large
    each set of features was.
    """

    place: Place
    cka: float
    low: float
    high: float
    kornblith: float
    pictures: int
    cells: int
    channels: int


class StreamSimilarity:
    """Adds up over pictures what CKA needs: six numbers a picture and place, reduced inside the forward.

    Before mixing, only where a target's own part is among what its site adds (not where others replace channels).
    """

    def __init__(self) -> None:
        self._terms: dict[Place, list[Tensor]] = {}
        self._sizes: dict[Place, tuple[int, int]] = {}

    def add(self, model: Model, inputs: Mapping[str, Tensor], framing: Framing) -> dict[str, Tensor]:
        """One forward of a batch (B, 3, H', W') of pictures of one framing; returns its outputs. Takes no lock."""
        with self.watching(framing):
            return model.forward(inputs)

    @contextmanager
    def watching(self, framing: Framing) -> Iterator[None]:
        """Within the block every forward's pictures are added."""
        with observing(_Watch(self, framing)):
            yield

    def terms(self) -> dict[Place, np.ndarray]:
        """(N, 6) float64 by place: unbiased xy, xx, yy, then biased xy, xx, yy, of each picture in turn."""
        return {place: torch.cat(rows).cpu().numpy() for place, rows in self._terms.items()}

    def sizes(self) -> dict[Place, tuple[int, int]]:
        """Cells and channels by place."""
        return dict(self._sizes)

    def result(self, resamples: int = 1000, seed: int = 0) -> tuple[Similarity, ...]:
        """Every two streams at every site, in network order; "before" stands ahead of "after"."""
        return tuple(
            summed_up(place, terms, self._sizes[place], resamples, seed) for place, terms in self.terms().items()
        )

    def put(self, place: Place, x: Tensor, y: Tensor) -> None:
        """Add the features (B, n, C) of a batch's pictures at one place."""
        of_x_and_y = (unbiased_terms(x, y), biased_terms(x, y))
        row = torch.stack([term for terms in of_x_and_y for term in (terms.xy, terms.xx, terms.yy)], dim=-1)
        self._terms.setdefault(place, []).append(row)
        self._sizes[place] = (x.shape[-2], x.shape[-1])


def stream_similarity(
    model: Model,
    rgbd: RGBDImage,
    *,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
) -> tuple[Similarity, ...]:
    """Of one picture: one forward, without intervals. Empty for a network in which nothing adds.

    `working_size` (H, W) and `settings` of the method's controls as in `trace`. Takes the model's lock.
    """
    found, framing = StreamSimilarity(), model.frame(rgbd.size, working_size)
    with model.lock, intervening(Intervention(settings_for(model, settings))):
        found.add(model, model.preprocess(rgbd, framing), framing)
    return found.result()


def summed_up(
    place: Place, terms: np.ndarray, size: tuple[int, int], resamples: int = 1000, seed: int = 0
) -> Similarity:
    """From the (N, 6) terms of N pictures, as `StreamSimilarity.terms` gives them."""
    unbiased, biased = terms[:, :3], terms[:, 3:]
    low, high = _interval(unbiased, resamples, seed)
    return Similarity(
        place=place,
        cka=float(_cka(unbiased.mean(0))),
        low=low,
        high=high,
        kornblith=float(np.mean(_cka(biased))),
        pictures=len(terms),
        cells=size[0],
        channels=size[1],
    )


def _interval(terms: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    if len(terms) < 2:
        return math.nan, math.nan
    drawn = np.random.default_rng(seed).integers(len(terms), size=(resamples, len(terms)))
    values = _cka(terms[drawn].mean(1))
    if not np.isfinite(values).any():
        return math.nan, math.nan
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def _cka(terms: np.ndarray) -> np.ndarray:
    """(...) of (..., 3); NaN where a stream does not vary."""
    size = terms[..., 1] * terms[..., 2]
    known = size > 0
    return np.where(known, terms[..., 0] / np.sqrt(np.where(known, size, 1)), np.nan)


class _Watch:
    """The observer of one forward: holds a site's sampled features until its last target was seen."""

    def __init__(self, similarity: StreamSimilarity, framing: Framing) -> None:
        self._similarity, self._framing = similarity, framing
        self._held: dict[tuple[str, When], dict[int, Tensor]] = {}

    def __call__(self, module: FusionModule, mixing: Mixing) -> None:
        if not module.site.additive:
            return
        name, targets = module.site.name, module.site.targets
        own = _own_part(mixing)
        if own is not None:
            self._hold(name, "before", mixing.target, own, targets)
        self._hold(name, "after", mixing.target, mixing.output, targets)

    def _hold(self, site: str, when: When, target: int, features: Tensor, targets: tuple[str, ...]) -> None:
        held = self._held.setdefault((site, when), {})
        held[target] = cells_of(features, self._framing)
        if len(held) == len(targets):
            del self._held[site, when]
            for i, j in combinations(range(len(targets)), 2):
                self._similarity.put(Place(site, when, targets[i], targets[j]), held[i], held[j])


def _own_part(mixing: Mixing) -> Tensor | None:
    """What the target itself adds, on all channels; None where it is only what others leave."""
    if mixing.own_is_rest:
        return None
    parts = [part.value for part in mixing.parts if part.source == mixing.own and part.channels is None]
    return parts[0] if len(parts) == 1 else None


def cells_of(features: Tensor, framing: Framing) -> Tensor:
    """(B, C, H, W) to (B, n, C) float32, a copy: the cells that show the picture, at most `MOST_CELLS` or so."""
    return grid_of(features, framing).flatten(2).mT.to(torch.float32, copy=True)


def grid_of(features: Tensor, framing: Framing) -> Tensor:
    """The same cells (B, C, h, w), a view."""
    height, width = framing.visible((features.shape[-2], features.shape[-1]))
    step = max(1, math.ceil(math.sqrt(height * width / MOST_CELLS)))
    start = min(step // 2, height - 1, width - 1)
    return features[:, :, start:height:step, start:width:step]
