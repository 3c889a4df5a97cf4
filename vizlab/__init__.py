"""vizlab: what fusing networks predict, where their streams exchange information, and whether that mattered.

The public map; everything else is an implementation detail.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from vizlab import report, views
from vizlab.checks import check
from vizlab.core import showing
from vizlab.core.adapt import FusionSite, Gated, Mixed, Projected, Replaced, Sum, adapt, argument, output_of, stored
from vizlab.core.changes import cut, do, threshold
from vizlab.core.config import Normalisation
from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.core.trace_file import load_trace
from vizlab.core.tracer import trace
from vizlab.errors import VizlabError
from vizlab.rgbd import RGBDImage, read_rgbd

if TYPE_CHECKING:
    from vizlab.experiments.attribution import Target, attribute
    from vizlab.experiments.interventions import Effect, Sweep, intervene, sweep

__all__ = [
    "Effect", "FusionSite", "FusionTrace", "Gated", "Mixed", "Model", "Normalisation", "Projected", "RGBDImage",
    "Replaced", "SiteTrace", "Sum", "Sweep", "Target", "VizlabError",
    "adapt", "argument", "attribute", "check", "cut", "do", "intervene", "load_model", "load_trace", "output_of",
    "read_rgbd", "report", "stored", "sweep", "threshold", "trace", "views",
]  # fmt: skip

showing.use(report.show)

__version__ = version("vizlab")

_LATER = {
    **dict.fromkeys(("Effect", "Sweep", "intervene", "sweep"), "vizlab.experiments.interventions"),
    **dict.fromkeys(("Target", "attribute"), "vizlab.experiments.attribution"),
}
"""Loaded when first asked for: whoever only traces does not wait for experiments."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'vizlab' has no attribute '{name}'")
    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found
