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
from vizlab.page.linked_choices import Chosen, Due, address_mark, chosen_in, drawn_over
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


@dataclass(frozen=True)
class _Asked:
    """What is to run, and on which values."""

    tab: ExperimentTab
    action: Action
    network: str | None
    values: Mapping[str, Any]

    @property
    def idle(self) -> Updates:
        """What is seen once it does not run."""
        return self.tab.idle() if self.action.busy else {self.tab.progress: gr.update()}

    @property
    def made(self) -> Updates:
        """Of what that is on show then."""
        return {self.tab.made[self.action.shows]: self.chosen} if self.action.shows else {}

    @property
    def chosen(self) -> Chosen:
        return chosen_in(self.tab, self.network, self.values)


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
            asked = _Asked(tab, action, network, dict(zip(tab.choices, values, strict=True)))
            # What only draws along, a region say, has nothing to do with what was said.
            cleared: Updates = {self._page.message: ""} if action.busy or action.shows else {}
            yield from self._run(asked, key, visitor, cleared)

        return run

    def due(self, tab: ExperimentTab) -> Callable[..., Iterator[Updates]]:
        """A handler that runs what an address had on show; what was said of the address stays."""

        def run(visitor: gr.Request, key: str | None, due: Due | None) -> Iterator[Updates]:
            # Whoever yields nothing empties what it could have changed.
            yield {tab.progress: gr.update()}
            for action in tab.actions():
                if due is not None and action.name in due.actions:
                    yield from self._run(_Asked(tab, action, due.network, due.choices), key, visitor, {})

        return run

    def _run(self, asked: "_Asked", key: str | None, visitor: gr.Request, cleared: Updates) -> Iterator[Updates]:
        """A run, until the next one of its lane begins; it starts with `cleared`."""
        lane, token = _lane(asked.action.lane, visitor), object()
        self._handlers.running.stop(lane)
        self._current[lane] = token
        try:
            for updates in self._guarded(asked, lane, key, cleared):
                if self._current.get(lane) is not token:
                    yield asked.idle
                    return
                yield updates
        finally:
            if self._current.get(lane) is token:
                del self._current[lane]

    def _guarded(self, asked: "_Asked", lane: str, key: str | None, cleared: Updates) -> Iterator[Updates]:
        """What one run draws; what goes wrong becomes a sentence, and what was drawn stays."""
        tab, made = asked.tab, {}
        cleared = {**cleared, asked.tab.now: asked.chosen}
        try:
            analysis = self._workspace.get(key)
            names = tab.named(analysis, asked.network)
            # What is said meanwhile, of a file say, is not this run's to wipe away: the message is cleared once.
            if asked.action.busy:
                yield {**cleared, **tab.working(0, "starting")}
                cleared = {}
            for updates in self._arriving(asked, lane, analysis, names):
                made = asked.made
                yield {**cleared, **updates}
                cleared = {}
            yield {**asked.idle, **made}
        except CancelledError:
            yield {**asked.idle, self._page.message: notice(STOPPED)} if asked.action.busy else asked.idle
        except Exception as err:
            said = memory_words(err)
            yield {**asked.idle, **self._handlers.guarded(partial(_raised, InputError(said) if said else err))}

    def _arriving(self, asked: "_Asked", lane: str, analysis: Analysis, names: Sequence[str]) -> Iterator[Updates]:
        """Updates and progress as the thread tells of them; raises what it raised."""
        tab, action = asked.tab, asked.action
        found: queue.SimpleQueue[Any] = queue.SimpleQueue()
        of = {tab.of: (analysis.key, analysis.picture.title), tab.mark: ""}

        def compute(step: Step) -> Iterator[Updates]:
            with self._workspace.jobs.job(tab.name, names, analysis.picture.rgbd.size) as began:

                def told(done: float, what: str) -> None:
                    step(done, what)  # which returns once it is this run's turn
                    began()

                with run_on(self._workspace, analysis, names, told) as run:
                    yield from action.compute(run, **asked.values)

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
            return {
                self._page.shown: now,
                **refreshed,
                tab.now: chosen_in(tab, network, drawn_over(tab, kept, refreshed)),
            }

        return handler

    def after(self, tab: ExperimentTab) -> Callable[..., Updates]:
        """A handler that marks results of an older picture, and keeps in the address what is chosen and on show."""

        def handler(key: str | None, of: Sequence[str] | None, chosen: Chosen | None, *made: Chosen | None) -> Updates:
            address = {} if chosen is None else {tab.address: address_mark(tab, chosen, made)}
            return {tab.mark: tab.mark_for(key, of), **address}

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
        changed = [*tab.outputs, *page.remarks]
        after = [page.key, tab.of, tab.now, *tab.made.values()], [tab.mark, tab.address]
        for action in tab.actions():
            mode = "once" if action.busy else "always_last"
            running: dict[str, Any] = {"trigger_mode": mode, **QUIET, **NETWORKS}
            # One listener for all events: of two that come at once, such as a link's, the later one's values count.
            ran = gr.on(list(action.events), runs.handler(tab, action), [page.key, *given], changed, **running)
            ran.then(runs.after(tab), *after, **QUIET)
        came = tab.due.change(runs.due(tab), [page.key, tab.due], changed, **QUIET, **NETWORKS)
        came.then(runs.after(tab), *after, **QUIET)
        tab.stop.click(runs.stop, None, None, **QUIET)
        for choice in given:
            if hasattr(choice, "input"):
                outputs = [page.shown, *tab.choices.values(), tab.now]
                chosen = choice.input(
                    runs.choose(tab), [page.key, page.shown, *given], outputs, trigger_mode="always_last", **QUIET
                )
                chosen.then(runs.after(tab), *after, **QUIET)
    if tabs:
        of, marks = [tab.of for tab in tabs], [tab.mark for tab in tabs]
        page.key.change(runs.marks, [page.key, *of], marks, concurrency_limit=None, **QUIET)


def _lane(name: str, visitor: gr.Request | None) -> str:
    """What a visitor's run is called among those in progress."""
    return f"{name} of {'' if visitor is None else visitor.session_hash or ''}"


def _raised(err: BaseException) -> Updates:
    raise err
