"""What the tabs of methods share: a choice of model, an empty state that teaches, charts with notes, wiring."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import gradio as gr
import plotly.graph_objects as go

from vizlab.core.method import Citation
from vizlab.core.trace import FusionTrace
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import badge, button, empty_state, note
from vizlab.views.palettes import Palette

Updates = dict[Any, Any]
"""New values by component; what is not named stays."""
Kept = Mapping[str, Any]
"""What was chosen in a tab before, by the names of `MethodTab.choices`; empty where nothing was."""


NOTHING: Kept = MappingProxyType({})


class Wiring(Protocol):
    """How a tab connects its components' events; what goes wrong in a handler becomes a sentence on the page."""

    def redraw(
        self, event: Any, tab: "MethodTab", inputs: Sequence[Any], outputs: Sequence[Any], draw: Callable[..., Updates]
    ) -> None:
        """On `event`, `draw(analysis, trace, *values of inputs)` gives new values to `outputs`; nothing runs."""

    def vary(self, event: Any) -> None:
        """On `event`, with data {"settings": {control: value}}, the networks that have such a control run again."""


@dataclass(frozen=True)
class Chart:
    """A view, the sentence that says what to look for in it, and on what it depends; `half` shares a row."""

    view: Callable[[FusionTrace], go.Figure]
    sentence: str
    citation: Citation | None
    depends: str
    half: bool = False


class MethodTab:
    """The tab of one method, by `family`. Subclasses build their components, draw them, and wire their events.

    `title` is the tab's; `needs` say what to do when there is nothing to show. `strip` shows maps of sites, each of
    which opens; None in a tab without.
    """

    family: str
    title: str
    needs: tuple[str, ...]
    strip: gr.HTML | None = None
    shipped: Sequence[str] = ()
    """The networks of this family that the page offers; it says which."""

    def __init__(self) -> None:
        self.empty = gr.HTML(empty_state(self.title, self.needs, first=True))
        with gr.Column(visible=False, elem_classes="vz-body") as self.body:
            self.model = gr.Radio([], label="checkpoint", visible=False, elem_classes="vz-model")
            before = set(gr.context.Context.root_block.blocks)  # type: ignore[union-attr]
            self.build()
            added = [b for i, b in gr.context.Context.root_block.blocks.items() if i not in before]  # type: ignore[union-attr]
        self._drawn = [b for b in added if isinstance(b, gr.components.Component)]

    def build(self) -> None:
        raise NotImplementedError

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        """New values by component for one trace of this family; what was `kept` stays where the trace has it."""
        raise NotImplementedError

    @property
    def choices(self) -> dict[str, Any]:
        """The components by name whose values stay when the picture, the setting or the network changes."""
        return {}

    def at_site(self, trace: FusionTrace, site: str, target: str) -> Kept:
        """The choices at which the tab shows that site; a tab without a choice of site shows all of them anyway."""
        return {}

    def wire(self, wiring: Wiring) -> None:
        """Connect the tab's own events; the choice of model and the strip are connected by the page."""

    @property
    def outputs(self) -> list[Any]:
        return [self.empty, self.body, self.model, *self._drawn]

    def render(
        self, analysis: Analysis, model: str | None = None, palette: Palette = "voc", kept: Kept = NOTHING
    ) -> Updates:
        """New values by component; without a trace of this family, the state that says what is needed."""
        found = analysis.of_family(self.family)
        if not found:
            return {
                self.empty: gr.update(value=self._empty(analysis), visible=True),
                self.body: gr.update(visible=False),
            }
        trace = chosen(found, model)
        missing, name = " ".join(self._not_run(analysis)), trace.model.name
        shown = len(found) > 1 or bool(missing)
        return {
            self.empty: gr.update(visible=False),
            self.body: gr.update(visible=True),
            self.model: gr.update(choices=list(found), value=name, info=missing, visible=shown),
            **self.draw(analysis, trace, palette, kept),
        }

    def _empty(self, analysis: Analysis) -> str:
        said = (*self._not_run(analysis), *self.needs)
        return empty_state(self.title, said, self._remedy(analysis))

    def _remedy(self, analysis: Analysis) -> str:
        """A button that brings a network of this family, unless one was asked for already."""
        if self.family in analysis.families.values():
            return ""
        if self.shipped:
            return button(f"Tick {self.shipped[0]} and run", data_tick=self.shipped[0])
        return button("Add a checkpoint", data_open_adding="")

    def _not_run(self, analysis: Analysis) -> list[str]:
        skipped = analysis.skipped.items()
        return [f"{name} was not run: {why}" for name, why in skipped if analysis.families.get(name) == self.family]

    def build_charts(self, charts: Sequence[Chart]) -> list[tuple[Chart, gr.Plot]]:
        """Notes and plots, `half` ones side by side."""
        built: list[tuple[Chart, gr.Plot]] = []
        waiting: list[Chart] = []
        for chart in charts:
            waiting.append(chart)
            if chart.half and len(waiting) < 2:
                continue
            with gr.Row(elem_classes="vz-figures"):
                for one in waiting:
                    with gr.Column(min_width=320):
                        built.append((one, build_chart(one)))
            waiting = []
        return built

    def draw_charts(self, charts: Sequence[tuple[Chart, gr.Plot]], trace: FusionTrace) -> Updates:
        return {plot: chart.view(trace) for chart, plot in charts}


def kept_choice(kept: Kept, name: str, offered: Sequence[Any], otherwise: Any) -> Any:
    """What was chosen before, if it is among what is offered now."""
    return kept[name] if kept.get(name) in offered else otherwise


def chosen(found: Mapping[str, FusionTrace], model: str | None) -> FusionTrace:
    """The trace of `model`, or the first one where that was not run."""
    return found.get(model or "") or next(iter(found.values()))


def build_chart(chart: Chart) -> gr.Plot:
    """The empty plot of one chart and, under it, its note."""
    plot = gr.Plot(show_label=False, container=False, elem_classes="vz-plot")
    gr.HTML(note(chart.sentence, chart.citation, [badge(chart.depends)]))
    return plot
