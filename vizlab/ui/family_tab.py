"""What the three method tabs have in common: a choice of model, an empty state that teaches, figures with notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
import plotly.graph_objects as go

from vizlab.tracing import FusionTrace
from vizlab.ui.analysis import Analysis
from vizlab.ui.html import Source, badge, empty_state, note
from vizlab.views.palettes import Palette


@dataclass(frozen=True)
class Figure:
    """A view, the sentence that says what to look for in it, and on what it depends; `half` shares a row."""

    view: Callable[[FusionTrace], go.Figure]
    sentence: str
    source: Source | None
    depends: str
    half: bool = False


class FamilyTab:
    """The tab of one method. Subclasses build their components in `build` and fill them in `draw`."""

    family: str
    title: str
    needs: tuple[str, ...]
    strip: gr.HTML

    def __init__(self) -> None:
        self.empty = gr.HTML(empty_state(self.title, self.needs))
        with gr.Column(visible=False, elem_classes="vz-body") as self.body:
            self.model = gr.Radio([], label="checkpoint", visible=False, elem_classes="vz-model")
            before = set(gr.context.Context.root_block.blocks)  # type: ignore[union-attr]
            self.build()
            added = [b for i, b in gr.context.Context.root_block.blocks.items() if i not in before]  # type: ignore[union-attr]
        self._drawn = [b for b in added if isinstance(b, gr.components.Component)]

    def build(self) -> None:
        raise NotImplementedError

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc") -> dict[Any, Any]:
        """New values by component for one trace of this family."""
        raise NotImplementedError

    @property
    def outputs(self) -> list[Any]:
        return [self.empty, self.body, self.model, *self._drawn]

    def render(self, analysis: Analysis, model: str | None = None, palette: Palette = "voc") -> dict[Any, Any]:
        """New values by component; without a trace of this family, the state that says what is needed."""
        names = list(analysis.of_family(self.family))
        if not names:
            return {
                self.empty: gr.update(value=self._empty(analysis), visible=True),
                self.body: gr.update(visible=False),
            }
        chosen = model if model in names else names[0]
        missing = " ".join(self._not_run(analysis))
        return {
            self.empty: gr.update(visible=False),
            self.body: gr.update(visible=True),
            self.model: gr.update(choices=names, value=chosen, info=missing, visible=len(names) > 1 or bool(missing)),
            **self.draw(analysis, analysis.traces[chosen], palette),
        }

    def _empty(self, analysis: Analysis) -> str:
        return empty_state(self.title, (*self._not_run(analysis), *self.needs))

    def _not_run(self, analysis: Analysis) -> list[str]:
        skipped = analysis.skipped.items()
        return [f"{name} was not run: {why}" for name, why in skipped if name.startswith(self.family)]

    def build_figures(self, figures: Sequence[Figure]) -> list[tuple[Figure, gr.Plot]]:
        """Notes and plots, `half` ones side by side."""
        built: list[tuple[Figure, gr.Plot]] = []
        waiting: list[Figure] = []
        for figure in figures:
            waiting.append(figure)
            if figure.half and len(waiting) < 2:
                continue
            with gr.Row(elem_classes="vz-figures"):
                for one in waiting:
                    with gr.Column(min_width=320):
                        built.append((one, build_figure(one)))
            waiting = []
        return built

    def draw_figures(self, figures: Sequence[tuple[Figure, gr.Plot]], trace: FusionTrace) -> dict[Any, Any]:
        return {plot: figure.view(trace) for figure, plot in figures}


def build_figure(figure: Figure) -> gr.Plot:
    """The empty plot of one figure and, under it, its note."""
    plot = gr.Plot(show_label=False, container=False, elem_classes="vz-plot")
    gr.HTML(note(figure.sentence, figure.source, [badge(figure.depends)]))
    return plot
