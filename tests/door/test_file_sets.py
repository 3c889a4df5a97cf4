"""Whatever is given of a checkpoint of several files, it is the same checkpoint; and arrays by name."""

import hashlib
import io
import os
import pickle
import zipfile

import numpy as np
import pytest
import torch

from tests.door.authors_files import filled_state, golden_facts
from tests.door.tensorflow_files import write_checkpoint
from vizlab.core.door import SUFFIXES, checkpoint_files, checkpoint_name, family_of, file_hash, load_model
from vizlab.core.door.container import read_file
from vizlab.errors import CheckpointError

STEP = "model.ckpt-20000"
SHARDS = tuple(f"{STEP}.data-0000{i}-of-00002" for i in range(2))
ARRAYS = {name: np.arange(i + 1, dtype=np.float32) for i, name in enumerate(("a/weights", "a/biases", "b"))}


@pytest.fixture
def folder(tmp_path):
    write_checkpoint(tmp_path / "run", ARRAYS, shards=2)
    (tmp_path / "run" / f"{STEP}.meta").write_bytes(b"a graph")
    (tmp_path / "run" / "events.out").write_bytes(b"a log")
    return tmp_path / "run"


def sentence(given):
    with pytest.raises(CheckpointError) as caught:
        load_model(given, "cpu")
    said = str(caught.value)
    assert "\n" not in said
    assert "/" not in said
    return said


def named(files):
    return [path.name for path in files]


@pytest.mark.parametrize("given", ["", "checkpoint", STEP, *(f"{STEP}.{end}" for end in ("index", "meta")), *SHARDS])
def test_any_of_its_files_is_the_checkpoint(folder, given):
    files = checkpoint_files(folder / given)
    assert named(files) == [f"{STEP}.index", *SHARDS]
    assert read_file(str(folder / given)).tensors.keys() == ARRAYS.keys()
    assert file_hash(folder / given) == hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def test_a_path_beside_it_and_one_from_elsewhere(folder, monkeypatch):
    monkeypatch.chdir(folder)
    for given in (".", STEP, f"{STEP}.index", "checkpoint"):
        assert named(checkpoint_files(given)) == [f"{STEP}.index", *SHARDS]


def test_files_in_several_folders(folder, tmp_path):
    moved = [tmp_path / f"upload{i}" / name for i, name in enumerate([*SHARDS, f"{STEP}.index"])]
    for path in moved:
        path.parent.mkdir()
        (folder / path.name).rename(path)
    assert checkpoint_files(moved) == (moved[2], *moved[:2])
    assert read_file([str(path) for path in reversed(moved)]).tensors.keys() == ARRAYS.keys()
    assert checkpoint_files([*moved, folder / "checkpoint"]) == (moved[2], *moved[:2])
    assert f"expected {SHARDS[1]} beside it, or given with it" in sentence([moved[2], moved[0]])


@pytest.mark.parametrize("gone", SHARDS)
def test_missing_values_are_named(folder, gone):
    (folder / gone).unlink()
    said = f"{STEP}.index names the variables of a TensorFlow checkpoint, but their values are missing: expected {gone}"
    assert sentence(folder / STEP).startswith(said)
    assert file_hash(folder) != ""


def test_all_values_are_missing(folder):
    for name in SHARDS:
        (folder / name).unlink()
    assert f"expected {SHARDS[0]} and 1 more beside it" in sentence(folder / f"{STEP}.index")


@pytest.mark.parametrize("given", ["checkpoint", f"{STEP}.meta", SHARDS[0], STEP])
def test_a_missing_index_is_named(folder, given):
    (folder / f"{STEP}.index").unlink()
    said = f"{given} belongs to a TensorFlow checkpoint whose {STEP}.index is missing; give the .index and the .data"
    assert sentence(folder / given).startswith(said)


def test_values_of_another_number_of_shards_are_none_of_it(folder):
    (folder / f"{STEP}.data-00000-of-00001").write_bytes(b"of an earlier save")
    assert read_file(folder).tensors.keys() == ARRAYS.keys()


