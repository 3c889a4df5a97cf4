"""What each modality, or each stream at a site, was worth; how alike streams are; whether tasks pull the same way."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from vizlab.core.outputs import ENSEMBLE, Output
from vizlab.core.predictions import ImagePrediction, SemsegPrediction
from vizlab.core.site import Site
from vizlab.core.site_words import SiteWords, site_words, trace_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.experiments.conflict.tasks import task_conflicts
from vizlab.experiments.modalities.forwards import Forwards, modality_forwards
from vizlab.experiments.modalities.replacements import OTHER, SENTENCES
from vizlab.experiments.modalities.streams import STREAM_SENTENCES, stream_forwards
from vizlab.experiments.modalities.values import UNITS
from vizlab.experiments.modalities.worth import PREDICTED, TRUE, Worth, worth_from
from vizlab.experiments.similarity.charts import similarity_chart
from vizlab.experiments.similarity.cka import NOT_INFLUENCE
from vizlab.experiments.similarity.streams import Similarity, stream_similarity
from vizlab.measures.reference import Reference
from vizlab.page.cache import ByteCache
from vizlab.page.conflict_panels import conflicts_html
from vizlab.page.experiment import Action, ExperimentTab, Run, Subject
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.html import heading, note
from vizlab.page.kit.method_tab import Updates
from vizlab.page.modality_panels import class_shares, regions_html, scores_html, worth_html
from vizlab.page.workspace import Workspace
from vizlab.progress import Step
from vizlab.rgbd import RGBDImage
from vizlab.tasks import class_names

MODALITIES, ALL_SITES = "modalities", "all sites"
"""Who plays; any other value is a site, at which streams do."""
THIS = "this picture"
HINT = "Nothing was computed yet. Once it was, another output or class is drawn without another forward."
KEPT = 96_000_000
"""Bytes of forwards that are kept, so that another output or class costs none."""
FORWARDS, VALUES, LIKENESS = 0.6, 0.75, 0.8
"""How much of the work is done after the forwards, after their values, and after similarity."""


@dataclass(frozen=True)
class Asked:
    """The values of the tab's choices: players, output, class, two replacements, and the other picture."""

    players: str
    output: str | None
    target: str | None
    first: str
    second: str
    other: str | None

    @property
    def by(self) -> tuple[str, str]:
        return self.first, self.second


