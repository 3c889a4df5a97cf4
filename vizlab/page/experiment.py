"""Tabs that run further passes on the analysis on show: what they share, so that a new one is a class and a line.

A tab derives from `ExperimentTab`, says its `name`, `title` and `sentence`, builds its choices and its results, and
computes. The base brings the choice of network, the buttons Run and Stop, progress, one run per visitor, whose turn it
is among all visitors, errors in one sentence in the page's message, and the mark on results of an older picture.
Nothing is computed until somebody asks. To add one, put the class into `EXPERIMENTS` in `page.py`:

    class EchoTab(ExperimentTab):
        name, title = "echo", "Echo"
        sentence = "What a second pass says."

        def build_choices(self):                     # components; the names are compute's keyword arguments
            return {"times": gr.Slider(1, 5, 1, step=1, label="times")}

        def build_results(self):                     # whatever `compute` gives values to
            self.said = gr.HTML()
            return [self.said]

        def compute(self, run, times):               # in a thread of its own
            for i in range(times):
                run.step(i / times, f"pass {i + 1}")  # waits for its turn, tells progress, raises when stopped
                trace = run.only.trace(run.only.rgbd)
                yield {self.said: f"{trace.seconds:.2f} s"}  # drawn at once

Give a `gr.Plot` one value a run: of several in quick succession the browser may draw an earlier one last.

A network shared by all visitors is never changed: take a copy (`copy.deepcopy(subject.model.network)`) where a pass
needs gradients or other weights. `Subject.trace` takes the model's lock; who calls `model.forward` takes it himself.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar

import gradio as gr
import torch

from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import InputError
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import badge, empty_state, heading, tag
from vizlab.page.kit.method_tab import Updates
from vizlab.page.scale.networks import ran_on
from vizlab.page.workspace import Workspace, shown
from vizlab.progress import Step
from vizlab.rgbd import RGBDImage

ALL = "all networks"
"""The last choice of network in a tab that can compare them."""
WAITING = "Choose a scene, or give files of your own, then press Run: this tab works on the networks of that run."
ADDRESS_JS = """
const keep = () => {
  const mark = element.querySelector('[data-tab]');
  if (mark) window.vizlabLink.chosen(mark.dataset.tab, mark.dataset.choices);
};
watch('value', keep);
keep();
"""
QUIET: dict[str, Any] = {"api_name": "page", "api_visibility": "private", "show_progress": "hidden"}


@dataclass(frozen=True)
class Subject:
    """One network of the analysis on show, with what it saw there.

    `model` is on the device and in the precision of that analysis from the run's first step on, and shared with
    everybody: use it, do not change it.
    `rgbd` is the picture as this network got it (its depth may be another network's prediction), `before` the trace of
    the analysis, `settings` the controls that were moved for it and `working_size` (H, W), or None for its own.
    """

    model: Model
    rgbd: RGBDImage
    before: FusionTrace
    settings: Mapping[str, float]
    working_size: tuple[int, int] | None

    @property
    def name(self) -> str:
        return self.model.name

    def trace(self, rgbd: RGBDImage) -> FusionTrace:
        """A traced forward on another picture, as the analysis ran it. Takes the model's lock."""
        with self.model.lock:
            return trace(self.model, rgbd, working_size=self.working_size, **self.settings)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Run:
    """What `compute` gets: the analysis on show when it was asked, the networks that were chosen, and `step`.

    `step(share done, what is done now)` is to be called before the first forward and often after it, between units of
    work: it tells the visitor, waits for his turn, lets others run who wait, and raises CancelledError once he pressed
    Stop. What needs no network can be yielded before the first step: it waits for nobody.
    """

    analysis: Analysis
    subjects: tuple[Subject, ...]
    step: Step

    @property
    def only(self) -> Subject:
        """The first network that was chosen: the only one, where a tab takes one."""
        return self.subjects[0]


Compute = Callable[..., Iterator[Updates]]
"""From a `Run` and the values of the tab's choices, by name, to updates, each drawn as it comes."""


@dataclass(frozen=True)
class Action:
    """On each of `events`, `compute` runs. Of one `lane` a visitor has one run: the next one ends it.

    `busy` shows the progress and Stop in place of Run; without, what runs is short and the page says nothing of it.
    `shows` names the action by which a link has the same on show again; without, a link does not.
    """

    name: str
    events: Sequence[Callable[..., Any]]
    compute: Compute
    lane: str = "experiment"
    busy: bool = True
    shows: str = ""


class ExperimentTab:
    """The base; see the module. Subclasses set `name` (the tab's key, a word), `title`, `sentence`, and `run_label`.

    `several` offers all networks at once beside each alone. `needs` says which networks it works on, where `fits`
    leaves some out.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sentence: ClassVar[str]
    run_label: ClassVar[str] = "Run"
    needs: ClassVar[str] = ""
    several: ClassVar[bool] = False

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.empty = gr.HTML(empty_state(self.title, [WAITING], first=True))
        with gr.Column(visible=False, elem_id=f"vz-{self.name}", elem_classes="vz-experiment") as self.body:
            gr.HTML(heading(self.title, self.sentence))
            self.network = gr.Radio([], label="network", elem_classes="vz-networks")
            self.choices: dict[str, Any] = dict(self.build_choices())
            with gr.Row(elem_classes="vz-experiment-run"):
                self.run = gr.Button(self.run_label, size="sm", variant="primary", scale=0, min_width=120)
                self.stop = gr.Button("Stop", size="sm", visible=False, scale=0, min_width=120)
                self.progress = gr.HTML(elem_classes="vz-experiment-progress")
            self.mark = gr.HTML(elem_classes="vz-experiment-mark")
            self.of = gr.State(None)
            self.results = list(self.build_results())
            shown = dict.fromkeys(action.shows for action in self.actions() if action.shows)
            self.made = {name: gr.State(None) for name in shown}
            self.now, self.due = gr.State(None), gr.State(None)
            self.address = gr.HTML(js_on_load=ADDRESS_JS, elem_classes="vz-experiment-address")

    def build_choices(self) -> Mapping[str, Any]:
        """Components by the names under which `compute` gets their values; they stand under the choice of network."""
        return {}

    def build_results(self) -> Sequence[Any]:
        """Components that `compute` gives values to; they stand under the buttons."""
        return []

    def compute(self, run: Run, *args: Any, **values: Any) -> Iterator[Updates]:
        """What the button Run does: updates by component, as they come. Raise a VizlabError to say what is wrong."""
        raise NotImplementedError

    def actions(self) -> Sequence[Action]:
        """What runs on which events; the button alone, unless a tab has more."""
        return [Action("run", [self.run.click], self.compute)]

    def fits(self, trace_: FusionTrace) -> bool:
        """Whether the tab works on that network."""
        return True

    def refresh(self, analysis: Analysis, networks: Sequence[str], kept: Mapping[str, Any]) -> Updates:
        """Choices anew for an analysis and the networks chosen; `kept` are the values set before. Computes nothing."""
        return {}

    def comes_back(self, shown: str, choices: Mapping[str, Any]) -> bool:
        """Whether a link runs that action as soon as it is opened; else its button waits."""
        return True

    def expected(self, choice: str, analysis: Analysis) -> str:
        """What can be chosen there, for a sentence about a link that asks for something else; empty: as listed."""
        return ""

    @property
    def outputs(self) -> list[Any]:
        """Everything in the tab that may change."""
        own = [self.empty, self.body, self.network, self.run, self.stop, self.progress, self.mark, self.of]
        return [*own, *self.choices.values(), *self.results, *self.made.values(), self.now, self.due, self.address]

    def offered(self, analysis: Analysis) -> list[str]:
        """The choices of network for that analysis."""
        fitting = [name for name, one in analysis.traces.items() if self.fits(one)]
        return [*fitting, ALL] if self.several and len(fitting) > 1 else fitting

    def named(self, analysis: Analysis, chosen: str | None) -> tuple[str, ...]:
        """The networks that a choice stands for; raises InputError where none fits."""
        offered = self.offered(analysis)
        if not offered:
            raise InputError(f"{self.title} has no network to work on. {self.needs}".strip())
        if chosen == ALL and ALL in offered:
            return tuple(name for name in offered if name != ALL)
        return (chosen if chosen in offered else offered[0],)

    def render(self, analysis: Analysis, chosen: str | None, kept: Mapping[str, Any]) -> Updates:
        """The tab for one analysis: its choices. Results that are there stay; `mark_for` says whose they are."""
        offered = self.offered(analysis)
        if not offered:
            said = [f"No network of this run fits. {self.needs}".strip()]
            return {
                self.empty: gr.update(value=empty_state(self.title, said), visible=True),
                self.body: gr.update(visible=False),
            }
        value = chosen if chosen in offered else offered[0]
        return {
            self.empty: gr.update(visible=False),
            self.body: gr.update(visible=True),
            self.network: gr.update(choices=offered, value=value, visible=len(offered) > 1),
            **self.refresh(analysis, self.named(analysis, value), kept),
        }

    def mark_for(self, key: str | None, of: Sequence[str] | None) -> str:
        """What is said over results of (key, title) while the analysis of `key` is on show."""
        if not of or of[0] == key:
            return ""
        return tag("p", badge("older", "warn") + escape(f" these results are of {of[1]}"), "vz-note", role="status")

    def working(self, done: float, what: str) -> Updates:
        """The buttons and the bar while it runs."""
        bar = tag("progress", "", value=f"{min(max(done, 0), 1):.3f}", max="1", aria_label=f"{self.title}: share done")
        return {
            self.run: gr.update(visible=False),
            self.stop: gr.update(visible=True),
            self.progress: tag("span", f"{bar} {escape(what)}", "vz-scene-progress", role="status"),
        }

    def idle(self) -> Updates:
        """The buttons when nothing runs."""
        return {self.run: gr.update(visible=True), self.stop: gr.update(visible=False), self.progress: ""}


@contextmanager
def run_on(workspace: Workspace, analysis: Analysis, names: Sequence[str], step: Step) -> Iterator[Run]:
    """A run on those networks of the analysis; raises InputError if one was not run in it or is gone.

    After each step they are where the analysis ran them, until the next: while it waits, other runs may move them.
    """
    subjects = tuple(_subject(workspace, analysis, name) for name in names)
    with ExitStack() as places:

        def told(done: float, what: str) -> None:
            places.close()
            step(done, what)
            for one in subjects:
                places.enter_context(workspace.on_gpus.placed(one.model, *ran_on(one.before, analysis.request)))

        yield Run(analysis, subjects, told)


def _subject(workspace: Workspace, analysis: Analysis, name: str) -> Subject:
    before = analysis.trace_of(name)
    [model] = workspace.shelf.loaded((name,))
    return Subject(
        model=model,
        rgbd=shown(analysis).get(name, analysis.picture.rgbd),
        before=before,
        settings=model.moved(analysis.request.settings_of(name)),
        working_size=analysis.request.working_size,
    )


def memory_words(err: BaseException) -> str | None:
    """A sentence where `err` says that memory did not suffice."""
    if isinstance(err, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(err):
        return "This takes more memory than there is; choose another device, or a smaller working size, and run again."
    return None
