"""Pure functions from traces to figures: Plotly charts, picture panels and grids. They run nothing and know no page.

What holds for one method alone (`views.exchange_ledger`, ...) stands in its room and is found here by name.
"""

from collections.abc import Callable
from typing import Any

from vizlab.core.registry import methods
from vizlab.measures.pixel_affinity import AffinityParameters
from vizlab.measures.reference import Reference
from vizlab.views.affinity import pixel_affinity
from vizlab.views.change import change_panel
from vizlab.views.comparison import prediction_grid
from vizlab.views.export import save_figure
from vizlab.views.outside import outside_over_photo, outside_scale, outside_strip
from vizlab.views.palettes import Palette, class_colours, colormap, colorscale, stream_colour
from vizlab.views.panels import ColourBar, EmptyCell, Grid, LegendItem, Panel
from vizlab.views.predictions import (
    class_legend,
    confidence_panel,
    depth_error_panel,
    depth_panel,
    image_panel,
    label_panel,
    map_panel,
    normals_error_panel,
    normals_panel,
    semseg_panel,
)
from vizlab.views.shares import cross_share_profile, share_matrix

__all__ = [
    "AffinityParameters",
    "ColourBar",
    "EmptyCell",
    "Grid",
    "LegendItem",
    "Palette",
    "Panel",
    "Reference",
    "change_panel",
    "class_colours",
    "class_legend",
    "colormap",
    "colorscale",
    "confidence_panel",
    "cross_share_profile",
    "depth_error_panel",
    "depth_panel",
    "image_panel",
    "label_panel",
    "map_panel",
    "normals_error_panel",
    "normals_panel",
    "outside_over_photo",
    "outside_scale",
    "outside_strip",
    "pixel_affinity",
    "prediction_grid",
    "save_figure",
    "semseg_panel",
    "share_matrix",
    "stream_colour",
]


def method_views() -> dict[str, Callable[..., Any]]:
    """The public charts and panels of all installed methods, by name."""
    return {name: view for method in methods().values() for name, view in method.views().items()}


def __getattr__(name: str) -> Any:
    found = {} if name.startswith("_") else method_views()
    if name not in found:
        raise AttributeError(f"vizlab.views has no '{name}'; the methods' own are {', '.join(found) or 'not listed'}")
    return found[name]


def __dir__() -> list[str]:
    return sorted([*globals(), *method_views()])
