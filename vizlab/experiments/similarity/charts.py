"""Similarity of streams, site by site."""

from collections.abc import Mapping, Sequence

from plotly import graph_objects as go

from vizlab.core.site_words import SiteWords
from vizlab.experiments.similarity.cka import NOT_INFLUENCE
from vizlab.experiments.similarity.streams import Similarity
from vizlab.views.figures import row_height, site_axis, styled

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""One per pair of streams, Okabe and Ito's."""
NOTES = (
    "1: both tell the cells of this picture apart in the same way, up to rotation and scale; 0: not at all alike.",
    "Filled: what both have after mixing; open: what each adds of its own, where a site adds it. Unbiased estimates, "
    "which can be below 0.",
    NOT_INFLUENCE,
)


def similarity_chart(found: Sequence[Similarity], words: Mapping[str, SiteWords]) -> go.Figure:
    """CKA across, sites down in the network's order, one colour for each pair of streams."""
    names = list(dict.fromkeys(one.place.site for one in found))
    pairs = list(dict.fromkeys((one.place.first, one.place.second) for one in found))
    figure = go.Figure()
    for place, pair in enumerate(pairs):
        for when in ("before", "after"):
            of = [o for o in found if (o.place.first, o.place.second) == pair and o.place.when == when]
            if of:
                _add(figure, of, names, words, COLOURS[place % len(COLOURS)])
    axis = site_axis([words[name].label for name in names])
    height = max(220, row_height(len(names)) * len(names))
    styled(figure, "Linear CKA of streams at each site", NOTES, height, legend=True)
    figure.update_yaxes(**axis)
    figure.update_xaxes(range=[-0.15, 1.05], title_text="CKA")
    return figure


def _add(
    figure: go.Figure, of: Sequence[Similarity], names: Sequence[str], words: Mapping[str, SiteWords], colour: str
) -> None:
    when, pair = of[0].place.when, f"{of[0].place.first} and {of[0].place.second}"
    said = [
        f"{words[o.place.site].title}, {when} mixing: {o.cka:.3f} ({o.cells} cells, biased form {o.kornblith:.3f})"
        for o in of
    ]
    figure.add_scatter(
        x=[o.cka for o in of], y=[names.index(o.place.site) for o in of], name=f"{pair}, {when}", mode="lines+markers",
        line={"color": colour, "width": 1, "dash": "solid" if when == "after" else "dot"},
        marker={"size": 8, "symbol": "circle" if when == "after" else "circle-open", "color": colour},
        text=said, hovertemplate=f"{pair}<br>%{{text}}<extra></extra>",
    )  # fmt: skip
