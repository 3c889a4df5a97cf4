"""Charts of sweeps: effect against share, and against where a site stands, all networks on one axis."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from plotly import graph_objects as go

from vizlab.core.site_words import trace_words
from vizlab.experiments.interventions.standing import carries, effect_part, place_of, totals_known
from vizlab.experiments.interventions.sweep import Row, Sweep
from vizlab.page.study_charts import MARKS, NETWORK_COLOURS
from vizlab.views.figures import stream_title, styled
from vizlab.views.formatting import number, percent_words
from vizlab.views.palettes import stream_colour
from vizlab.views.shares import NOT_AN_EFFECT

HEIGHT = 300
_LOGARITHMIC = {"type": "log"}


def share_chart(sweeps: Mapping[str, Sweep], titles: Mapping[str, str], task: str | None) -> go.Figure:
    """Effect against share, both in percent on logarithmic axes. A point is an edge."""
    figure = go.Figure()
    left_out = 0
    for name, sweep in sweeps.items():
        rows = _known(sweep, task)
        drawn = [row for row in rows if row.share > 0 and effect_part(sweep, row, task) > 0]
        left_out += len(rows) - len(drawn)
        _points(figure, sweeps, name, titles[name], drawn, [100 * row.share for row in drawn], task)
    figure.update_xaxes(title_text="share of what varies in the target", **_LOGARITHMIC, **_ticks(figure, "x"))
    figure.update_yaxes(title_text=_effect(task), **_LOGARITHMIC, **_ticks(figure, "y"))
    notes = [NOT_AN_EFFECT, "A point is an edge of this picture; both axes are logarithmic."]
    if left_out:
        notes.append(f"Negative or nothing, and so of no place here: {left_out} edge{'s' * (left_out > 1)}.")
    return styled(figure, "Effect against share", notes, HEIGHT, legend=True)


def place_chart(sweeps: Mapping[str, Sweep], titles: Mapping[str, str], task: str | None) -> go.Figure:
    """Effect against where the site stands: 0 at a network's first site, 1 at its last."""
    figure = go.Figure()
    for name, sweep in sweeps.items():
        drawn = [row for row in _known(sweep, task) if effect_part(sweep, row, task) > 0]
        places = {site: place for place, site in enumerate(sweep.before.sites)}
        last = max(1, len(places) - 1)
        _points(figure, sweeps, name, titles[name], drawn, [places[row.edge.site] / last for row in drawn], task)
    figure.update_xaxes(title_text="site, from the first (0) to the last (1)", range=[-0.05, 1.05], zeroline=False)
    figure.update_yaxes(title_text=_effect(task), **_LOGARITHMIC, **_ticks(figure, "y"))
    notes = ["The same effects by where the site stands: what the mere order of sites tells."]
    return styled(figure, "Effect against the site's place", notes, HEIGHT, legend=True)


def _ticks(figure: go.Figure, axis: str) -> dict[str, object]:
    """Of many decades each has a number, of few 1, 2 and 5, within one some more."""
    values = [float(value) for trace in figure.data for value in trace[axis]]
    if not values:
        return {}
    low, high = min(values), max(values)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1,), (1, 2, 5), (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9)):
        ticks = [digit * 10.0**decade for decade in decades for digit in digits]
        if sum(low <= tick <= high for tick in ticks) >= 3:
            break
    return {"tickvals": ticks, "ticktext": [f"{tick:g} %" for tick in ticks]}


def _effect(task: str | None) -> str:
    return f"effect{f' on {task}' if task else ''}, of that of all edges cut"


def _known(sweep: Sweep, task: str | None) -> list[Row]:
    """The edges on which something comes and whose effect is known."""
    if not totals_known(sweep):
        return []
    return [row for row in sweep.rows if carries(row) and math.isfinite(effect_part(sweep, row, task))]


def _points(
    figure: go.Figure, sweeps: Mapping[str, Sweep], name: str, title: str, rows: Sequence[Row], x: Sequence[float],
    task: str | None,
) -> None:  # fmt: skip
    """A network in its colour and mark; one alone by its senders, in their colours as on the network map."""
    sweep = sweeps[name]
    hover = [edge_hover(sweep, row, task) for row in rows]
    y = [100 * effect_part(sweep, row, task) for row in rows]
    if len(sweeps) > 1:
        place = list(sweeps).index(name)
        look = {"color": NETWORK_COLOURS[place % len(NETWORK_COLOURS)], "symbol": MARKS[place % len(MARKS)]}
        groups = {title: (list(range(len(rows))), look)}
    else:
        sources = list(dict.fromkeys(row.edge.source or "" for row in rows))
        groups = {
            f"from {stream_title(sweep.before, source)}": (
                [i for i, row in enumerate(rows) if row.edge.source == source],
                {"color": stream_colour(source), "symbol": MARKS[at % len(MARKS)]},
            )
            for at, source in enumerate(sources)
        }
    for label, (which, look) in groups.items():
        figure.add_scatter(
            x=np.array([x[i] for i in which]), y=np.array([y[i] for i in which]), name=label, mode="markers",
            marker={"size": 8, "opacity": 0.85, **look}, customdata=[hover[i] for i in which],
            hovertemplate=f"%{{customdata}}<extra>{title}</extra>",
        )  # fmt: skip


def edge_hover(sweep: Sweep, row: Row, task: str | None) -> str:
    """An edge with its numbers, in Plotly's markup."""
    at = place_of(sweep, row.edge, task)
    return (
        f"{trace_words(sweep.before)[row.edge.site].title}<br>{way_words(sweep, row)}<br>"
        f"share {percent_words(row.share)}, effect {percent_words(effect_part(sweep, row, task))} of all edges cut: "
        f"{sweep.tasks[at]} moves by {number(row.total[at], sweep.units[at])}"
    )


def way_words(sweep: Sweep, row: Row) -> str:
    """From whom to whom: "rgb → depth"."""
    source = "all others" if row.edge.source is None else stream_title(sweep.before, row.edge.source)
    return f"{source} → {stream_title(sweep.before, row.edge.target)}"
