"""The part of CEN's tab that shows how the scales of a training became small: files in, three charts out."""

from collections.abc import Sequence

import gradio as gr

from vizlab.methods.cen import citations
from vizlab.methods.cen.history_charts import exchange_history, scale_film, scale_map
from vizlab.methods.cen.history_files import FOLDER, read_history
from vizlab.methods.cen.pix2pix import THRESHOLD
from vizlab.page.kit.html import heading, note
from vizlab.page.kit.method_tab import Updates

TITLE = "Scales over training"
SENTENCE = (
    f"CEN's image translation keeps its scales once an epoch, in a folder {FOLDER}. Give these files, together, to see "
    "when channels became small: they need not be of the network above, and are not kept."
)
_LOOK = (
    "Drag the slider: look for the moment at which a curve breaks in two. Channels that fall below the dashed line are "
    "exchanged from then on; those that come back have something to say again.",
    "Look for a plateau: once it is reached, training changes no more which channels are exchanged.",
    "Look for rows that darken together: channels that are given up at one time.",
)


class HistoryPanel:
    """A field for files and, once there are some, the film, the shares and the channels of the last site."""

    def __init__(self) -> None:
        gr.HTML(heading(TITLE, SENTENCE, citations.SPARSITY))
        self.files = gr.File(label=f"files of {FOLDER}", file_count="multiple", height=92, elem_id="vz-scales")
        with gr.Column(visible=False, elem_classes="vz-figures") as self.figures:
            self.film, self.shares, self.channels = [_plot(sentence) for sentence in _LOOK]

    @property
    def outputs(self) -> list[gr.components.Component | gr.Column]:
        return [self.figures, self.film, self.shares, self.channels]

    def draw(self, files: Sequence[str] | None) -> Updates:
        """The charts of these files, at the translation's own threshold; raises VizlabError for other files."""
        if not files:
            return {self.figures: gr.update(visible=False)}
        history = read_history(files)
        return {
            self.figures: gr.update(visible=True),
            self.film: scale_film(history, THRESHOLD),
            self.shares: exchange_history(history, THRESHOLD),
            self.channels: scale_map(history, None, THRESHOLD),
        }


def _plot(sentence: str) -> gr.Plot:
    plot = gr.Plot(show_label=False, container=False, elem_classes="vz-plot")
    gr.HTML(note(sentence))
    return plot
