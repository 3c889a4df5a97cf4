"""The tab: the strip of outside maps, what depth counts by the weights, and what it made of this picture."""

import gradio as gr

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import SAME, THIS
from vizlab.views.palettes import Palette
from vizlab_sum_fusion.charts import sum_weights

CHARTS = (
    Chart(sum_weights, "Look for boxes away from 1: there training turned depth up or down.", None, SAME, half=True),
    Chart(
        views.cross_share_profile,
        "Look where the line is high: a large weight shows little where the depth features are quiet.",
        None,
        THIS,
        half=True,
    ),
)


class SumFusionTab(MethodTab):
    """The strip, then both charts side by side."""

    family = "sum-fusion"
    title = "Sum fusion"
    needs = (
        "Sum fusion adds the features of depth to those of colour after every stage, each channel with a weight.",
        "Tick a sum-fusion checkpoint on the left, give a colour picture and its depth, and press Run.",
    )

    def build(self) -> None:
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-sum-strip")
        self.charts = self.build_charts(CHARTS)

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        return {self.strip: strip_panel(trace), **self.draw_charts(self.charts, trace)}
