"""What happens when a user does something: each handler answers with updates, and with a sentence if it cannot."""

import logging
from collections.abc import Callable
from dataclasses import fields
from itertools import zip_longest
from typing import Any

import gradio as gr

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError, VizlabError
from vizlab.page.controls import scene_buttons
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.html import alert
from vizlab.page.kit.method_tab import MethodTab, Updates, chosen
from vizlab.page.kit.strips import open_site
from vizlab.page.page import Page
from vizlab.page.request import request_for
from vizlab.page.status import readout, status_line
from vizlab.page.tab_predictions import predictions_html
from vizlab.page.workspace import Workspace
from vizlab.rgbd import ReadOptions
from vizlab.views.palettes import Palette

log = logging.getLogger("vizlab.page")

NO_NETWORKS = "This page was started with a folder that holds no checkpoints; its operator can name another one."
UNEXPECTED = "Something went wrong inside vizlab; the server's log says what. Earlier results are still there."


class Handlers:
    """The functions behind the page's events; they keep nothing between calls."""

    def __init__(self, page: Page, workspace: Workspace) -> None:
        self.page, self.workspace = page, workspace

    def guarded(self, do: Callable[[], Updates]) -> Updates:
        """`do`'s updates; what goes wrong becomes a sentence, and everything else on the page stays."""
        try:
            return {self.page.message: "", self.page.controls.progress: "", **do()}
        except VizlabError as err:
            sentence = str(err)
        except Exception:
            log.exception("a handler failed")
            sentence = UNEXPECTED
        return {self.page.message: alert(sentence), self.page.controls.progress: ""}

    def opening(self, palette: Palette) -> Updates:
        """What a new visitor sees: the first bundled scene, analysed by all shipped networks."""
        if not self.workspace.shelf.shipped():
            return {self.page.message: alert(NO_NETWORKS)}
        request = opening_request(self.workspace)
        if request is None:
            return {self.page.message: ""}
        return self.guarded(lambda: self.page.show(self.workspace.analyse(request), palette))

    def run(
        self,
        scene: str | None,
        colour: str | None,
        depth: str | None,
        unit: str,
        kind: str,
        field_of_view: str,
        align: str,
        turn: str,
        models: list[str],
        device: str,
        size: str,
        precision: str,
        predicted_depth: bool,
        palette: Palette,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """Read the picture, run the chosen networks, draw everything."""

        def do() -> Updates:
            reading = reading_of(unit, kind, field_of_view, align, turn)
            request = request_for(
                scene, colour, depth, reading, models, device, size, predicted_depth, precision=precision
            )
            analysis = self.workspace.analyse(request, progress)
            progress(0.85, "drawing")
            return self.page.show(analysis, palette)

        return self.guarded(do)

    def pick_scene(self, event: gr.EventData) -> Updates:
        """A bundled scene was clicked: it takes the place of uploaded files."""
        name = text_of(event, "scene")

        def do() -> Updates:
            controls = self.page.controls
            shown = readout(self.workspace.read(Request(scene=name)))
            return {self.page.scene: name, controls.colour: None, controls.depth: None, controls.readout: shown}

        return self.guarded(do)

    def inspect(self, scene: str | None, colour: str | None, depth: str | None, *reading: str) -> Updates:
        """Files or how they are read changed: say at once what will be read."""

        def do() -> Updates:
            request = request_for(scene, colour, depth, reading_of(*reading))
            shown = readout(self.workspace.read(request))
            marked = scene_buttons(self.workspace, request.scene)
            return {self.page.controls.readout: shown, self.page.controls.scenes: marked}

        controls, updates = self.page.controls, self.guarded(do)
        if controls.readout not in updates:  # refused: the picture before it is no longer what Run would take
            updates |= {controls.readout: "", controls.scenes: scene_buttons(self.workspace, None)}
        return updates

    def inspect_new(self, scene: str | None, colour: str | None, depth: str | None, unit: str) -> Updates:
        """Files came or went: the unit stays as it was set, all else about them starts anew."""
        anew = ReadOptions(depth_unit=unit or "auto")
        others = self._set_reading(anew)
        del others[self.page.controls.unit]  # who types one meanwhile keeps it
        return {**others, **self.inspect(scene, colour, depth, *_values(anew))}

    def choose_reading(self, event: gr.EventData, *reading: str) -> Updates:
        """Another reading that was suggested takes the place of the one that is set."""
        wanted = event._data.get("reading") if isinstance(event._data, dict) else None

        def do() -> Updates:
            chosen_options = ReadOptions.of({**reading_of(*reading).arguments(), **ReadOptions.of(wanted).given()})
            return self._set_reading(chosen_options)

        return self.guarded(do)

    def _set_reading(self, reading: ReadOptions) -> Updates:
        return dict(zip(self.page.controls.reading, _values(reading), strict=True))

    def vary(self, event: gr.EventData, key: str | None, palette: Palette, *chosen_models: str | None) -> Updates:
        """Controls were moved: the networks that have them run again, and what shows these is drawn again."""
        settings = event._data.get("settings") if isinstance(event._data, dict) else None

        def do() -> Updates:
            if not isinstance(settings, dict):
                raise InputError("The new value is no number; move the control again.")
            before = self.workspace.get(key)
            analysis = self.workspace.vary(before.key, settings)
            ran = {t.model.family for name, t in analysis.traces.items() if t is not before.traces[name]}
            updates: Updates = {
                self.page.key: analysis.key,
                self.page.status: status_line(analysis),
                **self.page.predictions.render(analysis, palette),
            }
            for tab, model in zip_longest(self.page.tabs.values(), chosen_models):
                updates |= tab.render(analysis, model, palette) if tab.family in ran else {}
            return updates

        return self.guarded(do)

    def open_site(self, key: str | None, event: gr.EventData) -> Updates:
        """A thumbnail was clicked."""
        asked = [text_of(event, name) for name in ("model", "site", "target")]
        return self.guarded(lambda: {self.page.window: open_site(self.workspace.get(key), *asked)})

    def redraw(self, tab: MethodTab, draw: Callable[..., Updates]) -> Callable[..., Updates]:
        """A handler that calls `draw(analysis, trace, *values)` for the tab's chosen checkpoint."""

        def handler(key: str | None, model: str | None, *values: Any) -> Updates:
            def do() -> Updates:
                analysis = self.workspace.get(key)
                return draw(analysis, _trace_of(analysis, tab, model), *values)

            return self.guarded(do)

        return handler

    def choose_model(self, tab: MethodTab) -> Callable[[str | None, str | None, Palette], Updates]:
        """A handler that draws `tab` for another checkpoint of its family."""

        def handler(key: str | None, model: str | None, palette: Palette) -> Updates:
            return self.guarded(lambda: tab.render(self.workspace.get(key), model, palette))

        return handler

    def choose_card(self, model: str | None) -> Updates:
        """The card of another network."""
        return self.guarded(lambda: self.page.cards.draw(model or ""))

    def choose_palette(self, key: str | None, palette: Palette, *chosen_models: str | None) -> Updates:
        """Class colours; nothing runs. `chosen_models` are the checkpoints of the tabs, in order."""

        def do() -> Updates:
            analysis = self.workspace.get(key)
            updates: Updates = {self.page.predictions.grid: predictions_html(analysis, palette)}
            for tab, model in zip_longest(self.page.tabs.values(), chosen_models):
                if analysis.of_family(tab.family):
                    updates |= tab.recolour(analysis, _trace_of(analysis, tab, model), palette)
            return updates

        return self.guarded(do)

    def add_checkpoint(
        self, name: str | None, upload: str | None, weights: str | None, ticked: list[str], offered: list[str]
    ) -> Updates:
        """A checkpoint of the user's own joins this session's list, ticked.

        Others do not see it, but who knows its name can run it through the API.
        """

        def do() -> Updates:
            added = add_checkpoint(self.workspace, name, upload, weights)
            choices = list(dict.fromkeys([*offered, added]))
            now_ticked = list(dict.fromkeys([*ticked, added]))
            return {
                self.page.controls.models: gr.update(choices=choices, value=now_ticked),
                self.page.offered: choices,
                self.page.controls.own_file: None,
            }

        return self.guarded(do)


def reading_of(*values: str) -> ReadOptions:
    """From the values of the page's components, in the order of the fields."""
    return ReadOptions.of(dict(zip((field.name for field in fields(ReadOptions)), values, strict=True)))


def _values(reading: ReadOptions) -> tuple[str, ...]:
    return tuple(reading.arguments().values())


def add_checkpoint(workspace: Workspace, name: str | None, upload: str | None, weights: str | None = None) -> str:
    """Add an uploaded file or one of the operator's folder, as far as the operator allows; returns its name.

    `weights` says which of several sets in the file; empty for the one the door chooses.
    """
    wanted = (weights or "").strip() or None
    if upload:
        if not workspace.settings.allow_upload_checkpoints:
            raise InputError("This page takes no uploaded checkpoints; its operator can allow them.")
        return workspace.shelf.add_upload(upload, wanted)
    if not name:
        raise InputError("Choose a checkpoint of the list, or upload one, then press Add.")
    return workspace.shelf.add_from_folder(name, wanted)


def opening_request(workspace: Workspace) -> Request | None:
    """The first scene and every shipped network, if there are such."""
    scenes, models = workspace.scenes(), workspace.shelf.shipped()
    if not scenes or not models:
        return None
    return Request(scene=scenes[0], models=models, device=workspace.default_device())


def text_of(event: gr.EventData, name: str) -> str:
    """A value the browser sent with an event."""
    return str(event._data.get(name, "")) if isinstance(event._data, dict) else ""


def _trace_of(analysis: Analysis, tab: MethodTab, model: str | None) -> FusionTrace:
    traces = analysis.of_family(tab.family)
    if not traces:
        raise InputError(f"{tab.title} has nothing to show for this picture; press Run first.")
    return chosen(traces, model)
