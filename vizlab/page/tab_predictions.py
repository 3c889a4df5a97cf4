"""The first tab: what every network makes of the picture, and where they exchanged, at a glance."""

from html import escape
from typing import Any

import gradio as gr

from vizlab import views
from vizlab.core.method import Citation
from vizlab.core.registry import methods
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.grid import ROWS, grid_table, reference_first
from vizlab.page.kit.html import badge, empty_state, heading, tag
from vizlab.page.kit.strips import OPEN_JS, strip
from vizlab.page.kit.words import SHARE, STRIP_SENTENCE, THIS
from vizlab.views.palettes import Palette

GRID_SENTENCE = (
    "Read each row across: one palette, one colour range. A network that predicts from each of its inputs also does so "
    "from all of them, as an ensemble."
)


class PredictionsTab:
    """The grid of predictions with, in its free corner or below, a strip of sites per network."""

    def __init__(self) -> None:
        how = "Choose a scene, or give files of your own, then press Run."
        waiting = empty_state("Nothing has run yet", [how], first=True)
        self.grid = gr.HTML(waiting, js_on_load=OPEN_JS, elem_id="vz-predictions")

    @property
    def outputs(self) -> list[Any]:
        return [self.grid]

    def render(self, analysis: Analysis, palette: Palette = "voc") -> dict[Any, Any]:
        """New values by component."""
        return {self.grid: predictions_html(analysis, palette)}


def predictions_html(analysis: Analysis, palette: Palette = "voc") -> str:
    """Predictions side by side, why a network that was chosen is not among them, and where they exchanged."""
    picture = analysis.picture
    grid = views.prediction_grid(list(analysis.traces.values()), picture.rgbd, picture.reference, palette=palette)
    left_out = "".join(
        tag("p", badge("not run", "warn") + " " + escape(f"{name}: {why}"), "vz-note")
        for name, why in analysis.skipped.items()
    )
    marks = [mark for trace in analysis.traces.values() if (mark := assumed_badge(trace))]
    marks += [badge(f"{name}: depth predicted by {by}", "warn") for name, by in analysis.stand_in.items()]
    sentence = f"{GRID_SENTENCE} {grid.note}"
    head = heading("What they predict", sentence, _citation(analysis), marks)
    return head + left_out + grid_table(reference_first(grid), ROWS, strips_html(analysis))


def strips_html(analysis: Analysis) -> str:
    """The strips of all networks."""
    head = heading("Where they exchanged", STRIP_SENTENCE, badges=[badge(THIS)])
    strips = "".join(strip(trace) for trace in analysis.traces.values() if trace.sites)
    return tag("div", head + strips + tag("p", escape(SHARE), "vz-note"), "vz-strips")


def _citation(analysis: Analysis) -> Citation | None:
    """Where the outputs by stream are defined, if a network has such."""
    families = {trace.model.family for trace in analysis.traces.values()}
    return next((m.citation for f, m in methods().items() if f in families and m.citation is not None), None)
