"""The base of tabs that run further passes: one run per visitor, in turn, stopped, told of, errors as sentences."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
import torch

from tests.page.made_scenes import made_analysis, made_trace
from vizlab.errors import InputError
from vizlab.page import experiment_runs
from vizlab.page.experiment import ALL, Action, ExperimentTab, Run
from vizlab.page.experiment_runs import STOPPED, ExperimentRuns
from vizlab.page.handlers import Handlers
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.method_tab import Updates
from vizlab.page.linked_choices import Due
from vizlab.page.page import Shown
from vizlab.page.service.jobs import Jobs
from vizlab.page.turns import Turn, Turns
from vizlab.progress import Step


class MadeWorkspace:
    """Analyses by key; nothing runs in it."""

    def __init__(self) -> None:
        self.turns, self.jobs = Turns(), Jobs(lambda name: name)
        both = {"one": made_trace("one"), "two": made_trace("two")}
        self.results = {f"key of {scene}": made_analysis(scene, both) for scene in ("attic", "hall")}

    def known(self, key: str) -> Analysis | None:
        return self.results.get(key)

    def get(self, key: str | None) -> Analysis:
        if key not in self.results:
            raise InputError("gone")
        return self.results[key]


@contextmanager
def named_alone(workspace: Any, analysis: Analysis, names: Sequence[str], step: Step) -> Iterator[Run]:
    """A run on networks of which there are only names."""
    yield Run(analysis, tuple(SimpleNamespace(name=name) for name in names), step)  # type: ignore[misc]


class CountTab(ExperimentTab):
    """Counts to `times`, calling `within` before each number."""

    name, title, sentence = "count", "Count", "Counts."
    several = True

    def build_choices(self) -> Mapping[str, Any]:
        return {"times": gr.Slider(1, 5, 2, step=1)}

    def build_results(self) -> Sequence[Any]:
        self.said = gr.HTML()
        self.within: Callable[[int], None] = lambda i: None
        return [self.said]

    def actions(self) -> Sequence[Action]:
        return [Action("run", [self.run.click], self.compute, shows="run")]

    def compute(self, run: Run, times: int) -> Iterator[Updates]:
        for i in range(times):
            run.step(i / times, f"number {i}")
            self.within(i)
            yield {self.said: f"{i}"}


Made = tuple[CountTab, ExperimentRuns, MadeWorkspace]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    workspace = MadeWorkspace()
    monkeypatch.setattr(experiment_runs, "run_on", named_alone)
    with gr.Blocks(analytics_enabled=False):
        message, progress, shown = gr.HTML(), gr.HTML(), gr.State(Shown())
        tab = CountTab(workspace)  # type: ignore[arg-type]
    controls = SimpleNamespace(progress=progress)
    page = SimpleNamespace(message=message, controls=controls, experiments={"count": tab}, shown=shown)
    return tab, ExperimentRuns(page, workspace, Handlers(page, workspace)), workspace  # type: ignore[arg-type]


def visitor(name: str = "anna") -> Any:
    return SimpleNamespace(session_hash=name)


def run(made: Made, *values: Any, key: str = "key of attic", who: str = "anna") -> Iterator[Updates]:
    tab, runs, _ = made
    return runs.handler(tab, tab.actions()[0])(visitor(who), key, "one", *values)


def said(tab: CountTab, updates: Sequence[Updates]) -> list[str]:
    return [one[tab.said] for one in updates if tab.said in one]


def message(made: Made, updates: Sequence[Updates]) -> str:
    found = [one[made[1]._page.message] for one in updates if made[1]._page.message in one]
    return found[-1]


def free(turns: Turns) -> bool:
    """Whether somebody could run now."""
    got = threading.Event()

    def take() -> None:
        with turns.taken():
            got.set()

    threading.Thread(target=take, daemon=True).start()
    return got.wait(2)


def test_results_are_drawn_as_they_come_and_say_of_what_they_are(made: Made) -> None:
    tab, _, workspace = made
    updates = list(run(made, 3))
    assert said(tab, updates) == ["0", "1", "2"]
    assert all(one[tab.of] == ("key of attic", "Attic") for one in updates if tab.said in one)
    assert updates[0][tab.stop]["visible"]
    assert not updates[0][tab.run]["visible"]
    assert updates[-1] == {**tab.idle(), tab.made["run"]: ("one", {"times": "3"})}
    assert updates[0][tab.now] == ("one", {"times": "3"})
    assert message(made, updates) == ""
    assert free(workspace.turns)


def test_what_an_address_had_on_show_runs_and_what_was_said_of_it_stays(made: Made) -> None:
    tab, runs, _ = made
    due = Due(("run",), "two", {"times": 2})
    updates = list(runs.due(tab)(visitor(), "key of hall", due))
    assert said(tab, updates) == ["0", "1"]
    assert updates[-1][tab.made["run"]] == ("two", {"times": "2"})
    assert not any(runs._page.message in one for one in updates)
    nothing = list(runs.due(tab)(visitor(), "key of hall", None))
    assert len(nothing) == 1  # Gradio empties what a run without updates could have changed
    assert not said(tab, nothing)


def test_the_address_says_what_is_on_show_of_what_is_chosen(made: Made) -> None:
    tab, runs, _ = made
    now, before = ("one", {"times": "3"}), ("one", {"times": "2"})
    for drawn, shown in ((now, True), (before, False), (None, False)):
        address = runs.after(tab)("key of hall", ("key of hall", "Hall"), now, drawn)[tab.address]
        assert "count~network:one,count~times:3" in address
        assert ("count~shown:run" in address) == shown
    assert tab.address not in runs.after(tab)("key of hall", None, None, None)


def test_what_is_said_meanwhile_is_not_wiped_away(made: Made) -> None:
    """A file that cannot be read is said while a run goes on: only the run's first answer clears what stood there."""
    updates = list(run(made, 3))
    place = made[1]._page.message
    assert place in updates[0]
    assert not any(place in one for one in updates[1:])


