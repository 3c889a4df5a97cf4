"""The result of a study, of every edge over a whole split, or of an exam, of which modality was needed."""

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import gradio as gr

from vizlab.errors import DataError, VizlabError
from vizlab.page import exam_part
from vizlab.page.exam_part import ExamPart
from vizlab.page.experiment import QUIET
from vizlab.page.kit.html import alert, empty_state, heading
from vizlab.page.kit.method_tab import Updates
from vizlab.page.said import on_the_page
from vizlab.page.study_charts import damage_chart, edge_labels, edge_words, edges_chart, scatter_chart
from vizlab.page.study_panels import (
    correlations_html,
    edge_choice,
    figures_html,
    head_html,
    likeness_html,
    mattered_html,
    site_titles,
    strata_html,
    worth_html,
)
from vizlab.study.exam.result import FILE as EXAM_FILE
from vizlab.study.survey.measures import Edge
from vizlab.study.survey.study import FILE, Study, load_study
from vizlab.study.survey.summaries import Edges, edges_into_targets, extremes

log = logging.getLogger("vizlab.page")
TITLE = "Study"
SENTENCE = (
    "Does the amount exchanged predict what matters? What was measured over a whole split, with intervals over its "
    "pictures."
)
WAITING = (
    f"Open the {FILE} that “vizlab study” wrote. It runs sweeps, Shapley values and corruptions over a data folder, on "
    "one machine or many; “vizlab study --help” says how. Or the "
    f"{EXAM_FILE} of “vizlab exam”: pictures in which it is known which modality was needed, by which networks and "
    "explanations are graded."
)
SHIPPED = Path(__file__).resolve().parents[2] / "docs" / FILE
"""The project's own study, where the checkout has it, and beside it its own exam."""
MOST_BYTES = 2**28
"""Of an uploaded result once unpacked."""
UNEXPECTED = "This study could not be shown; the server's log says why."


