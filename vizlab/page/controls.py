"""The left column: the picture, the networks, where they run, and the button that starts them."""

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from vizlab.page.kit.html import tag
from vizlab.page.kit.images import THUMBNAIL_SIDE, data_uri
from vizlab.page.request import WORKING_SIZES
from vizlab.page.workspace import Workspace
from vizlab.scenes import Scene, load_scene

UNITS = [
    ("unit: detect, or type 1/512", "auto"),
    ("unit: millimetres", "mm"),
    ("unit: 1/5000 m (TUM)", "tum"),
    ("unit: 0.1 mm", "0.1mm"),
    ("unit: SUN RGB-D (rotated bits)", "sunrgbd"),
    ("unit: metres", "m"),
    ("unit: centimetres", "cm"),
    ("unit: 1/512 m (Taskonomy)", "1/512"),
    ("unit: 1/256 m (KITTI)", "1/256"),
    ("unit: 0.25 mm (L515, Matterport)", "0.25mm"),
    ("unit: 1/6553.5 m (Replica)", "1/6553.5"),
]
KINDS = [
    ("depth, unless the numbers say otherwise", "auto"),
    ("depth along the optical axis", "depth"),
    ("length of the ray", "ray"),
    ("inverse depth", "inverse"),
    ("depth without a scale", "relative"),
    ("inverse depth without a scale", "relative inverse"),
    ("raw counts of a Kinect v1", "kinect raw"),
]
ALIGNMENTS = [
    ("by size and shape", "auto"),
    ("stretch to the colour’s size", "resize"),
    ("same centre and longer side", "centre"),
    ("crop about the centre, unscaled", "crop"),
    ("sizes must agree", "none"),
]
TURNS = [
    ("as it is", "none"),
    ("mirrored", "mirrored"),
    ("upside down", "upside down"),
    ("turned by 180°", "turned 180"),
    ("turned by 90° clockwise", "turned 90"),
    ("turned by 270° clockwise", "turned 270"),
]
SIZES = [(f"about {size[1]} × {size[0]}" if size else "own size", name) for name, size in WORKING_SIZES.items()]
PRECISIONS = [
    ("precision: the device’s own", "auto"),
    ("precision: float32", "float32"),
    ("precision: bfloat16", "bfloat16"),
]
PALETTES = [("VOC palette", "voc"), ("colour-blind safe", "safe")]

