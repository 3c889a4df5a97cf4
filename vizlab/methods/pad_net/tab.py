"""The tab of PAD-Net: what the tasks predict before and after they told each other, and what they told."""

import gradio as gr

from vizlab.core.trace import FusionTrace
from vizlab.measures.distillation import statement
from vizlab.measures.initial import Refinement, refinements
from vizlab.measures.reference import Reference
from vizlab.methods.pad_net import citations
from vizlab.page.kit.analysis import Analysis, Picture
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.distillation import initial_html, messages_html
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates, build_chart
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import THIS
from vizlab.views.distillation import affinity_shares
from vizlab.views.initial import measured
from vizlab.views.palettes import Palette

TWICE = (
    "Every task is predicted once by itself, on cells of four pixels of the network’s input, and once more after it "
    "heard the others. Figures of initial predictions are taken at the centres of their cells, those of final ones at "
    "every pixel."
)
GAINS = (
    "Initial and final predictions in the same figures, both at the centres of the initial one’s cells. Training asks "
    "both to be right, so a gap is what the second look adds here; on one picture it may have either sign."
)
SHARES = Chart(
    affinity_shares,
    "Look off the diagonal: how much of the variance of a task’s features, after distillation, is another task’s "
    "message.",
    citations.NETWORK,
    THIS,
)


class DistillationTab(MethodTab):
    """Initial against final predictions, in pictures and in figures; shares, messages and gates, the strip."""

    family = "pad-net"
    title = "Task distillation"
    needs = (
        "PAD-Net predicts every task, lets the tasks tell each other through gates what they found, and predicts once "
        "more.",
        "Tick a PAD-Net checkpoint on the left, give a colour picture, and press Run. It needs no depth.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        self.initial = gr.HTML(elem_id="vz-pad-initial")
        self.gains = gr.HTML(elem_id="vz-pad-gains")
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.shares = build_chart(SHARES)
        self.messages = gr.HTML(elem_id="vz-pad-messages", elem_classes="vz-messages")
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-pad-strip")

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        marks = [badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        badges = [mark for mark in marks if mark]
        return {
            self.intro: heading("What tasks tell each other", statement(trace), citations.NETWORK, badges),
            self.initial: initial_html(trace, analysis.picture, palette, "Predicted twice", TWICE, citations.NETWORK),
            self.shares: affinity_shares(trace),
            self.gains: gains_html(trace, analysis.picture),
            self.messages: messages_html(trace, citations.GATES),
            self.strip: strip_panel(trace),
        }


def gains_html(trace: FusionTrace, picture: Picture) -> str:
    """A line for each figure of a task that has a reference."""
    reference = (picture.reference or Reference()).completed(picture.rgbd)
    found = refinements(trace, reference)
    if not found:
        return heading("From initial to final", "No reference is known for this picture, so nothing can be measured.")
    rows = [(f"{one.task}, {one.name}", *_cells(one)) for one in found]
    shown = table(("", "initial", "final"), rows, "initial and final predictions measured")
    return heading("From initial to final", GAINS, None, [badge(THIS)]) + shown


def _cells(one: Refinement) -> tuple[str, str]:
    return measured(one.name, one.initial), measured(one.name, one.final)