class StudyTab:
    """A file and what it says. It needs no picture and no network: whoever comes may look at it."""

    def __init__(self, shipped: Path = SHIPPED) -> None:
        self._shipped = shipped
        self._exam = shipped.with_name(EXAM_FILE)
        gr.HTML(heading(TITLE, SENTENCE))
        with gr.Row(elem_classes="vz-experiment-run"):
            there = shipped.is_file()
            self.own = gr.Button("Open the study of this project", size="sm", scale=0, min_width=220, visible=there)
            exam = self._exam.is_file()
            self.own_exam = gr.Button("Open its exam", size="sm", scale=0, min_width=140, visible=exam)
            types = [".npz", exam_part.SUFFIX]
            self.upload = gr.UploadButton("Open a file", size="sm", scale=0, min_width=120, file_types=types)
        self.said = gr.HTML(elem_id="vz-study-said")
        self.empty = gr.HTML(empty_state(TITLE, [WAITING]))
        self.path = gr.State(None)
        with gr.Column(visible=False, elem_id="vz-study", elem_classes="vz-experiment") as self.body:
            self._build()
        self.exam = ExamPart()
        self._wire()

    def _build(self) -> None:
        self.head = gr.HTML(elem_id="vz-study-head")
        self.task = gr.Radio([], label="answer", elem_classes="vz-networks", elem_id="vz-study-task")
        self.scatter = gr.Plot(show_label=False, container=False, elem_classes="vz-plot", elem_id="vz-study-scatter")
        self.correlations = gr.HTML(elem_id="vz-study-correlations")
        gr.HTML(heading("Edge by edge"))
        self.target = gr.Radio([], label="network and target", elem_classes="vz-networks", elem_id="vz-study-target")
        self.edges = gr.Plot(show_label=False, container=False, elem_classes="vz-plot", elem_id="vz-study-edges")
        self.damage = gr.Plot(show_label=False, container=False, elem_classes="vz-plot", elem_id="vz-study-damage")
        self.edge = gr.Dropdown([], label="pictures in which an edge mattered", elem_id="vz-study-edge")
        self.mattered = gr.HTML(elem_id="vz-study-mattered")
        self.rest = gr.HTML(elem_id="vz-study-rest")

    @property
    def outputs(self) -> list[Any]:
        """Nothing in it changes with what the rest of the page shows."""
        return []

    def _wire(self) -> None:
        everything = [
            self.said, self.empty, self.path, self.body, self.head, self.task, self.scatter, self.correlations,
            self.target, self.edges, self.damage, self.edge, self.mattered, self.rest, *self.exam.outputs,
        ]  # fmt: skip
        of_target = [self.said, self.edges, self.damage, self.edge, self.mattered]
        self.own.click(lambda: self.guarded(lambda: self.opened(str(self._shipped))), None, everything, **QUIET)
        self.own_exam.click(lambda: self.guarded(lambda: self.opened(str(self._exam))), None, everything, **QUIET)
        self.upload.upload(lambda path: self.guarded(lambda: self.opened(path)), [self.upload], everything, **QUIET)
        self.task.input(
            lambda path, task: self.guarded(lambda: self.of_task(path, task)),
            [self.path, self.task],
            [self.said, self.scatter, self.correlations],
            **QUIET,
        )
        self.target.input(
            lambda path, chosen: self.guarded(lambda: self.of_target(path, chosen)),
            [self.path, self.target],
            of_target,
            **QUIET,
        )
        self.edge.input(
            lambda path, chosen, edge: self.guarded(lambda: self.of_edge(path, chosen, edge)),
            [self.path, self.target, self.edge],
            [self.said, self.mattered],
            **QUIET,
        )

    def guarded(self, do: Callable[[], Updates]) -> Updates:
        """`do`'s updates; what goes wrong becomes a sentence, and everything else stays."""
        try:
            return {self.said: "", **do()}
        except VizlabError as err:
            return {self.said: alert(on_the_page(str(err)))}
        except Exception:
            log.exception("a study could not be shown")
            return {self.said: alert(UNEXPECTED)}

    def opened(self, path: str) -> Updates:
        """Everything, of a file: a study's, or an exam's by its name."""
        if Path(path).suffix.lower() == exam_part.SUFFIX:
            hidden = gr.update(visible=False)
            return {self.empty: hidden, self.body: hidden, **self.exam.opened(path)}
        return {self.exam.body: gr.update(visible=False), **self._of_study(path)}

    def _of_study(self, path: str) -> Updates:
        study, listed = opened(path)
        tasks = list(dict.fromkeys(one.task for one in listed))
        names = [target_name(one) for one in listed]
        rest = figures_html(study) + worth_html(study) + strata_html(study) + likeness_html(study)
        return {
            self.path: path,
            self.empty: gr.update(visible=False),
            self.body: gr.update(visible=True),
            self.head: head_html(study, Path(path).name),
            self.rest: rest,
            self.task: gr.update(choices=tasks, value=tasks[0] if tasks else None, visible=len(tasks) > 1),
            self.target: gr.update(choices=names, value=names[0] if names else None, visible=len(names) > 1),
            **(self.of_task(path, tasks[0]) | self.of_target(path, names[0]) if names else self._no_sweep()),
        }

    def _no_sweep(self) -> Updates:
        hidden = gr.update(visible=False)
        return {
            self.scatter: hidden,
            self.edges: hidden,
            self.damage: hidden,
            self.edge: hidden,
            self.correlations: empty_state("No effects", ["This study measured no sweep: nothing was cut."]),
            self.mattered: "",
        }

    def of_task(self, path: str, task: str) -> Updates:
        """Effect against share for the networks that answer a task."""
        listed = [one for one in opened(path)[1] if one.task == task]
        return {
            self.scatter: gr.update(value=scatter_chart(listed, task), visible=True),
            self.correlations: correlations_html(listed, task),
        }

    def of_target(self, path: str, chosen: str) -> Updates:
        """One network's edges into one target, and the pictures of the edge that does most."""
        study, one = self._chosen(path, chosen)
        sites = site_titles(study, one.network)
        names, labels = [edge_words(edge, sites) for edge in one.edges], edge_labels(one, sites)
        order = sorted(range(len(names)), key=lambda i: -one.effect.value[i])
        choices = [(edge_choice(names[i], float(one.share.value[i])), i) for i in order]
        pictures = len(study.of(one.network, "sweep").pictures)
        return {
            self.edges: gr.update(value=edges_chart(one, labels, pictures), visible=True),
            self.damage: gr.update(value=damage_chart(one, labels), visible=one.damage is not None),
            self.edge: gr.update(choices=choices, value=order[0], visible=True),
            **self.of_edge(path, chosen, order[0]),
        }

    def of_edge(self, path: str, chosen: str, place: int) -> Updates:
        """The pictures in which that edge mattered most and least."""
        study, one = self._chosen(path, chosen)
        edge: Edge = one.edges[int(place)]
        sites = site_titles(study, one.network)
        most, least = extremes(study, one.network, edge, one.task)
        return {self.mattered: mattered_html(study, most, least, edge_words(edge, sites), one.task)}

    def _chosen(self, path: str, chosen: str) -> tuple[Study, Edges]:
        study, listed = opened(path)
        for one in listed:
            if target_name(one) == chosen:
                return study, one
        raise DataError(f"This study has no '{str(chosen)[:80]}'; open the file again.")


def target_name(edges: Edges) -> str:
    """How a network's target is chosen: "NETWORK, into TARGET"."""
    return f"{edges.network}, into {edges.target}"


def opened(path: str | None) -> tuple[Study, list[Edges]]:
    """A study and its edges, of a file that may have been read before; raises DataError for what is none."""
    if path is None or not Path(path).is_file():
        raise DataError("The file of this study is not there any more; open it again.")
    return _opened(path, Path(path).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _opened(path: str, changed: int) -> tuple[Study, list[Edges]]:
    study = load_study(path, MOST_BYTES)
    swept = [
        network for network in study.networks if {(network, m) for m in ("traces", "sweep")} <= set(study.sections)
    ]
    return study, [one for network in swept for one in edges_into_targets(study, network)]
