"""Sweeps as HTML: what all edges do together, who stands out, rank correlations, and every edge in a table."""

import csv
import io
import math
from collections.abc import Mapping
from html import escape
from urllib.parse import quote

from vizlab.core.site_words import trace_words
from vizlab.experiments.interventions.estimate import WORDS as ESTIMATED
from vizlab.experiments.interventions.standing import (
    RULE,
    WORDS,
    Standing,
    effect_part,
    part_of_all,
    place_of,
    standings,
    totals_known,
)
from vizlab.experiments.interventions.sweep import Row, Sweep
from vizlab.measures.movement import kind_of
from vizlab.page.effect_charts import way_words
from vizlab.page.effect_ranks import OVER_EDGES, ranks_of
from vizlab.page.kit.html import badge, heading, note, tag, words
from vizlab.page.kit.tables import table
from vizlab.study.survey.intervals import Estimate
from vizlab.views.formatting import SMALLEST, number, percent, percent_words, real_minus

COLUMNS = {
    "site": ("site", ""),
    "network": ("network", ""),
    "way": ("edge", ""),
    "task": ("task", ""),
    "share": ("share", "%"),
    "part": ("effect", "% of all cut"),
    "standing": ("stands out", ""),
    "total": ("total effect", ""),
    "direct": ("direct", ""),
    "indirect": ("indirect", ""),
    "sufficiency": ("sufficiency", "%"),
    "flipped": ("flipped", "% of cells"),
    "estimate": ("first-order estimate", ""),
}
"""Heading and unit; where units are by task, each cell has its own."""
TEXTS = frozenset({"site", "network", "way", "task", "standing"})
TIPS = {
    "part": "total effect over how far the answer moves with every edge cut",
    "total": "how far the answer moves with this edge cut; sorted by part of all cut",
    "direct": "the same with what comes at later sites held; sorted by part of all cut",
    "indirect": "total less direct; sorted by part of all cut",
    "sufficiency": "1 less how far the answer moves with every other edge cut, over all cut",
    "flipped": "cells whose class is another one with this edge cut",
    "estimate": "to first order, signed, and of another number than the effect",
}
DEFINITIONS = (
    "Total effect: how far the answer moves when this edge is cut, all after it computed anew: KL divergence of the "
    "class probabilities, RMS of the difference in metres, mean angle. Direct: with what later sites get held. "
    "Sufficiency: 100 % where this edge alone does what all do. Sizes of different tasks are sorted by their part of "
    "all cut. An effect says how far the answer moves, not whether it gets worse."
)
NO_EDGE = "Streams send each other nothing here: there is no edge to cut, and so no effect."
DRAFT = (
    "First-order estimate: by how much cutting the edge would change {of}, from one forward and backward. It is "
    "another number than the effect, and only says which edge to cut first."
)


def said_html(sweeps: Mapping[str, Sweep], titles: Mapping[str, str], task: str | None) -> str:
    """Network by network: all edges cut, how single effects add up, and who stands out."""
    parts = [_network(sweep, titles[name], task) for name, sweep in sweeps.items()]
    ruled = any(sweep.rows and totals_known(sweep) for sweep in sweeps.values())
    return "".join(parts) + (note(RULE) if ruled else "")


def _network(sweep: Sweep, title: str, task: str | None) -> str:
    if not sweep.rows and sweep.done:
        return tag("section", tag("h4", escape(title)) + note(NO_EDGE), "vz-effects-of")
    badges = [] if sweep.done else [badge("not finished yet", "warn")]
    tasks = [one for one in sweep.tasks if task in (None, one)]
    lines = [adding_up(sweep, one) for one in tasks]
    if not any(math.isfinite(value) for row in sweep.rows for value in row.total):
        lines = ["So far there are first-order estimates alone: another number than the effect."]
    lines += [line for standing in WORDS if (line := standing_words(sweep, standing, task))]
    listed = tag("ul", "".join(tag("li", escape(line)) for line in lines if line))
    return tag("section", tag("h4", escape(title) + "".join(f" {one}" for one in badges)) + listed, "vz-effects-of")


