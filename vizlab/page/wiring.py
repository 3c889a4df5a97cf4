"""Which component's event calls which handler."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from vizlab.page.handlers import Handlers
from vizlab.page.kit.method_tab import MethodTab, Updates
from vizlab.page.page import TRANSLATION, Page

NETWORKS: dict[str, Any] = {"concurrency_id": "networks", "concurrency_limit": None}
"""Events that run networks: they wait for each other inside, in `turns`; what is known already waits for nobody."""

_QUIET: dict[str, Any] = {"api_name": "page", "api_visibility": "private", "show_progress": "hidden"}
"""The page's own events are not endpoints: their answers are HTML. The API has endpoints of its own."""

_LAST: dict[str, Any] = {"trigger_mode": "always_last"}
"""Of several clicks while one is answered, the last counts."""

BUSY = "() => { document.body.classList.add('vz-busy'); }"
READY = "() => { document.body.classList.remove('vz-busy'); }"
_ADDRESS = "(link, palette) => [window.location.hash, palette]"
_ASKED = "(first, ...others) => [JSON.stringify(window.vizlabAsked.%s ?? null), ...others]"
"""What was asked for last takes the place of the first input: a deferred event comes with the first click's data."""


def wire(demo: gr.Blocks, page: Page, handlers: Handlers) -> None:
    """Connect everything."""
    opening = [page.stage.document, page.controls.palette]
    demo.load(handlers.opening, opening, [*page.results, page.controls.models], js=_ADDRESS, **_QUIET, **NETWORKS)
    _wire_running(page, handlers)
    _wire_reading(page, handlers)
    _wire_tabs(page, handlers)
    _wire_looking(page, handlers)
    _wire_adding(page, handlers)


def _wire_running(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    seen = [page.key, page.shown, controls.palette]
    picture = [page.scene, controls.colour, controls.depth, *controls.reading]
    how = [controls.models, controls.device, controls.size, controls.precision, controls.predicted_depth]
    running = {**_QUIET, "show_progress": "full", "show_progress_on": controls.progress, **NETWORKS, **_LAST}
    for event in (controls.run.click, controls.scenes.select, controls.readout.select):
        event(None, js=BUSY)
    controls.run.click(handlers.run, [*seen, *picture, *how], page.results, **running).then(None, js=READY)
    asked = [page.stage.document, *seen, *how]
    controls.scenes.select(handlers.pick_scene, asked, page.results, js=_ASKED % "scene", **running).then(
        None, js=READY
    )
    choice = controls.readout.select(
        handlers.choose_reading, controls.reading, [*controls.reading, *page.remarks], **_QUIET
    )
    choice.then(handlers.run, [*seen, *picture, *how], page.results, **running).then(None, js=READY)
    site = [page.stage.document, page.key, page.shown]
    clicked = [page.shown, page.stage.changes]
    page.stage.instrument.select(handlers.select_site, site, clicked, js=_ASKED % "site", **_QUIET, **_LAST)
    changes = [page.stage.document, *seen]
    page.stage.changes.select(None, js=BUSY)
    page.stage.changes.select(handlers.change, changes, page.results, js=_ASKED % "changes", **running).then(
        None, js=READY
    )
    followed = [*page.results, controls.models]
    page.stage.document.select(handlers.follow, [page.shown, controls.palette], followed, **running)
    controls.cancel.click(handlers.cancel, None, None, **_QUIET)


def _wire_tabs(page: Page, handlers: Handlers) -> None:
    """A tab is drawn when it is seen."""
    for place, tab in page.places.items():
        if place == TRANSLATION:
            continue  # which asks for more than what is on show
        outputs = [page.shown, *page.outputs_of(place), *page.remarks]
        tab.select(handlers.open_tab(place), [page.key, page.shown, page.controls.palette], outputs, **_QUIET, **_LAST)


def _wire_reading(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    files, said = [page.scene, controls.colour, controls.depth], [controls.readout, controls.scenes, *page.remarks]
    for event in (controls.colour.upload, controls.depth.upload, controls.colour.clear, controls.depth.clear):
        event(handlers.inspect_new, [*files, controls.unit], [*controls.reading[1:], *said], **_QUIET)
    changes = [
        controls.unit.input, controls.kind.input, controls.field_of_view.submit, controls.field_of_view.blur,
        controls.align.input, controls.turn.input,
    ]  # fmt: skip
    for event in changes:
        event(handlers.inspect, [*files, *controls.reading], said, **_QUIET)


def _wire_looking(page: Page, handlers: Handlers) -> None:
    """Events that only draw what is known already."""
    tabs = list(page.tabs.values())
    strips = [tab.strip for tab in tabs if tab.strip is not None]
    for strip in (*strips, page.predictions.grid, page.window):
        strip.select(handlers.open_site, [page.key], [page.window, *page.remarks], **_QUIET)
    for tab in tabs:
        inputs = [page.key, tab.model, page.shown, page.controls.palette]
        tab.model.input(handlers.choose_model(tab), inputs, [page.shown, *tab.outputs, *page.remarks], **_QUIET)
        tab.wire(PageWiring(page, handlers))
    cards = page.cards
    cards.model.input(handlers.choose_card, [cards.model], [cards.card, *page.remarks], **_QUIET)
    palette = page.controls.palette
    palette.input(handlers.choose_palette, [page.key, page.shown, palette], page.results, **_QUIET)


class PageWiring:
    """What a method's tab connects its events through (see `kit.method_tab.Wiring`)."""

    def __init__(self, page: Page, handlers: Handlers) -> None:
        self._page, self._handlers = page, handlers

    def redraw(
        self, event: Any, tab: MethodTab, inputs: Sequence[Any], outputs: Sequence[Any], draw: Callable[..., Updates]
    ) -> None:
        page = self._page
        given, changed = [page.key, tab.model, page.shown, *inputs], [page.shown, *outputs, *page.remarks]
        event(self._handlers.redraw(tab, inputs, draw), given, changed, **_QUIET)

    def vary(self, event: Any) -> None:
        page = self._page
        event(None, js=BUSY)
        inputs = [page.stage.document, page.key, page.shown, page.controls.palette]
        running = {"js": _ASKED % "settings", **_LAST, **_QUIET, **NETWORKS}
        event(self._handlers.vary, inputs, page.results, **running).then(None, js=READY)


def _wire_adding(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    if not controls.can_add:
        return
    given = [controls.own, controls.own_file, controls.own_weights, controls.own_said]
    inputs = [*given, controls.models, page.offered]
    outputs = [controls.models, page.offered, controls.own_file, controls.own_said, *page.remarks]
    # Neither a file nor an answer needs a second click.
    for event in (controls.add.click, controls.own_file.upload, controls.own_said.select):
        event(handlers.add_checkpoint, inputs, outputs, **_QUIET, **NETWORKS)
