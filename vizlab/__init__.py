"""vizlab: what fusing networks predict, and where their streams exchange information.

The public map; everything else is an implementation detail.
"""

from vizlab import views
from vizlab.errors import VizlabError
from vizlab.models.model import Model
from vizlab.rgbd import RGBDImage, read_rgbd
from vizlab.tracing import FusionTrace, SiteTrace, load_trace, trace
from vizlab.weights import load_model

__all__ = [
    "FusionTrace", "Model", "RGBDImage", "SiteTrace", "VizlabError",
    "load_model", "load_trace", "read_rgbd", "trace", "views",
]  # fmt: skip
