"""The one picture that stands for a scene, behind maps and outlines."""

import numpy as np

from vizlab.rgbd import RGBDImage
from vizlab.views.palettes import coloured
from vizlab.views.panels import MAX_SIDE, reduced
from vizlab.views.predictions import depth_range


def backdrop(rgbd: RGBDImage) -> np.ndarray:
    """The photograph; where there is none depth as a map, or else the first further picture. HxWx3 uint8, a copy, at
    most MAX_SIDE long."""
    if rgbd.colour is not None:
        return reduced(rgbd.colour, MAX_SIDE, smooth=True).copy()
    if rgbd.depth is not None:
        return coloured(reduced(rgbd.depth), *depth_range([rgbd.depth]), "viridis").copy()
    return reduced(next(iter(rgbd.domains.values())), MAX_SIDE, smooth=True).copy()
