"""Traces of channel exchange with gammas given by hand."""

from dataclasses import replace

import numpy as np

from vizlab.core.site import Site
from vizlab.core.trace import FusionTrace, SiteTrace


def site(
    gamma: np.ndarray, threshold: float = 0.02, name: str = "a", streams: tuple[str, ...] = ("rgb", "depth")
) -> SiteTrace:
    """An exchange site with these gammas (S, C); the s-th of S equal parts is eligible for stream s."""
    channels = gamma.shape[1]
    eligible = np.arange(channels) * len(streams) // channels == np.arange(len(streams))[:, None]
    exchanged = np.abs(gamma.astype(np.float32)) < np.float32(threshold)
    weights = {"gamma": gamma.astype(np.float32), "exchanged": exchanged, "eligible": eligible}
    return SiteTrace(Site(name, "exchange", streams, streams, channels, "stage1"), None, None, None, None, weights)


def with_sites(trace: FusionTrace, *sites: SiteTrace, threshold: float = 0.02) -> FusionTrace:
    model = replace(trace.model, settings={"threshold": threshold})
    return replace(trace, sites={s.site.name: s for s in sites}, model=model)
