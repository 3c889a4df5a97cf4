"""Insertion and deletion as a chart."""

from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.experiments.attribution.curves import Curves
from vizlab.experiments.attribution.pictures import MODALITIES
from vizlab.views.figures import TEXT, styled

INSERTION, DELETION = "#D55E00", "#0072B2"
HEIGHT = 220


def curves_chart(found: Curves) -> go.Figure:
    """A plot for each modality: the value over the share of pixels put in or taken out, beside a random order."""
    names = list(found.by_modality)
    figure = make_subplots(rows=1, cols=max(1, len(names)), shared_yaxes=True, horizontal_spacing=0.06,
                           subplot_titles=[MODALITIES.get(name, name) for name in names])  # fmt: skip
    unit = found.attribution.unit
    for column, name in enumerate(names, 1):
        curve = found.by_modality[name]
        lines = (
            ("insertion", curve.insertion, INSERTION, "solid"),
            ("deletion", curve.deletion, DELETION, "solid"),
            ("insertion at random", curve.random_insertion, INSERTION, "dot"),
            ("deletion at random", curve.random_deletion, DELETION, "dot"),
        )
        for title, values, colour, dash in lines:
            figure.add_scatter(
                x=curve.fractions, y=values, name=title, mode="lines", legendgroup=title, showlegend=column == 1,
                line={"color": colour, "width": 2, "dash": dash}, row=1, col=column,
                hovertemplate=f"{title}, %{{x:.0%}} of the pixels: %{{y:.3g}} {unit}<extra></extra>",
            )  # fmt: skip
    notes = ["Pixels of one modality, highest attribution first, while the others stay. Dotted: in one random order."]
    styled(figure, "Insertion and deletion", notes, HEIGHT, legend=True, headings=True)
    figure.update_xaxes(title_text="share of the pixels", tickformat=".0%")
    figure.update_yaxes(title_text=f"value, {unit}", row=1, col=1)
    figure.update_annotations(font={"size": 12, "color": TEXT})
    return figure
