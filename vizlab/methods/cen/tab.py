"""The tab of CEN: which channels are exchanged, at which threshold, and what that does to the prediction."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import numpy as np

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.methods.cen import charts, citations, ledger
from vizlab.methods.cen.channels import exchange_site, most_exchanging
from vizlab.methods.cen.console import CONSOLE_JS, console
from vizlab.methods.cen.history_panel import HistoryPanel
from vizlab.methods.cen.numbers import exchange_summary, threshold_of
from vizlab.methods.cen.site_panel import SORTS, channels_html, ensemble_html, groups_html, site_choices
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.grid import ROWS, grid_table
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates, Wiring, build_chart, kept_choice
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import SAME, THIS
from vizlab.views import EmptyCell, Grid, Panel
from vizlab.views.ensemble import ensemble_words
from vizlab.views.figures import stream_title
from vizlab.views.palettes import Palette
from vizlab.views.panels import Cell

ORDERS = {"in index order": "index", "sorted by |γ|": "sorted"}
"""How the ledger lays out channels, in words."""

LEDGER = Chart(
    ledger.exchange_ledger,
    "Look for orange: these channels have a scale near zero, carry nothing of their own stream and take the other's, "
    "or the mean of all others'. Where that has a scale near zero as well, the exchange is dead: grey. Training pushes "
    "only the framed part of each stream there; the released code exchanges any channel below the threshold.",
    citations.SPARSITY,
    SAME,
)
CURVES = Chart(
    charts.exchange_fractions,
    "Look where each curve crosses the threshold, and how: a cliff separates two kinds of channels. Where the streams' "
    "gammas correlate strongly, training hardly drove them apart.",
    citations.SPARSITY,
    SAME,
)
CHARTS = (
    Chart(
        charts.exchange_fractions,
        "Look for asymmetry: which stream takes more, and whether early or late.",
        citations.EXCHANGE,
        SAME,
        half=True,
    ),
    Chart(
        views.cross_share_profile,
        "How much of a site's variation came from other streams, before the activation that follows: exchanged "
        "channels may be quiet or loud.",
        None,
        THIS,
        half=True,
    ),
    Chart(
        charts.threshold_curve,
        "Look for the step: a plateau around the threshold means that it separates two kinds of channels; a slope, "
        "that it is arbitrary.",
        citations.EXCHANGE,
        SAME,
    ),
)


class ExchangeTab(MethodTab):
    """Console, before and after, strip; one site in detail; then the figures of all sites."""

    family = "cen"
    title = "Channel exchange"
    needs = (
        "Channel exchange is what CEN does: streams of different modalities or tasks share their convolutions, and a "
        "channel whose batch-norm scale is near zero is replaced by the other stream's, or by the mean of the others'.",
        "Tick a CEN checkpoint on the left, give what it takes, most often both a colour picture and its depth, and "
        "press Run.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        self.console = gr.HTML(js_on_load=CONSOLE_JS, elem_id="vz-threshold")
        self.comparison = gr.HTML()
        self.ensemble = gr.HTML()
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-exchange-strip")
        self._build_site()
        self.order = gr.Radio(list(ORDERS), value=next(iter(ORDERS)), label="channels", elem_id="vz-order")
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.ledger = build_chart(LEDGER)
        self.charts = self.build_charts(CHARTS)
        self.history = HistoryPanel()

    def _build_site(self) -> None:
        self.site = gr.Dropdown([], label="site", elem_id="vz-exchange-site")
        self.groups = gr.HTML(elem_id="vz-channel-groups")
        with gr.Row(elem_classes="vz-controls"):
            self.target = gr.Radio([], label="channels of", elem_id="vz-exchange-target")
            self.sort = gr.Radio(list(SORTS), value=next(iter(SORTS)), label="first", elem_id="vz-channel-sort")
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(scale=3, min_width=320):
                self.channels = gr.HTML(elem_id="vz-channels")
            with gr.Column(scale=2, min_width=320):
                self.curves = build_chart(CURVES)

    @property
    def choices(self) -> dict[str, Any]:
        return {"site": self.site, "target": self.target, "sort": self.sort, "order": self.order}

    def at_site(self, trace: FusionTrace, site: str, target: str) -> Kept:
        return {"site": site, "target": target}

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        before = analysis.unchanged.get(trace.model.name)
        own = threshold_of(before or trace)
        sites = site_choices(trace)
        site = kept_choice(kept, "site", [name for _, name in sites], most_exchanging(trace))
        targets = trace.sites[site].site.targets
        target = kept_choice(kept, "target", targets, targets[0])
        sort = kept_choice(kept, "sort", list(SORTS), next(iter(SORTS)))
        order = kept_choice(kept, "order", list(ORDERS), next(iter(ORDERS)))
        titles = [(stream_title(trace, target), target) for target in targets]
        return {
            self.intro: _intro(trace),
            self.console: console(trace, own),
            self.comparison: comparison(analysis, trace, before, palette),
            self.ensemble: ensemble_html(ensemble_words(trace)),
            self.site: gr.update(choices=sites, value=site),
            self.target: gr.update(choices=titles, value=target),
            self.sort: gr.update(value=sort),
            **self.draw_site(analysis, trace, site, target, sort),
            self.strip: strip_panel(trace),
            self.order: gr.update(value=order),
            **self.draw_ledger(analysis, trace, order),
            **self.draw_charts(self.charts, trace),
        }

    def wire(self, wiring: Wiring) -> None:
        wiring.redraw(self.order.input, self, [self.order], [self.ledger], self.draw_ledger)
        wiring.vary(self.console.release)
        inputs = [self.site, self.target, self.sort]
        wiring.redraw(self.site.input, self, inputs, [self.groups, self.curves, self.channels], self.draw_site)
        for choice in (self.target, self.sort):
            wiring.redraw(choice.input, self, inputs, [self.channels], self.draw_channels)
        history = self.history
        wiring.redraw(history.files.change, self, [history.files], history.outputs, self.draw_history)

    def draw_history(self, analysis: Analysis, trace: FusionTrace, files: Sequence[str] | None) -> Updates:
        """The scales of a training, whatever network is shown."""
        return self.history.draw(files)

    def draw_site(self, analysis: Analysis, trace: FusionTrace, site: str, target: str, sort: str) -> Updates:
        """Everything of one site."""
        exchange_site(trace, site)  # a sentence, before anything is drawn
        return {
            self.groups: groups_html(trace, site),
            self.curves: charts.gamma_curves(trace, site),
            **self.draw_channels(analysis, trace, site, target, sort),
        }

    def draw_channels(self, analysis: Analysis, trace: FusionTrace, site: str, target: str, sort: str) -> Updates:
        """The channels of one target at one site."""
        if sort not in SORTS:
            raise InputError(f"Channels are listed by {', '.join(SORTS)}; '{sort[:40]}' is none of these.")
        return {self.channels: channels_html(trace, site, target, SORTS[sort])}

    def draw_ledger(self, analysis: Analysis, trace: FusionTrace, order: str) -> Updates:
        """The ledger with its channels in another order."""
        if order not in ORDERS:
            raise InputError(f"Channels are shown {', '.join(ORDERS)}; '{order[:40]}' is none of these.")
        return {self.ledger: ledger.exchange_ledger(trace, ORDERS[order])}  # type: ignore[arg-type]


def _intro(trace: FusionTrace) -> str:
    summary = exchange_summary(trace)
    marks = [badge(SAME)]
    if summary.little:
        marks.append(badge("little exchange", "warn"))
    if summary.alike:
        marks.append(badge("streams look alike", "warn"))
    extra = assumed_badge(trace)
    source = citations.TASKS if len(trace.model.tasks) > 1 else citations.EXCHANGE
    return heading("What is exchanged", summary.statement, source, [*marks, extra] if extra else marks)


def comparison(analysis: Analysis, trace: FusionTrace, before: FusionTrace | None, palette: Palette) -> str:
    """Each task's prediction at the checkpoint's threshold and, once it was moved, there, and where the two differ."""
    picture, runs = analysis.picture, [run for run in (before, trace) if run is not None]
    drawn = views.prediction_grid([_headlines(run) for run in runs], picture.rgbd, picture.reference, palette)
    columns = [f"at {threshold_of(run):g}" for run in runs]
    columns[0] += ", the checkpoint’s own"
    if before is not None and (count := len(trace.changes.get("intervention", ()))):
        columns[1] += f", with {count} change{'s' if count > 1 else ''} of what is sent"
    rows = []
    for task, cells in drawn.rows:
        if task not in trace.model.tasks:
            continue
        runs_cells = [
            replace(cell, title=title) if isinstance(cell, Panel) else cell
            for cell, title in zip(cells, columns, strict=False)
        ]
        rows.append((task, (*runs_cells, _beside(task, trace, before, picture.rgbd.colour))))
    sentence = "Look at what flips when more or fewer channels are exchanged, and whether the predictions get better."
    table = grid_table(Grid((*columns, "what changed" if before else "after"), tuple(rows)), ROWS)
    source = citations.ENSEMBLE if len(trace.model.inputs) > 1 else None
    return heading("Before and after", sentence, source, [badge(THIS)]) + table


def _headlines(trace: FusionTrace) -> FusionTrace:
    """With one prediction a task: the ensemble, where it has several streams."""
    return replace(trace, predictions={task: trace.predictions[task] for task in trace.model.tasks})


def _beside(task: str, trace: FusionTrace, before: FusionTrace | None, colour: np.ndarray | None) -> Cell:
    if before is not None:
        return views.change_panel(before.predictions[task], trace.predictions[task], colour)
    return EmptyCell(
        "Move the threshold above and release it: CEN runs again and the new prediction appears beside this one."
    )
