"""The result of an exam within the tab Study: what networks can tell, and where explanations point."""

from functools import lru_cache
from pathlib import Path

import gradio as gr

from vizlab.errors import DataError
from vizlab.page.exam_charts import accuracy_chart, explanation_chart
from vizlab.page.kit.html import heading, note
from vizlab.page.kit.method_tab import Updates
from vizlab.page.kit.tables import table
from vizlab.study.exam import said, tables
from vizlab.study.exam.prose import COLUMNS, CONTROLLED, GRADED
from vizlab.study.exam.result import RESAMPLES, SEED, ExamResult, load_result
from vizlab.study.exam.summaries import ALL, RIGHT, pointings
from vizlab.study.findings.prose import joined

SUFFIX = ".json"
"""By which an exam's file is told from a study's."""


class ExamPart:
    """Charts and tables of one exam; hidden until one is opened."""

    def __init__(self) -> None:
        with gr.Column(visible=False, elem_id="vz-exam", elem_classes="vz-experiment") as self.body:
            self.head = gr.HTML(elem_id="vz-exam-head")
            self.accuracy = gr.Plot(
                show_label=False, container=False, elem_classes="vz-plot", elem_id="vz-exam-accuracy"
            )
            self.networks = gr.HTML(elem_id="vz-exam-networks")
            self.pointing = gr.Plot(
                show_label=False, container=False, elem_classes="vz-plot", elem_id="vz-exam-pointing"
            )
            self.explanations = gr.HTML(elem_id="vz-exam-explanations")

    @property
    def outputs(self) -> list[gr.components.Component | gr.Column]:
        return [self.body, self.head, self.accuracy, self.networks, self.pointing, self.explanations]

    def opened(self, path: str) -> Updates:
        """Everything, of a file; raises DataError for what is none."""
        result = opened(path)
        explained = bool(pointings(result))
        return {
            self.body: gr.update(visible=True),
            self.head: head_html(result, Path(path).name),
            self.accuracy: accuracy_chart(result),
            self.networks: networks_html(result),
            self.pointing: gr.update(value=explanation_chart(result) if explained else None, visible=explained),
            self.explanations: explanations_html(result),
        }


def opened(path: str | None) -> ExamResult:
    """The exam of a file that may have been read before; raises DataError for what is none."""
    if path is None or not Path(path).is_file():
        raise DataError("The file of this exam is not there any more; open it again.")
    return _opened(path, Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _opened(path: str, changed: int) -> ExamResult:
    return load_result(path)


def head_html(result: ExamResult, file: str) -> str:
    """Of what the exam is, and who sat it."""
    about = result.about
    source = f" of {about['source']}" if about["source"] else ""
    said = [
        f"An exam: {len(result.pictures)} pictures{source}, {len(result.objects)} objects, of each of which it is "
        "known which modality is needed",
        f"Networks: {', '.join(one.name for one in result.graded)}",
        f"Intervals: 95 % of {RESAMPLES} resamples of pictures, seed {SEED}",
    ]
    return heading(file, ". ".join(said) + ".") + "".join(note(one.refused) for one in result.networks if one.refused)


def networks_html(result: ExamResult) -> str:
    """Objects, then pixels, by need."""
    objects = table(*tables.object_rows(result), "objects named rightly by need, percent", joined(GRADED))
    pixels = table(
        *tables.pixel_rows(result),
        "pixels named rightly by need, percent",
        "Of the pixels that are labelled, whatever turned their need.",
    )
    shown = heading("Objects named rightly, %") + objects + heading("Pixels named rightly, %") + pixels
    return shown.replace("*", "")


def explanations_html(result: ExamResult) -> str:
    """All objects, then those that the output explained names rightly."""
    without = "".join(note(one.unexplained) for one in result.graded if one.unexplained)
    if not pointings(result):
        return without
    shown = (
        heading(title) + table(*tables.explanation_rows(result, which), title, words)
        for title, which, words in (
            ("All objects", ALL, joined(COLUMNS)),
            ("Objects that the output explained names rightly", RIGHT,
             f"{said.explained(result)} {joined(CONTROLLED)}"),
        )
    )  # fmt: skip
    return "".join(shown).replace("*", "") + without
