"""Charts of a study: what each edge carries and does, with intervals, and the one against the other."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.measures.movement import NAMES, UNITS, kind_of
from vizlab.study.survey.intervals import Estimate
from vizlab.study.survey.measures import Edge
from vizlab.study.survey.summaries import Edges
from vizlab.views.figures import TEXT, row_height, site_axis, styled
from vizlab.views.formatting import number
from vizlab.views.palettes import stream_colour

NETWORK_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's; a network also has a mark of its own."""
MARKS = ("circle", "square", "diamond", "cross", "triangle-up", "star")


def effect_words(task: str) -> tuple[str, str]:
    """How far an answer of that task moves: the measure's name and unit."""
    kind = kind_of(task, 2)
    return NAMES[kind], UNITS[kind]


def edges_chart(edges: Edges, names: Sequence[str], pictures: int) -> go.Figure:
    """Per edge, from input to output, the mean share and the mean total effect with 95 % intervals; `names` by edge."""
    measure, unit = effect_words(edges.task)
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.06)
    colours = [stream_colour(source) for _, source, _ in edges.edges]
    for column, (estimate, factor, said) in enumerate(((edges.share, 100, "%"), (edges.effect, 1, unit)), 1):
        figure.add_scatter(
            x=factor * estimate.value,
            y=list(range(len(names))),
            error_x=interval_bars(estimate, factor),
            mode="markers",
            cliponaxis=False,
            marker={"size": 7, "color": colours},
            customdata=[[name, _interval(estimate, i, factor, said)] for i, name in enumerate(names)],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
            row=1,
            col=column,
        )
    figure.update_yaxes(**site_axis(names))
    figure.update_yaxes(title_text="site", row=1, col=1)
    figure.update_xaxes(title_text="share, %", rangemode="tozero", row=1, col=1)
    figure.update_xaxes(title_text=f"{measure}, {unit}", rangemode="tozero", row=1, col=2)
    notes = [
        f"{edges.network}, into {edges.target}; means over {pictures} pictures. Left: the share it carries. Right: how "
        f"far {edges.task} moves when it is cut. Bars: 95 % of the resamples of pictures."
    ]
    return styled(figure, "Carried, and what a cut does", notes, row_height(len(names)) * len(names))


def damage_chart(edges: Edges, names: Sequence[str]) -> go.Figure | None:
    """By how much the task's figure over the set gets worse when each edge is cut; None where it was not scored."""
    if edges.damage is None:
        return None
    (figure_name, unit), figure = edges.figure, go.Figure()
    figure.add_scatter(
        x=edges.damage.value,
        y=list(range(len(names))),
        error_x=interval_bars(edges.damage, 1),
        mode="markers",
        marker={"size": 7, "color": [stream_colour(source) for _, source, _ in edges.edges]},
        customdata=[[name, _interval(edges.damage, i, 1, unit)] for i, name in enumerate(names)],
        hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
    )
    figure.update_yaxes(**site_axis(names), title_text="site")
    figure.update_xaxes(title_text=f"{figure_name} worse by, {'points' if unit == '%' else unit}")
    figure.add_vline(x=0, line={"color": TEXT, "width": 1})
    notes = [
        f"{edges.network}, into {edges.target}: {figure_name} of {edges.task} over the set. Left of 0 a cut helps."
    ]
    return styled(figure, "Whether it gets worse", notes, row_height(len(names)) * len(names))


def scatter_chart(listed: Sequence[Edges], task: str) -> go.Figure:
    """Every network's edges into the targets of `task`: mean effect against mean share, both axes logarithmic."""
    measure, unit = effect_words(task)
    figure, left_out = go.Figure(), 0
    networks = list(dict.fromkeys(one.network for one in listed))
    for one in listed:
        place = networks.index(one.network)
        drawn = (one.share.value > 0) & (one.effect.value > 0)
        left_out += int((~drawn).sum())
        several = sum(other.network == one.network for other in listed) > 1
        figure.add_scatter(
            x=100 * one.share.value[drawn],
            y=one.effect.value[drawn],
            name=f"{one.network}, into {one.target}" if several else one.network,
            mode="markers",
            marker=_mark(place, [o for o in listed if o.network == one.network].index(one)),
            customdata=[edge_words(edge) for edge, there in zip(one.edges, drawn, strict=True) if there],
            hovertemplate=f"%{{customdata}}<br>share %{{x:.3g}} %, {measure} %{{y:.3g}} {unit}"
            f"<extra>{one.network}</extra>",
        )
    figure.update_xaxes(type="log", title_text="mean share, %", tickformat="~g")
    figure.update_yaxes(type="log", title_text=f"mean {measure} of {task} when cut, {unit}", **_DECADES)
    notes = ["A point is an edge, its means over pictures; both axes are logarithmic."]
    if left_out:
        count = f"{left_out} edge{'s' * (left_out > 1)}"
        notes.append(f"Of no share or no effect, and so of no place on a logarithmic axis: {count}.")
    return styled(figure, "Effect against share", notes, 340, legend=True)


_DECADES = {"dtick": 1, "exponentformat": "power"}


def _mark(network: int, target: int) -> dict[str, object]:
    """A colour and a form for each network; further targets of one are hollow."""
    colour, form = NETWORK_COLOURS[network % len(NETWORK_COLOURS)], MARKS[network % len(MARKS)]
    hollow = ("", "-open", "-open-dot")[target % 3]
    return {"size": 8, "color": colour, "symbol": form + hollow}


def edge_labels(edges: Edges, sites: dict[str, str]) -> list[str]:
    """The edges into one target for an axis: the site, and the source where there are several."""
    several = len({source for _, source, _ in edges.edges}) > 1
    return [f"{sites.get(site, site)}{f' ← {source}' if several else ''}" for site, source, _ in edges.edges]


def edge_words(edge: Edge, sites: dict[str, str] | None = None) -> str:
    """ "14, stage 5: rgb → depth", by the site's words where they are known."""
    site, source, target = edge
    return f"{(sites or {}).get(site, site)}: {source} → {target}"


def interval_bars(estimate: Estimate, factor: float) -> dict[str, object]:
    """The intervals of an estimate (n,) as error bars of a chart, all times `factor`."""
    above, below = estimate.high - estimate.value, estimate.value - estimate.low
    ends = {"array": factor * np.maximum(above, 0), "arrayminus": factor * np.maximum(below, 0)}
    return {"type": "data", "symmetric": False, "thickness": 1, "width": 0, "color": TEXT, **ends}


def _interval(estimate: Estimate, place: int, factor: float, unit: str) -> str:
    value, low, high = (factor * float(x[place]) for x in (estimate.value, estimate.low, estimate.high))
    return f"{number(value, unit)} [{number(low)}, {number(high)}]"
