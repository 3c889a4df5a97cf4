"""The page: its components, and how one analysis fills them."""

from typing import Any

import gradio as gr

from vizlab.ui.analysis import Analysis
from vizlab.ui.controls import Controls
from vizlab.ui.family_tab import FamilyTab
from vizlab.ui.status import readout, status_line
from vizlab.ui.strips import OPEN_JS
from vizlab.ui.tab_affinities import AffinitiesTab
from vizlab.ui.tab_cards import CardsTab
from vizlab.ui.tab_exchange import ExchangeTab
from vizlab.ui.tab_nddr import NDDRTab
from vizlab.ui.tab_predictions import PredictionsTab
from vizlab.ui.workspace import Workspace
from vizlab.views.palettes import Palette

Updates = dict[Any, Any]
"""New values by component; what is not named stays."""

HEADER = (
    '<header class="vz-header"><b>vizlab</b><span>what fusing networks predict, and where their streams exchange '
    'information</span><button type="button" data-theme-toggle aria-label="dark or light">◐</button></header>'
)


class Page:
    """All components of the page. One instance serves all users; what is theirs is in `key`, `scene`, `offered`."""

    def __init__(self, workspace: Workspace) -> None:
        scenes = workspace.scenes()
        self.key = gr.State(None)
        self.scene = gr.State(scenes[0] if scenes else None)
        self.offered = gr.State(list(workspace.shelf.shipped()))
        gr.HTML(HEADER)
        with gr.Row(elem_classes="vz-page"):
            with gr.Column(scale=0, min_width=272, elem_classes="vz-left"):
                self.controls = Controls(workspace)
            with gr.Column(scale=1, min_width=340, elem_classes="vz-main"):
                self.message = gr.HTML(elem_id="vz-message")
                with gr.Tabs():
                    with gr.Tab("Predictions", id="predictions"):
                        self.predictions = PredictionsTab()
                    with gr.Tab("Channel exchange", id="exchange"):
                        self.exchange = ExchangeTab()
                    with gr.Tab("NDDR weights", id="nddr"):
                        self.nddr = NDDRTab()
                    with gr.Tab("Task affinities", id="affinities"):
                        self.affinities = AffinitiesTab()
                    with gr.Tab("Model cards", id="cards"):
                        self.cards = CardsTab(workspace.shelf)
        self.status = gr.HTML(elem_id="vz-status")
        self.window = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-site-window")
        self.tabs: tuple[FamilyTab, ...] = (self.exchange, self.nddr, self.affinities)

    @property
    def results(self) -> list[Any]:
        """Everything that a run may change."""
        tabs = [component for tab in self.tabs for component in tab.outputs]
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
        for tab in self.tabs:
            updates |= tab.render(analysis, palette=palette)
        return updates
