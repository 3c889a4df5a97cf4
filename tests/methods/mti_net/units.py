"""Distillation units of known numbers as traced sites, no two of which are alike."""

from dataclasses import replace

import numpy as np

from vizlab.core.site import Site
from vizlab.core.trace import FusionTrace, SiteTrace

TARGETS = ("semseg", "depth")
SOURCES = ("semseg", "depth", "edge")
SIZES = {0: (6, 8), 1: (3, 4)}


def unit(scale: int, seed: int = 0) -> SiteTrace:
    """A unit of two receivers and three senders; every gate lies about a mean of its own, 0.1 to 0.9."""
    generator = np.random.default_rng(10 * seed + scale)
    shape = (len(TARGETS), len(SOURCES), *SIZES[scale])
    means = np.linspace(0.15, 0.85, shape[0] * shape[1]).reshape(shape[:2])[..., None, None]
    gates = (means + generator.uniform(-0.04, 0.04, shape)).astype(np.float32)
    own = np.array([[s == t for s in SOURCES] for t in TARGETS])
    gates[own] = np.nan
    share = generator.uniform(-0.2, 0.6, shape[:2]).astype(np.float32)
    share[own] = 1 - (share * ~own).sum(1)
    received = generator.uniform(0.1, 1.5, shape).astype(np.float16)
    site = Site(f"distillation_scale_{scale}", "distillation", TARGETS, SOURCES, 4, f"scale {scale}")
    return SiteTrace(site, share, np.ones(shape[:2]), gates[:, 0], gates, {}, received=received)


def with_units(trace: FusionTrace, *units: SiteTrace) -> FusionTrace:
    """The trace with these units for sites, in the order given."""
    return replace(trace, sites={one.site.name: one for one in units})