def adding_up(sweep: Sweep, task: str) -> str:
    """Every edge cut, and whether single effects add up to that; empty before every edge was cut."""
    at = sweep.tasks.index(task)
    whole, unit = sweep.all_cut[at], sweep.units[at]
    if not math.isfinite(whole):
        return ""
    first = f"Every edge cut, {task} moves by {number(whole, unit)} ({sweep.measures[at]})"
    single = sum(row.total[at] for row in sweep.rows)
    if not math.isfinite(single):
        return f"{first}."
    one, all_ = number(single, unit), number(whole, unit)
    if one == all_:
        return f"{first}; single effects sum to the same here."
    difference = number(sweep.interaction[at], unit)
    return f"{first}; single effects sum to {one}: they do not add up (interaction {difference})."


def standing_words(sweep: Sweep, standing: Standing, task: str | None) -> str:
    """The edges of that standing, most of it first; empty before every edge was cut."""
    if not totals_known(sweep):
        return ""
    found, site = standings(sweep, task), trace_words(sweep.before)
    rows = [row for row in sweep.rows if found.get(row.edge) == standing]
    rows.sort(key=lambda row: -abs(row.share) if standing == "idle" else -effect_part(sweep, row, task))
    listed = [
        f"site {site[row.edge.site].label}, {way_words(sweep, row)} (share {percent_words(row.share)}, effect "
        f"{percent_words(effect_part(sweep, row, task))} of all cut)"
        for row in rows
    ]
    return f"{WORDS[standing].capitalize()}: {'; '.join(listed) or 'none'}."


def ranks_html(sweeps: Mapping[str, Sweep], titles: Mapping[str, str], task: str | None) -> str:
    """Whether shares, or the mere order of sites, tell effects."""
    found = [ranks for sweep in sweeps.values() for ranks in ranks_of(sweep, task)]
    if not found:
        return ""
    rows = [
        (
            f"{titles[one.network]}, into {one.target}", one.task, str(one.edges), rho_words(one.by_share),
            rho_words(one.by_place), rho_words(one.partial), one.verdict,
        )
        for one in found
    ]  # fmt: skip
    head = (
        "edges",
        "effect on",
        "count",
        "with the share",
        "with the site's place",
        "with the share, place held",
        "in this picture",
    )
    caption = (
        "Spearman's rank correlation of the effect, over the edges into one target on which something comes. "
        f"{OVER_EDGES}"
    )
    return heading("Does the share tell the effect?") + table(head, rows, "rank correlations", caption)


def rho_words(estimate: Estimate) -> str:
    """ "0.78 [0.51, 0.92]"; an en dash where it is undefined."""
    value, low, high = (float(x) for x in (estimate.value, estimate.low, estimate.high))
    if not math.isfinite(value):
        return "–"
    return real_minus(f"{value:.2f} [{low:.2f}, {high:.2f}]")


def table_html(sweeps: Mapping[str, Sweep], titles: Mapping[str, str], task: str | None, key: str, mark: str) -> str:
    """Every edge of every network. `key` is the analysis, `mark` what the maps depend on: the browser draws these anew
    when it changes.
    """
    needed = {"network": len(sweeps) > 1, "standing": any(standings(sweep, task) for sweep in sweeps.values())}
    columns = [column for column in COLUMNS if needed.get(column, True)]
    body: list[str] = []
    for name, sweep in sweeps.items():
        found = standings(sweep, task)
        for row in sweep.rows:
            cells = _cells(sweep, row, titles[name], found.get(row.edge), task)
            line = "".join(cells[column] for column in columns)
            body.append(tag("tr", line, data_network=name, data_place=str(len(body))))
    whole = tag("thead", tag("tr", "".join(map(_head, columns))))
    shown = tag("table", whole + tag("tbody", "".join(body)), aria_label="edges")
    box = tag("div", shown, "vz-scene-rows vz-effect-rows", tabindex="0", role="region", aria_label="all edges")
    of = sorted({ESTIMATED[kind_of(one, 2)] for sweep in sweeps.values() for one in sweep.tasks})
    state = tag("i", "", data_key=key, data_effects=mark)
    drafted = DRAFT.format(of="; ".join(f"the {one}" for one in of))
    return state + _tools(sweeps, titles) + box + note(f"{DEFINITIONS} {drafted}")


