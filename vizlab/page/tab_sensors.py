"""Broken sensors: a corruption and its severity at the reach of a hand, and on request what all severities do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gradio as gr

from vizlab.core.preprocess import MODALITIES
from vizlab.core.trace import FusionTrace
from vizlab.experiments.corruptions import (
    CORRUPTIONS,
    Corruption,
    MissingModalities,
    SeveritySweep,
    fitting,
    missing_modalities,
    severity_sweep,
)
from vizlab.experiments.corruptions.charts import (
    metric_map,
    response_chart,
    response_sizes,
    severity_chart,
    worst_responses,
)
from vizlab.experiments.corruptions.missing import REPLACEMENTS
from vizlab.experiments.corruptions.sweep import single
from vizlab.page.experiment import Action, ExperimentTab, Run, Subject
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import note
from vizlab.page.kit.method_tab import Updates
from vizlab.page.sensor_panels import inputs_html, missing_html, network_html, sweep_html
from vizlab.progress import Step
from vizlab.rgbd import RGBDImage

SEED = 0
"""Of all that is left to chance: the page breaks a picture in the same way for everybody."""
ONE, EVERY = "this corruption", "every corruption"
HINT = "Move the slider, or choose another corruption: the broken picture and what the network makes of it follow."
WORDS = {"rgb": "colour", "depth": "depth"}
SWEPT = 0.8
"""Of a network's work, how much is the sweep; the rest are missing modalities."""


class SensorsTab(ExperimentTab):
    """Live: the pictures broken at one severity, then the networks. With Run: all severities, and lost sensors."""

    name = "sensors"
    title = "Sensors"
    sentence = (
        "Colour or depth gets worse, step by step: what becomes of the prediction, of the confidence, and of the "
        "shares that streams take from each other."
    )
    run_label = "Sweep all severities"
    needs = "It takes a network that takes colour or depth as a sensor gives them."
    several = True

    def build_choices(self) -> Mapping[str, Any]:
        every = _listed(tuple(CORRUPTIONS.values()))
        with gr.Row(elem_classes="vz-experiment-choices"):
            self.corruption = gr.Dropdown(every, label="corruption", elem_id="vz-corruption")
            self.severity = gr.Slider(1, 5, 3, step=1, label="severity", elem_id="vz-severity")
            self.scope = gr.Radio([ONE, EVERY], value=ONE, label="a sweep is over", elem_id="vz-sweep-scope")
        return {"corruption": self.corruption, "severity": self.severity, "scope": self.scope}

    def build_results(self) -> Sequence[Any]:
        self.inputs = gr.HTML(note(HINT), elem_id="vz-sensor-inputs")
        self.live = gr.HTML(elem_id="vz-sensor-live")
        self.swept = gr.HTML(elem_id="vz-sensor-sweep")
        with gr.Row(elem_classes="vz-figures"):
            with gr.Column(min_width=320):
                self.metric = gr.Plot(show_label=False, container=False, visible=False, elem_classes="vz-plot")
            with gr.Column(min_width=320):
                self.response = gr.Plot(show_label=False, container=False, visible=False, elem_classes="vz-plot")
        self.missing = gr.HTML(elem_id="vz-sensor-missing")
        return [self.inputs, self.live, self.swept, self.metric, self.response, self.missing]

    def actions(self) -> Sequence[Action]:
        moved = [self.severity.input, self.corruption.input, self.network.input]
        live = Action("live", moved, self.follow, lane="sensors", busy=False, shows="live")
        return [live, Action("run", [self.run.click], self.compute, shows="run")]

    def comes_back(self, shown: str, choices: Mapping[str, Any]) -> bool:
        """A sweep over every corruption takes minutes: its button waits."""
        return shown != "run" or choices["scope"] == ONE

    def fits(self, trace_: FusionTrace) -> bool:
        return bool(set(trace_.model.inputs) & set(WORDS))

    def refresh(self, analysis: Analysis, networks: Sequence[str], kept: Mapping[str, Any]) -> Updates:
        """The corruptions of what the picture has and one of the networks takes."""
        offered = _fitting(analysis.picture.rgbd, [analysis.traces[name] for name in networks])
        return {self.corruption: gr.update(choices=_listed(offered), value=_kept(kept.get("corruption"), offered))}

    def follow(self, run: Run, corruption: str, severity: int, scope: str) -> Iterator[Updates]:
        """One corruption at one severity: the pictures at once, then the networks one after the other."""
        offered = _fitting(run.subjects[0].rgbd, [subject.before for subject in run.subjects])
        # With another network its first corruption takes the place of one that it cannot have, as in `refresh`.
        one, severity = CORRUPTIONS[_kept(corruption, offered)], int(severity)
        taking = [subject for subject in run.subjects if one.modality in subject.model.inputs]
        picture = taking[0].rgbd
        yield {self.inputs: inputs_html(picture, one(picture, severity, SEED), one, severity, SEED)}
        parts = [_untouched(subject, one) for subject in run.subjects if subject not in taking]
        for subject in taking:
            run.step(0, f"running {subject.name}")
            parts.append(_live(subject, run.analysis, one, severity))
            yield {self.live: "".join(parts)}

    def compute(self, run: Run, corruption: str, severity: int, scope: str) -> Iterator[Updates]:
        """All severities, of this corruption or of every one that fits, network by network; then lost sensors."""
        sweeps: list[SeveritySweep] = []
        missing: list[MissingModalities] = []
        for place, subject in enumerate(run.subjects):
            if chosen := _to_sweep(subject, corruption, scope):
                sweeps.append(_sweep(subject, run.analysis, chosen, _part(run, place, 0, SWEPT)))
                yield {self.swept: sweep_html(sweeps)}
            if sweeps and subject is run.subjects[-1]:
                yield self._charts(sweeps)
            for at, replacement in enumerate(REPLACEMENTS):
                length = (1 - SWEPT) / len(REPLACEMENTS)
                found = missing_modalities(
                    subject.model, subject.rgbd, replacement, truth=run.analysis.picture.reference, seed=SEED,
                    step=_part(run, place, SWEPT + at * length, length), working_size=subject.working_size,
                    settings=subject.settings, clean=subject.before,
                )  # fmt: skip
                missing.append(found)
            yield {self.missing: missing_html(missing)}
        if not sweeps:
            yield {self.swept: note("No network of this run takes what this corruption breaks.")}

    def _charts(self, sweeps: Sequence[SeveritySweep]) -> Updates:
        """Of all networks at once."""
        last = sweeps[-1]
        if len(last.corruptions) > 1 and len(sweeps) == 1:
            metric, response = metric_map(last), worst_responses(last)
        else:
            shared = [one for one in last.corruptions if all(one in sweep.corruptions for sweep in sweeps)]
            one = (shared or last.corruptions)[0]
            holding = [sweep for sweep in sweeps if one in sweep.corruptions]
            metric = severity_chart(holding, one)
            response = response_chart(last, one) if len(holding) == 1 else response_sizes(holding, one)
        return {
            self.metric: gr.update(value=metric, visible=True),
            self.response: gr.update(value=response, visible=True),
        }


