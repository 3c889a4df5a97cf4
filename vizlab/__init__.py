"""vizlab: what fusing networks predict, and where their streams exchange information.

The public map; everything else is an implementation detail.
"""

from importlib.metadata import version

from vizlab import report, views
from vizlab.checks import check
from vizlab.core import showing
from vizlab.core.adapt import FusionSite, Gated, Mixed, Projected, Replaced, Sum, adapt, argument, output_of, stored
from vizlab.core.config import Normalisation
from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.core.trace_file import load_trace
from vizlab.core.tracer import trace
from vizlab.errors import VizlabError
from vizlab.rgbd import RGBDImage, read_rgbd

__all__ = [
    "FusionSite", "FusionTrace", "Gated", "Mixed", "Model", "Normalisation", "Projected", "RGBDImage", "Replaced",
    "SiteTrace", "Sum", "VizlabError",
    "adapt", "argument", "check", "load_model", "load_trace", "output_of", "read_rgbd", "report", "stored", "trace",
    "views",
]  # fmt: skip

showing.use(report.show)

__version__ = version("vizlab")
