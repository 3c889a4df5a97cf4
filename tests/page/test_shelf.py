"""Several visitors at one shelf: a file is read once, nobody waits for another's file, a name is there when it runs."""

import functools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import vizlab.page.shelf as shelf_module
from tests.conftest import make_model
from tests.door.authors_files import filled_state, golden_facts
from tests.door.tensorflow_files import write_checkpoint
from vizlab.core.door import file_hash, save_checkpoint
from vizlab.errors import CheckpointError, InputError
from vizlab.page.adding import add_checkpoint
from vizlab.page.settings import Settings
from vizlab.page.shelf import ModelShelf, Turns
from vizlab.page.workspace import Workspace

network = functools.cache(lambda: make_model("cen"))


def checkpoint(path, **card):
    model = network()
    path.parent.mkdir(exist_ok=True)
    save_checkpoint(path, model.network, model.config, card)
    return path


@pytest.fixture
def folders(tmp_path):
    for name in ("a", "b"):
        checkpoint(tmp_path / "shipped" / f"{name}.safetensors", name=name)
    return tmp_path


@pytest.fixture
def slow(monkeypatch):
    """Loading takes a moment; which files were read is kept, and a file's gate can hold it back."""

    class Slow:
        read, gates = [], {}

        def load(self, files, device, **given):
            name = files[0].name
            self.read.append(name)
            time.sleep(0.1)
            if name in self.gates:
                assert self.gates[name].wait(20)
            return real(files, device, **given)

    real, slow = shelf_module.load_model, Slow()
    slow.read, slow.gates = [], {}
    monkeypatch.setattr(shelf_module, "load_model", slow.load)
    return slow


def at_once(*calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(call) for call in calls]]


def test_a_file_that_several_want_is_read_once(folders, slow):
    shelf = ModelShelf(folders / "shipped")
    models = at_once(*[lambda: shelf.get("a")] * 4)
    assert slow.read == ["a.safetensors"]
    assert all(model is models[0] for model in models)


def test_a_file_that_several_add_is_read_once(folders, slow):
    """Each upload has a path of its own."""
    shelf = ModelShelf(folders / "shipped")
    first = checkpoint(folders / "one" / "mine.safetensors")
    second = folders / "two.safetensors"
    second.write_bytes(first.read_bytes())
    names = at_once(*(lambda path=path: shelf.add_upload(path) for path in (first, second, first, second)))
    assert len(slow.read) == 1
    assert len(set(names)) == 1
    assert shelf.get(names[0]).name == names[0]


def test_files_of_one_name_stay_apart(folders, slow):
    shelf = ModelShelf(folders / "shipped")
    paths = [checkpoint(folders / f"{i}" / "mine.safetensors", number=i) for i in range(3)]
    names = at_once(*(lambda path=path: shelf.add_upload(path) for path in paths))
    assert len(set(names)) == 3
    assert {shelf.get(name).card["number"] for name in names} == {0, 1, 2}
    for name in names:
        assert shelf.get(name).name == name


def test_others_do_not_wait_for_a_file_that_is_being_read(folders, slow):
    shelf = ModelShelf(folders / "shipped")
    shelf.get("b")
    slow.gates["a.safetensors"] = gate = threading.Event()
    waiting = threading.Thread(target=shelf.get, args=("a",))
    waiting.start()
    try:
        while "a.safetensors" not in slow.read:
            time.sleep(0.01)
        other = checkpoint(folders / "other" / "c.safetensors")
        done = at_once(lambda: shelf.get("b").name, shelf.shipped, lambda: shelf.add_upload(other))
        assert done == ["b", ("a", "b"), "c"]
        assert waiting.is_alive()
    finally:
        gate.set()
        waiting.join()


def test_a_name_is_there_only_with_its_network(folders, slow):
    shelf = ModelShelf(folders / "shipped")
    path = checkpoint(folders / "own" / "mine.safetensors")
    slow.gates[path.name] = gate = threading.Event()
    adding = threading.Thread(target=shelf.add_upload, args=(path,))
    adding.start()
    try:
        while path.name not in slow.read:
            time.sleep(0.01)
        with pytest.raises(InputError, match="No network is called 'mine'"):
            shelf.get("mine")
    finally:
        gate.set()
        adding.join()
    assert shelf.get("mine").name == "mine"


def test_the_same_file_as_a_shipped_one_is_not_read(folders, slow):
    shelf = ModelShelf(folders / "shipped")
    assert shelf.add_upload(folders / "shipped" / "a.safetensors") == "a"
    assert slow.read == []


def test_a_file_that_went_away_can_be_added_again(folders, monkeypatch):
    monkeypatch.setattr(shelf_module, "_MODEL_BYTES", 1)  # only the newest is kept
    shelf = ModelShelf(folders / "shipped")
    path = checkpoint(folders / "own" / "mine.safetensors")
    again = folders / "mine.safetensors"
    again.write_bytes(path.read_bytes())
    assert shelf.add_upload(path) == "mine"
    shelf.get("a")
    path.unlink()
    with pytest.raises(CheckpointError, match="no longer there; add it again"):
        shelf.get("mine")
    assert shelf.add_upload(again) == "mine"
    assert shelf.get("mine").name == "mine"


def test_another_file_in_the_place_of_an_added_one_is_refused(folders, monkeypatch):
    monkeypatch.setattr(shelf_module, "_MODEL_BYTES", 1)
    shelf = ModelShelf(folders / "shipped")
    path = checkpoint(folders / "own" / "mine.safetensors")
    shelf.add_upload(path)
    shelf.get("a")
    checkpoint(path, changed=True)
    with pytest.raises(CheckpointError, match="is another one than was added; add it again"):
        shelf.get("mine")
    assert shelf.get(shelf.add_upload(path)).card == {"changed": True}


