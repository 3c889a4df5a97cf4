"""A sweep as charts: metric and confidence by severity, and the fusion response site by site."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.experiments.corruptions.corruption import CLEAN, SEVERITIES, Corruption
from vizlab.experiments.corruptions.sweep import SeveritySweep
from vizlab.experiments.corruptions.words import stream_words
from vizlab.views.figures import TEXT, colour_bar, row_height, site_axis, styled
from vizlab.views.formatting import in_form
from vizlab.views.palettes import colorscale
from vizlab.views.shares import NOT_AN_EFFECT

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#B8A900", "#808080")
"""One per network, Okabe and Ito's."""
_LEAST = 0.01
"""The response's colours span at least one percentage point either way: what moves by less looks still."""
_LINE = 150
"""Pixels for each of two plots, one above the other."""


@dataclass(frozen=True)
class Metric:
    """A figure of one picture: how it is written, whether more of it is better, and whether there is a reference."""

    key: str
    title: str
    form: str
    better: int
    scored: bool = True

    def clean(self, sweep: SeveritySweep) -> float:
        """Of the unbroken picture."""
        return (sweep.clean.scores if self.scored else sweep.clean.moved)[self.key]

    def broken(self, sweep: SeveritySweep, corruption: str) -> np.ndarray:
        """(S,) by severity."""
        return sweep.score(corruption, self.key) if self.scored else sweep.moved(corruption, self.key)

    @property
    def factor(self) -> int:
        """By which it is drawn: shares stand on an axis of per cent."""
        return 100 if self.form.endswith("%") else 1

    @property
    def axis(self) -> dict[str, str]:
        """Plotly's format of `factor` times the value."""
        return {"tickformat": self.form.replace("%", "f"), "ticksuffix": " %" if self.factor == 100 else ""}

    def written(self, value: float) -> str:
        """Such as "38.4 %", "0.532"; an en dash for what is undefined."""
        return in_form(value, self.form) if math.isfinite(value) else "–"

    def error(self, value: float) -> float:
        """Less is better: 1 - value of what is better the more there is, else the value."""
        return 1 - value if self.better > 0 else value


METRICS = (
    Metric("semseg.miou", "mIoU, classes of this picture", ".1%", 1),
    Metric("semseg.accuracy", "pixel accuracy", ".1%", 1),
    Metric("depth.rmse", "RMSE of depth, m", ".3f", -1),
    Metric("depth.aligned_rmse", "RMSE of depth, scaled, m", ".3f", -1),
    Metric("normals.angle", "mean angle of normals, degrees", ".1f", -1),
)
MOVES = (
    Metric("semseg.flipped", "pixels of another class than before", ".1%", -1, scored=False),
    Metric("depth.rmse", "RMS change of depth, m", ".3f", -1, scored=False),
    Metric("normals.angle", "mean turn of normals, degrees", ".1f", -1, scored=False),
)


def metrics_of(sweep: SeveritySweep) -> list[Metric]:
    """The figures that a sweep holds, scores first, the most usual one of a task first."""
    return [m for m in METRICS if m.key in sweep.clean.scores] + [m for m in MOVES if m.key in sweep.clean.moved]


def common_metric(sweeps: Sequence[SeveritySweep]) -> Metric | None:
    """The first figure that all of them hold."""
    return next((m for m in metrics_of(sweeps[0]) if all(m in metrics_of(one) for one in sweeps)), None)


