"""What happens in the tab of image translation: slots follow the network, a run becomes the analysis on show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from vizlab.core.preprocess import MODALITIES
from vizlab.errors import InputError, VizlabError
from vizlab.page.experiment import QUIET
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Request
from vizlab.page.kit.html import alert
from vizlab.page.kit.method_tab import Updates
from vizlab.page.page import TRANSLATION, Page, Shown
from vizlab.page.request import request_for
from vizlab.page.said import on_the_page
from vizlab.page.tab_translation import NONE, SCENE, SHOWN, STAND_INS, UPLOAD, Slot, TranslationTab
from vizlab.page.translation_panels import thumbnail
from vizlab.page.wiring import BUSY, NETWORKS, READY
from vizlab.page.workspace import Workspace
from vizlab.rgbd import Limits, RGBDImage, derive, read_rgbd
from vizlab.views.palettes import Palette

NEW = Shown()
NOT_OF_SCENE = (
    "The picture on show has no %s of its own: choose a scene that has, drop a file, or take what is derived."
)


@dataclass(frozen=True)
class Asked:
    """What was set in the tab: `streams` are source and file by input, in the network's order."""

    network: str
    photograph: tuple[str, str | None]
    streams: dict[str, tuple[str, str | None]]

    def files(self, own: Mapping[str, Path]) -> dict[str, Path]:
        """The files by input, those of the scene on show (`own`) among them.

        Raises InputError where one is to be taken and there is none.
        """
        given = {name: file for name, (source, file) in self.streams.items() if source == UPLOAD}
        if absent := [name for name, file in given.items() if not file]:
            raise InputError(
                f"There is no picture for {' and '.join(absent)} yet: drop a file there, or choose what is derived."
            )
        of_scene = [name for name, (source, _) in self.streams.items() if source == SCENE]
        if missing := [name for name in of_scene if name not in own]:
            raise InputError(NOT_OF_SCENE % " and ".join(missing))
        return {**{name: Path(file) for name, file in given.items() if file}, **{name: own[name] for name in of_scene}}

    def derived(self) -> dict[str, str]:
        """What is derived, by input."""
        return {name: source for name, (source, _) in self.streams.items() if source not in (UPLOAD, SHOWN, SCENE)}


