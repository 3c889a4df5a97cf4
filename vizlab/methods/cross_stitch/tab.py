"""The tab of cross-stitch networks: the alphas by stage, target and source, and what they moved in this picture."""

from typing import Any

import gradio as gr

from vizlab import views
from vizlab.core.site_words import stage_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.methods.cross_stitch import charts, citations
from vizlab.methods.cross_stitch.numbers import cross_stitch_sites, statement
from vizlab.methods.cross_stitch.stage_panel import channels_html, ranks_html
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates, Wiring, build_chart, kept_choice
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import SAME, THIS
from vizlab.views.figures import stream_title
from vizlab.views.palettes import Palette

ALPHAS = Chart(
    charts.cross_stitch_alphas,
    "Rows take, columns give. Look off the diagonal: 0.1 is what training began with (assumed), the rest was learnt.",
    citations.UNIT,
    SAME,
)
CHANNELS = Chart(
    charts.cross_stitch_alphas,
    "A flat line is one alpha for the whole stage; a steep one means that some channels are shared and others not.",
    citations.UNIT,
    SAME,
)
SHARE_HERE = Chart(
    charts.cross_stitch_shares,
    "The same stage for this picture: a large alpha adds little if its source's features are quiet.",
    citations.UNIT,
    THIS,
)
CHARTS = (
    Chart(
        charts.cross_stitch_spread,
        "Look for tall boxes: there the mean alpha hides channels that a task takes and channels that it leaves.",
        citations.UNIT,
        SAME,
    ),
    Chart(
        charts.cross_stitch_drift,
        "Units learn at a rate of their own, so their way from the start is the story: look where it is longest.",
        citations.START,
        SAME,
    ),
    Chart(
        charts.cross_stitch_shares,
        "All stages for this picture: look where the shares say otherwise than the alphas.",
        citations.UNIT,
        THIS,
    ),
)


class CrossStitchTab(MethodTab):
    """Mean alphas of all stages, one stage's channels beside this picture's shares there, the strip, then the rest."""

    family = "cross-stitch"
    title = "Cross-stitch units"
    needs = (
        "A cross-stitch network gives every task a network of its own; after each stage every task takes a sum of all "
        "tasks' features. The sum's weights, one alpha for each channel or one for all, say who takes what from whom.",
        "Tick a cross-stitch checkpoint on the left, give a colour picture, and press Run. It needs no depth.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.alphas = build_chart(ALPHAS)
        with gr.Row(elem_classes="vz-controls"):
            self.stage = gr.Radio([], label="stage", elem_id="vz-stitch-stage")
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(scale=3, min_width=320):
                self.channels = build_chart(CHANNELS)
                self.ranks = gr.HTML(elem_id="vz-stitch-ranks")
            with gr.Column(scale=2, min_width=320):
                self.share = build_chart(SHARE_HERE)
                self.target = gr.Radio([], label="into", elem_id="vz-stitch-target")
                self.strongest = gr.HTML(elem_id="vz-stitch-channels")
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-stitch-strip")
        self.charts = self.build_charts(CHARTS)

    @property
    def choices(self) -> dict[str, Any]:
        return {"stage": self.stage, "target": self.target}

    def at_site(self, trace: FusionTrace, site: str, target: str) -> Kept:
        return {"stage": trace.sites[site].site.stage, "target": target}

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        stages, tasks = list(sites_by_stage(trace)), cross_stitch_sites(trace)[0].site.targets
        stage = kept_choice(kept, "stage", stages, stages[len(stages) // 2])
        target = kept_choice(kept, "target", tasks, tasks[0])
        titles = [(stream_title(trace, task), task) for task in tasks]
        marks = [badge(f"{len(stages)} stages"), badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        badges = [mark for mark in marks if mark]
        return {
            self.intro: heading("What each task takes from each", statement(trace), None, badges),
            self.alphas: charts.cross_stitch_alphas(trace),
            self.stage: gr.update(choices=[(stage_words(one), one) for one in stages], value=stage),
            self.target: gr.update(choices=titles, value=target),
            **self.draw_stage(analysis, trace, stage, target),
            self.strip: strip_panel(trace),
            **self.draw_charts(self.charts, trace),
        }

    def wire(self, wiring: Wiring) -> None:
        chosen, of_stage = [self.stage, self.target], [self.channels, self.share, self.ranks, self.strongest]
        wiring.redraw(self.stage.input, self, chosen, of_stage, self.draw_stage)
        wiring.redraw(self.target.input, self, chosen, [self.strongest], self.draw_strongest)

    def draw_stage(self, analysis: Analysis, trace: FusionTrace, stage: str, target: str) -> Updates:
        """The channels, the shares and the effective ranks of one stage."""
        site = site_of_stage(trace, stage)
        return {
            self.channels: charts.cross_stitch_channels(trace, site),
            self.share: views.share_matrix(trace, site),
            self.ranks: ranks_html(trace, site),
            **self.draw_strongest(analysis, trace, stage, target),
        }

    def draw_strongest(self, analysis: Analysis, trace: FusionTrace, stage: str, target: str) -> Updates:
        """The channels that one task takes most after one stage."""
        return {self.strongest: channels_html(trace, site_of_stage(trace, stage), target)}


def site_of_stage(trace: FusionTrace, stage: str) -> str:
    """The name of the stage's unit."""
    sites = sites_by_stage(trace)
    if stage not in sites:
        raise InputError(f"There is no stage '{stage[:40]}'; this network stitches after {', '.join(sites)}.")
    return sites[stage]


def sites_by_stage(trace: FusionTrace) -> dict[str, str]:
    """The site names of the units by their stages, from the input to the output."""
    return {s.site.stage: s.site.name for s in cross_stitch_sites(trace)}
