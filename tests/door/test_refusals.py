"""Files the door does not take: one sentence each, and nothing in them is run."""

import pickle
import threading
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.door.authors_files import filled_state, golden_facts, wrapped
from vizlab.core.door import load_model
from vizlab.errors import CheckpointError

NDDR = "nddr_cnn_resnet18_nyud"
MTI = "mti_net_hrnet18_nyud"


def refusal(path):
    """The door's sentence about that file."""
    with pytest.raises(CheckpointError) as caught:
        load_model(path, "cpu")
    message = str(caught.value)
    assert message.startswith(path.name)
    assert str(path.parent) not in message
    assert "\n" not in message
    assert len(message) < 1500
    return message


class Trap:
    """Creates a file when unpickled by a careless reader."""

    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return (open, (str(self.target), "w"))


@pytest.mark.parametrize("zipped", [True, False])
def test_pickle_that_runs_code(tmp_path, zipped):
    path, target = tmp_path / "evil.pth.tar", tmp_path / "executed"
    torch.save({"model": Trap(target)}, path, _use_new_zipfile_serialization=zipped)
    assert "Nothing in it was run" in refusal(path)
    assert not target.exists()


def test_plain_pickle_that_runs_code(tmp_path):
    path, target = tmp_path / "evil.pkl", tmp_path / "executed"
    path.write_bytes(pickle.dumps(Trap(target), protocol=2))
    refusal(path)
    assert not target.exists()


def test_refused_name_is_told(tmp_path):
    path = tmp_path / "evil.pth"
    torch.save({"model": Trap(tmp_path / "executed")}, path)
    assert "open" in refusal(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"miou 43.3\nrmse 0.6\n", "is a text file"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "is a text file"),
        (b"<html><head><title>Sign in</title></head></html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "a picture (PNG), which is no weights file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "an HDF5 file, as Keras writes weights"),
        (b"\x93NUMPY" + bytes(40), "a NumPy array"),
        (b"\x1f\x8b\x08" + bytes(40), "compressed by gzip; unpack it first"),
        (b"a/b".ljust(257, b"\0") + b"ustar" + bytes(250), "a tar archive; unpack it"),
        (b'model_checkpoint_path: "model.ckpt-20000"\n', "belongs to a TensorFlow checkpoint"),
        (bytes(60) + bytes.fromhex("57fb808b247547db"), "ends as the index of a TensorFlow checkpoint does, is"),
        (b"\x08\x07" + bytes(40), "is no weights file"),
        (b"PK\x03\x04" + bytes(40), "truncated or damaged archive"),
        (b"\x80\x02" + bytes(40), "damaged"),
        ((10**9).to_bytes(8, "little") + b'{"a": 1}', "cut off"),
        ((8).to_bytes(8, "little") + b'{"a" 1} ', "damaged safetensors header"),
    ],
)
def test_no_weights_at_all(tmp_path, content, sentence):
    path = tmp_path / "download.pth"
    path.write_bytes(content)
    assert sentence in refusal(path)


def test_tensorflow_files_are_known_by_their_names(tmp_path):
    path = tmp_path / "model.ckpt-20000.data-00000-of-00001"
    path.write_bytes(bytes(range(250, 256)) * 20)
    assert "belongs to a TensorFlow checkpoint whose model.ckpt-20000.index is missing" in refusal(path)


def test_absent_file_and_folder(tmp_path):
    assert "No such file" in refusal(tmp_path / "absent.pth")
    folder = tmp_path / "folder.pth"
    folder.mkdir()
    assert "folder" in refusal(folder)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated_pytorch_file(authors_file, tmp_path, share):
    whole = authors_file(NDDR).read_bytes()
    path = tmp_path / "cut.pth.tar"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "truncated or damaged" in refusal(path)


def test_truncated_safetensors(tmp_path):
    path = tmp_path / "cut.safetensors"
    save_file({"alpha": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:-100])
    assert "truncated" in refusal(path)


def test_other_archives(tmp_path):
    path = tmp_path / "slides.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("slides.txt", "hello")
    assert "not one that torch.save wrote" in refusal(path)
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("run/model_best.pth.tar", b"x")
    assert "a zip archive with 'run/model_best.pth.tar' in it: unpack it" in refusal(packed)
    program = tmp_path / "program.pt"
    with zipfile.ZipFile(program, "w") as archive:
        for entry in ("data.pkl", "constants.pkl", "version"):
            archive.writestr(f"program/{entry}", "")
    assert "TorchScript" in refusal(program)


