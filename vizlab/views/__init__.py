"""Pure functions from traces to figures: Plotly charts, picture panels and grids. They know no model and no page."""

from vizlab.analysis.pixel_affinity import AffinityParameters
from vizlab.analysis.reference import Reference
from vizlab.views.affinity import affinity_shares, gate_panels, pixel_affinity
from vizlab.views.change import change_panel
from vizlab.views.comparison import prediction_grid
from vizlab.views.exchange import (
    cross_share_profile,
    exchange_fractions,
    threshold_curve,
)
from vizlab.views.export import save_figure
from vizlab.views.ledger import exchange_ledger, ledger_colorscale
from vizlab.views.nddr import nddr_block_norms, nddr_drift, nddr_matrix, nddr_shares, share_matrix
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

__all__ = [
    "AffinityParameters",
    "ColourBar",
    "EmptyCell",
    "Grid",
    "LegendItem",
    "Palette",
    "Panel",
    "Reference",
    "affinity_shares",
    "change_panel",
    "class_colours",
    "class_legend",
    "colormap",
    "colorscale",
    "confidence_panel",
    "cross_share_profile",
    "depth_error_panel",
    "depth_panel",
    "exchange_fractions",
    "exchange_ledger",
    "gate_panels",
    "image_panel",
    "label_panel",
    "ledger_colorscale",
    "map_panel",
    "nddr_block_norms",
    "nddr_drift",
    "nddr_matrix",
    "nddr_shares",
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
    "threshold_curve",
]