def severity_chart(sweeps: Sequence[SeveritySweep], corruption: Corruption) -> go.Figure:
    """Metric above, mean confidence below, by severity of one corruption; a line for each network."""
    metric = common_metric(sweeps)
    confident = [one for one in sweeps if math.isfinite(one.clean.confidence)]
    rows = (metric is not None) + bool(confident)
    figure = make_subplots(rows=max(rows, 1), cols=1, shared_xaxes=True, vertical_spacing=0.14)
    for place, sweep in enumerate(sweeps):
        at = [CLEAN, *sweep.severities]
        look = {"color": COLOURS[place % len(COLOURS)], "width": 2}
        if metric is not None:
            values = [metric.clean(sweep), *metric.broken(sweep, corruption.name).tolist()]
            figure.add_scatter(
                x=at, y=[metric.factor * value for value in values], name=sweep.model, line=look, row=1, col=1,
                mode="lines+markers", legendgroup=sweep.model, customdata=[metric.written(value) for value in values],
                hovertemplate=f"{sweep.model}, severity %{{x}}: %{{customdata}}<extra></extra>",
            )  # fmt: skip
        if sweep in confident:
            sure = [sweep.clean.confidence, *sweep.confidence(corruption.name).tolist()]
            figure.add_scatter(
                x=at, y=[100 * value for value in sure], name=sweep.model, mode="lines+markers", line=look,
                legendgroup=sweep.model, showlegend=metric is None, row=rows, col=1,
                hovertemplate=f"{sweep.model}, severity %{{x}}: confidence %{{y:.1f}} %<extra></extra>",
            )  # fmt: skip
    notes = [f"{_named(corruption)}, this picture. Severity 0: as it was read."]
    if metric is not None and not metric.scored:
        notes.append("No reference is at hand: how far the prediction is from that of the unbroken picture.")
    if confident:
        notes.append("Below: mean probability of the class chosen. High while the metric falls: sure and wrong.")
    styled(
        figure,
        "Metric and confidence",
        notes,
        _LINE * max(rows, 1) + 20 * (rows > 1),
        legend=len(sweeps) > 1,
    )
    if metric is not None:
        figure.update_yaxes(title_text=_short(metric), **metric.axis, row=1, col=1)
    if confident:
        figure.update_yaxes(title_text="confidence", tickformat=".1f", ticksuffix=" %", row=rows, col=1)
    figure.update_xaxes(tickvals=[CLEAN, *SEVERITIES])
    figure.update_xaxes(title_text="severity", row=max(rows, 1), col=1)
    return figure


def _named(corruption: Corruption) -> str:
    word = "Colour" if corruption.modality == "rgb" else "Depth"
    return f"{word}: {corruption.title}"


def _short(metric: Metric) -> str:
    return metric.title.split(",")[0]


def response_chart(sweep: SeveritySweep, corruption: Corruption) -> go.Figure:
    """Sites down, severities across, a map for each target: how many percentage points its cross-stream share moved."""
    heads = [str(severity) for severity in sweep.severities]
    return _maps(sweep, sweep.response(corruption.name), heads, "severity", _named(corruption))


def worst_responses(sweep: SeveritySweep) -> go.Figure:
    """The same at the last severity, a column for each corruption of the sweep."""
    response = np.stack([sweep.response(one.name)[-1] for one in sweep.corruptions])
    heads = [one.name for one in sweep.corruptions]
    return _maps(sweep, response, heads, "", f"Severity {sweep.severities[-1]}", stacked=True)


def _maps(
    sweep: SeveritySweep, response: np.ndarray, heads: Sequence[str], across: str, what: str, stacked: bool = False
) -> go.Figure:
    """`response` (H, P), a column of the maps for each of the `heads`; the targets' maps side by side, or `stacked`."""
    targets = list(dict.fromkeys(target for _, target in sweep.pairs))
    names = list(dict.fromkeys(site for site, _ in sweep.pairs))
    known = np.abs(response[np.isfinite(response)])
    end = max(_LEAST, float(known.max(initial=0))) * 100
    figure = make_subplots(
        rows=len(targets) if stacked else 1, cols=1 if stacked else max(1, len(targets)), shared_yaxes=True,
        shared_xaxes=True, horizontal_spacing=0.04, vertical_spacing=0.06,
        subplot_titles=[f"to {stream_words(sweep, target)}" for target in targets],
    )  # fmt: skip
    for column, target in enumerate(targets, 1):
        grid = np.full((len(names), len(heads)), np.nan)
        for which, (site, into) in enumerate(sweep.pairs):
            if into == target:
                grid[names.index(site)] = response[:, which] * 100
        figure.add_heatmap(
            z=grid.astype(np.float32), x=list(range(len(heads))), y=list(range(len(names))), coloraxis="coloraxis",
            xgap=1, ygap=1, hoverongaps=False, customdata=np.tile(np.array(heads, object), (len(names), 1)),
            hovertemplate=f"site %{{y}} to {stream_words(sweep, target)}, {across} %{{customdata}}: "
            "%{z:+.1f} points<extra></extra>",
            row=column if stacked else 1, col=1 if stacked else column,
        )  # fmt: skip
    notes = [
        f"{what}, {sweep.model}, this picture: change of the share that each target takes from other streams, in "
        "percentage points. Orange: it takes more; purple: less.",
        NOT_AN_EFFECT,
    ]
    height = max(row_height(len(names)) * len(names), 120) * (len(targets) if stacked else 1)
    styled(figure, "Fusion response", notes, height, headings=True)
    figure.update_yaxes(**site_axis([sweep.sites[name].label for name in names]), showgrid=False)
    figure.update_yaxes(title_text="site", row=1, col=1)
    named = {str(place): head for place, head in enumerate(heads)}
    figure.update_xaxes(tickvals=list(range(len(heads))), labelalias=named, showgrid=False, zeroline=False)
    figure.update_xaxes(title_text=across, tickangle=0 if across else -90)
    figure.update_annotations(font={"size": 13, "color": TEXT})
    bar = colour_bar("points", len=0.9)
    figure.update_layout(coloraxis={"cmin": -end, "cmax": end, "colorscale": colorscale("diverging"), "colorbar": bar})
    return figure