@pytest.mark.parametrize(
    ("written", "newest"),
    [
        ('model_checkpoint_path: "model.ckpt-1"\nall_model_checkpoint_paths: "model.ckpt-20000"\n', "model.ckpt-1"),
        ('model_checkpoint_path: "/home/somebody/runs/nddr/model.ckpt-1"\n', "model.ckpt-1"),
        (r'model_checkpoint_path: "C:\\runs\\model.ckpt-1"', "model.ckpt-1"),
        ('model_checkpoint_path: "../../etc/model.ckpt-1"\n', "model.ckpt-1"),
        (r'model_checkpoint_path: "gr\303\266\303\237e"', "größe"),
        (r'model_checkpoint_path: "a\"b"', 'a"b'),
    ],
)
def test_the_newest_is_what_the_list_names(folder, written, newest):
    write_checkpoint(folder, ARRAYS, newest)
    for place in ("checkpoint", "list.txt"):
        (folder / place).write_text(written)
        assert checkpoint_files(folder / place)[0].name == f"{newest}.index"
    assert checkpoint_files(folder)[0].name == f"{newest}.index"


def test_the_newest_is_not_there(folder):
    (folder / "checkpoint").write_text('model_checkpoint_path: "model.ckpt-30000"\n')
    assert "whose model.ckpt-30000.index is missing" in sentence(folder)
    assert checkpoint_files(folder / STEP)[0].name == f"{STEP}.index"


def test_folders_without_a_list(folder):
    (folder / "checkpoint").unlink()
    assert checkpoint_files(folder)[0].name == f"{STEP}.index"
    write_checkpoint(folder, ARRAYS, "model.ckpt-1")
    (folder / "checkpoint").unlink()
    said = "run is a folder of several checkpoints (model.ckpt-1, model.ckpt-20000); give one of them"
    assert sentence(folder).startswith(said)
    assert "These are files of several checkpoints" in sentence([folder / SHARDS[0], folder / "model.ckpt-1.index"])


def test_what_is_no_set(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty is a folder without a checkpoint of TensorFlow's in it" in sentence(tmp_path / "empty")
    (tmp_path / "model_checkpoint_path: .txt").write_text("model_checkpoint_path: none")
    assert "is a text file" in sentence(tmp_path / "model_checkpoint_path: .txt")
    assert "No checkpoint is given" in sentence([])
    assert "No such file" in sentence(folder / "model.ckpt-2")
    other = tmp_path / "other.pth"
    torch.save({"a": torch.zeros(3)}, other)
    assert checkpoint_files([other]) == (other,)
    assert "other.pth is a checkpoint of its own; give it without other.pth" in sentence([other, other])
    assert f"other.pth is a checkpoint of its own; give it without {STEP}.index" in sentence(
        [folder / f"{STEP}.index", other]
    )


@pytest.mark.skipif(os.name != "posix", reason="pipes are files on POSIX systems")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.pth")
    assert "is a folder or a device" in sentence(tmp_path / "a.pth")
    os.mkfifo(tmp_path / "b.index")
    assert "b.index is missing" in sentence(tmp_path / "b.index")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("model.ckpt-20000.index", "model.ckpt-20000"), ("model.ckpt-20000", "model.ckpt-20000"),
        ("model.ckpt-20000.data-00001-of-00010", "model.ckpt-20000"), ("model.ckpt-20000.meta", "model.ckpt-20000"),
        ("best.npz", "best"), ("authors.pth.tar", "authors"), ("a.index.safetensors", "a"), (".index", ".index"),
    ],
)  # fmt: skip
def test_names(file, name):
    assert checkpoint_name(file) == name


def test_of_the_files_of_a_set_one_stands_for_all(folder):
    listed = [path.name for path in folder.iterdir() if path.name.endswith(SUFFIXES)]
    assert listed == [f"{STEP}.index"]
    assert family_of(folder / f"{STEP}.index") == ""


@pytest.fixture(scope="module")
def state():
    return {k: v.numpy() for k, v in filled_state(golden_facts("cen_pix2pix_nf8")["keys"], "").items()}


