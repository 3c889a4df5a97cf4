"""Running the scenes that the table lacks: one after the other, each row shown as it comes, stopped at any time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Any

import gradio as gr

from vizlab.errors import CancelledError, InputError
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import notice
from vizlab.page.kit.method_tab import Updates
from vizlab.page.page import Page
from vizlab.page.scene_rows import in_scene
from vizlab.page.wiring import NETWORKS
from vizlab.page.workspace import Workspace

STOPPED = "Stopped. The scenes that were run stay in the table; its button runs the others."
_QUIET: dict[str, Any] = {"api_name": "page", "api_visibility": "private", "show_progress": "hidden"}


@dataclass(eq=False)
class _Filling:
    """One run of the table, for the analysis that was on show when it began."""

    analysis: Analysis


class SceneRuns:
    """Who fills the table: one run per visitor, apart from what he runs with the page's own button."""

    def __init__(self, page: Page, workspace: Workspace, handlers: Handlers) -> None:
        self._page, self._workspace, self._handlers = page, workspace, handlers
        self._filling: dict[str, _Filling] = {}

    def fill(self, key: str | None, visitor: gr.Request | None = None) -> Iterator[Updates]:
        """The table again and again until no scene is missing; what goes wrong becomes a sentence."""
        try:
            run = _Filling(self._workspace.get(key))
        except InputError as err:
            yield self._handlers.guarded(partial(_raised, err))
            return
        name = _run_of(visitor)
        self._filling[name] = run
        try:
            # Once other networks are on show the table is theirs.
            yield from takewhile(lambda _: self._filling.get(name) is run, self._steps(run.analysis, name))
            if self._filling.get(name) is not run:
                yield {self._page.scenes.progress: gr.update()}  # Gradio sends the last answer twice
        finally:
            if self._filling.get(name) is run:
                del self._filling[name]

    def _steps(self, analysis: Analysis, name: str) -> Iterator[Updates]:
        scenes, message = self._page.scenes, self._page.message
        try:
            with self._handlers.running.by(name, lambda done, what: None) as step:
                cleared: Updates = {message: ""}  # once: what is said meanwhile is not this run's to wipe away
                for updates in scenes.fill(analysis, step):
                    yield {**cleared, **updates}
                    cleared = {}
        except CancelledError:
            yield {**scenes.render(analysis), message: notice(STOPPED)}
        except Exception as err:
            yield {**scenes.render(analysis), **self._handlers.guarded(partial(_raised, err))}

    def stop(self, visitor: gr.Request) -> None:
        """End this visitor's run before its next network."""
        self._handlers.running.stop(_run_of(visitor))

    def turn_to(self, key: str | None, visitor: gr.Request) -> Updates:
        """Another analysis is on show: a run for other networks or settings ends, and the table is of the new ones."""
        name, scenes = _run_of(visitor), self._page.scenes
        run, now = self._filling.get(name), self._workspace.known(key or "")
        if run is None or now is None or in_scene(run.analysis.request, "") == in_scene(now.request, ""):
            return {scenes.progress: gr.update()}
        self._filling.pop(name, None)
        self.stop(visitor)
        return scenes.render(now)


def wire_scenes(page: Page, runs: SceneRuns) -> None:
    """The tab's two buttons, and what ends a run that nobody waits for any more."""
    tab = page.scenes
    tab.run.click(runs.fill, [page.key], [*tab.outputs, *page.remarks], **_QUIET, **NETWORKS)
    tab.stop.click(runs.stop, None, None, **_QUIET)
    page.key.change(runs.turn_to, [page.key], tab.outputs, concurrency_limit=None, **_QUIET)


def _run_of(visitor: gr.Request | None) -> str:
    """What the run is called among those in progress."""
    return f"scenes of {'' if visitor is None else visitor.session_hash or ''}"


def _raised(err: Exception) -> Updates:
    raise err