class Translating:
    """The handlers of the tab."""

    def __init__(self, page: Page, workspace: Workspace, handlers: Handlers) -> None:
        self._page, self._workspace, self._handlers = page, workspace, handlers
        self._tab: TranslationTab = page.translation

    def open(self, key: str | None, shown: Shown, offered: Sequence[str]) -> Updates:
        """The tab was opened: the networks of this visitor's list are offered, also before anything ran."""
        analysis = self._workspace.known(key or "")
        before, network = shown.choices.get(TRANSLATION, {}), shown.networks.get(TRANSLATION)
        kept = {**before, "offered": tuple(offered)}
        updates = self._tab.render(analysis, network, kept)
        chosen = updates[self._tab.network]["value"] if self._tab.network in updates else ""
        now = shown.with_choices(TRANSLATION, {**kept, "slots": chosen}).chose(TRANSLATION, chosen)
        return {self._page.shown: replace(now, place=TRANSLATION), **updates}

    def choose(self, key: str | None, shown: Shown, network: str) -> Updates:
        """Another network: slots for its streams."""
        inputs = self._tab.offered((network,)).get(network, ())
        now = shown.chose(TRANSLATION, network).with_choices(TRANSLATION, {"slots": network})
        return {self._page.shown: now, **self._tab.slots_for(inputs, self._own(key))}

    def _own(self, key: str | None) -> dict[str, Path]:
        return self._tab.own_of(self._workspace.known(key or ""))

    def look(self, key: str | None, *values: Any) -> Updates:
        """Sources or files changed: what each stream would get, small; nothing runs."""
        asked = self._asked(*values)
        slots = dict(zip(asked.streams, self._tab.slots, strict=False))
        found: Updates = {slot.seen: "" for slot in (*self._tab.slots, self._tab.photograph)}
        try:
            base = self._base(key, asked)
            rgbd = None if base is None else self._workspace.sensed(base).rgbd
        except VizlabError as err:
            return {**found, self._tab.photograph.seen: alert(on_the_page(str(err)))}
        if rgbd is not None and rgbd.colour is not None:
            found[self._tab.photograph.seen] = thumbnail(rgbd.colour, "photograph")
        for name, slot in slots.items():
            found[slot.seen] = self._seen(rgbd, name, *asked.streams[name], self._own(key))
        return found

    def uploaded(self, file: str | None) -> Any:
        """A file came: it is what its stream takes."""
        return gr.update(value=UPLOAD) if file else gr.update()

    def translate(
        self,
        visitor: gr.Request | None = None,
        progress: gr.Progress = gr.Progress(),
        key: str | None = None,
        shown: Shown = NEW,
        palette: Palette = "voc",
        device: str = "auto",
        size: str = "own",
        precision: str = "auto",
        *values: Any,
    ) -> Updates:
        """Run the chosen network on the pictures of its slots; the result is the analysis on show."""

        def do() -> Updates:
            asked = self._asked(*values)
            request = self._request(key, asked, device, size, precision)
            updates = self._handlers.run_request(request, key, shown, palette, visitor, progress)
            controls, own = self._page.controls, asked.photograph[0] != SHOWN
            files = {controls.colour: _path(request.colour), controls.depth: _path(request.depth)} if own else {}
            return {**updates, **files, controls.models: gr.update(value=[asked.network])}

        return self._handlers.guarded(do)

    def _asked(self, network: str | None, *given: Any) -> Asked:
        """From the values of the tab's components, in their order."""
        pairs = list(zip(given[::2], given[1::2], strict=True))
        inputs = self._tab.offered((network or "",)).get(network or "", ())
        return Asked(network or "", pairs[0], dict(zip(inputs, pairs[1:], strict=False)))

    def _base(self, key: str | None, asked: Asked) -> Request | None:
        """What is derived from: the picture on show, or a photograph of the visitor's own; None where there is none.

        A colour picture or depth map given for a stream takes the place of that of the picture.
        """
        source, file = asked.photograph
        if source == UPLOAD:
            if not file:
                raise InputError("There is no photograph yet: drop a file there, or choose another photograph.")
            return self._sensed_by(asked, Request(colour=Path(file)))
        if source == NONE:
            return self._sensed_by(asked, None)
        if (analysis := self._workspace.known(key or "")) is None:
            raise InputError("There is no picture on show: press Run on the left, or choose another photograph.")
        on_show = analysis.request
        base = replace(on_show, domains={}, changes={}, settings={}, settings_by_model={})
        alone = base.scene is None and base.colour is None and base.depth is None
        return self._sensed_by(asked, None if alone else base)

    def _sensed_by(self, asked: Asked, base: Request | None) -> Request | None:
        own = {
            n: Path(file)
            for n, (source, file) in asked.streams.items()
            if n in MODALITIES and source == UPLOAD and file
        }
        if not own:
            return base
        before = base or Request()
        return Request(colour=own.get("rgb", before.colour), depth=own.get("depth", before.depth))

    def _request(self, key: str | None, asked: Asked, device: str, size: str, precision: str) -> Request:
        files, base = asked.files(self._own(key)), self._base(key, asked)
        further = {name: file for name, file in files.items() if name not in MODALITIES}
        if base is None and asked.derived():
            raise InputError(
                f"What is derived for {' and '.join(asked.derived())} needs a photograph: choose that of the picture "
                "on show, or give one."
            )
        if base is not None:
            rgbd = self._workspace.sensed(base).rgbd
            for source in set(asked.derived().values()):
                derive(rgbd, source)  # raises, saying what is missing
        how = request_for(None, None, None, None, [asked.network], device, size, precision=precision)
        return replace(
            base or Request(),
            models=how.models,
            device=how.device,
            working_size=how.working_size,
            precision=how.precision,
            domains={**further, **asked.derived()},
        )

    def _seen(self, rgbd: RGBDImage | None, name: str, source: str, file: str | None, own: Mapping[str, Path]) -> str:
        """What a stream would get as a small picture; a sentence where it cannot be."""
        try:
            if source == SCENE:
                return _seen_file(name, str(own[name]), Limits()) if name in own else alert(NOT_OF_SCENE % name)
            if source == UPLOAD:
                return _seen_file(name, file, self._workspace.settings.limits) if file else ""
            if rgbd is None:
                return ""
            if source != SHOWN:
                title = f"{source}, in place of {name}" if STAND_INS.get(name) == source else source
                return thumbnail(derive(rgbd, source), title)
            return thumbnail(rgbd.colour, name) if name == "rgb" and rgbd.colour is not None else ""
        except VizlabError as err:
            return alert(on_the_page(str(err)))


def _seen_file(name: str, file: str, limits: Limits) -> str:
    if name == "depth":
        return thumbnail(derive(read_rgbd(None, file, limits=limits), "depth"), name)
    if name == "rgb":
        return thumbnail(derive(read_rgbd(file, limits=limits), "colour"), name)
    return thumbnail(read_rgbd(domains={name: Path(file)}, limits=limits).domains[name], Path(file).name)


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path)


def wire_translation(page: Page, translating: Translating) -> None:
    """The tab's events: opening, another network, other pictures, and the run."""
    tab, controls = page.translation, page.controls
    seen = [slot.seen for slot in (*tab.slots, tab.photograph)]
    look: dict[str, Any] = {"fn": translating.look, "inputs": [page.key, *tab.given], "outputs": seen, **QUIET}
    opened = [page.shown, *tab.outputs, *page.remarks]
    last = {**QUIET, "trigger_mode": "always_last"}
    page.places[TRANSLATION].select(translating.open, [page.key, page.shown, page.offered], opened, **last).then(**look)
    tab.network.input(translating.choose, [page.key, page.shown, tab.network], [page.shown, *tab.outputs], **last).then(
        **look
    )
    for slot in (*tab.slots, tab.photograph):
        _wire_slot(slot, translating, look)
    how = [controls.device, controls.size, controls.precision]
    running = {**QUIET, "show_progress": "full", "show_progress_on": tab.progress, **NETWORKS}
    tab.run.click(None, js=BUSY)
    tab.run.click(
        translating.translate,
        [page.key, page.shown, controls.palette, *how, *tab.given],
        [*page.results, controls.models],
        **running,
    ).then(None, js=READY)


def _wire_slot(slot: Slot, translating: Translating, look: dict[str, Any]) -> None:
    slot.source.input(**look)
    slot.file.upload(translating.uploaded, [slot.file], [slot.source], **QUIET).then(**look)
    slot.file.clear(**look)
