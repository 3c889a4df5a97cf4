"""Which component's event calls which handler."""

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from vizlab.page.handlers import Handlers
from vizlab.page.kit.method_tab import MethodTab, Updates
from vizlab.page.page import Page

NETWORKS: dict[str, Any] = {"concurrency_id": "networks", "concurrency_limit": 1}
"""All events that run networks wait for each other."""

_QUIET: dict[str, Any] = {"api_name": "page", "api_visibility": "private", "show_progress": "hidden"}
"""The page's own events are not endpoints: their answers are HTML. The API has endpoints of its own."""

_BUSY = "() => { document.body.classList.add('vz-busy'); }"
_READY = "() => { document.body.classList.remove('vz-busy'); }"


def wire(demo: gr.Blocks, page: Page, handlers: Handlers) -> None:
    """Connect everything."""
    demo.load(handlers.opening, [page.controls.palette], page.results, **_QUIET, **NETWORKS)
    _wire_running(page, handlers)
    _wire_reading(page, handlers)
    _wire_looking(page, handlers)
    _wire_adding(page, handlers)


def _wire_running(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    inputs = [
        page.scene, controls.colour, controls.depth, *controls.reading, controls.models, controls.device,
        controls.size, controls.precision, controls.predicted_depth, controls.palette,
    ]  # fmt: skip
    running = {**_QUIET, "show_progress": "full", "show_progress_on": controls.progress, **NETWORKS}
    controls.run.click(None, js=_BUSY)
    controls.run.click(handlers.run, inputs, page.results, **running).then(None, js=_READY)
    picked = [page.scene, controls.colour, controls.depth, controls.readout, *page.remarks]
    controls.scenes.select(None, js=_BUSY)
    choice = controls.scenes.select(handlers.pick_scene, None, picked, **_QUIET)
    choice.then(handlers.run, inputs, page.results, **running).then(None, js=_READY)
    controls.readout.select(None, js=_BUSY)
    choice = controls.readout.select(
        handlers.choose_reading, controls.reading, [*controls.reading, *page.remarks], **_QUIET
    )
    choice.then(handlers.run, inputs, page.results, **running).then(None, js=_READY)


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
    for strip in (*(tab.strip for tab in tabs), page.predictions.grid, page.window):
        strip.select(handlers.open_site, [page.key], [page.window, *page.remarks], **_QUIET)
    for tab in tabs:
        inputs = [page.key, tab.model, page.controls.palette]
        tab.model.input(handlers.choose_model(tab), inputs, [*tab.outputs, *page.remarks], **_QUIET)
        tab.wire(PageWiring(page, handlers))
    cards = page.cards
    cards.model.input(handlers.choose_card, [cards.model], [cards.card, *page.remarks], **_QUIET)
    palette = page.controls.palette
    inputs = [page.key, palette, *(tab.model for tab in tabs)]
    coloured = [page.predictions.grid, *(part for tab in tabs for part in tab.coloured), *page.remarks]
    palette.input(handlers.choose_palette, inputs, coloured, **_QUIET)


class PageWiring:
    """What a method's tab connects its events through (see `kit.method_tab.Wiring`)."""

    def __init__(self, page: Page, handlers: Handlers) -> None:
        self._page, self._handlers = page, handlers

    def redraw(
        self, event: Any, tab: MethodTab, inputs: Sequence[Any], outputs: Sequence[Any], draw: Callable[..., Updates]
    ) -> None:
        given, changed = [self._page.key, tab.model, *inputs], [*outputs, *self._page.remarks]
        event(self._handlers.redraw(tab, draw), given, changed, **_QUIET)

    def vary(self, event: Any) -> None:
        page = self._page
        event(None, js=_BUSY)
        varied = event(
            self._handlers.vary,
            [page.key, page.controls.palette, *(tab.model for tab in page.tabs.values())],
            page.results,
            trigger_mode="always_last",
            **_QUIET,
            **NETWORKS,
        )
        varied.then(None, js=_READY)


def _wire_adding(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    if not controls.can_add:
        return
    inputs = [controls.own, controls.own_file, controls.own_weights, controls.models, page.offered]
    outputs = [controls.models, page.offered, controls.own_file, *page.remarks]
    controls.add.click(handlers.add_checkpoint, inputs, outputs, **_QUIET, **NETWORKS)
