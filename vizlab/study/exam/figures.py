"""The figures of a written exam: what networks can tell by need, and how well explanations point."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vizlab.study.exam.needs import CHANCE, NAMES
from vizlab.study.exam.result import ExamResult
from vizlab.study.exam.summaries import (
    ALL,
    QUESTIONS,
    RIGHT,
    Accuracy,
    Pointing,
    accuracies,
    look,
    pointings,
    present,
    row_names,
)  # fmt: skip
from vizlab.study.findings.figures import COLOURS, MARKS, plain, save_figures
from vizlab.study.survey.intervals import Estimate

_SMALL = 7


def draw_figures(result: ExamResult, folder: Path) -> list[Path]:
    """Write accuracy.png and, where something was explained, explanations.png. Raises DataError where they cannot be
    written."""
    figures = {"accuracy": accuracy_figure(result)}
    if pointings(result):
        figures["explanations"] = explanation_figure(result)
    return save_figures(figures, folder)


def accuracy_figure(result: ExamResult) -> Figure:
    """Objects named rightly by need: a colour and a mark for each network, hollow for its single streams."""
    listed, kinds = accuracies(result), present(result)
    figure = Figure(figsize=(7.16, 3.0), layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(listed):
        shift = 0.7 * ((place + 0.5) / len(listed) - 0.5)
        _of_output(axes, one, kinds, shift, look(result, one.network, COLOURS, MARKS))
    axes.set_xticks(range(len(kinds)), [NAMES[kind].replace(", ", ",\n") for kind in kinds])
    axes.set_ylabel("objects named rightly, %", fontsize=_SMALL)
    axes.set_ylim(-3, 103)
    axes.set_xlim(-0.6, len(kinds) - 0.4)
    plain(axes)
    figure.legend(loc="outside lower center", ncols=2, fontsize=_SMALL, frameon=False)
    return figure


def _of_output(axes: Axes, one: Accuracy, kinds: Sequence[int], shift: float, shown: tuple[str, str]) -> None:
    estimates = [one.objects[kind] for kind in kinds]
    value, bars = _bars(estimates, 100)
    axes.errorbar(
        np.arange(len(kinds)) + shift, value, yerr=bars, fmt=shown[1], color=shown[0], markersize=4, elinewidth=0.8,
        markerfacecolor=shown[0] if one.answer else "white", label=f"{one.network}, {one.output}",
    )  # fmt: skip


def explanation_figure(result: ExamResult) -> Figure:
    """A row for each explanation: areas under the curve, filled for all objects, hollow for those named rightly."""
    listed = pointings(result)
    figure = Figure(figsize=(7.16, 0.9 + 0.19 * len(listed)), layout="constrained")
    columns = figure.subplots(1, len(QUESTIONS), sharey=True)
    for axes, (name, title) in zip(columns, QUESTIONS.items(), strict=True):
        for place, one in enumerate(listed):
            _of_explanation(axes, one, name, place, look(result, one.network, COLOURS, MARKS))
        axes.axvline(CHANCE, color="#666666", linewidth=0.6)
        axes.set_xlim(-0.02, 1.02)
        axes.set_title(title, fontsize=8)
        axes.set_xlabel("area under the ROC curve", fontsize=_SMALL)
        axes.grid(axis="y", linewidth=0.3)
        plain(axes)
    columns[0].set_yticks(range(len(listed)), row_names(listed))
    columns[0].invert_yaxis()
    return figure


def _of_explanation(axes: Axes, one: Pointing, name: str, place: int, shown: tuple[str, str]) -> None:
    for which, shift, inside in ((ALL, -0.15, shown[0]), (RIGHT, 0.15, "white")):
        value, bars = _bars([getattr(one.graded[which], name)], 1)
        if np.isfinite(value[0]):
            axes.errorbar(
                value, [place + shift], xerr=bars, fmt=shown[1], color=shown[0], markersize=3.5, elinewidth=0.8,
                markerfacecolor=inside,
            )  # fmt: skip


def _bars(estimates: Sequence[Estimate], factor: float) -> tuple[np.ndarray, np.ndarray]:
    """(n,) values and (2, n) how far their intervals go down and up."""
    value, low, high = (
        factor * np.array([float(getattr(one, end)) for one in estimates]) for end in ("value", "low", "high")
    )
    return value, np.nan_to_num(np.maximum(np.stack([value - low, high - value]), 0))
