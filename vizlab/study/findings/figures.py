"""The figures of a written study: colours of Okabe and Ito, a mark of its own for each network."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from vizlab.errors import DataError
from vizlab.measures.movement import NAMES, UNITS, kind_of
from vizlab.replacing import made_folder, replacing
from vizlab.study.findings.exchange import METRICS, Answer, Target
from vizlab.study.findings.gathered import Gathered
from vizlab.study.findings.sensors import kept
from vizlab.study.survey.intervals import Estimate, mean

COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKS = ("o", "s", "D", "P", "^", "*")
DPI = 150
_SMALL = 7


def draw_figures(all_: Gathered, folder: Path) -> list[Path]:
    """Write shares.png, sites.png and sensors.png. Raises DataError where they cannot be written."""
    figures = {"shares": shares_figure(all_), "sites": sites_figure(all_)}
    if all_.errors:
        figures["sensors"] = sensors_figure(all_)
    return save_figures(figures, folder)


def save_figures(figures: Mapping[str, Figure], folder: Path) -> list[Path]:
    """Write each as NAME.png into `folder`, which is made; each is whole or not there. Raises DataError."""
    made_folder(folder, DataError)
    paths = [folder / f"{name}.png" for name in figures]
    for path, figure in zip(paths, figures.values(), strict=True):
        with replacing(path, DataError) as file:
            figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None}, facecolor="white")
    return paths


def _looks(all_: Gathered) -> Mapping[str, tuple[str, str]]:
    return {name: (COLOURS[i % 6], MARKS[i % 6]) for i, name in enumerate(all_.study.networks)}


def shares_figure(all_: Gathered) -> Figure:
    """Above how far an answer moves against the share, below how much worse it gets; a column for each task."""
    tasks = list(dict.fromkeys(one.answer.task for one in all_.targets))
    figure = Figure(figsize=(7.16, 4.4), layout="constrained")
    rows = figure.subplots(2, len(tasks), squeeze=False, sharex=True)
    looks = _looks(all_)
    for column, task in enumerate(tasks):
        for one in [t for t in all_.targets if t.answer.task == task]:
            hollow = [t for t in all_.targets if t.answer is one.answer].index(one) > 0
            for axes, estimate in zip(rows[:, column], (one.effect, one.harm), strict=True):
                _points(axes, one, estimate, looks[one.answer.network], hollow, all_)
        _axes_of(rows[0, column], rows[1, column], task)
    _legend(figure, rows[0])
    return figure


def _legend(figure: Figure, row: Iterable[Axes]) -> None:
    """Below the figure, every name once."""
    handles: dict[str, Any] = {}
    for axes in row:
        found, names = axes.get_legend_handles_labels()
        handles |= dict(zip(names, found, strict=True))
    figure.legend(
        list(handles.values()), list(handles), loc="outside lower center", ncols=4, fontsize=_SMALL, frameon=False
    )


def _points(axes: Axes, one: Target, estimate: Estimate, look: tuple[str, str], hollow: bool, all_: Gathered) -> None:
    several = sum(t.answer is one.answer for t in all_.targets) > 1
    name = all_.title(one.answer.network) + (f", into {one.target}" if several else "")
    bars = np.abs(np.stack([estimate.value - estimate.low, estimate.high - estimate.value]))
    axes.errorbar(
        100 * one.share.value, estimate.value, yerr=bars, fmt=look[1], color=look[0], markersize=4, elinewidth=0.7,
        markerfacecolor="white" if hollow else look[0], label=name,
    )  # fmt: skip


def _axes_of(above: Axes, below: Axes, task: str) -> None:
    metric, unit = METRICS[task]
    kind = kind_of(task, 2)
    above.set(xscale="log", yscale="log")
    above.yaxis.set_major_locator(LogLocator(subs=(1,) if task == "semseg" else (1, 3)))
    above.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    above.yaxis.set_minor_formatter(NullFormatter())
    above.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    above.set_title(task, fontsize=8)
    above.set_ylabel(f"moves: {NAMES[kind]}, {UNITS[kind]}", fontsize=_SMALL)
    below.axhline(0, color="#666666", linewidth=0.6)
    below.set_ylabel(f"worse: {metric}, {unit}", fontsize=_SMALL)
    below.set_xlabel("share, %", fontsize=_SMALL)
    for axes in (above, below):
        plain(axes)


def plain(axes: Axes) -> None:
    """Small ticks, and no lines above and to the right."""
    axes.tick_params(labelsize=_SMALL)
    axes.spines[["top", "right"]].set_visible(False)


def sites_figure(all_: Gathered) -> Figure:
    """A column for each network: above the share that came into semseg's streams at each site, below mIoU lost."""
    answers = [one for one in all_.answers if one.task == "semseg"]
    figure = Figure(figsize=(7.16, 3.6), layout="constrained")
    rows = figure.subplots(2, len(answers), squeeze=False, sharey="row")
    for one, above, below in zip(answers, rows[0], rows[1], strict=True):
        colour = _looks(all_)[one.network][0]
        places = np.arange(1, len(one.sites) + 1)
        above.bar(places, 100 * _came(one), color=colour)
        above.set_title(all_.title(one.network), fontsize=8)
        harm = one.site_harm
        bars = np.abs(np.stack([harm.value - harm.low, harm.high - harm.value]))
        below.errorbar(
            places, harm.value, yerr=bars, fmt=_looks(all_)[one.network][1], color=colour, markersize=4, elinewidth=0.9
        )
        below.axhline(0, color="#666666", linewidth=0.6)
        below.set_xlabel("site, in network order", fontsize=_SMALL)
        for axes in (above, below):
            axes.set_xlim(0.3, len(one.sites) + 0.7)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
            plain(axes)
    rows[0, 0].set_ylabel("share from others, %", fontsize=_SMALL)
    rows[1, 0].set_ylabel("mIoU lost, points", fontsize=_SMALL)
    return figure