def response_sizes(sweeps: Sequence[SeveritySweep], corruption: Corruption) -> go.Figure:
    """For several networks: by severity the mean size of the response over a network's sites and targets."""
    figure = go.Figure()
    for place, sweep in enumerate(sweeps):
        sizes = [0.0, *(_mean_size(row) for row in sweep.response(corruption.name))]
        figure.add_scatter(
            x=[CLEAN, *sweep.severities], y=sizes, name=sweep.model, mode="lines+markers",
            line={"color": COLOURS[place % len(COLOURS)], "width": 2},
            hovertemplate=f"{sweep.model}, severity %{{x}}: %{{y:.1f}} points<extra></extra>",
        )  # fmt: skip
    notes = [
        f"{_named(corruption)}, this picture: mean over a network's sites and targets of how far their cross-stream "
        "shares moved, either way.",
        NOT_AN_EFFECT,
    ]
    styled(figure, "Fusion response", notes, 2 * _LINE, legend=len(sweeps) > 1)
    figure.update_xaxes(title_text="severity", tickvals=[CLEAN, *SEVERITIES])
    figure.update_yaxes(title_text="percentage points", rangemode="tozero")
    return figure


def _mean_size(response: np.ndarray) -> float:
    known = np.abs(response[np.isfinite(response)])
    return 100 * float(known.mean()) if known.size else math.nan


def metric_map(sweep: SeveritySweep) -> go.Figure:
    """Corruptions down, severities across: the sweep's first figure in every cell."""
    metric = metrics_of(sweep)[0]
    values = np.stack([metric.broken(sweep, one.name) for one in sweep.corruptions])
    text = [[metric.written(v) if math.isfinite(v) else "" for v in row] for row in values.tolist()]
    figure = go.Figure()
    figure.add_heatmap(
        z=(values * metric.factor).astype(np.float32), x=[str(s) for s in sweep.severities],
        y=list(range(len(sweep.corruptions))), text=text, coloraxis="coloraxis", xgap=1, ygap=1, hoverongaps=False,
        hovertemplate="%{y}, severity %{x}: %{text}<extra></extra>",
    )  # fmt: skip
    notes = [f"{sweep.model}, this picture: {metric.title}. As it was read: {metric.written(metric.clean(sweep))}."]
    height = row_height(len(sweep.corruptions)) * len(sweep.corruptions)
    styled(figure, "Metric by corruption and severity", notes, height)
    figure.update_yaxes(**site_axis([one.name for one in sweep.corruptions]), showgrid=False)
    figure.update_xaxes(title_text="severity", type="category", showgrid=False)
    colours = colorscale("viridis")
    if metric.better < 0:
        colours = [(1 - at, colour) for at, colour in reversed(colours)]
    bar = colour_bar("%" if metric.factor == 100 else "", len=0.9)
    figure.update_layout(coloraxis={"colorscale": colours, "colorbar": bar})
    return figure