def test_a_network_loads_from_either(tmp_path, state):
    """The container says nothing of the code base: the names do."""
    prefix = write_checkpoint(tmp_path, state | {"global_step": np.int64(3)}).with_suffix("")
    np.savez(tmp_path / "best.npz", **state)
    torch.save({name: torch.from_numpy(value) for name, value in state.items()}, tmp_path / "best.pth")
    models = [load_model(path, "cpu") for path in (prefix, tmp_path / "best.npz", tmp_path / "best.pth")]
    assert [model.name for model in models] == [STEP, "best", "best"]
    assert models[0].checkpoint_hash == file_hash(tmp_path / f"{STEP}.index")
    usual = models[2].network.state_dict()
    for model in models[:2]:
        assert all(torch.equal(value, usual[name]) for name, value in model.network.state_dict().items())


def test_arrays_by_name(tmp_path):
    arrays = {
        "vgg_16/conv1/weights": np.arange(6, dtype=np.float32).reshape(1, 2, 3), "turned": np.ones((2, 3), order="F"),
        "big": np.arange(3, dtype=">f4"), "step": np.int64(5), "half": np.float16([1, 2]), "none": np.zeros((0, 2)),
        "vgg_16/conv1/biases:0": np.float64([1]), "vgg_16/conv1/weights/Momentum": np.zeros(6), "yes": np.array(True),
    }  # fmt: skip
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays)
        found = read_file(tmp_path / "a.npz").tensors
        assert found.keys() == {name.removesuffix(":0") for name in arrays} - {"vgg_16/conv1/weights/Momentum"}
        for name, tensor in found.items():
            array = arrays.get(name, arrays.get(f"{name}:0"))
            assert np.array_equal(tensor.numpy(), array)
            assert tensor.numpy().dtype == np.asarray(array).dtype.newbyteorder("=")
        found["turned"].zero_()


class Trap:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


def test_pickles_in_arrays_are_never_opened(tmp_path):
    held = np.array({"a": Trap(tmp_path / "executed")}, object)
    np.save(tmp_path / "a.npy", held, allow_pickle=True)
    said = sentence(tmp_path / "a.npy")
    assert "a pickle, which could run code and is not opened; save its arrays by name with numpy.savez" in said
    np.savez(tmp_path / "a.npz", allow_pickle=True, w=np.zeros(3), held=held)
    assert "holds 'held.npy' as a pickle, which could run code and is not opened" in sentence(tmp_path / "a.npz")
    assert not (tmp_path / "executed").exists()
    assert pickle.dumps(held)


def test_arrays_that_are_no_numbers(tmp_path):
    np.savez(tmp_path / "a.npz", w=np.array(["text"]))
    assert "holds 'w.npy' as <U4; expected numbers such as float32" in sentence(tmp_path / "a.npz")


def archive_of(path, content, name="w.npy", how=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", how) as archive:
        archive.writestr(name, content)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def test_damaged_archives_of_arrays(tmp_path):
    path, good = tmp_path / "a.npz", npy(np.arange(100, dtype=np.float32))
    for content, said in (
        (good[:-1], "another size"),
        (good + b"\0", "another size"),
        (good.replace(b"(100,)", b"(10**9,)"), "damaged NumPy archive"),
        (good.replace(b"(100,)", b"(-4,) "), "another size"),
        (good[:8], "damaged NumPy archive"),
        (b"", "damaged NumPy archive"),
        (b"\x93NUMPY\x03\x00" + good[8:], "an array of format 3.0"),
    ):
        archive_of(path, content)
        assert said in sentence(path)
    archive_of(path, npy(np.zeros(10**6)), how=zipfile.ZIP_DEFLATED)
    assert "it unpacks to more than 10 times its size" in sentence(path)
    np.savez(path, w=np.ones(3), **{"w:0": np.ones(3)})
    assert "its names are not distinct" in sentence(path)


def test_every_byte_of_an_archive_that_changes_is_found_or_changes_nothing(tmp_path):
    path, values = tmp_path / "a.npz", np.float32([0.1, -2, 3])
    np.savez(path, **{"a/w": values})
    whole = path.read_bytes()
    for place, byte in enumerate(whole):
        path.write_bytes(whole[:place] + bytes([byte ^ 255]) + whole[place + 1 :])
        try:
            tensors = read_file(path).tensors
        except CheckpointError:
            continue
        assert {name: found.numpy().tobytes() for name, found in tensors.items()} == {"a/w": values.tobytes()}