def _listed(corruptions: Sequence[Corruption]) -> list[tuple[str, str]]:
    """Titles and names, for a list."""
    return [(f"{(word := WORDS[c.modality])}: {c.title.removeprefix(word + ' ')}", c.name) for c in corruptions]


def _kept(name: str | None, offered: Sequence[Corruption]) -> str:
    """What was chosen, if it is offered; else the first that is."""
    names = [one.name for one in offered]
    return name if name in names else names[0]


def _fitting(rgbd: RGBDImage, traces: Sequence[FusionTrace]) -> tuple[Corruption, ...]:
    return fitting(rgbd, [name for trace in traces for name in trace.model.inputs])


def _untouched(subject: Subject, one: Corruption) -> str:
    has = " and ".join(MODALITIES.get(name, name) for name in subject.model.inputs)
    return note(f"{subject.name} takes {has} alone: with {WORDS[one.modality]} broken nothing changes.")


def _live(subject: Subject, analysis: Analysis, one: Corruption, severity: int) -> str:
    """One network at one severity, as HTML."""
    after, truth = subject.trace(one(subject.rgbd, severity, SEED)), analysis.picture.reference
    sweep = single(
        subject.model, subject.rgbd, one, severity, before=subject.before, after=after, truth=truth, seed=SEED
    )
    return network_html(sweep, subject.before, after, subject.rgbd, truth)


def _to_sweep(subject: Subject, corruption: str, scope: str) -> list[Corruption]:
    """What is swept for one network; a modality that is dropped stands in a table of its own."""
    offered = _fitting(subject.rgbd, [subject.before])
    return [one for one in offered if (scope == EVERY and not one.drops) or one.name == corruption]


def _sweep(subject: Subject, analysis: Analysis, chosen: Sequence[Corruption], step: Step) -> SeveritySweep:
    return severity_sweep(
        subject.model, subject.rgbd, chosen, truth=analysis.picture.reference, seed=SEED, step=step,
        working_size=subject.working_size, settings=subject.settings, clean=subject.before,
    )  # fmt: skip


def _part(run: Run, place: int, start: float, length: float) -> Step:
    """The step of a part of the work on one network: from `start` on, `length` long, both 0..1 of that network's."""

    def step(done: float, what: str) -> None:
        run.step((place + start + length * done) / len(run.subjects), f"{run.subjects[place].name}: {what}")

    return step