def test_a_file_that_fails_holds_nobody_up(folders):
    shelf = ModelShelf(folders / "shipped")
    bad = folders / "bad.pth"
    bad.write_bytes(b"no weights")
    for _ in range(2):
        with pytest.raises(CheckpointError, match=r"bad\.pth is a text file"):
            shelf.add_upload(bad)
    with pytest.raises(CheckpointError, match="No such file"):
        shelf.add_upload(folders / "absent.pth")
    assert len(shelf._turns) == 0
    assert shelf.shipped() == ("a", "b")


def test_turns_are_one_at_a_time_for_each_key():
    turns, inside, most = Turns(), [], []

    def visit():
        with turns.of("key"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    with turns.of("another"):
        at_once(*[visit] * 5)
    assert most == [1] * 5
    assert len(turns) == 0


def test_the_authors_pkl_is_in_the_operators_folder(folders):
    own = folders / "own"
    own.mkdir()
    torch.save(filled_state(golden_facts("cen_pix2pix_nf8")["keys"], ""), own / "checkpoint-gen-99.pkl")
    shelf = ModelShelf(folders / "shipped", own)
    assert shelf.addable() == ("checkpoint-gen-99.pkl",)
    assert shelf.add_from_folder("checkpoint-gen-99.pkl") == "checkpoint-gen-99"


def as_uploads(folder, paths):
    """The files as Gradio keeps uploads: each in a folder of its own."""
    uploads = [folder / f"upload{i}" / path.name for i, path in enumerate(paths)]
    for upload, path in zip(uploads, paths, strict=True):
        upload.parent.mkdir()
        upload.write_bytes(path.read_bytes())
    return uploads


@pytest.fixture
def in_tensorflow(tmp_path):
    """The files of a network as TensorFlow keeps its variables."""
    state = filled_state(golden_facts("cen_pix2pix_nf8")["keys"], "")
    write_checkpoint(tmp_path / "tf", {k: v.numpy() for k, v in state.items()}, "model.ckpt-9", shards=2)
    return tmp_path / "tf"


def test_files_of_one_checkpoint_are_found_among_uploads(folders, in_tensorflow, monkeypatch):
    monkeypatch.setattr(shelf_module, "_MODEL_BYTES", 1)  # only the newest is kept
    shelf = ModelShelf(folders / "shipped")
    first, second, index = uploads = as_uploads(folders, sorted(in_tensorflow.glob("model*")))
    with pytest.raises(CheckpointError, match=r"model\.ckpt-9\.index names the variables .* missing: expected model"):
        shelf.add_upload([index])
    with pytest.raises(CheckpointError, match=r"whose model\.ckpt-9\.index is missing"):
        shelf.add_upload([first, second])
    with pytest.raises(CheckpointError, match=r"a\.safetensors is a checkpoint of its own; give it without model"):
        shelf.add_upload([*uploads, folders / "shipped" / "a.safetensors"])
    assert shelf.add_upload(uploads) == "model.ckpt-9"
    assert shelf.add_upload(in_tensorflow) == "model.ckpt-9"
    shelf.get("a")
    assert shelf.get("model.ckpt-9").checkpoint_hash == file_hash(in_tensorflow)
    shelf.get("a")
    second.unlink()
    with pytest.raises(CheckpointError, match="no longer there; add it again"):
        shelf.get("model.ckpt-9")
    assert shelf.add_upload(in_tensorflow) == "model.ckpt-9"
    assert shelf.get("model.ckpt-9").name == "model.ckpt-9"


def test_a_checkpoint_of_several_files_is_listed_once(folders, in_tensorflow):
    shelf = ModelShelf(in_tensorflow, in_tensorflow)
    assert shelf.shipped() == ("model.ckpt-9",)
    assert shelf.addable() == ("model.ckpt-9.index",)
    assert shelf.add_from_folder("model.ckpt-9.index") == "model.ckpt-9"


def test_several_weights_of_one_file_stand_side_by_side(folders, monkeypatch):
    monkeypatch.setattr(shelf_module, "_MODEL_BYTES", 1)  # all but the newest are read again
    state = filled_state(golden_facts("cen_pix2pix_nf8")["keys"], "")
    torch.save({"model": state, "ema": {k: 2 * v for k, v in state.items()}}, folders / "both.pth")
    shelf = ModelShelf(folders / "shipped")
    names = [shelf.add_upload(folders / "both.pth", weights) for weights in (None, "raw", "ema", "raw")]
    assert names == ["both", "both-raw", "both-ema", "both-raw"]
    scales = {name: float(shelf.get(name).network.alpha[0].detach()) for name in names}
    assert scales["both"] == scales["both-ema"] == 2 * scales["both-raw"]
    with pytest.raises(InputError, match="no set of weights called 'best'"):
        shelf.add_upload(folders / "both.pth", "best")


def test_the_page_hands_on_which_weights(folders):
    own = folders / "own"
    own.mkdir()
    state = filled_state(golden_facts("cen_pix2pix_nf8")["keys"], "")
    torch.save({"model": state, "ema": state | {"alpha": 2 * state["alpha"]}}, own / "both.pkl")
    workspace = Workspace(Settings(checkpoints=folders / "shipped", add_from=own))
    assert add_checkpoint(workspace, "both.pkl", None, " raw ") == "both-raw"
    assert add_checkpoint(workspace, "both.pkl", None, "") == "both"
