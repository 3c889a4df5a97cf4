"""The tab of CEN: which channels are exchanged, at which threshold, and what that does to the prediction."""

from html import escape
from typing import Any

import cv2
import gradio as gr
import numpy as np

from vizlab import views
from vizlab.analysis.exchange import exchange_summary, threshold_of
from vizlab.analysis.metrics import semseg_score
from vizlab.errors import InputError
from vizlab.predictions import SemsegPrediction
from vizlab.tracing import FusionTrace
from vizlab.ui.analysis import Analysis
from vizlab.ui.family_tab import FamilyTab, Figure, build_figure
from vizlab.ui.html import badge, heading, panel_figure, shared_legend, tag
from vizlab.ui.sources import CEN_ENSEMBLE, CEN_EXCHANGE, CEN_SPARSITY, SAME, THIS
from vizlab.ui.strips import OPEN_JS, strip_panel
from vizlab.ui.tab_predictions import assumed_badge
from vizlab.ui.threshold import CONSOLE_JS, console
from vizlab.views import Panel
from vizlab.views.palettes import Palette
from vizlab.views.panels import percent
from vizlab.views.predictions import semseg_panel

_GREY, _CHANGED = 70, (213, 94, 0)

ORDERS = {"in index order": "index", "sorted by |γ|": "sorted"}
"""How the ledger lays out channels, in words."""

LEDGER = Figure(
    views.exchange_ledger,
    "Look for orange: these channels have a scale near zero, carry nothing of their own stream and take the other's. "
    "Training pushes only the framed half of each stream there; the released code exchanges any channel below the "
    "threshold.",
    CEN_SPARSITY,
    SAME,
)
FIGURES = (
    Figure(
        views.exchange_fractions,
        "Look for asymmetry: which stream takes more, and whether early or late.",
        CEN_EXCHANGE,
        SAME,
        half=True,
    ),
    Figure(
        views.cross_share_profile,
        "How much of a site's variation came from the other stream: exchanged channels may be quiet or loud.",
        None,
        THIS,
        half=True,
    ),
    Figure(
        views.threshold_curve,
        "Look for the step: a plateau around the threshold means that it separates two kinds of channels; a slope, "
        "that it is arbitrary.",
        CEN_EXCHANGE,
        SAME,
    ),
)


class ExchangeTab(FamilyTab):
    """Console, before and after, strip, then the figures."""

    family = "cen"
    title = "Channel exchange"
    needs = (
        "Channel exchange is what CEN does: streams of different modalities share their convolutions, and a channel "
        "whose batch-norm scale is near zero is replaced by the other stream's.",
        "Tick a CEN checkpoint on the left, give both a colour picture and its depth, and press Run.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        self.console = gr.HTML(js_on_load=CONSOLE_JS, elem_id="vz-threshold")
        self.comparison = gr.HTML()
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-exchange-strip")
        self.order = gr.Radio(list(ORDERS), value=next(iter(ORDERS)), label="channels", elem_id="vz-order")
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.ledger = build_figure(LEDGER)
        self.figures = self.build_figures(FIGURES)

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc") -> dict[Any, Any]:
        baseline = analysis.baselines.get(trace.model.name)
        own = threshold_of(baseline or trace)
        return {
            self.intro: _intro(trace),
            self.console: console(trace, own),
            self.comparison: comparison(analysis, trace, baseline, palette),
            self.strip: strip_panel(trace),
            self.order: gr.update(value=next(iter(ORDERS))),
            self.ledger: views.exchange_ledger(trace),
            **self.draw_figures(self.figures, trace),
        }

    def draw_ledger(self, trace: FusionTrace, order: str) -> dict[Any, Any]:
        """The ledger with its channels in another order."""
        if order not in ORDERS:
            raise InputError(f"Channels are shown {', '.join(ORDERS)}; '{order[:40]}' is none of these.")
        return {self.ledger: views.exchange_ledger(trace, ORDERS[order])}  # type: ignore[arg-type]


def _intro(trace: FusionTrace) -> str:
    summary = exchange_summary(trace)
    marks = [badge(SAME)]
    if summary.little:
        marks.append(badge("little exchange", "warn"))
    if summary.alike:
        marks.append(badge("streams look alike", "warn"))
    extra = assumed_badge(trace)
    return heading("What is exchanged", summary.statement, CEN_EXCHANGE, [*marks, extra] if extra else marks)


def comparison(analysis: Analysis, trace: FusionTrace, baseline: FusionTrace | None, palette: Palette) -> str:
    """The ensemble at the checkpoint's threshold, at the moved one, and where the two differ."""
    before, after = _ensemble(baseline or trace), _ensemble(trace)
    if before is None or after is None:
        return ""
    own, now = threshold_of(baseline or trace), threshold_of(trace)
    panels = [_shown(before, analysis, trace, f"ensemble at {own:g}, the checkpoint’s own", palette)]
    if baseline is None:
        text = "Move the threshold above and release it: CEN runs again and the new prediction appears beside this one."
        beside = tag("div", escape(text), "vz-cell-empty")
    else:
        panels.append(_shown(after, analysis, trace, f"ensemble at {now:g}", palette))
        panels.append(_difference(before, after, analysis.picture.rgbd.colour))
        beside = ""
    figures = "".join(panel_figure(panel, legend=False) for panel in panels) + beside
    legend = tag("div", shared_legend(panels), "vz-row-legend")
    sentence = "Look at what flips when more or fewer channels are exchanged, and whether the ensemble gets better."
    return heading("Before and after", sentence, CEN_ENSEMBLE, [badge(THIS)]) + tag("div", figures, "vz-trio") + legend


def _shown(prediction: SemsegPrediction, analysis: Analysis, trace: FusionTrace, title: str, palette: Palette) -> Panel:
    """The prediction and, where the picture has labels, how good it is."""
    reference, caption = analysis.picture.reference, ""
    if reference is not None and reference.label is not None:
        score = semseg_score(prediction.label, reference.label)
        caption = f"Pixel accuracy {percent(score.accuracy)}, mIoU {percent(score.miou)}."
    return semseg_panel(prediction, trace.model.classes, title, palette, caption)


def _ensemble(trace: FusionTrace) -> SemsegPrediction | None:
    found = [p for name, p in trace.predictions.items() if name.endswith("/ensemble")]
    return found[0] if found and isinstance(found[0], SemsegPrediction) else None


def _difference(before: SemsegPrediction, after: SemsegPrediction, colour: np.ndarray | None) -> Panel:
    """Pixels whose class changed, in one colour over the greyed photograph."""
    changed = before.label != after.label
    if colour is None:
        base = np.full((*changed.shape, 3), _GREY, np.uint8)
    else:
        base = np.repeat(cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    image = np.where(changed[..., None], np.array(_CHANGED, np.uint8), base)
    return Panel(image, "what changed", f"{percent(float(changed.mean()))} of the pixels changed class.", key="changed")
