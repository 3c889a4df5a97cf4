"""The page: its components, and how one analysis fills them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import gradio as gr

from vizlab.core.registry import methods, registry
from vizlab.page import tab_translation
from vizlab.page.controls import Controls
from vizlab.page.experiment import ExperimentTab
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import badge, tag
from vizlab.page.kit.method_tab import MethodTab, Updates
from vizlab.page.kit.strips import OPEN_JS
from vizlab.page.status import readout, status_line
from vizlab.page.tab_attribution import AttributionTab
from vizlab.page.tab_cards import CardsTab
from vizlab.page.tab_effects import EffectsTab
from vizlab.page.tab_modalities import ModalitiesTab
from vizlab.page.tab_predictions import PredictionsTab
from vizlab.page.tab_scenes import ScenesTab
from vizlab.page.tab_sensors import SensorsTab
from vizlab.page.tab_stage import StageTab
from vizlab.page.tab_study import StudyTab
from vizlab.page.workspace import Workspace
from vizlab.views.palettes import Palette

HEADER = (
    '<header class="vz-header"><h1>vizlab</h1><span>what fusing networks predict, and where their streams exchange '
    'information</span><button type="button" data-help aria-haspopup="dialog" aria-label="help: a tour, keys and '
    'words">?</button><button type="button" data-wide-toggle aria-label="hide or show the controls">☰</button>'
    '<button type="button" data-theme-toggle aria-label="dark or light">◐</button></header>'
)


PREDICTIONS, CARDS = "predictions", "cards"
STAGE = "stage"
"""The tab that a visitor sees first."""
SCENES = "scenes"
"""The tab of the table, which is drawn anew whenever it is opened: rows come while others look elsewhere."""
STUDY = "study"
"""The tab of a file, which has nothing to do with the picture on show."""
TRANSLATION = "translation"
"""The tab that runs a network on pictures of its own; see `translating`."""
EXPERIMENTS: tuple[type[ExperimentTab], ...] = (EffectsTab, AttributionTab, SensorsTab, ModalitiesTab)
"""The tabs that run further passes on what is on show, in their order; see `experiment`."""


class Page:
    """All components of the page. One instance serves all users; what is theirs is in `key`, `scene`, `offered`.

    `tabs` are those of the installed methods, by family, in their order.
    """

    def __init__(self, workspace: Workspace) -> None:
        scenes = workspace.scenes()
        self.key = gr.State(None)
        self.scene = gr.State(scenes[0] if scenes else None)
        self.offered = gr.State(list(workspace.shelf.shipped()))
        self.shown = gr.State(Shown())
        gr.HTML(HEADER + left_out())
        self.tabs: dict[str, MethodTab] = {}
        with gr.Row(elem_classes="vz-page"):
            with gr.Column(scale=0, min_width=272, elem_classes="vz-left"):
                self.controls = Controls(workspace)
            with gr.Column(scale=1, min_width=340, elem_classes="vz-main"):
                self.message = gr.HTML(elem_id="vz-message")
                self._build_tabs(workspace)
        self.status = gr.HTML(elem_id="vz-status")
        self.window = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-site-window")

    def _build_tabs(self, workspace: Workspace) -> None:
        """`places` are all tabs by name; those of methods of which nothing is here are not seen until something is."""
        kinds: dict[str, type[MethodTab]] = {f: m.tab() for f, m in methods().items() if m.tab is not None}
        own = {family: kind.title for family, kind in kinds.items()}
        further = {kind.name: kind for kind in EXPERIMENTS}
        titles = {STAGE: "Stage", PREDICTIONS: "Predictions", **own}
        titles |= {name: kind.title for name, kind in further.items()}
        titles |= {TRANSLATION: tab_translation.TITLE, SCENES: "Scenes", STUDY: "Study", CARDS: "Model cards"}
        self.experiments: dict[str, ExperimentTab] = {}
        self.places: dict[str, gr.Tab] = {}
        with gr.Tabs(elem_id="vz-tabs", overflow_behavior="wrap"):  # the style sheet makes of "wrap" a bar that scrolls
            for name, title in titles.items():
                offered = name not in own or bool(workspace.shelf.of_family(name))
                with gr.Tab(title, id=name, visible=offered) as self.places[name]:
                    if name == STAGE:
                        self.stage = StageTab(titles, workspace.scene_titles)
                    elif name == PREDICTIONS:
                        self.predictions = PredictionsTab()
                    elif name == SCENES:
                        self.scenes = ScenesTab(workspace)
                    elif name == STUDY:
                        self.study = StudyTab()
                    elif name == TRANSLATION:
                        self.translation = tab_translation.TranslationTab(workspace)
                    elif name == CARDS:
                        self.cards = CardsTab(workspace.shelf)
                    elif name in further:
                        self.experiments[name] = further[name](workspace)
                    else:
                        self.tabs[name] = kinds[name]()
                        self.tabs[name].shipped = workspace.shelf.of_family(name)

    @property
    def results(self) -> list[Any]:
        """Everything that a run may change."""
        tabs = [component for name in self.places for component in self.outputs_of(name)]
        own = [self.places[family] for family in self.tabs]
        return [self.key, self.shown, self.message, self.status, *self.picture, *own, *tabs]

    @property
    def picture(self) -> list[Any]:
        """What says which picture it is, and how it was read."""
        controls = self.controls
        return [self.scene, controls.scenes, controls.colour, controls.depth, controls.readout, controls.progress]

    def outputs_of(self, place: str) -> list[Any]:
        """The components of one tab."""
        if place == STAGE:
            return self.stage.outputs
        if place == PREDICTIONS:
            return self.predictions.outputs
        if place == SCENES:
            return self.scenes.outputs
        if place == STUDY:
            return self.study.outputs
        if place == TRANSLATION:
            return self.translation.outputs
        if place in self.experiments:
            return self.experiments[place].outputs
        return self.cards.outputs if place == CARDS else self.tabs[place].outputs

    @property
    def remarks(self) -> list[Any]:
        """What any handler may change to say that something went wrong."""
        return [self.message, self.controls.progress]

    def show(self, analysis: Analysis, shown: "Shown", palette: Palette) -> Updates:
        """The page for one analysis: the stage and the tab that is open; others are drawn when they are seen."""
        return {
            self.key: analysis.key,
            self.shown: shown.anew().opened(STAGE, analysis.key).opened(shown.place, analysis.key),
            self.message: "",
            self.controls.progress: "",
            self.controls.readout: readout(analysis.picture),
            self.status: status_line(analysis),
            **self._seen(analysis, shown),
            **self.stage.render(analysis, shown.choices.get(STAGE)),
            **self.draw(shown, analysis, palette),
        }

    def _seen(self, analysis: Analysis, shown: "Shown") -> Updates:
        """The tabs of methods: of those that the page has networks of, that were run, or whose tab is open."""
        return {
            self.places[family]: gr.update(
                visible=bool(tab.shipped) or family == shown.place or bool(analysis.of_family(family))
            )
            for family, tab in self.tabs.items()
        }

    def draw(self, shown: "Shown", analysis: Analysis, palette: Palette) -> Updates:
        """The tab that is open."""
        if shown.place == STAGE:
            return self.stage.render(analysis, shown.choices.get(STAGE))
        if shown.place == PREDICTIONS:
            return self.predictions.render(analysis, palette)
        if shown.place == SCENES:
            return self.scenes.render(analysis)
        if shown.place == STUDY:
            return {}
        if shown.place == CARDS:
            return self.cards.render(analysis)
        place = shown.place
        network, kept = shown.networks.get(place), shown.choices.get(place, {})
        if place == TRANSLATION:
            return self.translation.render(analysis, network, kept)
        if place in self.experiments:
            return self.experiments[place].render(analysis, network, kept)
        return self.tabs[place].render(analysis, network, palette, kept)


@dataclass(frozen=True)
class Shown:
    """What one visitor sees: the tab that is open, and of every tab the analysis for which it was drawn, the network
    that was chosen in it and what else was.
    """

    place: str = STAGE
    drawn: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def anew(self) -> "Shown":
        """The same with nothing drawn."""
        return replace(self, drawn={})

    def opened(self, place: str, key: str) -> "Shown":
        """The same after `place` was opened and drawn for the analysis of that key."""
        return replace(self, place=place, drawn={**self.drawn, place: key})

    def chose(self, place: str, network: str) -> "Shown":
        """The same with that network chosen in `place`."""
        return replace(self, networks={**self.networks, place: network})

    def with_choices(self, place: str, choices: Mapping[str, Any]) -> "Shown":
        """The same with these values chosen in `place`, beside what was."""
        return replace(self, choices={**self.choices, place: {**self.choices.get(place, {}), **choices}})

    def undrawn(self, place: str) -> "Shown":
        """The same with `place` to be drawn again when it is seen."""
        return replace(self, drawn={name: key for name, key in self.drawn.items() if name != place})


def left_out() -> str:
    """A line for each installed method that could not be used, and why."""
    return "".join(
        tag("p", badge("left out", "warn") + " " + escape(f"the method '{name}' cannot be used: {why}"), "vz-note")
        for name, why in registry().broken.items()
    )