def _tools(sweeps: Mapping[str, Sweep], titles: Mapping[str, str]) -> str:
    """Which network's rows to see, and the link to the numbers."""
    choices = {"": "all networks", **{name: titles[name] for name in sweeps}} if len(sweeps) > 1 else {}
    buttons = "".join(
        tag("button", escape(title), "vz-only", type="button", data_only=name, aria_pressed="false", title=name)
        for name, title in choices.items()
    )
    group = tag("span", buttons, role="group", aria_label="networks in the table") if buttons else ""
    data = "data:text/csv;charset=utf-8," + quote(csv_of(sweeps))
    link = tag("a", "numbers as CSV", "vz-csv", href=data, download="vizlab-sweep.csv")
    return tag("div", group + link, "vz-scene-tools")


def csv_of(sweeps: Mapping[str, Sweep]) -> str:
    """A line for each network, edge and task; see `Sweep.csv`."""
    text = io.StringIO()
    writer = csv.writer(text)
    for place, (name, sweep) in enumerate(sweeps.items()):
        head, *rows = csv.reader(io.StringIO(sweep.csv()))
        writer.writerows([["network", *head]] * (place == 0) + [[name, *row] for row in rows])
    return text.getvalue()


def _head(column: str) -> str:
    name, unit = COLUMNS[column]
    label = f"{name}, {unit}" if unit else name
    tip = f"sort by {label}" + (f": {TIPS[column]}" if column in TIPS else "")
    shown = escape(name) + (" " + words(unit, "vz-unit") if unit else "")
    button = tag("button", shown, type="button", title=tip, aria_label=label)
    data = {"data_text": "1"} if column in TEXTS else {}
    return tag("th", button, scope="col", data_key=column, **data)


def _cells(sweep: Sweep, row: Row, title: str, stands: Standing | None, task: str | None) -> dict[str, str]:
    """By column."""
    edge, at = row.edge, place_of(sweep, row.edge, task)
    site, unit = trace_words(sweep.before)[edge.site], sweep.units[at]
    name = sweep.before.model.name
    opens = {"data_network": name, "data_site": edge.site, "data_target": edge.target, "data_source": edge.source or ""}
    button = tag("button", escape(site.label), type="button", title=f"{site.title}: show it on the map", **opens)
    sizes = {"total": row.total[at], "direct": row.direct[at], "indirect": row.indirect[at]}
    shares = {"share": row.share, "part": effect_part(sweep, row, task), "sufficiency": row.sufficiency[at],
              "flipped": row.flipped[at]}  # fmt: skip
    return {
        "site": tag("th", button, scope="row", data_column="site", data_value=f"{site.place} {title}"),
        "network": _text("network", title),
        "way": _text("way", way_words(sweep, row)),
        "task": _text("task", sweep.tasks[at]),
        **{column: _cell(column, _percent(v), v) for column, v in shares.items()},
        **{
            column: _cell(column, _size(v, unit), part_of_all(sweep, row, v, task))
            for column, v in sizes.items()
        },
        "estimate": _cell("estimate", _estimate(row.estimate[at], sweep.tasks[at]), row.estimate[at]),
        "standing": tag("td", badge(WORDS[stands]) if stands else "", data_column="standing",
                        data_value=WORDS[stands] if stands else ""),
    }  # fmt: skip


def _text(column: str, text: str) -> str:
    return tag("td", escape(text), "vz-name", data_column=column, data_value=text, title=text)


def _cell(column: str, text: str, value: float) -> str:
    return tag("td", escape(text), data_column=column, data_value=repr(value) if math.isfinite(value) else "")


def _estimate(value: float, task: str) -> str:
    unit = {"classes": "nats", "depth": "m"}.get(kind_of(task, 2), "")
    return _size(value, unit)


def _size(value: float, unit: str) -> str:
    """A size with its unit for a column: what is next to nothing takes no more room than others."""
    return f"≈ 0 {unit}".strip() if 0 < abs(value) < SMALLEST else number(value, unit)


def _percent(value: float) -> str:
    """A share without its sign, with a real minus; what is not nothing is not written as 0."""
    if 0 < abs(value) < 0.0005:
        return "<0.1" if value > 0 else "−<0.1"
    return percent(value).removesuffix(" %")
