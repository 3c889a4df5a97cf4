"""Running experiments: each in a thread of its own, told of as it goes, stopped at any time, in turn with others."""

import queue
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from vizlab.errors import CancelledError, InputError
from vizlab.page.experiment import QUIET, Action, ExperimentTab, memory_words, run_on
from vizlab.page.guard.visit import carried
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import notice
from vizlab.page.kit.method_tab import Updates
from vizlab.page.page import Page, Shown
from vizlab.page.turns import Turn, Turns
from vizlab.page.wiring import NETWORKS
from vizlab.page.workspace import Workspace
from vizlab.progress import Step

STOPPED = "Stopped. What was computed before is still there."
LANE = "experiment"
"""The lane of every run with a button: of these a visitor has one, in whichever tab."""


@dataclass(frozen=True)
class _Told:
    """How far it is, in [0, 1], and what is done now."""

    done: float
    what: str


@dataclass(frozen=True)
class _Ended:
    """The last that comes: with what went wrong, if anything did."""

    error: BaseException | None = None


class _Work:
    """One run in its thread: what it says arrives in `found`; nobody waits for it any more once `given_up` is set."""

    def __init__(self, turns: Turns, stoppable: Step, found: "queue.SimpleQueue[Any]") -> None:
        self.given_up, self._stoppable, self._found = threading.Event(), stoppable, found
        self._turns, self._turn, self._done = turns, Turn(turns, self._wait), 0.0

    def do(self, compute: Callable[[Step], Iterator[Updates]]) -> None:
        """Put everything that `compute` yields into the queue, and at last whether it went well."""
        try:
            with self._turn:
                for updates in compute(self._step):
                    self._found.put(updates)
            self._found.put(_Ended())
        except BaseException as err:
            self._found.put(_Ended(err))

    def _step(self, done: float, what: str) -> None:
        self._tell(done, what)
        self._done = done
        self._turn.take()

    def _wait(self, before: int) -> None:
        self._tell(self._done, self._turns.waiting_words(before))

    def _tell(self, done: float, what: str) -> None:
        if self.given_up.is_set():
            raise CancelledError(STOPPED)
        self._stoppable(done, what)


