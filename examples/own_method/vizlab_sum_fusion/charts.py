"""What depth counts at every sum, as a chart."""

import numpy as np
from plotly import graph_objects as go

from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.views.figures import SAME, row_height, short_names, site_axis, styled
from vizlab.views.palettes import stream_colour


def sum_weights(trace: FusionTrace) -> go.Figure:
    """The weights of depth at each sum, a box a site from input to output; 1 is a plain sum, 0 takes no depth.

    Raises TraceError for a trace of another method.
    """
    sites = [site for site in trace.sites.values() if site.site.kind == "sum"]
    if not sites:
        raise TraceError(f"'{trace.model.name}' sums no streams; this view needs a trace of a sum fusion.")
    figure = go.Figure()
    for index, site in enumerate(sites):
        weights = site.weights["weight"]
        figure.add_box(
            x=weights, y=np.full(len(weights), index), orientation="h", name=site.site.name, boxpoints=False,
            marker_color=stream_colour("depth"), hoverinfo="x",
        )  # fmt: skip
    figure.add_vline(x=1, line={"dash": "dash", "width": 1})
    notes = [f"{SAME.capitalize()}; the dashed line is a plain sum."]
    styled(figure, "What depth counts, channel by channel", notes, 2 * row_height(len(sites)) * len(sites))
    figure.update_yaxes(**site_axis(short_names([s.site.name for s in sites])), title_text="site")
    figure.update_xaxes(title_text="weight of a depth channel")
    return figure
