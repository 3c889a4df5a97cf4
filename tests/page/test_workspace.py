"""Reading, running and keeping, without a page."""

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vizlab
import vizlab.page.scale.networks as networks_module
import vizlab.page.workspace as workspace_module
from tests.page.page_process import (
    CONFIGS,
    LESS,
    NAMES,
    OWN_CHECKPOINT,
    SMALL,
    addable,
    checkpoints,
    random_checkpoint,
    write_pair,
)
from vizlab.core.door import load_model
from vizlab.errors import CheckpointError, InputError, VizlabError
from vizlab.page.adding import add_checkpoint
from vizlab.page.kit.analysis import Request
from vizlab.page.scale.networks import Here
from vizlab.page.settings import Settings
from vizlab.page.status import status_line
from vizlab.page.workspace import Workspace
from vizlab.rgbd import ReadOptions

CEN = NAMES["cen"]


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(Settings(checkpoints=checkpoints(), add_from=addable()))


@pytest.fixture(scope="module")
def request_cen(tmp_path_factory: pytest.TempPathFactory) -> Request:
    colour, depth = write_pair(tmp_path_factory.mktemp("workspace"), size=SMALL)
    return Request(colour=colour, depth=depth, models=(CEN,), device="cpu", working_size=LESS)


def test_shipped_networks_stand_in_the_order_of_the_page(workspace: Workspace) -> None:
    assert workspace.shelf.ticked() == tuple(CONFIGS)