READING_JS = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-reading]');
  if (button) trigger('select', {reading: JSON.parse(button.dataset.reading)});
});
"""
SCENE_JS = """
element.addEventListener('click', (event) => {
  const scene = event.target.closest('[data-scene]');
  if (!scene) return;
  element.querySelectorAll('[data-scene]').forEach((b) => b.classList.toggle('vz-chosen', b === scene));
  window.vizlabAsked.scene = scene.dataset.scene;
  trigger('select');
});
"""


class Controls:
    """Components of the left column, in the order in which they are used."""

    def __init__(self, workspace: Workspace) -> None:
        shown = scene_buttons(workspace, next(iter(workspace.scenes()), None))
        self.scenes = gr.HTML(shown, js_on_load=SCENE_JS, elem_id="vz-scenes")
        with gr.Row(elem_classes="vz-files"):
            self.colour = gr.File(label="colour", height=92, elem_id="vz-colour", min_width=100)
            self.depth = gr.File(label="depth", height=92, elem_id="vz-depth", min_width=100)
        self.unit = gr.Dropdown(
            UNITS, value="auto", allow_custom_value=True, show_label=False, container=False, elem_id="vz-unit"
        )
        names = workspace.shelf.shipped()
        self.models = gr.CheckboxGroup(
            list(names), value=list(workspace.shelf.ticked()), label="networks", elem_id="vz-models"
        )
        self._build_adding(workspace)
        with gr.Row(elem_classes="vz-run-options"):
            devices = [(words, name) for name, words in workspace.devices().items()]
            bare: dict[str, Any] = {"show_label": False, "container": False, "min_width": 100}
            self.device = gr.Dropdown(devices, value=workspace.default_device(), elem_id="vz-device", **bare)
            self.size = gr.Dropdown(SIZES, value="own", elem_id="vz-size", **bare)
        self.precision = gr.Dropdown(
            PRECISIONS, value="auto", show_label=False, container=False, elem_id="vz-precision"
        )
        self.predicted_depth = gr.Checkbox(
            False, label="no depth? use predicted depth", container=False, elem_id="vz-predicted-depth"
        )
        with gr.Row(elem_classes="vz-run-row"):
            self.run = gr.Button("Run", variant="primary", elem_id="vz-run", min_width=80, scale=3)
            self.cancel = gr.Button("Cancel", elem_id="vz-cancel", min_width=60, scale=1)
        self.progress = gr.HTML(elem_id="vz-progress")
        self.readout = gr.HTML(js_on_load=READING_JS, elem_id="vz-readout")
        self._build_reading()
        self.palette = gr.Dropdown(PALETTES, value="voc", show_label=False, container=False, elem_id="vz-palette")

    def _build_reading(self) -> None:
        """How the files are read, beside the unit; `reading` are the components in the order of ReadOptions' fields."""
        with gr.Accordion("how depth is read", open=False, elem_id="vz-reading"):
            self.kind = gr.Dropdown(KINDS, value="auto", label="the numbers are", elem_id="vz-kind")
            self.field_of_view = gr.Textbox(
                "", label="field of view across the width, degrees", max_lines=1, elem_id="vz-fov"
            )
            self.align = gr.Dropdown(
                ALIGNMENTS, value="auto", allow_custom_value=True, label="laid over colour (or: offset 8,4; scale 1.2)",
                elem_id="vz-align",
            )  # fmt: skip
            self.turn = gr.Dropdown(TURNS, value="none", label="depth is first", elem_id="vz-turn")
        self.reading = [self.unit, self.kind, self.field_of_view, self.align, self.turn]

    def _build_adding(self, workspace: Workspace) -> None:
        """Ways to bring a checkpoint of one's own, as far as the operator allows."""
        addable, upload = workspace.shelf.addable(), workspace.settings.uploads
        self.can_add = bool(addable) or upload
        with gr.Accordion("add a checkpoint", open=False, visible=self.can_add, elem_id="vz-adding"):
            self.own = gr.Dropdown(list(addable), value=None, label="from the operator's folder", visible=bool(addable))
            self.own_file = gr.File(
                label="a file of your own", visible=upload, height=92, elem_id="vz-own-file",
                file_count="multiple",  # one checkpoint, which may consist of several
            )  # fmt: skip
            self.own_weights = gr.Textbox(
                label="weights, where the file holds several", placeholder="raw, ema or a name", max_lines=1
            )
            self.own_said = gr.Dropdown(
                [], value=None, label="what the file does not say", info="asked where it matters; or: inputs=depth",
                allow_custom_value=True, elem_id="vz-own-said",
            )  # fmt: skip
            self.add = gr.Button("Add", size="sm", elem_id="vz-add")


def scene_buttons(workspace: Workspace, chosen: str | None) -> str:
    """One small photograph per bundled scene."""
    buttons = "".join(_scene_button(workspace.scene(name), name == chosen) for name in workspace.scenes())
    return tag("div", buttons, "vz-scenes", role="group", aria_label="bundled scenes")


def _scene_button(scene: Scene, chosen: bool) -> str:
    image = f'<img src="{_photograph(scene.folder.parent, scene.name)}" alt="">'
    label = tag("span", escape(scene.title))
    css = "vz-scene vz-chosen" if chosen else "vz-scene"
    return tag("button", image + label, css, type="button", data_scene=scene.name)


@cache
def _photograph(folder: Path, name: str) -> str:
    """Read and scaled down once: every visit and every click shows those of all scenes."""
    return data_uri(load_scene(name, folder).rgb, THUMBNAIL_SIDE)
