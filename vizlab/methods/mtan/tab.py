"""The tab of MTAN: what each task selects from the features that all share, and how alike tasks select."""

from typing import Any

import gradio as gr

from vizlab.core.site_words import stage_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.methods.mtan import charts, citations
from vizlab.methods.mtan.numbers import KEPT, layer_masks, statement
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.grid import grid_table
from vizlab.page.kit.html import badge, colour_bar, heading, tag, words
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates, Wiring, build_chart, kept_choice
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import THIS
from vizlab.views.figures import stream_title
from vizlab.views.palettes import Palette

MAPS = (
    "Rows are tasks, columns stages, from the input to the output. A task multiplies the shared features by its mask, "
    "0 to 1 for every pixel and channel; shown is its mean over channels. Bright is where a task keeps more. Look "
    "where two tasks select other places."
)
SHARELESS = (
    "No cross-stream share is shown for these sites: nothing of one task enters another’s features, so there is "
    "nothing to divide."
)
OVERLAPS = Chart(
    charts.mask_overlaps,
    "Near 1, two tasks take the same of the shared features; near 0, what one takes says nothing of what the other "
    "does; below 0, one takes what the other leaves.",
    citations.MASKS,
    THIS,
)
CHANNELS = Chart(
    charts.mask_channels,
    "Look for tasks whose channels lie apart from the others’: far right, they let nearly all pass; far left, hardly "
    "anything.",
    citations.MASKS,
    THIS,
)
CHOICES = {words: over for over, words in charts.OVER.items()}
"""What masks can be compared over, by its words."""


class MasksTab(MethodTab):
    """Mean masks by task and stage, how alike they are, which part of their channels tasks keep."""

    family = "mtan"
    title = "Task masks"
    needs = (
        "MTAN has one network for all tasks; at every stage each task selects from its features by a mask of its own.",
        "Tick an MTAN checkpoint on the left, give a colour picture, and press Run. It needs no depth.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        self.masks = gr.HTML(elem_id="vz-mtan-masks")
        with gr.Row(elem_classes="vz-controls"):
            self.over = gr.Radio(list(CHOICES), value=next(iter(CHOICES)), label="compare over", elem_id="vz-mtan-over")
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.overlaps = build_chart(OVERLAPS)
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(scale=3, min_width=320):
                self.channels = build_chart(CHANNELS)
            with gr.Column(scale=2, min_width=320):
                self.kept = gr.HTML(elem_id="vz-mtan-kept")

    @property
    def choices(self) -> dict[str, Any]:
        return {"over": self.over}

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        over = kept_choice(kept, "over", list(CHOICES), next(iter(CHOICES)))
        marks = [badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        badges = [mark for mark in marks if mark]
        said = f"{statement(trace)} {SHARELESS}"
        return {
            self.intro: heading("What each task selects", said, citations.MASKS, badges),
            self.masks: masks_html(trace),
            self.over: gr.update(value=over),
            **self.draw_overlaps(analysis, trace, over),
            self.channels: charts.mask_channels(trace),
            self.kept: kept_html(trace),
        }

    def wire(self, wiring: Wiring) -> None:
        wiring.redraw(self.over.input, self, [self.over], [self.overlaps], self.draw_overlaps)

    def draw_overlaps(self, analysis: Analysis, trace: FusionTrace, over: str) -> Updates:
        """The matrices over something else."""
        if over not in CHOICES:
            raise InputError(f"Masks are compared over {'; '.join(CHOICES)}; '{over[:40]}' is none of these.")
        return {self.overlaps: charts.mask_overlaps(trace, CHOICES[over])}


def masks_html(trace: FusionTrace) -> str:
    """The mean masks of all tasks at all stages under one colour bar."""
    bar = charts.mask_bar(layer_masks(trace))
    head = heading("Where tasks select", MAPS, citations.MASKS, [badge(THIS)])
    legend = tag("div", words(bar.label, "vz-caption") + colour_bar(bar), "vz-strip-head")
    return head + legend + grid_table(charts.mask_panels(trace), {})


def kept_html(trace: FusionTrace) -> str:
    """How many channels each task keeps at each stage."""
    layers = layer_masks(trace)
    rows = [
        (stage_words(layer.stage), *(str(count) for count in layer.kept.tolist()), str(layer.channels.shape[1]))
        for layer in layers
    ]
    headers = ("", *(stream_title(trace, task) for task in layers[0].tasks), "out of")
    caption = f"channels whose mask is {KEPT:g} or more, on average over pixels"
    return heading("Channels kept", "", None, [badge(THIS)]) + table(headers, rows, "channels kept", caption)