def test_progress_is_told(made: Made) -> None:
    tab = made[0]
    tab.within = lambda i: time.sleep(0.05)
    told = [one[tab.progress] for one in run(made, 2) if one.get(tab.progress)]
    assert any('value="0.500"' in text and "number 1" in text for text in told)


def test_nothing_runs_until_it_is_asked(made: Made) -> None:
    tab, _, workspace = made
    calls: list[int] = []
    tab.within = calls.append
    tab.render(workspace.results["key of attic"], None, {})
    made[1].choose(tab)("key of attic", Shown(), "two", 4)
    assert calls == []


def test_a_stop_ends_it_at_the_next_step_and_keeps_what_was_drawn(made: Made) -> None:
    tab, runs, workspace = made
    tab.within = lambda i: runs.stop(visitor()) if i == 1 else None
    updates = list(run(made, 5))
    assert said(tab, updates) == ["0", "1"]
    assert STOPPED in message(made, updates)
    assert updates[-1][tab.run]["visible"]
    assert free(workspace.turns)


def test_somebody_else_s_stop_ends_nothing(made: Made) -> None:
    tab, runs, _ = made
    tab.within = lambda i: runs.stop(visitor("bert"))
    assert said(tab, list(run(made, 3))) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("no such thing"), "no such thing"),
        (RuntimeError("a secret path"), "Something went wrong inside vizlab"),
        (torch.OutOfMemoryError("CUDA out of memory"), "more memory than there is"),
    ],
)
def test_what_goes_wrong_becomes_a_sentence_and_results_stay(made: Made, error: Exception, sentence: str) -> None:
    tab, _, workspace = made

    def within(i: int) -> None:
        if i:
            raise error

    tab.within = within
    updates = list(run(made, 3))
    assert said(tab, updates) == ["0"]
    assert sentence in message(made, updates)
    assert "secret" not in message(made, updates)
    assert updates[-1][tab.run]["visible"]
    assert free(workspace.turns)


def test_results_that_are_gone_are_said(made: Made) -> None:
    assert "gone" in message(made, list(run(made, 3, key="key of cellar")))


def test_a_new_run_ends_the_one_before(made: Made) -> None:
    tab, _, _ = made
    go = threading.Event()
    tab.within = lambda i: None if go.is_set() else time.sleep(0.02)
    first = run(made, 5)
    assert next(first)[tab.stop]["visible"]
    go.set()
    assert said(tab, list(run(made, 2))) == ["0", "1"]
    rest = list(first)
    assert len(said(tab, rest)) < 5
    assert rest[-1] == tab.idle()


