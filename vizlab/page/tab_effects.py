"""Effects: every edge of a network cut in turn, what each did beside the share that it carries."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import gradio as gr

from vizlab.core.trace import FusionTrace
from vizlab.errors import CancelledError
from vizlab.experiments.interventions.sweep import Sweep, sweeping
from vizlab.page.effect_charts import place_chart, share_chart
from vizlab.page.effect_panels import ranks_html, said_html, table_html
from vizlab.page.effects import unchanged_trace
from vizlab.page.experiment import Action, ExperimentTab, Run
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import note
from vizlab.page.kit.method_tab import Updates
from vizlab.page.tab_scenes import TABLE_JS
from vizlab.progress import Step
from vizlab.views.headings import network_titles

HERE = Path(__file__).parent
EDGES_JS = TABLE_JS + (HERE / "effects.js").read_text(encoding="utf-8")
OWN = ""
"""The choice of each target's own task."""
HINT = "Nothing was cut yet. First-order estimates come first, then, edge by edge, what a cut really does."
SECONDS = 1.0
"""Between two drawings of what came."""


class EffectsTab(ExperimentTab):
    """Sweeps are kept for everybody: one that stopped goes on, and what is known is drawn without a forward."""

    name = "effects"
    title = "Effects"
    sentence = (
        "Every edge is cut in turn and all after it computed anew: how far the answer moves, beside the share that the "
        "edge carries. It also stands on the network map. A sweep that was stopped goes on where it was."
    )
    needs = "It takes a network whose streams mix."
    run_label = "Sweep"
    several = True

    def build_choices(self) -> Mapping[str, Any]:
        with gr.Row(elem_classes="vz-experiment-choices"):
            self.task = gr.Dropdown([("each target's own task", OWN)], value=OWN, label="effect on",
                                    elem_id="vz-effects-task", scale=0, min_width=280)  # fmt: skip
        return {"task": self.task}

    def build_results(self) -> Sequence[Any]:
        self.said = gr.HTML(note(HINT), elem_id="vz-effects-said")
        # Always visible to Gradio: an update that shows a plot may get lost before the next one, under load. The style
        # sheet hides what holds no chart.
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(min_width=320):
                self.by_share = gr.Plot(show_label=False, container=False, elem_classes="vz-plot")
            with gr.Column(min_width=320):
                self.by_place = gr.Plot(show_label=False, container=False, elem_classes="vz-plot")
        self.ranks = gr.HTML(elem_id="vz-effects-ranks")
        self.table = gr.HTML(js_on_load=EDGES_JS, elem_id="vz-effects-table")
        return [self.said, self.by_share, self.by_place, self.ranks, self.table]

    def fits(self, trace_: FusionTrace) -> bool:
        return bool(trace_.sites)

    def actions(self) -> Sequence[Action]:
        moved = [self.network.input, self.task.input]
        return [*super().actions(), Action("again", moved, self.again, lane="effects", busy=False)]

    def refresh(self, analysis: Analysis, networks: Sequence[str], kept: Mapping[str, Any]) -> Updates:
        """The tasks that these networks predict."""
        tasks = list(dict.fromkeys(task for name in networks for task in analysis.traces[name].model.tasks))
        value = kept.get("task") if kept.get("task") in tasks and len(tasks) > 1 else OWN
        choices = [("each target's own task", OWN), *((task, task) for task in tasks)]
        return {self.task: gr.update(choices=choices, value=value, visible=len(tasks) > 1)}

    def render(self, analysis: Analysis, chosen: str | None, kept: Mapping[str, Any]) -> Updates:
        """The choices, and what is known of the networks chosen."""
        updates = super().render(analysis, chosen, kept)
        if self.offered(analysis):
            names = self.named(analysis, chosen)
            sweeps = self._known(analysis, names)
            if sweeps:
                task = self.refresh(analysis, names, kept)[self.task]["value"]
                updates |= {**self._drawn(analysis, sweeps, task), **self._charts(analysis, sweeps, task)}
                updates |= {self.of: (analysis.key, analysis.picture.title), self.mark: ""}
        return updates

    def again(self, run: Run, task: str) -> Iterator[Updates]:
        """What is known, for another choice; no network runs."""
        names = [subject.name for subject in run.subjects]
        sweeps = self._known(run.analysis, names)
        yield {**self._drawn(run.analysis, sweeps, task), **self._charts(run.analysis, sweeps, task)}

    def compute(self, run: Run, task: str) -> Iterator[Updates]:
        """Network by network: estimates, then exact figures as they come; the charts at the end, or when stopped."""
        sweeps = self._known(run.analysis, [subject.name for subject in run.subjects])
        last = 0.0
        try:
            for place, subject in enumerate(run.subjects):
                known = sweeps.get(subject.name)
                if known is not None and known.done:
                    continue
                for sweep in sweeping_of(run, place, known):
                    self.workspace.effects.put(sweep)
                    sweeps = {s.name: sweep if s is subject else sweeps[s.name]
                              for s in run.subjects if s is subject or s.name in sweeps}  # fmt: skip
                    if time.monotonic() - last > SECONDS:
                        last = time.monotonic()
                        yield self._drawn(run.analysis, sweeps, task)
        except CancelledError:
            yield {**self._drawn(run.analysis, sweeps, task), **self._charts(run.analysis, sweeps, task)}
            raise
        yield {**self._drawn(run.analysis, sweeps, task), **self._charts(run.analysis, sweeps, task)}

    def _known(self, analysis: Analysis, names: Sequence[str]) -> dict[str, Sweep]:
        """Sweeps by network, finished or not."""
        found = {name: self.workspace.effects.get(analysis.traces[name]) for name in names}
        return {name: sweep for name, sweep in found.items() if sweep is not None}

    def _drawn(self, analysis: Analysis, sweeps: Mapping[str, Sweep], task: str) -> Updates:
        """What is known as text and table."""
        fitting, titles = _fitting(sweeps, task), _titles(analysis)
        if not fitting:
            return {self.said: note(HINT), self.ranks: "", self.table: ""}
        mark = self.workspace.documents.mark(analysis.key)
        return {
            self.said: said_html(fitting, titles, task or None),
            self.ranks: ranks_html(fitting, titles, task or None),
            self.table: table_html(fitting, titles, task or None, analysis.key, mark),
        }

    def _charts(self, analysis: Analysis, sweeps: Mapping[str, Sweep], task: str) -> Updates:
        """Of all networks whose edges were all cut, and in which shares are defined."""
        fitting, titles = _fitting(sweeps, task), _titles(analysis)
        charts = [chart(fitting, titles, task or None) for chart in (share_chart, place_chart)]
        return {
            plot: gr.update(value=chart if chart.data else None)
            for plot, chart in zip((self.by_share, self.by_place), charts, strict=True)
        }


