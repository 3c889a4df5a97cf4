"""Distillation between tasks (MTI-Net): who sends how much to whom, scale by scale."""

from dataclasses import dataclass

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError


@dataclass(frozen=True, eq=False)
class ScaleShare:
    """One distillation unit for one picture. `share` (T, S), rows sum to 1; `gate` (T, S) mean gate, NaN for itself."""

    site: str
    stage: str
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    share: np.ndarray
    gate: np.ndarray


def distillation_sites(trace: FusionTrace) -> tuple[SiteTrace, ...]:
    """The distillation units from the finest scale to the coarsest; raises TraceError if there are none."""
    sites = [s for s in trace.sites.values() if s.site.kind == "distillation"]
    if not sites:
        raise TraceError(
            f"'{trace.model.name}' ({trace.model.family}) has no distillation unit; this view needs a trace of "
            "an MTI-Net."
        )
    return tuple(sorted(sites, key=lambda s: s.site.stage))


def scale_shares(trace: FusionTrace) -> tuple[ScaleShare, ...]:
    """Shares and mean gates of every scale, finest first."""
    return tuple(_scale_share(site) for site in distillation_sites(trace))


def _scale_share(site: SiteTrace) -> ScaleShare:
    shape = (len(site.site.targets), len(site.site.sources))
    share = np.full(shape, np.nan, np.float32) if site.share is None else site.share
    gate = np.full(shape, np.nan, np.float32) if site.gates is None else site.gates.mean((2, 3))
    return ScaleShare(site.site.name, site.site.stage, site.site.targets, site.site.sources, share, gate)
