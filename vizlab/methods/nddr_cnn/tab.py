"""The tab of NDDR-CNN: what every task's 1x1 convolution takes from every task, stage by stage."""

import gradio as gr

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.methods.nddr_cnn import charts, citations
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import Chart, MethodTab, Updates, Wiring, build_chart
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import SAME, THIS
from vizlab.views.palettes import Palette

KINDS = {"as stored": "weight", "× γ/σ of the norm": "scaled", "change from the start": "drift"}
"""What the matrix can show, in words."""

MATRIX = Chart(
    charts.nddr_block_norms,
    "Look at the blocks off the diagonal: weight there is what a task takes from another. Their own thin diagonals are "
    "what training began with (0.1 is assumed); what lies beside them was learnt.",
    citations.LAYER,
    SAME,
)
SHARE_HERE = Chart(
    charts.nddr_block_norms,
    "The same stage for this picture: a heavy block adds little if its source task's features are quiet.",
    citations.LAYER,
    THIS,
)
CHARTS = (
    Chart(
        charts.nddr_block_norms,
        "Look for rows that differ: a task whose off-diagonal blocks outweigh those of the other rows gives others' "
        "features more weight; what arrives depends on those features too.",
        citations.LAYER,
        SAME,
    ),
    Chart(
        charts.nddr_drift,
        "These layers learn at a rate of their own, so their way from the initial diagonal is the story: look where it "
        "is longest. Own blocks and others are measured alike; a wide stage has more weights to go with.",
        citations.START,
        SAME,
    ),
    Chart(
        charts.nddr_shares,
        "All stages for this picture: look whether exchange grows towards the output.",
        citations.LAYER,
        THIS,
    ),
)


class NDDRTab(MethodTab):
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
                self.matrix = build_chart(MATRIX)
            with gr.Column(scale=2, min_width=320):
                self.share = build_chart(SHARE_HERE)
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-nddr-strip")
        self.charts = self.build_charts(CHARTS)

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc") -> Updates:
        stages = stage_names(trace)
        first = stages[len(stages) // 2]
        marks = [badge(f"{len(stages)} stages"), badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        return {
            self.intro: heading("What each task takes from each", "", None, [m for m in marks if m]),
            self.stage: gr.update(choices=stages, value=first),
            **self.draw_stage(analysis, trace, first, "as stored"),
            self.kind: gr.update(value="as stored"),
            self.strip: strip_panel(trace),
            **self.draw_charts(self.charts, trace),
        }

    def wire(self, wiring: Wiring) -> None:
        for choice in (self.stage, self.kind):
            wiring.redraw(choice.input, self, [self.stage, self.kind], [self.matrix, self.share], self.draw_stage)

    def draw_stage(self, analysis: Analysis, trace: FusionTrace, stage: str, kind: str) -> Updates:
        """The matrix and the shares of one stage."""
        site = site_of_stage(trace, stage)
        if kind not in KINDS:
            raise InputError(f"The matrix shows {', '.join(KINDS)}; '{kind[:40]}' is none of these.")
        matrix = charts.nddr_matrix(trace, site, show=KINDS[kind])  # type: ignore[arg-type]
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
