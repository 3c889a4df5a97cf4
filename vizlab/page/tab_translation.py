"""Image translation: which stream of a network takes which picture of a scene, and what comes of it.

What runs is an analysis like any other: stage, network map and the tabs of methods show it as well.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from vizlab.core.preprocess import MODALITIES
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import button, empty_state, heading
from vizlab.page.kit.method_tab import Updates
from vizlab.page.kit.strips import OPEN_JS
from vizlab.page.translation_panels import is_translation, results_html
from vizlab.page.workspace import Workspace
from vizlab.rgbd import DERIVATIONS
from vizlab.scenes.library import DOMAINS

TITLE = "Translation"
SENTENCE = (
    "Several pictures of one scene in, each into a stream of its own, one picture out. Say where each comes from: a "
    "file of yours, or what follows from the picture on show."
)
NEEDS = (
    "This takes a network that makes pictures of pictures, and none is here.",
    "Add one: a vizlab checkpoint whose task is “image”, or the generator that the authors of an image translation "
    "network publish (the discriminator beside it is none).",
)
MOST = 4
"""Slots: no network known takes more."""
SHOWN, UPLOAD, NONE, SCENE = "shown", "upload", "none", "scene"
PHOTOGRAPHS = [("that of the picture on show", SHOWN), ("a file of mine", UPLOAD), ("none", NONE)]
STAND_INS = {"texture": "colour", "albedo": "colour", "light": "shading"}
"""What is nearest to domains that cannot be derived of a photograph and its depth."""
NEAREST = {
    **STAND_INS, "rgb": SHOWN, "depth": SHOWN, "shade": "shading", "reshading": "shading", "normal": "normals",
    "edge": "edges", "edge_texture": "edges", "edge_occlusion": "occlusion",
}  # fmt: skip
"""What a stream takes by its name, until somebody says something else."""


@dataclass(frozen=True)
class Slot:
    """Where the picture of one stream comes from: `source` says how, `file` is an upload, `seen` shows it."""

    column: gr.Column
    source: gr.Dropdown
    file: gr.File
    seen: gr.HTML

    @property
    def given(self) -> list[Any]:
        return [self.source, self.file]

    @property
    def outputs(self) -> list[Any]:
        return [self.column, self.source, self.file, self.seen]


def sources(name: str) -> list[tuple[str, str]]:
    """What may go into the stream of that name, in words and as a value."""
    if name in MODALITIES:
        return [(f"{MODALITIES[name].split(' ', 1)[1]} of the picture on show", SHOWN), ("a file of mine", UPLOAD)]
    of_scene = [("the bundled scene’s own", SCENE)] if name in DOMAINS else []
    derived = ((f"derived: {one.title}", key) for key, one in DERIVATIONS.items())
    return [*of_scene, ("a file of mine", UPLOAD), *derived]


def nearest(name: str, own: Collection[str] = ()) -> str:
    """What goes into the stream of that name until somebody says something else; the scene on show has `own`."""
    if name in own:
        return SCENE
    return NEAREST.get(name, name if name in DERIVATIONS else UPLOAD)


class TranslationTab:
    """A slot for each stream, a button, and what the network on show made of its pictures."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.empty = gr.HTML(empty_state(TITLE, NEEDS, button("Add a checkpoint", data_open_adding="")))
        with gr.Column(visible=False, elem_id="vz-translation", elem_classes="vz-experiment") as self.body:
            gr.HTML(heading(TITLE, SENTENCE))
            self.network = gr.Radio([], label="network", elem_classes="vz-networks")
            with gr.Row(elem_classes="vz-slots"):
                self.slots = [_slot(f"vz-slot-{index}", f"stream {index + 1}") for index in range(MOST)]
                self.photograph = _slot("vz-slot-photograph", "photograph, to hold the answer against")
            with gr.Row(elem_classes="vz-experiment-run"):
                self.run = gr.Button("Translate", size="sm", variant="primary", scale=0, min_width=120)
                self.progress = gr.HTML(elem_classes="vz-experiment-progress", elem_id="vz-translation-progress")
        self.results = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-translation-results")

    @property
    def outputs(self) -> list[Any]:
        slots = [component for slot in (*self.slots, self.photograph) for component in slot.outputs]
        return [self.empty, self.body, self.network, *slots, self.progress, self.results]

    @property
    def given(self) -> list[Any]:
        """What was set: the network, then source and file of the photograph and of every stream."""
        return [self.network, *self.photograph.given, *(one for slot in self.slots for one in slot.given)]

    def render(self, analysis: Analysis | None, network: str | None, kept: Mapping[str, Any]) -> Updates:
        """The networks there are, slots for the chosen one unless they are there, and what is on show.

        `kept` are "offered", the networks of the visitor's list, and "slots", the network that the slots are for.
        """
        offered = kept.get("offered", self.workspace.shelf.shipped())
        found = self.offered((*offered, *(analysis.request.models if analysis else ())))
        results = self.results_of(analysis)
        if not found:
            return {self.empty: gr.update(visible=True), self.body: gr.update(visible=False), self.results: results}
        chosen = network if network in found else next(iter(found))
        return {
            self.empty: gr.update(visible=False),
            self.body: gr.update(visible=True),
            self.network: gr.update(choices=list(found), value=chosen),
            self.results: results,
            **({} if kept.get("slots") == chosen else self.slots_for(found[chosen], self.own_of(analysis))),
        }

    def offered(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Of these networks those the tab has slots for, with their inputs."""
        known = self.workspace.shelf.translators(tuple(dict.fromkeys(names)))
        return {name: inputs for name, inputs in known.items() if len(inputs) <= MOST}

    def own_of(self, analysis: Analysis | None) -> dict[str, Path]:
        """The further pictures of the scene on show by name; none for a picture that is no bundled scene."""
        scene = None if analysis is None else analysis.request.scene
        return {} if scene is None else self.workspace.scene(scene).domain_paths

    def slots_for(self, inputs: Sequence[str], own: Collection[str] = ()) -> Updates:
        """A slot for each input, called by its name, with what goes into it until somebody says something else."""
        updates: Updates = {}
        for index, slot in enumerate(self.slots):
            there = index < len(inputs)
            updates[slot.column] = gr.update(visible=there)
            if there:
                name = inputs[index]
                updates[slot.source] = gr.update(label=name, choices=sources(name), value=nearest(name, own))
                updates[slot.file] = None
        return updates

    def results_of(self, analysis: Analysis | None) -> str:
        """What the networks of that kind on show took, made and exchanged; nothing where there is none."""
        traces = [] if analysis is None else [t for t in analysis.traces.values() if is_translation(t)]
        return "".join(results_html(analysis, trace) for trace in traces) if analysis is not None else ""


def _slot(identity: str, label: str) -> Slot:
    photograph = identity.endswith("photograph")
    choices = PHOTOGRAPHS if photograph else sources(label)
    with gr.Column(min_width=150, elem_id=identity, elem_classes="vz-slot") as column:
        source = gr.Dropdown(choices, value=SHOWN if photograph else UPLOAD, label=label)
        file = gr.File(show_label=False, label=f"a file for {label}", height=92, elem_classes="vz-slot-file")
        seen = gr.HTML()
    return Slot(column, source, file, seen)
