"""A plain PyTorch network, unchanged, as a vizlab model: its owner declares where its streams mix and how."""

from vizlab.core.adapt.adapting import adapt, fingerprint
from vizlab.core.adapt.projection import Projected
from vizlab.core.adapt.readings import Gated, Mixed, Reading, Replaced, Sum
from vizlab.core.adapt.sites import FusionSite
from vizlab.core.adapt.values import Value, argument, output_of, stored

__all__ = [
    "FusionSite",
    "Gated",
    "Mixed",
    "Projected",
    "Reading",
    "Replaced",
    "Sum",
    "Value",
    "adapt",
    "argument",
    "fingerprint",
    "output_of",
    "stored",
]