def _came(one: Answer) -> np.ndarray:
    """(S,) the share from other streams, the mean over targets that work for the answer; 0 where sites do not add."""
    share = mean(one.share, one.draws).value
    found = np.zeros(len(one.sites))
    for place, site in enumerate(one.sites):
        own = [i for i, edge in enumerate(one.edges) if edge[0] == site and one.own[i] and np.isfinite(share[i])]
        targets = {one.edges[i][2] for i in own}
        found[place] = share[own].sum() / max(1, len(targets))
    return found


def sensors_figure(all_: Gathered) -> Figure:
    """Left mIoU left under every corruption; right, for each network, the response of its sites."""
    scored = [one for one in all_.errors if one.task == "semseg"]
    figure = Figure(figsize=(7.16, 5.0), layout="constrained")
    grid = figure.add_gridspec(len(scored), 2, width_ratios=(1.15, 1))
    left = figure.add_subplot(grid[:, 0])
    names = list(dict.fromkeys(name for one in scored for name, _ in one.variants if name))
    for place, one in enumerate(scored):
        there = [i for i, name in enumerate(names) if one.places(name)]
        each = [kept(one, names[i]) for i in there]
        value, low, high = (100 * np.array([float(getattr(e, end)) for e in each]) for end in ("value", "low", "high"))
        colour, mark = _looks(all_)[one.network]
        rows = np.array(there) + 0.22 * (place - 1)
        bars = np.abs(np.stack([value - low, high - value]))
        left.errorbar(
            value,
            rows,
            xerr=bars,
            fmt=mark,
            color=colour,
            markersize=3.5,
            elinewidth=0.8,
            label=all_.title(one.network),
        )
    left.set_yticks(range(len(names)), names)
    left.invert_yaxis()
    left.grid(axis="y", linewidth=0.3)
    left.set_xlabel("mIoU left, % of whole pictures', mean over severities", fontsize=_SMALL)
    left.legend(fontsize=_SMALL, frameon=False, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, columnspacing=0.8)
    plain(left)
    for place, one in enumerate(scored):
        _response(figure.add_subplot(grid[place, 1]), all_, one.network)
    return figure


def _response(axes: Axes, all_: Gathered, network: str) -> None:
    for place, one in enumerate(r for r in all_.responses if r.network == network):
        value = 100 * one.by_site.value
        axes.plot(
            np.arange(1, len(value) + 1), value, marker=MARKS[place % 6], markersize=3, linewidth=0.9,
            linestyle=("-", "--", ":", "-.")[place % 4], color=COLOURS[(place + 1) % 6],
            label=f"{one.broken} broken, into {one.target}",
        )  # fmt: skip
    axes.axhline(0, color="#666666", linewidth=0.6)
    axes.set_title(all_.title(network), fontsize=8)
    axes.set_ylabel("change of share, points", fontsize=_SMALL)
    axes.set_xlabel("site that adds, in network order", fontsize=_SMALL)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.5 * (high - low))  # room for the legend
    axes.legend(fontsize=6, frameon=False, ncols=2, loc="upper left")
    plain(axes)