class ExperimentRuns:
    """Who runs what: of each lane one run per visitor; a new one ends the one before."""

    def __init__(self, page: Page, workspace: Workspace, handlers: Handlers) -> None:
        self._page, self._workspace, self._handlers = page, workspace, handlers
        self._current: dict[str, object] = {}

    def handler(self, tab: ExperimentTab, action: Action) -> Callable[..., Iterator[Updates]]:
        """What an event calls: from key, network and the values of the tab's choices to updates, again and again."""

        def run(visitor: gr.Request, key: str | None, network: str | None, *values: Any) -> Iterator[Updates]:
            lane, token = _lane(action.lane, visitor), object()
            self._handlers.running.stop(lane)
            self._current[lane] = token
            try:
                given = dict(zip(tab.choices, values, strict=True))
                for updates in self._guarded(tab, action, lane, key, network, given):
                    if self._current.get(lane) is not token:
                        yield tab.idle() if action.busy else {tab.progress: gr.update()}
                        return
                    yield updates
            finally:
                if self._current.get(lane) is token:
                    del self._current[lane]

        return run

    def _guarded(
        self,
        tab: ExperimentTab,
        action: Action,
        lane: str,
        key: str | None,
        network: str | None,
        values: Mapping[str, Any],
    ) -> Iterator[Updates]:
        """What one run draws; what goes wrong becomes a sentence, and what was drawn stays."""
        idle: Updates = tab.idle() if action.busy else {tab.progress: gr.update()}
        try:
            analysis = self._workspace.get(key)
            names = tab.named(analysis, network)
            # What is said meanwhile, of a file say, is not this run's to wipe away: the message is cleared once.
            cleared: Updates = {self._page.message: ""}
            if action.busy:
                yield {**cleared, **tab.working(0, "starting")}
                cleared = {}
            for updates in self._arriving(tab, action, lane, analysis, names, values):
                yield {**cleared, **updates}
                cleared = {}
            yield idle
        except CancelledError:
            yield {**idle, self._page.message: notice(STOPPED)} if action.busy else idle
        except Exception as err:
            said = memory_words(err)
            yield {**idle, **self._handlers.guarded(partial(_raised, InputError(said) if said else err))}

    def _arriving(
        self,
        tab: ExperimentTab,
        action: Action,
        lane: str,
        analysis: Analysis,
        names: Sequence[str],
        values: Mapping[str, Any],
    ) -> Iterator[Updates]:
        """Updates and progress as the thread tells of them; raises what it raised."""
        found: queue.SimpleQueue[Any] = queue.SimpleQueue()
        of = {tab.of: (analysis.key, analysis.picture.title), tab.mark: ""}

        def compute(step: Step) -> Iterator[Updates]:
            with self._workspace.jobs.job(tab.name, names, analysis.picture.rgbd.size) as began:

                def told(done: float, what: str) -> None:
                    step(done, what)  # which returns once it is this run's turn
                    began()

                with run_on(self._workspace, analysis, names, told) as run:
                    yield from action.compute(run, **values)

        with self._handlers.running.by(lane, lambda done, what: found.put(_Told(done, what))) as stoppable:
            work = _Work(self._workspace.turns, stoppable, found)
            do = carried(work.do)
            threading.Thread(target=do, args=(compute,), daemon=True, name=f"vizlab {tab.name}").start()
            try:
                while not isinstance(one := found.get(), _Ended):
                    if not isinstance(one, _Told):
                        yield {**of, **one}
                    elif action.busy and found.empty():  # of several words only the last
                        yield tab.working(one.done, one.what)
            finally:
                work.given_up.set()
        if one.error is not None:
            raise one.error

    def stop(self, visitor: gr.Request) -> None:
        """End what this visitor has running at its next step."""
        self._handlers.running.stop(_lane(LANE, visitor))

    def choose(self, tab: ExperimentTab) -> Callable[..., Updates]:
        """A handler that keeps what was chosen, and offers what fits the network; nothing runs."""

        def handler(key: str | None, shown: Shown, network: str | None, *values: Any) -> Updates:
            kept = dict(zip(tab.choices, values, strict=True))
            now = shown.chose(tab.name, network or "").with_choices(tab.name, kept)
            analysis = self._workspace.known(key or "")
            refreshed = {} if analysis is None else tab.refresh(analysis, tab.named(analysis, network), kept)
            return {self._page.shown: now, **refreshed}

        return handler

    def marks(self, key: str | None, *of: Any) -> Updates:
        """Another analysis is on show: which results are of an older picture."""
        tabs = self._page.experiments.values()
        return {tab.mark: tab.mark_for(key, one) for tab, one in zip(tabs, of, strict=True)}


def wire_experiments(page: Page, runs: ExperimentRuns) -> None:
    """Every experiment's events, and the marks on results of older pictures."""
    tabs = list(page.experiments.values())
    for tab in tabs:
        given = [tab.network, *tab.choices.values()]
        for action in tab.actions():
            mode = "once" if action.busy else "always_last"
            for event in action.events:
                ran = event(
                    runs.handler(tab, action),
                    [page.key, *given],
                    [*tab.outputs, *page.remarks],
                    trigger_mode=mode,
                    **QUIET,
                    **NETWORKS,
                )
                ran.then(tab.mark_for, [page.key, tab.of], [tab.mark], **QUIET)
        tab.stop.click(runs.stop, None, None, **QUIET)
        for choice in given:
            if hasattr(choice, "input"):
                outputs = [page.shown, *tab.choices.values()]
                choice.input(runs.choose(tab), [page.key, page.shown, *given], outputs, **QUIET)
    if tabs:
        of, marks = [tab.of for tab in tabs], [tab.mark for tab in tabs]
        page.key.change(runs.marks, [page.key, *of], marks, concurrency_limit=None, **QUIET)


def _lane(name: str, visitor: gr.Request | None) -> str:
    """What a visitor's run is called among those in progress."""
    return f"{name} of {'' if visitor is None else visitor.session_hash or ''}"


def _raised(err: BaseException) -> Updates:
    raise err
