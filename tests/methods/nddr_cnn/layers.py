"""NDDR layers of known weights as traced sites."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.nddr_cnn.network import NDDRLayer

TASKS = ("semseg", "depth", "normals")
Changing = Callable[[np.ndarray], None]


def block(weight: np.ndarray, target: int, source: int) -> np.ndarray:
    """The (C, C) view of what `target` takes from `source`, cut by hand out of (T, C, T*C)."""
    channels = weight.shape[1]
    return weight[target][:, source * channels : (source + 1) * channels]


def layer_site(channels: int = 7, change: Changing | None = None, stage: str = "stage1") -> SiteTrace:
    """A fresh layer of three tasks whose stored weights `change` edits; the norm's scale differs in every channel."""
    layer = NDDRLayer(TASKS, channels)
    weight = layer.static_weights()["weight"].copy()
    if change is not None:
        change(weight)
    scale = np.linspace(0.5, 2, 3 * channels, dtype=np.float32).reshape(3, channels)
    site = layer.describe_site(f"nddr.{stage}")
    return SiteTrace(site, None, None, None, None, {"weight": weight, "scale": scale})


def noisy(weight: np.ndarray) -> None:
    """Every weight moved, by more from one block to the next: no two blocks are alike."""
    generator = np.random.default_rng(0)
    for target in range(3):
        for source in range(3):
            part = block(weight, target, source)
            part += (0.01 + 0.02 * (3 * target + source)) * generator.standard_normal(part.shape).astype(np.float32)


def with_layers(trace: FusionTrace, *sites: SiteTrace) -> FusionTrace:
    """The trace with these layers for sites."""
    return replace(trace, sites={site.site.name: site for site in sites})
