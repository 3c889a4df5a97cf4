"""The tab of NDDR-CNN: what every task's 1x1 convolution takes from every task, stage by stage."""

from typing import Any

import gradio as gr

from vizlab import views
from vizlab.errors import InputError
from vizlab.tracing import FusionTrace
from vizlab.ui.analysis import Analysis
from vizlab.ui.family_tab import FamilyTab, Figure, build_figure
from vizlab.ui.html import badge, heading
from vizlab.ui.sources import NDDR_LAYER, NDDR_START, SAME, THIS
from vizlab.ui.strips import OPEN_JS, strip_panel
from vizlab.ui.tab_predictions import assumed_badge
from vizlab.views.palettes import Palette

KINDS = {"as stored": "weight", "× γ/σ of the norm": "scaled", "change from the start": "drift"}
"""What the matrix can show, in words."""

MATRIX = Figure(
    views.nddr_block_norms,
    "Look off the diagonal blocks: weight there is what a task takes from another; a bare diagonal means that nothing "
    "was learnt to be shared.",
    NDDR_LAYER,
    SAME,
)
SHARE_HERE = Figure(
    views.nddr_block_norms,
    "The same stage for this picture: a heavy block moves little if its source task's features are quiet.",
    NDDR_LAYER,
    THIS,
)
FIGURES = (
    Figure(
        views.nddr_block_norms,
        "Look for rows that differ: a task whose off-diagonal blocks outweigh those of its neighbours takes more.",
        NDDR_LAYER,
        SAME,
    ),
    Figure(
        views.nddr_drift,
        "These layers train with a higher rate, so their way from the initial diagonal is the story: look where it is "
        "longest.",
        NDDR_START,
        SAME,
    ),
    Figure(
        views.nddr_shares,
        "All stages for this picture: look whether exchange grows towards the output.",
        NDDR_LAYER,
        THIS,
    ),
)


class NDDRTab(FamilyTab):
    """A stage's matrix beside this picture's shares there, the strip, then norms, drift and shares of all stages."""

    family = "nddr-cnn"
    title = "NDDR weights"
    needs = (
        "NDDR-CNN gives every task a network of its own; after each stage a 1x1 convolution mixes the features of all. "
        "Its weights, cut into task blocks, say who takes what from whom.",
        "Tick an NDDR-CNN checkpoint on the left, give a colour picture, and press Run. It needs no depth.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        with gr.Row(elem_classes="vz-controls"):
            self.stage = gr.Radio([], label="stage", elem_id="vz-stage")
            self.kind = gr.Radio(list(KINDS), value="as stored", label="matrix shows", elem_id="vz-kind")
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(scale=3, min_width=320):
                self.matrix = build_figure(MATRIX)
            with gr.Column(scale=2, min_width=320):
                self.share = build_figure(SHARE_HERE)
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-nddr-strip")
        self.figures = self.build_figures(FIGURES)

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc") -> dict[Any, Any]:
        stages = stage_names(trace)
        first = stages[len(stages) // 2]
        marks = [badge(f"{len(stages)} stages"), badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        return {
            self.intro: heading("What each task takes from each", "", None, [m for m in marks if m]),
            self.stage: gr.update(choices=stages, value=first),
            **self.draw_stage(trace, first, "as stored"),
            self.kind: gr.update(value="as stored"),
            self.strip: strip_panel(trace),
            **self.draw_figures(self.figures, trace),
        }

    def draw_stage(self, trace: FusionTrace, stage: str, kind: str) -> dict[Any, Any]:
        """The matrix and the shares of one stage."""
        site = site_of_stage(trace, stage)
        if kind not in KINDS:
            raise InputError(f"The matrix shows {', '.join(KINDS)}; '{kind[:40]}' is none of these.")
        matrix = views.nddr_matrix(trace, site, show=KINDS[kind])  # type: ignore[arg-type]
        return {self.matrix: matrix, self.share: views.share_matrix(trace, site)}


def stage_names(trace: FusionTrace) -> list[str]:
    """The stages that fuse, from the input to the output."""
    return [s.site.stage for s in trace.sites.values() if s.site.kind == "nddr"]


def site_of_stage(trace: FusionTrace, stage: str) -> str:
    """The name of the stage's NDDR layer."""
    for site in trace.sites.values():
        if site.site.kind == "nddr" and site.site.stage == stage:
            return site.site.name
    raise InputError(f"There is no stage '{stage[:40]}'; this network fuses after {', '.join(stage_names(trace))}.")
