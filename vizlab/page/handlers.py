"""What happens when a user does something: each handler answers with updates, and with a sentence if it cannot."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import gradio as gr

from vizlab.core.trace import FusionTrace
from vizlab.errors import CancelledError, InputError, UnsaidError, VizlabError
from vizlab.page.adding import add_checkpoint, answers, question
from vizlab.page.controls import scene_buttons
from vizlab.page.guard.visit import visit
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.changes import stack_of
from vizlab.page.kit.html import alert, notice
from vizlab.page.kit.method_tab import MethodTab, Updates, chosen
from vizlab.page.kit.strips import open_site
from vizlab.page.link import Link
from vizlab.page.linked_choices import brought_back
from vizlab.page.page import SCENES, STAGE, Page, Shown
from vizlab.page.request import request_for
from vizlab.page.running import Running
from vizlab.page.said import on_the_page
from vizlab.page.shelf import added_sentence
from vizlab.page.status import readout
from vizlab.page.workspace import Workspace
from vizlab.rgbd import ReadOptions
from vizlab.views.palettes import Palette

log = logging.getLogger("vizlab.page")

NO_NETWORKS = "This page was started with a folder that holds no checkpoints; its operator can name another one."
ELSEWHERE = (
    "This link is about a picture that somebody gave as files, which this page does not have: give the same files and "
    "press Run; all that the link sets is set."
)
UNEXPECTED = "Something went wrong inside vizlab; the server's log says what. Earlier results are still there."


class Handlers:
    """The functions behind the page's events; between calls they keep who runs what, so that it can be stopped."""

    def __init__(self, page: Page, workspace: Workspace) -> None:
        self.page, self.workspace, self.running = page, workspace, Running()

    def guarded(self, do: Callable[[], Updates]) -> Updates:
        """`do`'s updates; what goes wrong becomes a sentence, and everything else on the page stays."""
        try:
            return {self.page.message: "", self.page.controls.progress: "", **do()}
        except CancelledError as err:
            return {self.page.message: notice(str(err)), self.page.controls.progress: ""}
        except VizlabError as err:
            sentence = on_the_page(str(err))
        except Exception:
            log.exception("a handler failed")
            sentence = UNEXPECTED
        return {self.page.message: alert(sentence), self.page.controls.progress: ""}

    def opening(self, link: str | None, palette: Palette) -> Updates:
        """What a new visitor sees: what his link names, else the first scene, analysed by all shipped networks."""
        if not self.workspace.shelf.shipped():
            return {self.page.message: alert(NO_NETWORKS)}
        tab = Link.read(link).tab
        # The browser opens that tab meanwhile; nobody draws it if not the answer to this.
        return self._linked(link, Shown(place=tab if tab in self.page.places else STAGE), palette)

    def follow(self, event: gr.EventData, shown: Shown, palette: Palette) -> Updates:
        """Back or forward was pressed: what the address says now."""
        return self._linked(text_of(event, "link"), shown, palette)

    def _linked(self, link: str | None, shown: Shown, palette: Palette) -> Updates:
        """The page for an address; of a picture that was uploaded it says what to give."""
        wanted = Link.read(link)
        request = opening_request(self.workspace, wanted)
        if request is None:
            return {self.page.message: ""}

        def do() -> Updates:
            analysis = self.workspace.analyse(request)
            back = brought_back(self.page, analysis, wanted.choices, shown)
            said = [ELSEWHERE] * bool(wanted.uploaded) + list(back.said)
            message = {self.page.message: notice(" ".join(said))} if said else {}
            # What is ticked is what the next click on a scene runs.
            ticked = {self.page.controls.models: gr.update(value=list(request.models))}
            return {**self._show(analysis, back.shown, palette), **back.updates, **message, **ticked}

        return self.guarded(do)

    def run(
        self,
        key: str | None,
        shown: Shown,
        palette: Palette,
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
        visitor: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """Read the picture, run the chosen networks, draw what is seen. What was set for networks stays set."""

        def do() -> Updates:
            reading = reading_of(unit, kind, field_of_view, align, turn)
            request = request_for(
                scene, colour, depth, reading, models, device, size, predicted_depth, precision=precision
            )
            return self.run_request(request, key, shown, palette, visitor, progress)

        return self.guarded(do)

    def pick_scene(
        self,
        asked: str,
        key: str | None,
        shown: Shown,
        palette: Palette,
        models: list[str],
        device: str,
        size: str,
        precision: str,
        predicted_depth: bool,
        visitor: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """A bundled scene was clicked: it takes the place of uploaded files and runs, in one step.

        `asked` is its name as JSON.
        """

        def do() -> Updates:
            request = request_for(
                str(_plain(asked)), None, None, None, models, device, size, predicted_depth, precision=precision
            )
            controls = self.page.controls
            return {
                **self.run_request(request, key, shown, palette, visitor, progress),
                controls.colour: None,
                controls.depth: None,
            }

        return self.guarded(do)

    def run_request(
        self,
        request: Request,
        key: str | None,
        shown: Shown,
        palette: Palette,
        visitor: gr.Request | None,
        progress: gr.Progress,
    ) -> Updates:
        """Analyse and draw, for handlers that are guarded; what was set for networks stays set."""
        request = self._as_set(request, key)
        with self.running.by(_session(visitor), progress) as step:
            analysis = self.workspace.analyse(request, step)
        progress(0.85, "drawing")
        return self._show(analysis, shown, palette)

    def _as_set(self, request: Request, key: str | None) -> Request:
        """With the settings of the analysis that is on show, if it is still there."""
        try:
            before = self.workspace.get(key).request
        except InputError:
            return request
        return replace(
            request,
            settings=before.settings,
            settings_by_model=before.settings_by_model,
            changes={name: stack for name, stack in before.changes.items() if name in request.models},
            domains=request.domains or self._kept_domains(request, before),
        )

    def _kept_domains(self, request: Request, before: Request) -> dict[str, Path | str]:
        """Of the domains before those that a network takes now; of another picture those that are derived."""
        kept = before.domains if request.same_picture(before) else before.derived
        taken = self.workspace.shelf.inputs_of(request.models)
        return {name: source for name, source in kept.items() if name in taken}

    def _show(self, analysis: Analysis, shown: Shown, palette: Palette) -> Updates:
        """The page for one analysis, with its scene marked among the others."""
        marked = scene_buttons(self.workspace, analysis.request.scene)
        scene = {self.page.scene: analysis.request.scene} if analysis.request.scene else {}
        return {**self.page.show(analysis, shown, palette), **scene, self.page.controls.scenes: marked}

    def cancel(self, visitor: gr.Request) -> None:
        """Stop this visitor's run before its next network."""
        self.running.stop(_session(visitor))

    def open_tab(self, place: str) -> Callable[..., Updates]:
        """A handler that draws the tab `place` if it was not drawn for what is on show."""

        def handler(key: str | None, shown: Shown, palette: Palette) -> Updates:
            if key is None or (shown.drawn.get(place) == key and place != SCENES):
                return {self.page.shown: replace(shown, place=place)}
            now = shown.opened(place, key)
            return self.guarded(lambda: {self.page.shown: now, **self.page.draw(now, self.workspace.get(key), palette)})

        return handler

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

    def vary(
        self,
        asked: str,
        key: str | None,
        shown: Shown,
        palette: Palette,
        visitor: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """Controls were moved: the networks that have them run again, or the one that is named.

        `asked` is JSON, {"settings": {control: value}, "model": name}.
        """
        data = _mapping(asked)
        settings, model = data.get("settings"), str(data.get("model") or "")

        def do() -> Updates:
            if not isinstance(settings, dict):
                raise InputError("The new value is no number; move the control again.")
            before = self.workspace.get(key)
            with self.running.by(_session(visitor), progress) as step:
                analysis = self.workspace.vary(before.key, settings, step, model)
            return self._show_again(analysis, shown, palette)

        return self.guarded(do)

    def _show_again(self, analysis: Analysis, shown: Shown, palette: Palette) -> Updates:
        """The page for another analysis of the same picture."""
        updates = self.page.show(analysis, shown, palette)
        del updates[self.page.controls.readout]
        return updates

    def open_site(self, key: str | None, event: gr.EventData) -> Updates:
        """A thumbnail was clicked."""
        asked = [text_of(event, name) for name in ("model", "site", "target")]
        return self.guarded(lambda: {self.page.window: open_site(self.workspace.get(key), *asked)})

    def redraw(self, tab: MethodTab, inputs: Sequence[Any], draw: Callable[..., Updates]) -> Callable[..., Updates]:
        """A handler that calls `draw(analysis, trace, *values of inputs)` for the tab's chosen checkpoint.

        Values of the tab's `choices` are kept for the next picture.
        """
        names = {component: name for name, component in tab.choices.items()}

        def handler(key: str | None, model: str | None, shown: Shown, *values: Any) -> Updates:
            given = {names[one]: value for one, value in zip(inputs, values, strict=True) if one in names}

            def do() -> Updates:
                analysis = self.workspace.get(key)
                drawn = draw(analysis, _trace_of(analysis, tab, model), *values)
                set_there = {names[one]: value for one, value in drawn.items() if one in names}
                return {self.page.shown: shown.with_choices(tab.family, {**given, **set_there}), **drawn}

            return self.guarded(do)

        return handler

    def select_site(self, asked: str, key: str | None, shown: Shown) -> Updates:
        """A crossing of the network map was clicked: the tab of its method shows that site when it is seen.

        `asked` is JSON, {"network", "site", "target"}.
        """
        found = _plain(asked)
        try:
            analysis = self.workspace.get(key)
            trace = analysis.trace_of(str(found["network"]))
            clicked = {name: found.get(name) for name in ("network", "site", "target", "source")}
            shown = shown.with_choices(STAGE, clicked)
            offered = self.page.stage.render_changes(analysis, shown.choices[STAGE])
        except (VizlabError, KeyError, TypeError, AttributeError):
            return {self.page.shown: shown}  # the map shows what is known
        try:
            tab = self.page.tabs[trace.model.family]
            choices = tab.at_site(trace, str(found["site"]), str(found["target"]))
        except (VizlabError, KeyError, TypeError):
            return {self.page.shown: shown, **offered}  # a tab that cannot follow stays as it is
        now = shown.chose(tab.family, trace.model.name).with_choices(tab.family, choices)
        return {self.page.shown: now.undrawn(tab.family), **offered}

    def change(
        self,
        asked: str,
        key: str | None,
        shown: Shown,
        palette: Palette,
        visitor: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """The stack of changes of one network is another one: that network runs again.

        `asked` is JSON, {"model": name, "changes": [change, ...]} (see `page.kit.changes`).
        """
        data = _mapping(asked)

        def do() -> Updates:
            stack, model = stack_of(data.get("changes")), str(data.get("model") or "")
            before = self.workspace.get(key)
            with self.running.by(_session(visitor), progress) as step:
                analysis = self.workspace.change(before.key, model, stack, step)
            return self._show_again(analysis, shown, palette)

        return self.guarded(do)

    def choose_model(self, tab: MethodTab) -> Callable[..., Updates]:
        """A handler that draws `tab` for another checkpoint of its family; what else was chosen in it stays."""

        def handler(key: str | None, model: str | None, shown: Shown, palette: Palette) -> Updates:
            now = replace(shown.chose(tab.family, model or ""), place=tab.family)
            return {self.page.shown: now} | self.guarded(lambda: self.page.draw(now, self.workspace.get(key), palette))

        return handler

    def choose_card(self, model: str | None) -> Updates:
        """The card of another network."""

        def do() -> Updates:
            self.workspace.shelf.check((model or "",), visit().who)
            return self.page.cards.draw(model or "")

        return self.guarded(do)

    def choose_palette(self, key: str | None, shown: Shown, palette: Palette) -> Updates:
        """Class colours; nothing runs. Tabs that are not open are drawn in them when they are."""

        def do() -> Updates:
            now = shown.anew().opened(STAGE, key or "").opened(shown.place, key or "")
            return {self.page.shown: now, **self.page.draw(now, self.workspace.get(key), palette)}

        return self.guarded(do)

    def add_checkpoint(
        self,
        name: str | None,
        upload: list[str] | None,
        weights: str | None,
        said: str | None,
        ticked: list[str],
        offered: list[str],
    ) -> Updates:
        """A checkpoint of the user's own joins this session's list, ticked.

        Others do not see it; an uploaded one runs for who uploaded it alone (see `guard.visit`).
        """

        def do() -> Updates:
            try:
                added = add_checkpoint(self.workspace, name, upload, weights, said)
            except UnsaidError as err:  # the file stays; whoever says it has it added
                asked = gr.update(choices=answers(err), value=None)
                return {self.page.controls.own_said: asked, self.page.message: alert(question(err))}
            choices = list(dict.fromkeys([*offered, added]))
            now_ticked = list(dict.fromkeys([*ticked, added]))
            return {
                self.page.controls.models: gr.update(choices=choices, value=now_ticked),
                self.page.offered: choices,
                self.page.controls.own_file: None,
                self.page.controls.own_said: gr.update(choices=[], value=None),
                self.page.message: notice(added_sentence(self.workspace.shelf.get(added))),
            }

        return self.guarded(do)


def _plain(text: str) -> Any:
    """What the browser wrote as JSON; None for anything else."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _mapping(text: str) -> dict[str, Any]:
    """The object that the browser wrote as JSON; nothing for anything else."""
    found = _plain(text)
    return found if isinstance(found, dict) else {}


def _session(visitor: gr.Request | None) -> str:
    return "" if visitor is None else visitor.session_hash or ""


def reading_of(*values: str) -> ReadOptions:
    """From the values of the page's components, in the order of the fields."""
    return ReadOptions.of(dict(zip((field.name for field in fields(ReadOptions)), values, strict=True)))


def _values(reading: ReadOptions) -> tuple[str, ...]:
    return tuple(reading.arguments().values())


def opening_request(workspace: Workspace, link: Link | None = None) -> Request | None:
    """What a link names, as far as it is there: its scene or the first one, its networks or every shipped one."""
    scenes, shipped = workspace.scenes(), workspace.shelf.shipped()
    if not scenes or not shipped:
        return None
    wanted = link or Link()
    models = tuple(name for name in wanted.networks if name in shipped) or workspace.shelf.ticked()
    if not models:  # all of them take pictures that no scene has
        return None
    return Request(
        scene=wanted.scene if wanted.scene in scenes else scenes[0],
        models=models,
        device=workspace.default_device(),
        settings=wanted.settings,
        settings_by_model={name: own for name, own in wanted.settings_by_model.items() if name in shipped},
        changes={name: stack for name, stack in wanted.changes.items() if name in shipped},
        domains=wanted.domains,
    )


def text_of(event: gr.EventData, name: str) -> str:
    """A value the browser sent with an event."""
    return str(event._data.get(name, "")) if isinstance(event._data, dict) else ""


def _trace_of(analysis: Analysis, tab: MethodTab, model: str | None) -> FusionTrace:
    traces = analysis.of_family(tab.family)
    if not traces:
        raise InputError(f"{tab.title} has nothing to show for this picture; press Run first.")
    return chosen(traces, model)