def test_compressed_archive(tmp_path):
    plain, path = tmp_path / "plain.pth", tmp_path / "bomb.pth"
    torch.save({"alpha": torch.zeros(100_000)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in source.namelist():
            archive.writestr(entry, source.read(entry))
    assert "compressed archive" in refusal(path)


def test_tensor_that_claims_more_than_it_stores(tmp_path):
    path = tmp_path / "claims.pth"
    torch.save({"conv2.insnorm_conv.insnorm_0.weight": torch.zeros(1).expand(10**9, 3, 4, 4)}, path)
    assert "not stored in full" in refusal(path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"fc.weight": torch.zeros(3, 3), "fc.bias": torch.zeros(3)}, "no network vizlab knows (fc.weight, fc.bias"),
        ({"epoch": 3, "accuracy": 0.5}, "a dictionary of 'epoch', 'accuracy'"),
        ({}, "holds a dict"),
        (torch.zeros(3), "holds a Tensor"),
        ([1, 2], "holds a list"),
        ({0: torch.zeros(3)}, "without names"),
        ({"segmenter": {"module.fc.weight": torch.zeros(3)}}, "no network vizlab knows"),
    ],
)
def test_other_projects(tmp_path, content, sentence):
    path = tmp_path / "other.pth"
    torch.save(content, path)
    assert sentence in refusal(path)


def test_safetensors_of_another_project(tmp_path):
    path = tmp_path / "bert.safetensors"
    save_file({"encoder.layer.0.weight": torch.zeros(3)}, path, {"format": "pt"})
    assert "no network vizlab knows" in refusal(path)


def test_backbone_that_is_not_built(tmp_path):
    shapes = {k: s for k, s in golden_facts(NDDR)["keys"].items() if ".layer3.1." not in k}
    path = tmp_path / "short.pth.tar"
    torch.save(filled_state(shapes), path)
    assert "looks like an NDDR-CNN, but its number of blocks in layer3" in refusal(path)


def test_family_without_its_telling_tensor(tmp_path):
    shapes = {k: s for k, s in golden_facts("cen_pix2pix_nf8")["keys"].items() if k != "conv1.conv.module.weight"}
    path = tmp_path / "short.pth"
    torch.save(filled_state(shapes, prefix=""), path)
    assert "lacks the tensor 'conv1.conv.module.weight'" in refusal(path)


def test_misfits_are_listed_in_the_authors_names(tmp_path):
    state = filled_state(golden_facts("cen_pix2pix_nf8")["keys"], prefix="")
    del state["conv3.insnorm_conv.insnorm_1.weight"]
    state["conv9.conv.module.weight"] = torch.zeros(2)
    state["deconv8.deconv.module.bias"] = torch.zeros(4)
    path = tmp_path / "odd.pth"
    torch.save(state, path)
    message = refusal(path)
    assert "1 tensor missing: conv3.insnorm_conv.insnorm_1.weight" in message
    assert "1 tensor unexpected: conv9.conv.module.weight" in message
    assert "deconv8.deconv.module.bias (4 instead of 3)" in message


def legacy_file(path):
    """As torch 1.1 with numpy 1 wrote it: one pickle, numpy's scalar under its old name."""
    facts = golden_facts("cen_pix2pix_nf8")
    content = {"model": filled_state(facts["keys"], prefix=""), "best_result": {"fid": np.float64(62.6)}}
    torch.save(content, path, _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    assert b"numpy._core.multiarray" in content
    path.write_bytes(content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))


def test_old_pickles_with_numpy_scalars_load(tmp_path):
    legacy_file(path := tmp_path / "old.pth.tar")
    assert load_model(path, "cpu").config.architecture == "cen-pix2pix"


def test_numpy_scalars_load_in_several_threads(tmp_path):
    path = tmp_path / "checkpoint.pth.tar"
    torch.save(wrapped(MTI, filled_state(golden_facts("cen_pix2pix_nf8")["keys"], prefix="module.")), path)
    loaded, failed = [], []

    def load():
        try:
            loaded.append(load_model(path, "cpu"))
        except CheckpointError as err:
            failed.append(err)

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert len(loaded) == 6


def test_allow_list_is_left_as_it_was(tmp_path):
    legacy_file(path := tmp_path / "old.pth.tar")
    before = set(torch.serialization.get_safe_globals())
    load_model(path, "cpu")
    assert set(torch.serialization.get_safe_globals()) == before
