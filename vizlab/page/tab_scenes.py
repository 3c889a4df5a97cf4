"""All bundled scenes in one table that can be sorted: how right every network is, and how much its streams exchange."""

import math
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr

from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.html import badge, empty_state, heading, note, tag, words
from vizlab.page.kit.method_tab import Updates
from vizlab.page.kit.words import altered_words
from vizlab.page.scene_rows import SCORES, Column, NetworkScores, SceneRow, SceneTable, in_scene
from vizlab.page.workspace import Workspace
from vizlab.progress import Step
from vizlab.views.shares import NOT_AN_EFFECT

TABLE_JS = (Path(__file__).parent / "scenes.js").read_text(encoding="utf-8")
TITLE = "Scenes"
SENTENCE = (
    "The networks and settings on show, in every bundled scene and against its exact maps. A heading sorts, a row "
    "opens its scene. Bold: the best of its column among the rows shown; a share is neither good nor bad."
)
DEFINITIONS = (
    "mIoU: over the classes that the scene holds. RMSE scaled: after the predicted depth was multiplied by "
    "median(exact) / median(predicted). Mean angle: to the exact normals. Cross-stream share of a stage: the mean over "
    f"its sites and targets of 1 − own share, before any activation. {NOT_AN_EFFECT} Time: the traced forward on this "
    "server."
)
WAITING = "Choose a scene, or give files of your own, then press Run: the networks of that run are compared here."
NO_SCENES = "This page was started with a folder that holds no scenes."
NAME = Column("scene", "", "scene", "", None, 0)
NETWORK = Column("network", "", "network", "", None, 0)


class ScenesTab:
    """The table, what it says while it fills, and the buttons that run what is missing or stop that."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._titles: dict[str, str] = {}
        self.head = gr.HTML(empty_state(TITLE, [WAITING], first=True), elem_id="vz-scene-head")
        with gr.Row(elem_classes="vz-scene-run"):
            self.run = gr.Button("Run the other scenes", size="sm", visible=False, scale=0, elem_id="vz-run-scenes")
            self.stop = gr.Button("Stop", size="sm", visible=False, scale=0, elem_id="vz-stop-scenes")
            self.progress = gr.HTML(elem_id="vz-scenes-progress")
        self.table = gr.HTML(js_on_load=TABLE_JS, elem_id="vz-scene-table")

    @property
    def outputs(self) -> list[Any]:
        return [self.head, self.table, self.run, self.stop, self.progress]

    def render(self, analysis: Analysis) -> Updates:
        """New values by component, with the rows that are known by now."""
        return self._filled(analysis, self.known(analysis.request))

    def known(self, request: Request) -> SceneTable:
        """The rows of scenes that were run by the request's networks at its settings, from memory alone."""
        return SceneTable(self.titles(), {scene: self._row(in_scene(request, scene)) for scene in self.titles()})

    def titles(self) -> dict[str, str]:
        """What the scenes are called, by name in the page's order."""
        if not self._titles:
            self._titles = {name: self._workspace.scene(name).title for name in self._workspace.scenes()}
        return self._titles

    def _row(self, request: Request) -> SceneRow | None:
        rows, key = self._workspace.rows, self._workspace.key_of(request)
        analysis = self._workspace.known(key)
        return rows.get(key) if analysis is None else rows.of(analysis)

    def fill(self, analysis: Analysis, step: Step) -> Iterator[Updates]:
        """Run what is missing, one scene after the other; updates before each, and the whole table at the end."""
        table = self.known(analysis.request)
        count, missing = len(table.titles), table.missing
        for at, scene in enumerate(missing):
            done = count - len(missing) + at
            yield {
                **self._filled(analysis, table),
                **self._busy(f"{table.titles[scene]}: {done + 1} of {count}", done / count),
            }
            request = in_scene(analysis.request, scene)
            self._workspace.rows.of(self._workspace.analyse(request, step, background=True))
            table = self.known(analysis.request)
        yield self.render(analysis)

    def _busy(self, what: str, share: float) -> Updates:
        bar = tag("progress", "", value=f"{share:.3f}", max="1", aria_label="scenes run")
        return {
            self.run: gr.update(visible=False),
            self.stop: gr.update(visible=True),
            self.progress: tag("span", f"{bar} running {escape(what)}", "vz-scene-progress", role="status"),
        }

    def _filled(self, analysis: Analysis, table: SceneTable) -> Updates:
        count = len(table.missing)
        words_ = f"Run the other {count} scenes" if count > 1 else "Run the other scene"
        return {
            self.head: head_html(table, analysis) if table.titles else empty_state(TITLE, [NO_SCENES]),
            self.table: table_html(table, analysis.request.scene) if table.titles else "",
            self.run: gr.update(value=words_, visible=count > 0),
            self.stop: gr.update(visible=False),
            self.progress: "",
        }


def head_html(table: SceneTable, analysis: Analysis) -> str:
    """What the table is of: the settings that were moved stand beside its title."""
    return heading(TITLE, SENTENCE, badges=_moved(table, analysis))


def table_html(table: SceneTable, here: str | None) -> str:
    """Which network to see, the table, what its numbers mean, and these as a file; `here` is the scene on show."""
    return _tools(table) + _table(table, here) + note(_definitions(table))


