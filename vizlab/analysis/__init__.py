"""Numbers from traces and references: arrays in, small typed results out; nothing here draws."""

from vizlab.analysis.affinity import ScaleShare, distillation_sites, scale_shares
from vizlab.analysis.exchange import (
    ExchangeSummary,
    SiteExchange,
    ThresholdCurve,
    exchange_sites,
    exchange_summary,
    gamma_correlation,
    threshold_curve,
    threshold_of,
)
from vizlab.analysis.metrics import (
    DepthError,
    NormalsError,
    SemsegScore,
    depth_error,
    normals_error,
    semseg_score,
)
from vizlab.analysis.nddr import NDDRBlocks, PooledMatrix, nddr_blocks, nddr_site, nddr_sites, pooled_matrix
from vizlab.analysis.pixel_affinity import AffinityParameters, PairAgreement, pair_agreements, trace_affinity
from vizlab.analysis.reference import Reference

__all__ = [
    "AffinityParameters",
    "DepthError",
    "ExchangeSummary",
    "NDDRBlocks",
    "NormalsError",
    "PairAgreement",
    "PooledMatrix",
    "Reference",
    "ScaleShare",
    "SemsegScore",
    "SiteExchange",
    "ThresholdCurve",
    "depth_error",
    "distillation_sites",
    "exchange_sites",
    "exchange_summary",
    "gamma_correlation",
    "nddr_blocks",
    "nddr_site",
    "nddr_sites",
    "normals_error",
    "pair_agreements",
    "pooled_matrix",
    "scale_shares",
    "semseg_score",
    "threshold_curve",
    "threshold_of",
    "trace_affinity",
]
