"""The tab of MTI-Net: which task tells which, scale by scale, and whether tasks group the same pixels."""

from typing import Any

import gradio as gr

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.measures.distillation import statement
from vizlab.methods.mti_net import citations
from vizlab.methods.mti_net.pixel_groups import origins
from vizlab.methods.mti_net.pixel_panel import PICK_JS, pixel_html
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.distillation import initial_html, messages_html
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates, Wiring, build_chart, kept_choice
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import THIS
from vizlab.views.distillation import affinity_shares
from vizlab.views.palettes import Palette

STATISTICS = {"beyond chance (Cohen’s κ)": "kappa", "raw agreement": "raw", "conditional rates": "conditional"}
"""What the affinity figure can show, in words."""

SHARES = Chart(
    affinity_shares,
    "Look off the diagonal: how much of the variance of a task's distilled features is another task's message at that "
    "scale.",
    citations.DISTILLATION,
    THIS,
)
AFFINITY = Chart(
    views.pixel_affinity,
    "Look how agreement changes with distance, and whether the final predictions (thick) agree more, or less, than the "
    "reference (thick, grey) where it has a line.",
    citations.AFFINITY,
    THIS,
)
SCALES = (
    "Look what the tasks gain on the way: the network first predicts every task at four scales, each on coarse cells "
    "of its own, lets the tasks tell each other what they found, and then predicts once more from all scales. Figures "
    "of a scale are taken at the centres of its own cells, those of the final prediction at every pixel."
)


class AffinitiesTab(MethodTab):
    """Initial against final predictions, shares by scale, messages and gates, outside maps, pixel affinity, a pixel."""

    family = "mti-net"
    title = "Task affinities"
    needs = (
        "MTI-Net predicts every task at four scales and lets the tasks tell each other what they found; each message "
        "passes a gate.",
        "Tick an MTI-Net checkpoint on the left, give a colour picture, and press Run. It needs no depth.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        self.scales = gr.HTML(elem_id="vz-scales")
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.shares = build_chart(SHARES)
        self.messages = gr.HTML(elem_id="vz-gates", elem_classes="vz-messages")
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-affinity-strip")
        self.statistic = gr.Radio(
            list(STATISTICS), value=next(iter(STATISTICS)), label="agreement", elem_id="vz-statistic"
        )
        with gr.Row(elem_classes="vz-figures"), gr.Column():
            self.affinity = build_chart(AFFINITY)
        self._build_pixel()

    def _build_pixel(self) -> None:
        with gr.Row(elem_classes="vz-controls"):
            self.origin = gr.Radio([], label="predictions", elem_id="vz-pixel-origin")
            self.row = gr.Number(0, label="pixel: row, then Enter", precision=0, minimum=0, elem_id="vz-pixel-row")
            self.column = gr.Number(0, label="column, then Enter", precision=0, minimum=0, elem_id="vz-pixel-column")
        self.pixel = gr.HTML({}, picture="", html_template="${picture}", js_on_load=PICK_JS, elem_id="vz-pixel")

    @property
    def choices(self) -> dict[str, Any]:
        return {"statistic": self.statistic, "origin": self.origin, "row": self.row, "column": self.column}

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        statistic = kept_choice(kept, "statistic", list(STATISTICS), next(iter(STATISTICS)))
        found = list(origins(trace, analysis.picture.reference))
        origin = kept_choice(kept, "origin", found, "final")
        marks = [badge(f"tasks: {', '.join(trace.model.tasks)}"), assumed_badge(trace)]
        return {
            self.intro: heading(
                "What tasks tell each other", statement(trace), citations.DISTILLATION, [m for m in marks if m]
            ),
            self.scales: initial_html(
                trace, analysis.picture, palette, "From coarse to final", SCALES, citations.DISTILLATION
            ),
            self.shares: affinity_shares(trace),
            self.messages: messages_html(trace, citations.GATES),
            self.strip: strip_panel(trace),
            self.statistic: gr.update(value=statistic),
            **self.draw_affinity(analysis, trace, statistic),
            self.origin: gr.update(choices=found, value=origin),
            **self._pixel(analysis, trace, kept, origin),
        }

    def wire(self, wiring: Wiring) -> None:
        wiring.redraw(self.statistic.input, self, [self.statistic], [self.affinity], self.draw_affinity)
        chosen = [self.row, self.column, self.origin]
        # Not on blur: a click on another control would ask twice at once, and the older answer could come last.
        for event in (self.origin.input, self.row.submit, self.column.submit):
            wiring.redraw(event, self, chosen, [self.pixel], self.draw_pixel)
        picked = [self.pixel, self.row, self.column]
        wiring.redraw(self.pixel.select, self, [self.pixel, self.origin], picked, self.pick_pixel)

    def _pixel(self, analysis: Analysis, trace: FusionTrace, kept: Kept, origin: str) -> Updates:
        """The pixel that was chosen before, or the one in the middle."""
        height, width = trace.framing.picture
        row = kept_choice(kept, "row", range(height), height // 2)
        column = kept_choice(kept, "column", range(width), width // 2)
        return {self.row: row, self.column: column, **self.draw_pixel(analysis, trace, row, column, origin)}

    def draw_pixel(
        self, analysis: Analysis, trace: FusionTrace, row: float | None, column: float | None, origin: str
    ) -> Updates:
        """The neighbours of one pixel of the picture, in predictions of that origin."""
        if row is None or column is None:
            raise InputError("A pixel needs a row and a column: type two numbers, or click a picture.")
        picture = analysis.picture
        html = pixel_html(trace, picture.rgbd, picture.reference, row, column, origin)
        return {self.pixel: gr.HTML(picture=html)}

    def pick_pixel(self, analysis: Analysis, trace: FusionTrace, place: object, origin: str) -> Updates:
        """The same for the place that was clicked, {x, y} in 0..1 of the picture."""
        row, column = pixel_of(trace, place)
        return {self.row: row, self.column: column, **self.draw_pixel(analysis, trace, row, column, origin)}

    def draw_affinity(self, analysis: Analysis, trace: FusionTrace, statistic: str) -> Updates:
        """The affinity figure in another statistic."""
        if statistic not in STATISTICS:
            raise InputError(f"Agreement is shown as {', '.join(STATISTICS)}; '{statistic[:40]}' is none of these.")
        reference = analysis.picture.reference
        figure = views.pixel_affinity(trace, reference, statistic=STATISTICS[statistic])  # type: ignore[arg-type]
        return {self.affinity: figure}


def pixel_of(trace: FusionTrace, place: object) -> tuple[int, int]:
    """Row and column of the pixel at {x, y}, parts 0..1 of width and height. Raises InputError if it is none."""
    x, y = (place.get("x"), place.get("y")) if isinstance(place, dict) else (None, None)
    height, width = trace.framing.picture
    return _place(y, height), _place(x, width)


def _place(part: object, side: int) -> int:
    if not isinstance(part, int | float) or not 0 <= part <= 1:
        raise InputError("That was no place in the picture; click on one of the photographs.")
    return min(int(part * side), side - 1)