def test_a_cpu_of_one_thread_is_said_so(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert workspace.devices()["cpu"] == "CPU, 1 thread"


@pytest.mark.parametrize("what", ["read_rgbd", "_sensor_reference"])
def test_few_read_at_a_time(
    workspace: Workspace, request_cen: Request, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Nor does more than that many work out what a picture is held against: who answers everybody waits for all."""
    inside: list[int] = []
    most: list[int] = []
    own = getattr(workspace_module, what)

    def slowly(*given: Any, **options: Any) -> Any:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()
        return own(*given, **options)

    monkeypatch.setattr(workspace_module, what, slowly)
    threads = [threading.Thread(target=workspace.read, args=(request_cen,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 8
    assert max(most) <= workspace_module.READ_AT_ONCE <= 2


def test_the_same_question_is_computed_once(
    workspace: Workspace, request_cen: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = workspace.analyse(request_cen)
    monkeypatch.setattr(networks_module, "trace", lambda *a, **k: pytest.fail("ran again"))
    assert workspace.analyse(request_cen) is first
    assert workspace.get(first.key) is first


def test_two_who_ask_at_once_wait_for_one_answer(workspace: Workspace, request_cen: Request) -> None:
    request = replace(request_cen, settings={"threshold": 0.3})
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(workspace.analyse(request))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3
    assert all(analysis is found[0] for analysis in found)


def test_a_moved_threshold_keeps_the_baseline(workspace: Workspace, request_cen: Request) -> None:
    before = workspace.analyse(request_cen)
    after = workspace.vary(before.key, {"threshold": 0.7})
    assert after.unchanged[CEN] is before.traces[CEN]
    assert after.traces[CEN].model.settings["threshold"] == 0.7
    back = workspace.vary(after.key, {"threshold": 0.02})
    assert back.traces[CEN] is before.traces[CEN]
    assert not back.unchanged


def test_the_threshold_is_the_networks_business_alone(workspace: Workspace, request_cen: Request) -> None:
    """Moving it and asking for it directly give the same numbers."""
    moved = workspace.vary(workspace.analyse(request_cen).key, {"threshold": 0.4}).traces[CEN]
    direct = workspace.analyse(replace(request_cen, settings={"threshold": 0.4})).traces[CEN]
    for name, site in moved.sites.items():
        np.testing.assert_array_equal(site.share, direct.sites[name].share)


def test_without_depth_cen_is_left_out_with_a_reason(workspace: Workspace, request_cen: Request) -> None:
    analysis = workspace.analyse(replace(request_cen, depth=None, models=(CEN, NAMES["nddr"])))
    assert set(analysis.traces) == {NAMES["nddr"]}
    assert "needs a depth map" in analysis.skipped[CEN]
    assert any(CEN in warning for warning in analysis.warnings)


def test_if_nothing_can_run_that_is_an_error(workspace: Workspace, request_cen: Request) -> None:
    with pytest.raises(VizlabError, match="needs a depth map"):
        workspace.analyse(replace(request_cen, depth=None))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"models": ()}, "No network is chosen"),
        ({"models": ("nobody",)}, "No network is called"),
        ({"settings": {"threshold": float("nan")}}, "threshold"),
        ({"settings": {"threshold": -0.1}}, "threshold"),
        ({"colour": None, "depth": None}, "no picture yet"),
        ({"reading": ReadOptions(depth_unit="ells")}, "depth unit"),
        ({"precision": "float8"}, "Precision 'float8' is unknown"),
    ],
)
def test_what_cannot_be_is_said(
    workspace: Workspace, request_cen: Request, change: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        workspace.analyse(replace(request_cen, **change))  # type: ignore[arg-type]


def test_a_full_gpu_falls_back_to_the_cpu(
    workspace: Workspace, request_cen: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A GPU is imitated: whatever should run on it has no memory."""
    real, tried = Here._trace_on, []

    def full(self: Here, model: Any, rgbd: Any, asked: Any, device: torch.device) -> object:
        tried.append(device.type)
        if device.type == "cuda":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, model, rgbd, asked, device)

    monkeypatch.setattr(networks_module, "pick_device", lambda name: torch.device(name))
    monkeypatch.setattr(Here, "_trace_on", full)
    analysis = workspace.analyse(replace(request_cen, device="cuda:0"))
    assert tried == ["cuda", "cpu"]
    assert analysis.traces[CEN].environment["device"] == "cpu"
    assert analysis.notes == (f"{CEN} did not fit into the memory of cuda:0; it ran on the CPU instead.",)
    assert analysis.notes[0] in analysis.warnings


def test_a_full_cpu_is_a_sentence(workspace: Workspace, request_cen: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object, **more: object) -> None:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(networks_module, "trace", full)
    with pytest.raises(InputError, match="smaller working size"):
        workspace.analyse(replace(request_cen, working_size=(720, 960)))


def test_results_that_had_to_go_are_said_to_be_gone(request_cen: Request) -> None:
    small = Workspace(Settings(checkpoints=checkpoints(), cache_mb=1))
    first = small.analyse(request_cen)
    small.analyse(replace(request_cen, settings={"threshold": 0.5}))
    with pytest.raises(InputError, match="no longer kept"):
        small.get(first.key)


def test_own_checkpoints_come_from_the_named_folder_only(workspace: Workspace, tmp_path: Path) -> None:
    assert workspace.shelf.addable() == (OWN_CHECKPOINT,)
    name = workspace.shelf.add_from_folder(OWN_CHECKPOINT)
    assert name not in workspace.shelf.shipped()
    assert workspace.shelf.get(name).name == name
    for wrong in ("../" + OWN_CHECKPOINT, "/etc/passwd", ""):
        with pytest.raises(InputError):
            workspace.shelf.add_from_folder(wrong)
    with pytest.raises(InputError, match="--add-from"):
        Workspace(Settings(checkpoints=tmp_path)).shelf.add_from_folder(OWN_CHECKPOINT)


def test_another_file_of_a_known_name_gets_its_hash(workspace: Workspace, tmp_path: Path) -> None:
    shipped = workspace.shelf.get(CEN)
    same = tmp_path / "copy" / f"{CEN}.safetensors"
    same.parent.mkdir()
    same.write_bytes((checkpoints() / same.name).read_bytes())
    assert workspace.shelf.add_upload(same) == CEN
    other = random_checkpoint(tmp_path / f"{CEN}.safetensors", seed=7)
    name = workspace.shelf.add_upload(other)
    assert name.startswith(f"{CEN}-")
    assert (
        workspace.shelf.get(CEN).checkpoint_hash == shipped.checkpoint_hash != workspace.shelf.get(name).checkpoint_hash
    )


def test_uploads_of_checkpoints_are_refused_where_others_reach_the_page(tmp_path: Path) -> None:
    file = random_checkpoint(tmp_path / "mine.safetensors")
    far = Workspace(Settings(host="0.0.0.0", checkpoints=tmp_path))
    with pytest.raises(InputError, match="takes no uploaded checkpoints"):
        add_checkpoint(far, None, str(file))
    near = Workspace(Settings(checkpoints=tmp_path / "empty"))
    assert add_checkpoint(near, None, str(file)) == "mine"


def test_a_file_that_is_no_checkpoint_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "notes.safetensors"
    file.write_text("hello there, this is no network")
    with pytest.raises(CheckpointError):
        workspace.shelf.add_upload(file)


def test_predicted_depth_stands_in_where_asked_for_and_says_so(workspace: Workspace, request_cen: Request) -> None:
    mti = NAMES["mti"]
    bare = replace(request_cen, depth=None, models=(CEN, mti))
    without = workspace.analyse(bare)
    assert CEN in without.skipped
    analysis = workspace.analyse(replace(bare, predicted_depth=True))
    assert list(analysis.traces) == [CEN, mti]
    assert any("predicted from the colour picture" in warning for warning in analysis.warnings)
    assert any(mti in warning for warning in analysis.traces[CEN].record["warnings"])
    assert not analysis.traces[mti].record["warnings"]
    moved = workspace.vary(analysis.key, {"threshold": 0.7})
    assert moved.unchanged[CEN] is analysis.traces[CEN]
    assert moved.traces[CEN].input_digest == analysis.traces[CEN].input_digest


def test_precision_is_chosen_for_each_run_and_named(workspace: Workspace, request_cen: Request) -> None:
    """Each answer is the one the model gives when loaded in that precision, whatever ran before."""
    rgbd = workspace.read(request_cen).rgbd
    for precision in ("float32", "bfloat16", "float32"):
        found = workspace.analyse(replace(request_cen, precision=precision, settings={"threshold": 0.03})).traces[CEN]
        alone = load_model(checkpoints() / f"{CEN}.safetensors", "cpu", precision=precision)
        assert found.environment["precision"] == precision
        expected = vizlab.trace(alone, rgbd, threshold=0.03, working_size=LESS)
        np.testing.assert_array_equal(found.predictions["semseg"].label, expected.predictions["semseg"].label)
        for name, site in expected.sites.items():
            np.testing.assert_array_equal(found.sites[name].share, site.share)


def test_the_status_line_names_the_precision(workspace: Workspace, request_cen: Request) -> None:
    line = status_line(workspace.analyse(replace(request_cen, precision="float32")))
    assert " s on cpu, float32</span>" in line
    assert "; cpu, float32</li>" in line


def test_networks_stay_in_the_order_asked_for(workspace: Workspace, request_cen: Request) -> None:
    """Also when the same ones were asked for in another order before."""
    names = (CEN, NAMES["nddr"])
    for order in (names, names[::-1]):
        assert tuple(workspace.analyse(replace(request_cen, models=order)).traces) == order


def test_a_network_is_known_by_its_file_not_by_its_name(tmp_path: Path, request_cen: Request) -> None:
    """A CEN called otherwise still says in CEN's tab why it was not run."""
    random_checkpoint(tmp_path / "my_fusion.safetensors")
    own = Workspace(Settings(checkpoints=tmp_path))
    random_checkpoint(tmp_path / "nddr.safetensors", CONFIGS[NAMES["nddr"]])
    both = Workspace(Settings(checkpoints=tmp_path))
    assert own.shelf.shipped() == ("my_fusion",)
    analysis = both.analyse(replace(request_cen, depth=None, models=("nddr", "my_fusion")))
    assert analysis.families["my_fusion"] == "cen"
    assert "needs a depth map" in analysis.skipped["my_fusion"]


def test_depth_without_a_scale_is_given_one_and_compared_to_nothing(workspace: Workspace, request_cen: Request) -> None:
    """CEN gets depth whose median is that of a prediction from colour; no error in metres is made of it."""
    names = tuple(NAMES[short] for short in ("cen", "mti"))
    analysis = workspace.analyse(replace(request_cen, models=names, reading=ReadOptions(depth_kind="relative")))
    assert analysis.picture.reference is None
    (said,) = analysis.notes  # the scale of such depth is no question either
    assert said.startswith("Depth without a scale was multiplied by ")
    assert NAMES["mti"] in said
    metric = workspace.analyse(replace(request_cen, models=names))
    assert metric.picture.reference is not None
    assert not any("without a scale" in one for one in metric.notes)


def test_what_is_known_waits_for_nobody(workspace: Workspace, request_cen: Request) -> None:
    """Also while another run has the turn."""
    known = workspace.analyse(request_cen)
    with workspace.turns.taken():
        assert workspace.analyse(request_cen) is known
        assert workspace.vary(known.key, {}) is known
