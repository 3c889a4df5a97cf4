"""Which component's event calls which handler."""

from typing import Any

import gradio as gr

from vizlab.ui.handlers import Handlers
from vizlab.ui.page import Page

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
    _wire_threshold(page, handlers)
    _wire_looking(page, handlers)
    _wire_adding(page, handlers)


def _wire_running(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    inputs = [
        page.scene, controls.colour, controls.depth, controls.unit, controls.models, controls.device, controls.size,
        controls.predicted_depth, controls.palette,
    ]  # fmt: skip
    running = {**_QUIET, "show_progress": "full", "show_progress_on": controls.progress, **NETWORKS}
    controls.run.click(None, js=_BUSY)
    controls.run.click(handlers.run, inputs, page.results, **running).then(None, js=_READY)
    picked = [page.scene, controls.colour, controls.depth, controls.readout, *page.remarks]
    controls.scenes.select(None, js=_BUSY)
    choice = controls.scenes.select(handlers.pick_scene, None, picked, **_QUIET)
    choice.then(handlers.run, inputs, page.results, **running).then(None, js=_READY)


def _wire_reading(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    inputs = [page.scene, controls.colour, controls.depth, controls.unit]
    events = (controls.colour.upload, controls.depth.upload, controls.colour.clear, controls.depth.clear)
    for event in (*events, controls.unit.input):
        event(handlers.inspect, inputs, [controls.readout, controls.scenes, *page.remarks], **_QUIET)


def _wire_threshold(page: Page, handlers: Handlers) -> None:
    outputs = [page.key, page.status, *page.predictions.outputs, *page.exchange.outputs, *page.remarks]
    release = page.exchange.console.release
    release(None, js=_BUSY)
    moved = release(
        handlers.move_threshold,
        [page.key, page.exchange.model, page.controls.palette],
        outputs,
        trigger_mode="always_last",
        **_QUIET,
        **NETWORKS,
    )
    moved.then(None, js=_READY)


def _wire_looking(page: Page, handlers: Handlers) -> None:
    """Events that only draw what is known already."""
    for strip in (*(tab.strip for tab in page.tabs), page.predictions.grid, page.window):
        strip.select(handlers.open_site, [page.key], [page.window, *page.remarks], **_QUIET)
    exchange, nddr, affinities = page.exchange, page.nddr, page.affinities
    inputs = [page.key, exchange.model, exchange.order]
    exchange.order.input(handlers.choose_order, inputs, [exchange.ledger, *page.remarks], **_QUIET)
    for choice in (nddr.stage, nddr.kind):
        inputs = [page.key, nddr.model, nddr.stage, nddr.kind]
        choice.input(handlers.choose_stage, inputs, [nddr.matrix, nddr.share, *page.remarks], **_QUIET)
    inputs = [page.key, affinities.model, affinities.statistic]
    affinities.statistic.input(handlers.choose_statistic, inputs, [affinities.affinity, *page.remarks], **_QUIET)
    for tab in page.tabs:
        inputs = [page.key, tab.model, page.controls.palette]
        tab.model.input(handlers.choose_model(tab), inputs, [*tab.outputs, *page.remarks], **_QUIET)
    cards = page.cards
    cards.model.input(handlers.choose_card, [cards.model], [cards.card, *page.remarks], **_QUIET)
    palette = page.controls.palette
    coloured = [page.predictions.grid, page.exchange.comparison, *page.remarks]
    palette.input(handlers.choose_palette, [page.key, page.exchange.model, palette], coloured, **_QUIET)


def _wire_adding(page: Page, handlers: Handlers) -> None:
    controls = page.controls
    if not controls.can_add:
        return
    inputs = [controls.own, controls.own_file, controls.models, page.offered]
    outputs = [controls.models, page.offered, controls.own_file, *page.remarks]
    controls.add.click(handlers.add_checkpoint, inputs, outputs, **_QUIET, **NETWORKS)