def _definitions(table: SceneTable) -> str:
    left_out = table.left_out()
    return f"{DEFINITIONS} Left out, having no share: {'; '.join(left_out)}." if left_out else DEFINITIONS


def _moved(table: SceneTable, analysis: Analysis) -> list[str]:
    """A badge for each network in which something was altered."""
    titles = table.networks
    return [
        badge(f"{titles.get(name, name)}: {', '.join(altered_words(before, analysis.traces[name]))}", "warn")
        for name, before in analysis.unchanged.items()
    ]


def _tools(table: SceneTable) -> str:
    """Which network's rows to see, and the link to the numbers."""
    choices = {"": "all networks", **table.networks} if len(table.networks) > 1 else {}
    buttons = "".join(
        tag("button", escape(title), "vz-only", type="button", data_only=name, aria_pressed="false", title=name)
        for name, title in choices.items()
    )
    group = tag("span", buttons, role="group", aria_label="networks in the table")
    link = tag("a", "numbers as CSV", "vz-csv", href=_data(table), download="vizlab-scenes.csv") if table.done else ""
    return tag("div", group + link, "vz-scene-tools")


def _data(table: SceneTable) -> str:
    return "data:text/csv;charset=utf-8," + quote(table.csv())


def _table(table: SceneTable, here: str | None) -> str:
    titles, columns = table.networks, table.columns if table.done else SCORES
    body, place = [], 0
    for scene, row in table.rows.items():
        made = [_missing(table, scene, len(columns))] if row is None else _rows(row, titles, columns, scene == here)
        for attributes, cells in made:
            body.append(tag("tr", cells, data_scene=scene, data_place=str(place), **attributes))
            place += 1
    whole = tag("thead", _head(columns)) + tag("tbody", "".join(body)) + tag("tfoot", _means(table, titles, columns))
    shown = tag("table", whole, aria_label="scores and shares of all scenes")
    return tag("div", shown, "vz-scene-rows", tabindex="0", role="region", aria_label="all scenes")


def _head(columns: tuple[Column, ...]) -> str:
    """A line of groups over a line of columns; a column's button sorts by it."""
    groups: dict[str, int] = {}
    for column in columns:
        groups[column.group] = groups.get(column.group, 0) + 1
    above = tag("td", "", colspan="2") + "".join(
        tag("th", escape(name), colspan=str(n), scope="colgroup", data_group=name) for name, n in groups.items()
    )
    below = _heading(NAME, text="1") + _heading(NETWORK, text="1") + "".join(_heading(c) for c in columns)
    return tag("tr", above, "vz-groups") + tag("tr", below)


def _heading(column: Column, text: str = "") -> str:
    unit = words(column.unit, "vz-unit") if column.unit else ""
    label = column.heading or column.name
    button = tag("button", escape(column.name) + " " + unit, type="button", title=f"sort by {label}", aria_label=label)
    data = {"data_text": text} if text else {"data_better": str(column.better), "data_in": column.group}
    return tag("th", button, scope="col", data_key=column.key, **data)


def _rows(
    row: SceneRow, titles: dict[str, str], columns: tuple[Column, ...], here: bool
) -> Iterator[tuple[dict[str, str], str]]:
    """Attributes and cells of a scene's lines: one per network, then those that could not be run."""
    current = {"aria_current": "true"} if here else {}
    for name, scores in row.networks.items():
        cells = "".join(_cell(scores, column) for column in columns)
        yield {"data_network": name, **current}, _scene(row.title) + _network(name, titles[name]) + cells
    for name, why in row.skipped.items():
        told = tag("td", escape(f"not run: {why}"), "vz-untold", colspan=str(len(columns)))
        yield {"data_network": name, **current}, _scene(row.title) + _network(name, name) + told


def _scene(title: str) -> str:
    button = tag("button", escape(title), type="button", title="open this scene")
    return tag("th", button, scope="row", data_column="scene", data_value=title)


def _network(name: str, title: str) -> str:
    return tag("td", escape(title), "vz-name", data_column="network", data_value=title, title=name)


def _cell(scores: NetworkScores, column: Column) -> str:
    value = scores.value(column)
    share = scores.shares.get(column.key)
    left = {"title": f"{share.left_out} of {share.pairs} left out"} if share is not None and share.left_out else {}
    return tag("td", column.shown(value), data_column=column.key, data_value=_known(value), **left)


def _missing(table: SceneTable, scene: str, columns: int) -> tuple[dict[str, str], str]:
    told = tag("td", "not run yet", "vz-untold", colspan=str(columns + 1))
    return {"data_missing": "1"}, _scene(table.titles[scene]) + told


def _means(table: SceneTable, titles: dict[str, str], columns: tuple[Column, ...]) -> str:
    """A line per network: its mean over the scenes that were run."""
    lines = []
    for name, count, means in table.means():
        first = tag("th", f"mean of {count}", scope="row", data_column="scene")
        cells = "".join(
            tag("td", c.shown(means[c.key]), data_column=c.key, data_value=_known(means[c.key])) for c in columns
        )
        lines.append(tag("tr", first + _network(name, titles[name]) + cells, data_network=name))
    return "".join(lines)


def _known(value: float) -> str:
    return repr(value) if math.isfinite(value) else ""
