"""What the tab Sensors shows of one corruption: pictures and predictions before and after, figures, the moved sites."""

import math
from collections.abc import Sequence
from dataclasses import replace
from html import escape
from urllib.parse import quote

import numpy as np

from vizlab.core.outputs import answers
from vizlab.core.trace import FusionTrace
from vizlab.experiments.corruptions import Corruption, MissingModalities, SeveritySweep, mean_corruption_error
from vizlab.experiments.corruptions.charts import METRICS, common_metric, metrics_of
from vizlab.experiments.corruptions.missing import PROBABILITIES, REPLACEMENTS
from vizlab.experiments.corruptions.words import most_moved, points, senders, stream_words, turned
from vizlab.measures.reference import Reference
from vizlab.page.kit.grid import ROWS, grid_table
from vizlab.page.kit.html import heading, note, tag
from vizlab.page.kit.tables import table
from vizlab.rgbd import RGBDImage
from vizlab.views import Grid, change_panel, depth_panel, image_panel, prediction_grid
from vizlab.views.formatting import real_minus
from vizlab.views.panels import Cell, EmptyCell, Panel, percent
from vizlab.views.predictions import depth_range
from vizlab.views.shares import NOT_AN_EFFECT

BEFORE, AFTER, CHANGED = "as it was read", "broken", "what changed"
FEW = 3
"""So many corruptions are said in sentences at once; more wait behind a line."""
MOST = 6
"""So many sites are listed, those whose share moved most."""


def inputs_html(before: RGBDImage, after: RGBDImage, corruption: Corruption, severity: int, seed: int) -> str:
    """The pictures as they were read and broken, under the corruption's parameters."""
    ends = (0.0, 1.0) if before.depth is None else depth_range([before.depth])
    panels = [
        p for rgbd, which in ((before, BEFORE), (after, AFTER)) for p in _inputs(rgbd, corruption.modality, which, ends)
    ]
    others = [name for name in before.modalities if name != corruption.modality]
    panels += [panel for name in others for panel in _inputs(before, name, "unchanged", ends)]
    source = f" Numbers {corruption.source}." if corruption.source else ""
    degree = f"Severity {severity} of 5" if corruption.graded else "Without degrees"
    what = f"{degree}: {real_minus(corruption.parameters(severity))}. Seed {seed}.{source}"
    grid = Grid(tuple(panel.title for panel in panels), (("in", tuple(panels)),))
    return heading(f"{corruption.title[:1].upper()}{corruption.title[1:]}", what) + grid_table(grid, {"in": "input"})


def _inputs(rgbd: RGBDImage, modality: str, which: str, ends: tuple[float, float]) -> list[Panel]:
    """The picture's colour or depth, titled after `which` it is."""
    if modality == "rgb" and rgbd.colour is not None:
        return [image_panel(rgbd.colour, f"colour, {which}")]
    if modality == "depth" and rgbd.depth is not None:
        return [depth_panel(rgbd.depth, f"depth, {which}", *ends, _depth_words(rgbd.depth))]
    return []


def _depth_words(depth: np.ndarray) -> str:
    return f"Median {float(np.nanmedian(depth)):.2f} m; {percent(float(np.isnan(depth).mean()))} unknown."


def network_html(
    sweep: SeveritySweep, before: FusionTrace, after: FusionTrace, rgbd: RGBDImage, truth: Reference | None
) -> str:
    """One network: its figures before and after, the sites that moved most, its predictions side by side.

    `sweep` is of one corruption at one severity.
    """
    [corruption] = sweep.corruptions
    said = tag("p", escape(turned(sweep, corruption)), "vz-sensor-said")
    tables = tag("div", figures_html(sweep) + sites_html(sweep, corruption), "vz-sensor-tables")
    return tag("section", heading(sweep.model) + said + tables + _predictions(before, after, rgbd, truth), "vz-sensor")


def _predictions(before: FusionTrace, after: FusionTrace, rgbd: RGBDImage, truth: Reference | None) -> str:
    """Answers alone: rows are tasks; before, after, what changed and the reference are columns."""
    first, second = answers(before.predictions), answers(after.predictions)
    both = [replace(before, predictions=first), replace(after, predictions=second)]
    grid = prediction_grid(both, rgbd, truth)
    rows = []
    for task, cells in grid.rows:
        if task in first:
            change: Cell = change_panel(first[task], second[task], rgbd.colour)
            named = (_titled(cells[0], BEFORE), _titled(cells[1], AFTER), change, *cells[2:])
            rows.append((task, named))
    extra = grid.columns[2:]
    return grid_table(Grid((BEFORE, AFTER, CHANGED, *extra), tuple(rows)), ROWS)


def _titled(cell: Cell, title: str) -> Cell:
    return cell if isinstance(cell, EmptyCell) else Panel(cell.image, title, cell.caption, cell.legend, cell.key)


def figures_html(sweep: SeveritySweep) -> str:
    """A row for each figure: before, after, and the difference."""
    [corruption] = sweep.corruptions
    rows = [
        (m.title, m.written(m.clean(sweep)), m.written(float(m.broken(sweep, corruption.name)[-1])))
        for m in metrics_of(sweep)
    ]
    if math.isfinite(sweep.clean.confidence):
        after = float(sweep.confidence(corruption.name)[-1])
        rows.append(("mean confidence", percent(sweep.clean.confidence), percent(after)))
    tasks = {metric.partition(".")[0] for metric in sweep.metrics}
    against = "; ".join(dict.fromkeys(what for task, what in sweep.against.items() if task in tasks))
    caption = f"Reference: {against}." if against else "There is no reference for this picture."
    return table(("figure", BEFORE, AFTER), rows, f"figures of {sweep.model}", caption)


