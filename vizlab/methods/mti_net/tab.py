"""The tab of MTI-Net: which task tells which, scale by scale, and whether tasks group the same pixels."""

import gradio as gr

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.methods.mti_net import charts, citations
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.grid import grid_table
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.images import THUMBNAIL_SIDE
from vizlab.page.kit.method_tab import Chart, MethodTab, Updates, Wiring, build_chart
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import THIS
from vizlab.views import Grid, Panel
from vizlab.views.palettes import Palette

STATISTICS = {"beyond chance (Cohen’s κ)": "kappa", "raw agreement": "raw", "conditional rates": "conditional"}
"""What the affinity figure can show, in words."""

SHARES = Chart(
    charts.affinity_shares,
    "Look off the diagonal: how much of a task's distilled features came from another task at that scale.",
    citations.DISTILLATION,
    THIS,
)
AFFINITY = Chart(
    views.pixel_affinity,
    "Look how agreement falls with distance, and whether the final predictions (thick) agree more, or less, than the "
    "reference does.",
    citations.AFFINITY,
    THIS,
)
GATES = "Columns are messages, rows scales, finest first: bright is where the receiver's gate lets the sender through."


class AffinitiesTab(MethodTab):
    """Shares by scale, gate maps, outside maps, pixel affinity."""

    family = "mti-net"
    title = "Task affinities"
    needs = (
        "MTI-Net predicts every task at four scales and lets the tasks tell each other what they found; gates decide "
        "where a message passes.",
        "Tick an MTI-Net checkpoint on the left, give a colour picture, and press Run. It needs no depth.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.shares = build_chart(SHARES)
        self.gates = gr.HTML(elem_id="vz-gates")
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-affinity-strip")
        self.statistic = gr.Radio(
            list(STATISTICS), value=next(iter(STATISTICS)), label="agreement", elem_id="vz-statistic"
        )
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.affinity = build_chart(AFFINITY)

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc") -> Updates:
        first = next(iter(STATISTICS))
        marks = [badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        return {
            self.intro: heading("What tasks tell each other", "", None, [m for m in marks if m]),
            self.shares: charts.affinity_shares(trace),
            self.gates: gates_html(trace),
            self.strip: strip_panel(trace),
            self.statistic: gr.update(value=first),
            **self.draw_affinity(analysis, trace, first),
        }

    def wire(self, wiring: Wiring) -> None:
        wiring.redraw(self.statistic.input, self, [self.statistic], [self.affinity], self.draw_affinity)

    def draw_affinity(self, analysis: Analysis, trace: FusionTrace, statistic: str) -> Updates:
        """The affinity figure in another statistic."""
        if statistic not in STATISTICS:
            raise InputError(f"Agreement is shown as {', '.join(STATISTICS)}; '{statistic[:40]}' is none of these.")
        reference = analysis.picture.reference
        figure = views.pixel_affinity(trace, reference, statistic=STATISTICS[statistic])  # type: ignore[arg-type]
        return {self.affinity: figure}


def gates_html(trace: FusionTrace) -> str:
    """Gate maps in a grid: scales down, messages across."""
    panels = charts.gate_panels(trace)
    by_scale: dict[str, list[Panel]] = {}
    for panel in panels:
        by_scale.setdefault(panel.title.partition(":")[0], []).append(panel)
    rows = tuple((scale, tuple(panels)) for scale, panels in by_scale.items())
    messages = tuple(panel.title.partition(": ")[2] for panel in next(iter(by_scale.values()), []))
    grid = grid_table(Grid(messages, rows), {}, side=2 * THUMBNAIL_SIDE)
    return heading("Gates", GATES, citations.GATES, [badge(THIS)]) + grid
