"""The tab of NDDR-CNN: what every task's 1x1 convolution takes from every task, stage by stage."""

from typing import Any

import gradio as gr

from vizlab import views
from vizlab.core.site_words import stage_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.methods.nddr_cnn import charts, citations
from vizlab.methods.nddr_cnn.numbers import MatrixKind, nddr_sites, statement
from vizlab.methods.nddr_cnn.stage_panel import pairs_html, ranks_html
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates, Wiring, build_chart, kept_choice
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import SAME, THIS
from vizlab.views.figures import stream_title
from vizlab.views.palettes import Palette

KINDS: dict[str, MatrixKind] = {"as stored": "weight", "× γ/σ of the norm": "scaled", "change from the start": "drift"}
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
SPECTRUM = Chart(
    charts.nddr_block_norms,
    "Look how fast the dotted lines fall: a steep one passes few directions of the other task's features on, a flat "
    "one many. Choose “change from the start” above to see what training added.",
    citations.RANK,
    SAME,
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
        charts.nddr_effective_ranks,
        "Look for small numbers: such a block passes few directions on, however much it weighs. At the assumed "
        "start, a multiple of the identity, every block is at 100 %.",
        citations.RANK,
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
    """A stage's matrix beside this picture's shares there, its spectrum and strongest pairs; the strip; all stages."""

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
            self.stage = gr.Radio([], label="stage", elem_id="vz-nddr-stage")
            self.kind = gr.Radio(list(KINDS), value="as stored", label="matrix shows", elem_id="vz-nddr-kind")
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(scale=3, min_width=320):
                self.matrix = build_chart(MATRIX)
            with gr.Column(scale=2, min_width=320):
                self.share = build_chart(SHARE_HERE)
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(scale=3, min_width=320):
                self.spectrum = build_chart(SPECTRUM)
                self.ranks = gr.HTML(elem_id="vz-nddr-ranks")
            with gr.Column(scale=2, min_width=320):
                self.target = gr.Radio([], label="into", elem_id="vz-nddr-target")
                self.pairs = gr.HTML(elem_id="vz-nddr-pairs")
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-nddr-strip")
        self.charts = self.build_charts(CHARTS)

    @property
    def choices(self) -> dict[str, Any]:
        return {"stage": self.stage, "kind": self.kind, "target": self.target}

    def at_site(self, trace: FusionTrace, site: str, target: str) -> Kept:
        return {"stage": trace.sites[site].site.stage, "target": target}

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        stages, tasks = stage_names(trace), nddr_sites(trace)[0].site.targets
        stage = kept_choice(kept, "stage", stages, stages[len(stages) // 2])
        kind = kept_choice(kept, "kind", list(KINDS), "as stored")
        target = kept_choice(kept, "target", tasks, tasks[0])
        titles = [(stream_title(trace, task), task) for task in tasks]
        marks = [badge(f"{len(stages)} stages"), badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        return {
            self.intro: heading(
                "What each task takes from each", statement(trace), citations.LAYER, [m for m in marks if m]
            ),
            self.stage: gr.update(choices=[(stage_words(one), one) for one in stages], value=stage),
            self.target: gr.update(choices=titles, value=target),
            **self.draw_stage(analysis, trace, stage, kind, target),
            self.kind: gr.update(value=kind),
            self.strip: strip_panel(trace),
            **self.draw_charts(self.charts, trace),
        }

    def wire(self, wiring: Wiring) -> None:
        chosen, of_stage = [self.stage, self.kind, self.target], [self.matrix, self.share, self.spectrum, self.ranks]
        for choice in (self.stage, self.kind):
            wiring.redraw(choice.input, self, chosen, [*of_stage, self.pairs], self.draw_stage)
        wiring.redraw(self.target.input, self, chosen, [self.pairs], self.draw_pairs)

    def draw_stage(self, analysis: Analysis, trace: FusionTrace, stage: str, kind: str, target: str) -> Updates:
        """The matrix, the shares, the spectrum and the strongest pairs of one stage."""
        site, show = site_of_stage(trace, stage), kind_of(kind)
        wide = trace.sites[site].site.channels > charts.WIDEST
        return {
            self.matrix: charts.nddr_matrix(trace, site, show=show),
            self.share: views.share_matrix(trace, site),
            self.spectrum: None if wide else charts.nddr_spectrum(trace, site, show),
            self.ranks: ranks_html(trace, site, show),
            **self.draw_pairs(analysis, trace, stage, kind, target),
        }

    def draw_pairs(self, analysis: Analysis, trace: FusionTrace, stage: str, kind: str, target: str) -> Updates:
        """The strongest pairs of channels into one task after one stage."""
        return {self.pairs: pairs_html(trace, site_of_stage(trace, stage), target, kind_of(kind))}


def kind_of(words: str) -> MatrixKind:
    """What the matrix shows, from the words on its switch."""
    if words not in KINDS:
        raise InputError(f"The matrix shows {', '.join(KINDS)}; '{words[:40]}' is none of these.")
    return KINDS[words]


def stage_names(trace: FusionTrace) -> list[str]:
    """The stages that fuse, from the input to the output."""
    return [s.site.stage for s in trace.sites.values() if s.site.kind == "nddr"]


def site_of_stage(trace: FusionTrace, stage: str) -> str:
    """The name of the stage's NDDR layer."""
    for site in trace.sites.values():
        if site.site.kind == "nddr" and site.site.stage == stage:
            return site.site.name
    raise InputError(f"There is no stage '{stage[:40]}'; this network fuses after {', '.join(stage_names(trace))}.")