def test_two_visitors_run_at_once_one_step_each(made: Made) -> None:
    """Neither waits for the other's end: the turn changes at a step."""
    tab, _, _ = made
    order: list[str] = []

    def one_of(name: str) -> None:
        for updates in run(made, 4, who=name):
            if tab.said in updates:
                order.append(name)

    tab.within = lambda i: time.sleep(0.03)
    threads = [threading.Thread(target=one_of, args=(name,)) for name in ("anna", "bert")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(order) == ["anna"] * 4 + ["bert"] * 4
    assert order not in (["anna"] * 4 + ["bert"] * 4, ["bert"] * 4 + ["anna"] * 4)


def test_who_leaves_ends_his_run(made: Made) -> None:
    """Gradio closes the generator of a visitor who is gone."""
    tab, _, workspace = made
    last: list[int] = []

    def within(i: int) -> None:
        last.append(i)
        time.sleep(0.05)

    tab.within = within
    updates = run(made, 5)
    next(updates)
    next(updates)
    updates.close()  # type: ignore[attr-defined]
    assert free(workspace.turns)
    time.sleep(0.2)
    assert last[-1] < 4


def test_work_before_the_first_step_waits_for_nobody(made: Made) -> None:
    tab, runs, workspace = made

    def compute(run: Run, times: int) -> Iterator[Updates]:
        yield {tab.said: "at once"}
        run.step(0, "now")
        yield {tab.said: "in turn"}

    handler = runs.handler(tab, Action("live", [], compute, busy=False))
    with workspace.turns.taken():
        updates = handler(visitor(), "key of attic", "one", 1)
        assert next(updates)[tab.said] == "at once"
    assert said(tab, list(updates)) == ["in turn"]


def test_results_of_an_older_picture_are_marked(made: Made) -> None:
    tab, runs, _ = made
    of = ("key of attic", "Attic")
    assert runs.marks("key of attic", of) == {tab.mark: ""}
    assert "these results are of Attic" in runs.marks("key of hall", of)[tab.mark]
    assert runs.marks("key of hall", None) == {tab.mark: ""}
    assert "&lt;b&gt;" in tab.mark_for("key of hall", ("other", "<b>"))


def test_choices_are_kept_for_the_next_picture(made: Made) -> None:
    tab, runs, workspace = made
    now = runs.choose(tab)("key of attic", Shown(place="count"), "two", 4)[runs._page.shown]
    assert now.networks == {"count": "two"}
    assert now.choices == {"count": {"times": 4}}
    assert now.place == "count"
    updates = tab.render(workspace.results["key of hall"], now.networks["count"], now.choices["count"])
    assert updates[tab.network]["value"] == "two"


def test_networks_are_offered_as_they_fit(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    tab, _, workspace = made
    analysis = workspace.results["key of attic"]
    assert tab.offered(analysis) == ["one", "two", ALL]
    assert tab.named(analysis, ALL) == ("one", "two")
    assert tab.named(analysis, "two") == ("two",)
    assert tab.named(analysis, "other") == ("one",)
    monkeypatch.setattr(CountTab, "fits", lambda self, trace: trace.model.name == "two")
    assert tab.offered(analysis) == ["two"]
    monkeypatch.setattr(CountTab, "fits", lambda self, trace: False)
    with pytest.raises(InputError, match="Count has no network to work on"):
        tab.named(analysis, None)
    updates = tab.render(analysis, None, {})
    assert not updates[tab.body]["visible"]
    assert "No network of this run fits" in updates[tab.empty]["value"]


def test_a_turn_is_given_back_to_who_waits_and_taken_again() -> None:
    turns, done = Turns(), []
    waits = threading.Event()

    def other() -> None:
        with turns.taken(lambda before: waits.set()):
            done.append("other")

    with Turn(turns, lambda before: None) as turn:
        turn.take()
        thread = threading.Thread(target=other)
        thread.start()
        assert waits.wait(5)
        assert done == []
        turn.take()
        assert done == ["other"]
    thread.join(5)
    assert free(turns)
