"""Charts of an exam: what networks can tell by need, and how well explanations point."""

import textwrap
from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.page.study_charts import MARKS, NETWORK_COLOURS, interval_bars
from vizlab.study.exam.needs import CHANCE, NAMES
from vizlab.study.exam.result import ExamResult
from vizlab.study.exam.summaries import ALL, QUESTIONS, RIGHT, accuracies, counts, look, pointings, present, row_names
from vizlab.study.findings.estimates import words
from vizlab.study.survey.intervals import Estimate
from vizlab.views.figures import TEXT, row_height, site_axis, styled

LINE = 28
"""Characters of a row's name in one line: a phone has room for two plots beside them."""


def accuracy_chart(result: ExamResult) -> go.Figure:
    """Objects named rightly by need: a colour and a form for each network, hollow for its single streams."""
    listed, figure, there, kinds = accuracies(result), go.Figure(), counts(result), present(result)
    for place, one in enumerate(listed):
        whole = _stacked([one.objects[kind] for kind in kinds])
        shift = 0.6 * ((place + 0.5) / len(listed) - 0.5)
        figure.add_scatter(
            x=np.arange(len(kinds)) + shift, y=100 * whole.value, name=f"{one.network}, {one.output}", mode="markers",
            error_y=interval_bars(whole, 100), marker=_mark(result, one.network, hollow=not one.answer),
            customdata=[words(one.objects[kind], ".1f", 100) for kind in kinds],
            hovertemplate="%{customdata} %<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    # On a phone a label has the width of a word.
    ticks = [f"{NAMES[kind].replace(', by a ', ',<br>by a<br>')}<br>({there[NAMES[kind]]})" for kind in kinds]
    figure.update_xaxes(
        tickvals=list(range(len(kinds))), ticktext=ticks, tickangle=0, title_text="need (objects)", zeroline=False
    )
    figure.update_yaxes(title_text="objects named rightly, %", range=[-3, 103])
    notes = [
        "By the modality that is needed. Hollow: a stream of its network. Bars: 95 % of the resamples of pictures."
    ]
    return styled(figure, "What networks can tell", notes, 300, legend=True)


def explanation_chart(result: ExamResult) -> go.Figure:
    """A row for each explanation: areas under the curve, filled for all objects, hollow for those named rightly."""
    listed = pointings(result)
    names = row_names(listed)
    headings = [title.replace(" above", "<br>above") for title in QUESTIONS.values()]
    figure = make_subplots(rows=1, cols=2, shared_yaxes=True, horizontal_spacing=0.06, subplot_titles=headings)
    for column, question in enumerate(QUESTIONS, 1):
        for which, shift, title in ((ALL, -0.15, "all objects"), (RIGHT, 0.15, "those named rightly")):
            found = [getattr(one.graded[which], question) for one in listed]
            whole = _stacked(found)
            figure.add_scatter(
                x=whole.value, y=np.arange(len(listed)) + shift, error_x=interval_bars(whole, 1), mode="markers",
                name=title, legendgroup=title, showlegend=column == 1,
                marker={"size": 7, "color": NETWORK_COLOURS[1], "symbol": "circle" + "-open" * (which == RIGHT)},
                customdata=[[name, words(one)] for name, one in zip(names, found, strict=True)],
                hovertemplate=f"%{{customdata[0]}}: %{{customdata[1]}}<extra>{title}</extra>", row=1, col=column,
            )  # fmt: skip
        figure.add_vline(x=CHANCE, line={"color": TEXT, "width": 1}, row=1, col=column)
    lines = [textwrap.wrap(name, LINE) for name in names]
    figure.update_yaxes(**site_axis(["<br>".join(one) for one in lines]))
    figure.update_xaxes(title_text="area", range=[-0.02, 1.02], tickvals=[0, CHANCE, 1])
    notes = [
        "How often an object that needs depth has the higher number: the area under the ROC curve. The line at 0.5 is "
        "chance."
    ]
    row = max(row_height(len(names)), 16 * max(map(len, lines)))
    styled(figure, "Where explanations point", notes, row * len(names), legend=True, headings=True)
    figure.update_annotations(font={"size": 12, "color": TEXT})
    return figure


def _stacked(estimates: Sequence[Estimate]) -> Estimate:
    """Single figures side by side."""
    value, low, high = (np.array([float(getattr(one, end)) for one in estimates]) for end in ("value", "low", "high"))
    return Estimate(value, low, high, value[None])


def _mark(result: ExamResult, network: str, hollow: bool) -> dict[str, object]:
    colour, form = look(result, network, NETWORK_COLOURS, MARKS)
    return {"size": 8, "color": colour, "symbol": form + "-open" * hollow}