class ModalitiesTab(ExperimentTab):
    """The button runs forwards, then similarity and conflict. Another output or class is drawn from what is kept."""

    name = "modalities"
    title = "Modalities"
    sentence = (
        "What colour and depth, or what streams send each other, were worth to the answer, pixel by pixel: exact "
        "Shapley values. What replaces the missing decides who wins, so there are always two replacements."
    )
    needs = "It takes a network of two inputs, or one whose streams mix."
    run_label = "Compute worth"

    def __init__(self, workspace: Workspace) -> None:
        self._kept: ByteCache[Forwards] = ByteCache(KEPT)
        super().__init__(workspace)

    def build_choices(self) -> Mapping[str, Any]:
        with gr.Row(elem_classes="vz-experiment-choices"):
            self.players = gr.Dropdown([MODALITIES], value=MODALITIES, label="players", elem_id="vz-players")
            self.output = gr.Dropdown([], label="output", elem_id="vz-worth-output")
            self.target = gr.Dropdown([], label="class in question", elem_id="vz-worth-class")
        with gr.Row(elem_classes="vz-experiment-choices"):
            self.first = gr.Dropdown(list(SENTENCES), label="the missing is replaced by", elem_id="vz-worth-first")
            self.second = gr.Dropdown(list(SENTENCES), label="and, beside it, by", elem_id="vz-worth-second")
            self.other = gr.Dropdown([], label="another picture is", elem_id="vz-worth-other")
        names = ("players", "output", "target", "first", "second", "other")
        return {name: getattr(self, name) for name in names}

    def build_results(self) -> Sequence[Any]:
        self.worth = gr.HTML(note(HINT), elem_id="vz-worth")
        self.regions = gr.HTML(elem_id="vz-worth-regions")
        self.likeness = gr.HTML(elem_id="vz-likeness")
        self.cka = gr.Plot(show_label=False, container=False, visible=False, elem_classes="vz-plot")
        self.pull = gr.HTML(elem_id="vz-conflict")
        return [self.worth, self.regions, self.likeness, self.cka, self.pull]

    def fits(self, trace_: FusionTrace) -> bool:
        return bool(_players(trace_)) and bool(_outputs(trace_, None))

    def actions(self) -> Sequence[Action]:
        moved = [self.output.input, self.target.input]
        again = Action("again", moved, self.again, lane="modalities", busy=False, shows="run")
        return [Action("run", [self.run.click], self.compute, shows="run"), again]

    def refresh(self, analysis: Analysis, networks: Sequence[str], kept: Mapping[str, Any]) -> Updates:
        """What this network, picture and reference offer; what was chosen before stays where it still can."""
        trace, reference = analysis.traces[networks[0]], analysis.picture.reference
        who, players = _chosen(kept, "players", _players(trace))
        output, outputs = _chosen(kept, "output", [(name, name) for name in _outputs(trace, reference)])
        target, classes = _chosen(kept, "target", _classes(trace, output, reference))
        other, scenes = _chosen(kept, "other", self._scenes(analysis.request.scene))
        by = [(n, n) for n in (SENTENCES if who == MODALITIES else STREAM_SENTENCES) if scenes or n != OTHER]
        first, _ = _chosen(kept, "first", by)
        second, _ = _chosen(kept, "second", [one for one in by if one[1] != first])
        return {
            self.players: gr.update(choices=players, value=who),
            self.output: gr.update(choices=outputs, value=output),
            self.target: gr.update(choices=classes, value=target, visible=bool(classes)),
            self.first: gr.update(choices=by, value=first),
            self.second: gr.update(choices=by, value=second),
            self.other: gr.update(choices=scenes, value=other, visible=bool(scenes)),
        }

    def _scenes(self, here: str | None) -> list[tuple[str, str]]:
        names = [name for name in self.workspace.scenes() if name != here]
        return [(self.workspace.scene(name).title, name) for name in names]

    def compute(self, run: Run, **values: Any) -> Iterator[Updates]:
        """Worth first, then similarity, then conflict where the network has tasks that can."""
        asked, subject = Asked(**values), run.only
        forwards = self._forwards(run, asked)
        yield self._worth(run, forwards, asked, _part(run, FORWARDS, VALUES - FORWARDS))
        run.step(VALUES, f"how alike the streams of {subject.name} are")
        yield self._similarity(subject)
        yield self._conflicts(run)

    def again(self, run: Run, **values: Any) -> Iterator[Updates]:
        """Another output or class, if its forwards are kept; else nothing."""
        asked = Asked(**values)
        forwards = self._kept.get(self._key(run, asked))
        if forwards is not None:
            yield self._worth(run, forwards, asked, run.step)

    def _key(self, run: Run, asked: Asked) -> str:
        parts = (run.analysis.key, run.only.name, asked.players, *asked.by, asked.other or "")
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _forwards(self, run: Run, asked: Asked) -> Forwards:
        """From memory, or run now."""
        if asked.first == asked.second:
            raise InputError(f"Both replacements are '{asked.first}'; choose two, since one alone can mislead.")
        key = self._key(run, asked)
        found = self._kept.get(key)
        if found is None:
            run.step(0, f"running {run.only.name}")
            found = _run(run.only, asked, self._other(asked), _part(run, 0, FORWARDS))
            self._kept.put(key, found, found.nbytes)
        return found

    def _other(self, asked: Asked) -> RGBDImage | None:
        """The second picture, where a replacement asks for it."""
        if OTHER not in asked.by or asked.other is None:
            return None
        return self.workspace.read(Request(scene=asked.other)).rgbd

    def _worth(self, run: Run, forwards: Forwards, asked: Asked, step: Step) -> Updates:
        truth, trace = run.analysis.picture.reference, run.only.before
        found = worth_from(forwards, output=asked.output, target=asked.target or PREDICTED, truth=truth, step=step)
        pictures = [(THIS, run.only.rgbd), (OTHER, self._other(asked))]
        shown = [(title, one.colour) for title, one in pictures if one is not None and one.colour is not None]
        return {
            self.worth: worth_html(found, shown),
            self.regions: _regions(found, trace, truth) + scores_html(found),
        }

    def _similarity(self, subject: Subject) -> Updates:
        found = stream_similarity(
            subject.model, subject.rgbd, working_size=subject.working_size, settings=subject.settings
        )
        if not found:
            said = note(f"{subject.name} has no site that adds what streams send, so there are none to compare.")
            return {self.likeness: said, self.cka: gr.update(visible=False)}
        words = site_words(subject.model.sites)
        return {
            self.likeness: heading("How alike the streams are", f"{_likeness(found, words)} {NOT_INFLUENCE}"),
            self.cka: gr.update(value=similarity_chart(found, words), visible=True),
        }

    def _conflicts(self, run: Run) -> Updates:
        subject, truth = run.only, run.analysis.picture.reference
        missing = _why_no_conflict(subject, truth)
        if missing or truth is None:
            return {self.pull: note(missing)}
        found = task_conflicts(
            subject.model, subject.rgbd, truth, working_size=subject.working_size, settings=subject.settings,
            step=_part(run, LIKENESS, 1 - LIKENESS),
        )  # fmt: skip
        return {self.pull: conflicts_html(found)}


