"""The page: its components, and how one analysis fills them."""

from html import escape
from typing import Any

import gradio as gr

from vizlab.core.registry import methods, registry
from vizlab.page.controls import Controls
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import badge, tag
from vizlab.page.kit.method_tab import MethodTab, Updates
from vizlab.page.kit.strips import OPEN_JS
from vizlab.page.status import readout, status_line
from vizlab.page.tab_cards import CardsTab
from vizlab.page.tab_predictions import PredictionsTab
from vizlab.page.workspace import Workspace
from vizlab.views.palettes import Palette

HEADER = (
    '<header class="vz-header"><b>vizlab</b><span>what fusing networks predict, and where their streams exchange '
    'information</span><button type="button" data-theme-toggle aria-label="dark or light">◐</button></header>'
)


class Page:
    """All components of the page. One instance serves all users; what is theirs is in `key`, `scene`, `offered`.

    `tabs` are those of the installed methods, by family, in their order.
    """

    def __init__(self, workspace: Workspace) -> None:
        scenes = workspace.scenes()
        self.key = gr.State(None)
        self.scene = gr.State(scenes[0] if scenes else None)
        self.offered = gr.State(list(workspace.shelf.shipped()))
        gr.HTML(HEADER + left_out())
        self.tabs: dict[str, MethodTab] = {}
        with gr.Row(elem_classes="vz-page"):
            with gr.Column(scale=0, min_width=272, elem_classes="vz-left"):
                self.controls = Controls(workspace)
            with gr.Column(scale=1, min_width=340, elem_classes="vz-main"):
                self.message = gr.HTML(elem_id="vz-message")
                with gr.Tabs():
                    with gr.Tab("Predictions", id="predictions"):
                        self.predictions = PredictionsTab()
                    for family, method in methods().items():
                        if method.tab is not None:
                            kind: type[MethodTab] = method.tab()
                            with gr.Tab(kind.title, id=family):
                                self.tabs[family] = kind()
                    with gr.Tab("Model cards", id="cards"):
                        self.cards = CardsTab(workspace.shelf)
        self.status = gr.HTML(elem_id="vz-status")
        self.window = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-site-window")

    @property
    def results(self) -> list[Any]:
        """Everything that a run may change."""
        tabs = [component for tab in self.tabs.values() for component in tab.outputs]
        left = [self.controls.readout, self.controls.progress]
        return [self.key, self.message, self.status, *left, *self.predictions.outputs, *tabs, *self.cards.outputs]

    @property
    def remarks(self) -> list[Any]:
        """What any handler may change to say that something went wrong."""
        return [self.message, self.controls.progress]

    def show(self, analysis: Analysis, palette: Palette) -> Updates:
        """The whole page for one analysis."""
        updates: Updates = {
            self.key: analysis.key,
            self.message: "",
            self.controls.progress: "",
            self.controls.readout: readout(analysis.picture),
            self.status: status_line(analysis),
            **self.predictions.render(analysis, palette),
            **self.cards.render(analysis),
        }
        for tab in self.tabs.values():
            updates |= tab.render(analysis, palette=palette)
        return updates


def left_out() -> str:
    """A line for each installed method that could not be used, and why."""
    return "".join(
        tag("p", badge("left out", "warn") + " " + escape(f"the method '{name}' cannot be used: {why}"), "vz-note")
        for name, why in registry().broken.items()
    )
