"""Networks as replicas, without Ray: the same numbers as in the page's process, and what happens when one is lost."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.page.page_process import NAMES, OWN_CHECKPOINT, random_checkpoint
from tests.scale.conftest import ask, request_of
from tests.scale.made_replicas import MadeReplicas
from tests.scale.same import assert_same
from vizlab.core.door import load_model
from vizlab.errors import CancelledError, InputError, LostError
from vizlab.page.guard.visit import Visit, visiting
from vizlab.page.kit.changes import StackedChange
from vizlab.page.scale.networks import Asked
from vizlab.page.scale.questions import Question, Refused, Source, packed, unpacked
from vizlab.page.scale.replica import Replica
from vizlab.page.settings import Settings
from vizlab.page.turns import Turns
from vizlab.page.workspace import Workspace
from vizlab.rgbd import RGBDImage

Made = Callable[..., tuple[Workspace, MadeReplicas]]


def test_numbers_do_not_depend_on_where_networks_run(replicated: Made, settings: Settings, scene: str) -> None:
    """Traces, controls that were moved, changes and their effects, a depth that stands in: to the bit."""
    here, (there, replicas) = Workspace(settings), replicated()
    request = request_of("cen", "mti", scene=scene)
    first, other = here.analyse(request), there.analyse(request)
    assert_same(other, first)
    assert len(replicas.asked) == 2
    site = first.traces[NAMES["cen"]].sites
    stack = (StackedChange(next(iter(site)), by="mean"), StackedChange(list(site)[-1]))
    changed = [w.change(a.key, NAMES["cen"], stack) for w, a in ((here, first), (there, other))]
    assert_same(changed[1], changed[0])
    moved = [w.vary(a.key, {"threshold": 0.3}) for w, a in ((here, changed[0]), (there, changed[1]))]
    assert_same(moved[1], moved[0])
    assert moved[0].effects
    assert len(replicas.asked) == 5  # the change; the other threshold, and the change there
    scene_there = (StackedChange(next(iter(site)), by="scene", other=here.scenes()[-1]),)
    put_in = [w.change(a.key, NAMES["cen"], scene_there) for w, a in ((here, first), (there, other))]
    assert_same(put_in[1], put_in[0])


def test_a_picture_without_depth_gets_anothers(replicated: Made, settings: Settings, scene: str) -> None:
    colour = Workspace(settings).scene(scene)
    request = request_of("mti", "cen", colour=colour.folder / "rgb.jpg", predicted_depth=True)
    expected = Workspace(settings).analyse(request)
    assert expected.stand_in
    assert_same(replicated()[0].analyse(request), expected)


def test_a_lost_answer_is_asked_for_once_more(replicated: Made, settings: Settings, scene: str) -> None:
    workspace, replicas = replicated(lose=1)
    request = request_of("mti", scene=scene)
    assert_same(workspace.analyse(request), Workspace(settings).analyse(request))
    assert len(replicas.asked) == 2


def test_who_loses_it_twice_gets_a_sentence_and_may_ask_again(replicated: Made, scene: str) -> None:
    workspace, replicas = replicated(lose=2)
    heard: list[str] = []
    workspace.jobs.heard.append(lambda job: heard.append(job.result))
    request = request_of("mti", scene=scene)
    with pytest.raises(LostError, match=r"What ran mti-net-\S+ ended before it had answered, 2 times; press Run"):
        workspace.analyse(request)
    assert heard == ["lost"]
    assert not workspace.turns.busy
    assert workspace.analyse(request).traces
    assert len(replicas.asked) == 3


def test_who_gives_up_is_not_waited_for(replicated: Made, scene: str) -> None:
    """Within one forward: the step raises while the answer is on its way."""
    workspace, replicas = replicated(late=3)
    told: list[str] = []

    def step(done: float, what: str) -> None:
        told.append(what)
        if told.count(f"running {NAMES['mti']}") == 2:
            raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        workspace.analyse(request_of("mti", scene=scene), step)
    assert replicas.asked[0].cancelled
    assert len(replicas.asked) == 1
    assert not workspace.turns.busy


def test_the_time_limit_holds_while_a_replica_runs(replicated: Made, scene: str) -> None:
    workspace, replicas = replicated(late=3)
    clock = iter(range(0, 10_000, 30))
    workspace.turns = Turns(longest=100, now=lambda: float(next(clock)), elsewhere=2)
    with pytest.raises(Exception, match="one run may take 2 min here"):
        workspace.analyse(request_of("mti", scene=scene))
    assert replicas.asked[0].cancelled


def test_what_a_replica_refuses_is_said_as_here(replicated: Made, settings: Settings, scene: str) -> None:
    colour = Workspace(settings).scene(scene).folder / "rgb.jpg"
    request = request_of("cen", colour=colour)
    with pytest.raises(Exception, match="depth") as here:
        Workspace(settings).analyse(request)
    workspace, _ = replicated()
    workspace.networks._here = None  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="depth") as there:
        workspace.analyse(request)
    assert (type(here.value), str(here.value)) == (type(there.value), str(there.value))


def test_a_network_of_this_process_runs_in_it(replicated: Made, settings: Settings, scene: str) -> None:
    workspace, replicas = replicated()
    model = load_model(settings.checkpoints / f"{NAMES['mti']}.safetensors", "cpu")
    model.name = "mine"
    workspace.shelf.offer(model)
    assert workspace.analyse(request_of("mine", scene=scene)).traces["mine"].sites
    assert not replicas.asked


def test_files_that_no_replica_finds_run_here(replicated: Made, scene: str, tmp_path: object) -> None:
    workspace, replicas = replicated()
    name = workspace.shelf.add_from_folder(OWN_CHECKPOINT)
    replicas.replica._model = lambda source: None  # type: ignore[method-assign]
    assert workspace.analyse(request_of(name, scene=scene)).traces[name].sites
    assert len(replicas.asked) == 1


def test_a_visitors_file_is_his_alone_and_checked_by_its_hash(
    replicated: Made, scene: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace, replicas = replicated()
    path = random_checkpoint(tmp_path_factory.mktemp("his") / "his.safetensors", seed=5)
    with visiting(Visit("him")):
        name = workspace.shelf.add_upload(path)
        assert workspace.analyse(request_of(name, scene=scene)).traces[name].model.name == name
    with visiting(Visit("her")), pytest.raises(InputError, match="No network is called"):
        workspace.analyse(request_of(name, scene=scene))
    assert len(replicas.asked) == 1
    source = workspace.shelf.source(name)
    assert source is not None
    random_checkpoint(path, seed=6)
    answer = unpacked(Replica().answer(_question(source, workspace, scene)))
    assert isinstance(answer, Refused)
    assert "another one than the page read" in answer.said


def test_as_many_run_at_once_as_there_are_replicas(settings: Settings, scene: str) -> None:
    """Two analyses meet inside their forwards; without replicas one would wait for the other."""
    workspace, replicas = Workspace(settings), MadeReplicas(count=2)
    ask(workspace, replicas)
    both = threading.Barrier(2, timeout=60)
    real = replicas.replica.answer

    def answer(question: bytes) -> bytes:
        both.wait()
        return real(question)

    replicas.replica.answer = answer  # type: ignore[method-assign]
    found: list[str] = []

    def analyse(name: str) -> None:
        found.extend(workspace.analyse(request_of(name, scene=scene)).traces)

    threads = [threading.Thread(target=analyse, args=(name,)) for name in ("mti", "nddr")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(found) == sorted([NAMES["mti"], NAMES["nddr"]])


def test_devices_are_the_replicas_and_the_end_ends_them(replicated: Made) -> None:
    workspace, replicas = replicated()
    assert workspace.devices() == {"cpu": "CPU elsewhere"}
    assert workspace.default_device() == "cpu"
    workspace.networks.close()
    assert replicas.closed


def test_a_replica_has_one_gpu_whatever_the_page_calls_it() -> None:
    asked: list[str] = []
    replica = Replica()
    inside: Any = replica
    inside._networks.trace = lambda model, rgbd, how, heed: asked.append(how.device)
    inside._model = lambda source: object()
    picture = RGBDImage(None, np.ones((2, 2), np.float32))
    for device in ("cuda:3", "cuda", "auto", "cpu"):
        replica.answer(packed(Question(Source("a", (), (), ""), picture, Asked(device))))
    assert asked == ["cuda", "cuda", "auto", "cpu"]


def test_errors_come_back_as_themselves() -> None:
    assert str(Refused.of(InputError("No.")).error()) == "No."
    assert type(Refused.of(InputError("No.")).error()) is InputError
    assert type(Refused("UnsaidError", "What?").error()).__name__ == "CheckpointError"


def _question(source: Source, workspace: Workspace, scene: str) -> bytes:
    return packed(Question(source, workspace.scene_picture(scene).rgbd, Asked("cpu", "float32")))