def _run(subject: Subject, asked: Asked, other: RGBDImage | None, step: Step) -> Forwards:
    given: dict[str, Any] = {
        "replacements": asked.by,
        "other": other,
        "working_size": subject.working_size,
        "settings": subject.settings,
        "step": step,
    }
    if asked.players == MODALITIES:
        return modality_forwards(subject.model, subject.rgbd, **given)
    return stream_forwards(subject.model, subject.rgbd, None if asked.players == ALL_SITES else asked.players, **given)


def _players(trace: FusionTrace) -> list[tuple[str, str]]:
    """Titles and values of what can play in that network."""
    found = [(f"modalities: {' and '.join(trace.model.inputs)}", MODALITIES)] if len(trace.model.inputs) > 1 else []
    words = trace_words(trace)
    sending = {s.site.name: _senders(s.site) for s in trace.sites.values() if s.site.additive}
    if len(set().union(*sending.values())) > 1:
        found.append(("streams, at all sites", ALL_SITES))
    return found + [(f"streams, at {words[n].title}", n) for n, streams in sending.items() if len(streams) > 1]


def _senders(site: Site) -> set[str]:
    """The streams that send to another one there."""
    return {site.sender(source) for target in site.targets for source in site.sources if source != target}


def _outputs(trace: FusionTrace, reference: Reference | None) -> list[str]:
    """Names of the outputs that can be valued, answers first: classes always, others against a reference."""
    known = {"semseg"} | set(() if reference is None else reference.maps())
    names = [n for n in trace.predictions if str(Output(n, ENSEMBLE)) not in trace.predictions]
    named = [n for n in names if Output.parse(n).task in UNITS and Output.parse(n).task in known]
    named = [n for n in named if not isinstance(trace.predictions[n], ImagePrediction)]
    return sorted(named, key=lambda name: not Output.parse(name).answer)


def _classes(trace: FusionTrace, output: str | None, reference: Reference | None) -> list[tuple[str, str]]:
    """What can be asked of an output's classes: predicted, true, or one of those that it predicts, largest first."""
    prediction = trace.predictions.get(output or "")
    if not isinstance(prediction, SemsegPrediction):
        return []
    general = [("the predicted one", PREDICTED)]
    if reference is not None and reference.label is not None:
        general.append(("the true one", TRUE))
    names = class_names(Output.parse(output or "").task, trace.model.classes)
    return general + [(names[c], names[c]) for c, _ in class_shares(prediction.label) if c < len(names)]


def _regions(found: Worth, trace: FusionTrace, truth: Reference | None) -> str:
    """By true class, or by predicted class where the true one is unknown; nothing where neither is."""
    if truth is not None and truth.label is not None:
        return regions_html(found, truth.label, trace.model.classes, "By the class of the reference.")
    label = next((p.label for p in trace.predictions.values() if isinstance(p, SemsegPrediction)), None)
    if label is None:
        return ""
    return regions_html(found, label, trace.model.classes, f"By the class that {trace.model.name} predicts.")


def _likeness(found: Sequence[Similarity], words: Mapping[str, SiteWords]) -> str:
    """The least and the most alike pair after mixing, in words."""
    after = [one for one in found if one.place.when == "after" and one.cka == one.cka]
    if not after:
        return "No pair of streams varies enough to be compared."
    count = len({one.place.site for one in after})
    low, high = min(after, key=lambda one: one.cka), max(after, key=lambda one: one.cka)
    sites = f"{count} sites" if count > 1 else "one site"
    return f"Linear CKA after mixing, over {sites}: least {_alike(low, words)}, most {_alike(high, words)}."


def _alike(one: Similarity, words: Mapping[str, SiteWords]) -> str:
    where = words[one.place.site].title.split(",")[0]
    return f"{one.cka:.2f} ({one.place.first} and {one.place.second} at {where})"


def _why_no_conflict(subject: Subject, truth: Reference | None) -> str:
    tasks = [task.name for task in subject.model.tasks]
    if len(tasks) < 2:
        return f"{subject.name} has one task, so no two can conflict; a multi-task network shows that here."
    known = [t for t in tasks if truth is not None and t in truth.maps() and t not in subject.model.network.pictured]
    if len(known) < 2:
        return "Gradients between tasks need a reference for two of them, which this picture does not have."
    return ""


def _chosen(
    kept: Mapping[str, Any], name: str, offered: Sequence[tuple[str, str]]
) -> tuple[Any, list[tuple[str, str]]]:
    """The value chosen before, if it is still offered, else the first; and what is offered."""
    values = [value for _, value in offered]
    return kept[name] if kept.get(name) in values else next(iter(values), None), list(offered)


def _part(run: Run, start: float, length: float) -> Step:
    """The step of a part of the work: from `start` on, `length` long, both 0..1."""
    return lambda done, what: run.step(start + length * done, what)
