"""The tab of scenes without a browser: what it holds, how it fills, and how that ends."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from tests.page.made_scenes import made_analysis, made_trace
from vizlab.errors import CancelledError, IncompatibleInputError
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.scene_rows import SceneRows
from vizlab.page.scene_runs import STOPPED, SceneRuns
from vizlab.page.tab_scenes import ScenesTab

SCENES = ("attic", "hall", "cellar")


class MadeWorkspace:
    """Answers in place of networks; `asked` lists the scenes that were run."""

    def __init__(self, *known: str) -> None:
        self.rows, self.asked = SceneRows(), []  # type: ignore[var-annotated]
        self.results = {f"key of {scene}": made_analysis(scene) for scene in known}
        self.before: Callable[[str], None] = lambda scene: None

    def scenes(self) -> tuple[str, ...]:
        return SCENES

    def scene(self, name: str) -> Any:
        return SimpleNamespace(title=name.title())

    def key_of(self, request: Request) -> str:
        return f"key of {request.scene}"

    def known(self, key: str) -> Analysis | None:
        return self.results.get(key)

    get = known

    def analyse(self, request: Request, step: Callable[..., object], background: bool = False) -> Analysis:
        assert background, "visitors who click come first"
        scene = str(request.scene)
        self.before(scene)
        step(0.1, "running")
        self.asked.append(scene)
        return self.results.setdefault(f"key of {scene}", made_analysis(scene))


def made_tab(workspace: MadeWorkspace) -> ScenesTab:
    with gr.Blocks(analytics_enabled=False):
        return ScenesTab(workspace)  # type: ignore[arg-type]


def made_runs(workspace: MadeWorkspace) -> SceneRuns:
    with gr.Blocks(analytics_enabled=False):
        message, progress = gr.HTML(), gr.HTML()
        tab = ScenesTab(workspace)  # type: ignore[arg-type]
    page = SimpleNamespace(scenes=tab, message=message, controls=SimpleNamespace(progress=progress))
    handlers = Handlers(page, workspace)  # type: ignore[arg-type]
    return SceneRuns(page, workspace, handlers)  # type: ignore[arg-type]


def rows_of(html: str) -> list[tuple[str, bool]]:
    """Scene of every line of the body, and whether it was run."""
    found = re.findall(r'<tr data-scene="(\w+)" data-place="\d+"( data-missing)?', html)
    return [(scene, not missing) for scene, missing in found]


def test_rows_that_are_known_are_there_and_the_others_say_so() -> None:
    workspace = MadeWorkspace("attic", "cellar")
    tab = made_tab(workspace)
    updates = tab.render(workspace.results["key of attic"])
    html = updates[tab.table]
    assert rows_of(html) == [("attic", True), ("hall", False), ("cellar", True)]
    assert html.count("not run yet") == 1
    assert updates[tab.run]["value"] == "Run the other scene"
    assert updates[tab.run]["visible"]
    assert workspace.asked == []
    assert re.findall(r'data-scene="(\w+)"[^>]*aria-current="true"', html) == ["attic"]


def test_a_cell_holds_the_whole_number_and_shows_it_short() -> None:
    workspace = MadeWorkspace("attic")
    tab = made_tab(workspace)
    html = tab.render(workspace.results["key of attic"])[tab.table]
    value, shown = re.findall(r'<td data-column="aligned_rmse" data-value="([\d.]+)">([^<]+)', html)[0]
    assert float(value) == pytest.approx(2**0.5, rel=1e-5)
    assert shown == "1.414"
    assert '<td data-column="scale 0" data-value="" title="2 of 2 left out">–</td>' in html


def test_a_row_that_has_gone_from_memory_stays_in_the_table() -> None:
    workspace = MadeWorkspace("attic", "hall")
    tab, analysis = made_tab(workspace), workspace.results["key of attic"]
    tab.render(analysis)
    del workspace.results["key of hall"]
    assert ("hall", True) in rows_of(tab.render(analysis)[tab.table])


def test_names_of_networks_and_reasons_are_escaped() -> None:
    workspace = MadeWorkspace()
    traces = {"<b>": made_trace("<b>")}
    workspace.results["key of attic"] = analysis = made_analysis("attic", traces, {"other": "needs <i>"})
    tab = made_tab(workspace)
    html = tab.render(analysis)[tab.table]
    assert "<b>" not in html
    assert "not run: needs &lt;i&gt;" in html


def test_filling_shows_each_row_as_it_comes() -> None:
    workspace = MadeWorkspace("attic")
    runs = made_runs(workspace)
    tab = runs._page.scenes
    seen = [rows_of(updates[tab.table]) for updates in runs.fill("key of attic")]
    assert [sum(done for _, done in rows) for rows in seen] == [1, 2, 3]
    assert workspace.asked == ["hall", "cellar"]


def test_stopping_keeps_what_was_run() -> None:
    workspace = MadeWorkspace("attic")
    runs = made_runs(workspace)
    visitor: Any = SimpleNamespace(session_hash="me")
    workspace.before = lambda scene: runs.stop(visitor) if scene == "cellar" else None
    *_, last = runs.fill("key of attic", visitor)
    assert rows_of(last[runs._page.scenes.table]) == [("attic", True), ("hall", True), ("cellar", False)]
    assert STOPPED in last[runs._page.message]
    assert last[runs._page.scenes.run]["visible"]
    assert runs._filling == {}


def test_another_visitor_stops_nothing() -> None:
    workspace = MadeWorkspace("attic")
    runs = made_runs(workspace)
    me, other = (SimpleNamespace(session_hash=name) for name in ("me", "other"))
    workspace.before = lambda scene: runs.stop(other)  # type: ignore[arg-type]
    assert len(list(runs.fill("key of attic", me))) == 3  # type: ignore[arg-type]


def test_a_run_for_networks_that_are_no_longer_on_show_leaves_the_table_alone() -> None:
    workspace = MadeWorkspace("attic")
    workspace.results["new"] = made_analysis("attic", {"new": made_trace("new")})
    runs = made_runs(workspace)
    tab, visitor = runs._page.scenes, SimpleNamespace(session_hash="me")
    steps = runs.fill("key of attic", visitor)  # type: ignore[arg-type]
    assert tab.table in next(steps)
    assert tab.table in runs.turn_to("new", visitor)  # type: ignore[arg-type]
    assert all(tab.table not in updates for updates in steps)
    assert workspace.asked == []


def test_the_next_scene_of_the_same_networks_stops_nothing() -> None:
    workspace = MadeWorkspace("attic", "hall")
    runs = made_runs(workspace)
    tab, visitor = runs._page.scenes, SimpleNamespace(session_hash="me")
    steps = runs.fill("key of attic", visitor)  # type: ignore[arg-type]
    next(steps)
    assert tab.table not in runs.turn_to("key of hall", visitor)  # type: ignore[arg-type]
    assert list(steps)
    assert workspace.asked == ["cellar"]


@pytest.mark.parametrize("err", [IncompatibleInputError("needs a depth map"), CancelledError("no")])
def test_what_goes_wrong_is_a_sentence_and_the_table_stays(err: Exception) -> None:
    workspace = MadeWorkspace("attic")
    runs = made_runs(workspace)

    def fail(scene: str) -> None:
        raise err

    workspace.before = fail
    *_, last = runs.fill("key of attic")
    said = last[runs._page.message]
    assert ("needs a depth map" if isinstance(err, IncompatibleInputError) else STOPPED) in said
    assert rows_of(last[runs._page.scenes.table])[0] == ("attic", True)