def sites_html(sweep: SeveritySweep, corruption: Corruption) -> str:
    """The sites whose share moved most, largest first."""
    after = sweep.share(corruption.name)[-1]
    rows = []
    for pair in most_moved(sweep, corruption.name, MOST):
        which = sweep.pairs.index(pair)
        old, new = float(sweep.clean.share[which]), float(after[which])
        taken = f"{stream_words(sweep, pair[1])} from {senders(sweep, pair)}"
        rows.append((sweep.sites[pair[0]].label, taken, percent(old), percent(new), points(new - old)))
    if not rows:
        return note("No site's share moved by 0.05 percentage points.")
    head = ("site", "share of", BEFORE, AFTER, "change")
    return table(head, rows, f"sites of {sweep.model} whose share moved most", NOT_AN_EFFECT)


def sweep_html(sweeps: Sequence[SeveritySweep]) -> str:
    """What a sweep says in sentences, network by network, how it compares, and its rows as a file."""
    said = []
    for sweep in sweeps:
        lines = "".join(tag("li", escape(turned(sweep, one))) for one in sweep.corruptions)
        refused = "".join(tag("li", escape(words)) for words in dict.fromkeys(sweep.refused.values()))
        listed, count = tag("ul", lines + refused), len(sweep.corruptions)
        if count > FEW:
            listed = tag("details", tag("summary", f"{count} corruptions, in sentences") + listed)
        said.append(tag("h4", escape(sweep.model)) + listed)
    link = tag("a", "numbers as CSV", "vz-csv", href=_csv(sweeps), download="vizlab-severity-sweep.csv")
    sentence = "Which way each network turned as the sensor got worse, at the worst severity; this picture."
    return heading("Severity sweep", sentence) + "".join(said) + _compared(sweeps) + tag("p", link)


def _csv(sweeps: Sequence[SeveritySweep]) -> str:
    return "data:text/csv;charset=utf-8," + quote("\n".join(sweep.csv() for sweep in sweeps))


def _compared(sweeps: Sequence[SeveritySweep]) -> str:
    """Networks by their mean corruption error against the first one."""
    metric = common_metric(sweeps)
    if len(sweeps) < 2 or metric is None or not metric.scored:
        return ""
    shared = [one for one in sweeps[0].corruptions if all(one in sweep.corruptions for sweep in sweeps)]
    errors = [
        {one.name: [metric.error(v) for v in metric.broken(sweep, one.name).tolist()] for one in shared}
        for sweep in sweeps
    ]
    if not shared or not all(math.isfinite(v) for found in errors for values in found.values() for v in values):
        return ""
    rows = [
        (sweep.model, metric.written(metric.clean(sweep)), f"{mean_corruption_error(found, errors[0]):.3f}")
        for sweep, found in zip(sweeps, errors, strict=True)
    ]
    what = f"1 − {metric.title}" if metric.better > 0 else metric.title
    caption = (
        f"Mean corruption error over {len(shared)} corruption{'s' * (len(shared) > 1)}, each summed over severities "
        f"and divided by that of {sweeps[0].model}; error: {what}. Below 1 is better. It is one picture, no ranking."
    )
    return table(("network", f"{metric.title}, {BEFORE}", "mCE"), rows, "mean corruption error", caption)


def missing_html(found: Sequence[MissingModalities]) -> str:
    """Missing modalities, a row for each subset and replacement, and the expected metric."""
    if not found:
        return ""
    keys = list(dict.fromkeys(key for one in found for m in one.by_present.values() for key in m.scores))
    if not keys:
        return note("Missing modalities are scored where the picture has a reference; this one has none.")
    rows = [
        (
            one.model,
            _present_words(one, present),
            REPLACEMENTS[one.replacement] if len(present) < len(one.inputs) else "–",
            *(_key_shown(key, m.scores.get(key, math.nan)) for key in keys),
        )
        for one in found
        for present, m in one.by_present.items()
        if len(present) < len(one.inputs) or one.replacement == "mean"
    ]
    head = ("network", "there is", "in place of the rest", *(_title_of(key) for key in keys))
    sentence = "What a network makes of what is left. What takes the place of the rest decides, so there are two."
    parts = [heading("Missing modalities", sentence)]
    parts.append(table(head, rows, "missing modalities"))
    named = [one for one in found if all("semseg.miou" in m.scores for m in one.by_present.values())]
    if named:
        parts.append(_expected(named))
    return "".join(parts)


def _expected(found: Sequence[MissingModalities]) -> str:
    rows = [
        (one.model, REPLACEMENTS[one.replacement], *(percent(one.expected("semseg.miou", p)) for p in PROBABILITIES))
        for one in found
    ]
    head = ("network", "in place of what is missing", *(f"p = {p:g}" for p in PROBABILITIES))
    caption = (
        "mIoU to expect on this picture when each modality is missing independently with probability p (arXiv "
        "2503.18445): the mean over all subsets, also the one in which nothing is left."
    )
    return table(head, rows, "expected mIoU", caption)


def _present_words(one: MissingModalities, present: frozenset[str]) -> str:
    return " and ".join(name for name in one.inputs if name in present) or "nothing"


def _title_of(key: str) -> str:
    return next((m.title for m in METRICS if m.key == key), key)


def _key_shown(key: str, value: float) -> str:
    metric = next((m for m in METRICS if m.key == key), None)
    return "–" if metric is None else metric.written(value)
