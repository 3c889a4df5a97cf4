"""The tab of MTL-NAS: which connections are open, what they weigh, and what they carry in this picture."""

import gradio as gr

from vizlab.core.trace import FusionTrace
from vizlab.methods.mtl_nas import charts, citations
from vizlab.methods.mtl_nas.numbers import statement
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import SAME, THIS
from vizlab.views.palettes import Palette

CHARTS = (
    Chart(
        charts.connection_weights,
        "Look right of “own”: what the search left open there, and whether a task looks back beyond its own stage.",
        citations.SEARCH,
        SAME,
    ),
    Chart(
        charts.connection_shares,
        "The same for this picture: a heavy block adds little if the other task's features are quiet there.",
        citations.SEARCH,
        THIS,
    ),
)


class ConnectionsTab(MethodTab):
    """What the connections weigh and carry, stage by stage, and the strip of all sites."""

    family = "mtl-nas"
    title = "Connections"
    needs = (
        "MTL-NAS gives each of two tasks a network of its own; after every convolution a task may take the other's "
        "features of this and the two stages before. A search chose which of these connections stay open.",
        "Add an MTL-NAS checkpoint, give a colour picture, and press Run. It needs no depth.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        self.charts = self.build_charts(CHARTS)
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-connections-strip")

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        marks = [badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        badges = [mark for mark in marks if mark]
        return {
            self.intro: heading("Which connections are open", statement(trace), citations.SEARCH, badges),
            **self.draw_charts(self.charts, trace),
            self.strip: strip_panel(trace),
        }