def sweeping_of(run: Run, place: int, known: Sweep | None) -> Iterator[Sweep]:
    """The sweep of one network as it comes; the network's lock is held while it runs, not while it waits."""
    subject = run.subjects[place]
    step = _part(run, place)
    step(0.0, "first-order estimates")
    before = unchanged_trace(run.analysis, subject.name)
    coming = sweeping(
        subject.model, subject.rgbd, working_size=subject.working_size, settings=subject.settings, known=known,
        before=before, step=_unlocked(subject.model.lock, step),
    )  # fmt: skip
    while True:
        with subject.model.lock:
            sweep = next(coming, None)
        if sweep is None:
            return
        yield sweep


def _unlocked(lock: Lock, step: Step) -> Step:
    """`step`, without the lock that is held around it: it may wait for others who need that."""

    def outside(done: float, what: str) -> None:
        lock.release()
        try:
            step(done, what)
        finally:
            lock.acquire()

    return outside


def _part(run: Run, place: int) -> Step:
    """The step of the work on one network among those chosen."""
    count, subject = len(run.subjects), run.subjects[place]

    def step(done: float, what: str) -> None:
        run.step((place + done) / count, f"{subject.name}: {what}" if count > 1 else what)

    return step


def _fitting(sweeps: Mapping[str, Sweep], task: str) -> dict[str, Sweep]:
    """Those of networks that predict that task."""
    return {name: sweep for name, sweep in sweeps.items() if not task or task in sweep.tasks}


def _titles(analysis: Analysis) -> dict[str, str]:
    models = [(t.model.family, t.model.architecture, name) for name, t in analysis.traces.items()]
    return dict(zip(analysis.traces, network_titles(models), strict=True))
