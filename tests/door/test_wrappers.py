"""Weights as trainers leave them: under any wrappers, beside anything, and chosen among several."""

import argparse
import functools
import itertools
import json
import sys
import types
from collections import OrderedDict, defaultdict
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from typer.testing import CliRunner

from tests.conftest import make_model
from tests.door.authors_files import filled_state, golden_facts
from vizlab.cli import app
from vizlab.core.door import checkpoint_name, load_model, save_checkpoint
from vizlab.core.door.weights import weight_sets
from vizlab.errors import CheckpointError, InputError

KEY, OURS = "conv3.insnorm_conv.insnorm_1.weight", "encoder.conv3.insnorm_conv.weight"
"""A norm of the small translation network in the authors' file, and in ours (row 1 of two streams)."""


@pytest.fixture(scope="module")
def state():
    return filled_state(golden_facts("cen_pix2pix_nf8")["keys"], prefix="")


def scaled(state, factor):
    return {key: tensor * factor for key, tensor in state.items()}


def prefixed(state, prefix):
    return {prefix + key: tensor for key, tensor in state.items()}


def loaded(path, content, **given):
    torch.save(content, path)
    return load_model(path, "cpu", **given)


def assert_holds(model, state, factor=1):
    torch.testing.assert_close(model.network.state_dict()[OURS][1], state[KEY] * factor)


DICTIONARIES = ("state_dict", "model", "net", "network", "segmenter", "model_state_dict", "generator", "whatever")
PREFIXES = ("module.", "_orig_mod.", "model.", "net.", "module.model.", "_orig_mod.module.", "model._orig_mod.")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_prefixes(tmp_path, state, prefix):
    assert_holds(loaded(tmp_path / "a.pth", prefixed(state, prefix)), state)


@pytest.mark.parametrize("outer", DICTIONARIES)
def test_dictionaries_in_dictionaries(tmp_path, state, outer):
    for inner in ("state_dict", "model", "module"):
        model = loaded(tmp_path / "a.pth", {outer: {inner: prefixed(state, "module.")}, "epoch": 3})
        assert_holds(model, state)
        assert "weights" not in model.assumed


def test_any_order_of_wrappers(tmp_path, state):
    for order in itertools.permutations(("state_dict", "model", "net")):
        content = prefixed(state, "_orig_mod.module.")
        for wrapper in order:
            content = {wrapper: content}
        assert_holds(loaded(tmp_path / "a.pth", content), state)


def test_safetensors_with_the_same_prefixes(tmp_path, state):
    path = tmp_path / "a.safetensors"
    save_file(prefixed(state, "state_dict.module."), path)
    assert_holds(load_model(path, "cpu"), state)


def test_a_lightning_checkpoint(tmp_path, state):
    content = {
        "epoch": 12,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": prefixed(state, "net.") | {"criterion.weight": torch.ones(40), "metric.m": torch.ones(4)},
        "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 3}}}},
        "callbacks": {"ModelCheckpoint{'monitor': None}": {"best_model_score": torch.tensor(0.5)}},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}, "param_groups": [{"params": [0]}]}],
        "lr_schedulers": [{"last_epoch": 3}],
        "hparams_name": "kwargs",
        "hyper_parameters": {"lr": 0.1, "data": PurePosixPath("/data"), "args": argparse.Namespace(depth=50)},
    }
    assert_holds(loaded(tmp_path / "last.ckpt", content), state)


def test_numbers_beside_the_tensors(tmp_path, state):
    stray = {"epoch": torch.tensor(3), "best_miou": torch.tensor([0.4]), "iteration": 7, "time": np.float64(2)}
    counted = {"conv1.total_ops": torch.zeros(1, dtype=torch.float64), "total_params": torch.zeros(1)}
    assert_holds(loaded(tmp_path / "a.pth", {**stray, **state, **counted}), state)


def test_other_tensors_beside_the_network_are_still_listed(tmp_path, state):
    with pytest.raises(CheckpointError, match=r"1 tensor unexpected: conv9\.weight"):
        loaded(tmp_path / "a.pth", {"model": {**state, "conv9.weight": torch.ones(1)}})


def test_an_averaged_model(tmp_path, state):
    network = torch.nn.Linear(2, 2)
    averaged = torch.optim.swa_utils.AveragedModel(network)
    assert set(averaged.state_dict()) == {"n_averaged", "module.weight", "module.bias"}
    content = {"n_averaged": torch.tensor(5), **prefixed(state, "module.")}
    assert_holds(loaded(tmp_path / "a.pth", content), state)


EMA = ("ema", "ema_state_dict", "model_ema", "state_dict_ema", "swa_model", "averaged_model", "ema_model")


@pytest.mark.parametrize("name", EMA)
def test_the_running_mean_goes_first_and_says_so(tmp_path, state, name):
    content = {"model": prefixed(state, "module."), name: scaled(state, 2)}
    model = loaded(tmp_path / "a.pth", content)
    assert_holds(model, state, 2)
    assert model.assumed["weights"] == f"'{name}', the running mean; the file also holds 'model'"


@pytest.mark.parametrize(
    ("wanted", "factor"), [("raw", 1), ("model", 1), ("ema", 2), ("model_ema", 2), ("extra.model_ema", 2)]
)
def test_weights_can_be_named(tmp_path, state, wanted, factor):
    content = {"model": state, "extra": {"model_ema": {"n_averaged": 1, **prefixed(scaled(state, 2), "module.")}}}
    model = loaded(tmp_path / "a.pth", content, weights=wanted)
    assert_holds(model, state, factor)
    assert "weights" not in model.assumed


def test_a_name_that_is_none_of_them(tmp_path, state):
    content = {"model": state, "ema": scaled(state, 2), "best": scaled(state, 3)}
    with pytest.raises(
        InputError, match="no set of weights called 'last'; expected weights= one of 'model', 'ema', 'b"
    ):
        loaded(tmp_path / "a.pth", content, weights="last")
    with pytest.raises(InputError, match="several sets of weights called 'raw'"):
        loaded(tmp_path / "a.pth", content, weights="raw")


def test_a_mean_told_by_its_counter_alone(tmp_path, state):
    content = {"one": state, "other": {"n_averaged": torch.tensor(4), **prefixed(scaled(state, 2), "module.")}}
    assert_holds(loaded(tmp_path / "a.pth", content), state, 2)


def test_a_mean_of_parameters_alone_does_not_hide_the_whole(tmp_path, state):
    parameters = {key: tensor for key, tensor in scaled(state, 2).items() if "running" not in key}
    model = loaded(tmp_path / "a.pth", {"ema": parameters, "model": state})
    assert_holds(model, state)
    assert model.assumed["weights"] == "'model', the first that is whole; the file also holds 'ema'"


def test_a_copy_inside_is_a_set_of_its_own(tmp_path, state):
    content = {**state, "ema": scaled(state, 2)}
    assert_holds(loaded(tmp_path / "a.pth", content), state, 2)
    assert_holds(loaded(tmp_path / "a.pth", content, weights="raw"), state)


def test_one_network_under_two_names_is_no_choice(tmp_path, state):
    model = loaded(tmp_path / "a.pth", {"model": state, "best": dict(state)})
    assert_holds(model, state)
    assert "weights" not in model.assumed


def test_moments_by_name_do_not_pass_for_weights(tmp_path, state):
    moments = {"state": prefixed(scaled(state, 9), ""), "param_groups": []}
    model = loaded(tmp_path / "a.pth", {"optimizer": moments, "model": state})
    assert_holds(model, state)
    assert "weights" not in model.assumed


@pytest.mark.parametrize("name", ["exp_avg", "momentum_buffer", "optimizer.inner", "optim_g"])
def test_what_optimisers_keep_by_name_does_not_either(tmp_path, state, name):
    save_file({**prefixed(scaled(state, 9), f"{name}."), **prefixed(state, "model.")}, tmp_path / "a.safetensors")
    model = load_model(tmp_path / "a.safetensors", "cpu")
    assert_holds(model, state)
    assert "weights" not in model.assumed


def test_the_networks_own_name_goes_before_others(tmp_path, state):
    content = {"grads": scaled(state, 9), "net": state, "teacher": scaled(state, 3)}
    model = loaded(tmp_path / "a.pth", content)
    assert_holds(model, state)
    assert model.assumed["weights"] == "'net', the first that is whole; the file also holds 'grads', 'teacher'"


@pytest.mark.parametrize("mark", ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"])
def test_marks_of_wrappers_inside_of_names(tmp_path, state, mark):
    content = {key.replace("insnorm_conv.", f"insnorm_conv.{mark}."): tensor for key, tensor in state.items()}
    assert content.keys() != state.keys()
    assert_holds(loaded(tmp_path / "a.pth", {"state_dict": prefixed(content, f"{mark}.model.")}), state)


@pytest.mark.parametrize("part", ["encoder", "encoder.deep"])
def test_a_part_under_data_parallel(tmp_path, part):
    """`module.` inside of names goes; the layers that CEN's authors call `module` keep their names."""
    names = golden_facts("nddr_cnn_resnet18_nyud")["keys"]
    small = {"backbone.semseg.conv1.weight": (2, 2), "backbone.semseg.layer1.0.conv1.weight": (2, 2)}
    assert small.keys() <= names.keys()
    wrapped = {key.replace("backbone.", "backbone.module."): torch.zeros(shape) for key, shape in small.items()}
    others = {"conv2.conv.module.weight": torch.zeros(1), "conv2.conv.module.bias": torch.zeros(1)}
    tensors = {f"{part}.{key}": tensor for key, tensor in (wrapped | others).items()}
    (found,) = weight_sets(tensors, lambda known: "backbone.semseg.conv1.weight" in known)
    assert set(found.tensors) == {*small, *others}


def test_own_files_have_one_set(tmp_path, state, cen_model):
    save_checkpoint(path := tmp_path / "own.safetensors", cen_model.network, cen_model.config, {})
    with pytest.raises(InputError, match="leave weights= out"):
        load_model(path, "cpu", weights="ema")


def test_the_authors_pkl(tmp_path, state):
    model = loaded(tmp_path / "checkpoint-gen.pkl", state)
    assert model.name == "checkpoint-gen" == checkpoint_name("checkpoint-gen.pkl")


@contextmanager
def foreign(name, base=object):
    """A class under the name of a package's, which is gone again when the block ends."""
    module, _, qualname = name.rpartition(".")
    parents = [module.rsplit(".", i)[0] for i in range(module.count(".") + 1)]
    made = {parent: types.ModuleType(parent) for parent in parents}
    cls = type(qualname, (base,), {"__module__": module, "__qualname__": qualname})
    setattr(made[module], qualname, cls)
    with pytest.MonkeyPatch.context() as patch:
        for parent in parents:
            patch.setitem(sys.modules, parent, made[parent])
        yield cls


def with_attributes(thing, **attributes):
    thing.__dict__.update(attributes)
    return thing


@pytest.mark.parametrize(
    "name", ["yacs.config.CfgNode", "detectron2.config.config.CfgNode", "lib.config.CfgNode", "easydict.EasyDict"]
)
def test_dictionaries_of_other_packages_are_read_as_data(tmp_path, state, name):
    with foreign(name, dict) as cls:
        settings = with_attributes(cls(MODEL=cls(NAME="cen")), __immutable__=True)
        torch.save({"cfg": settings, "model_state_dict": state}, tmp_path / "a.pth")
    assert_holds(load_model(tmp_path / "a.pth", "cpu"), state)


SETTINGS = {
    "argparse": argparse.Namespace(lr=0.1, out=Path("runs"), nested=argparse.Namespace(a=[1, 2])),
    "simple": types.SimpleNamespace(lr=0.1),
    "numpy array": np.arange(4),
    "numpy state": np.random.RandomState(0).get_state(),
    "numpy scalar": {"miou": np.float32(0.4), "n": np.int64(3), "b": np.bool_(True)},
    "defaultdict": defaultdict(list, a=[1]),
    "set": {"a", "b"},
    "generator": np.random.default_rng(0),
    "loss": {"criterion": torch.nn.CrossEntropyLoss(weight=torch.ones(3)), "activation": torch.nn.ReLU},
    "partial": functools.partial(torch.nn.BatchNorm2d, eps=1e-3),
    "sparse": torch.eye(3).to_sparse(),
    "bytes": b"\x00\xff",
    "ordered": OrderedDict(a=torch.Size((1, 2)), device=torch.device("cpu"), dtype=torch.float16),
}


WITH_CLASSES = ("loss", "partial")


@pytest.mark.parametrize(
    ("what", "zipped"),
    [(what, zipped) for what in SETTINGS for zipped in (True, False) if zipped or what not in WITH_CLASSES],
)
def test_settings_beside_weights(tmp_path, state, what, zipped):
    path = tmp_path / "a.pth"
    torch.save({"args": SETTINGS[what], "model": state}, path, _use_new_zipfile_serialization=zipped)
    assert_holds(load_model(path, "cpu"), state)


@pytest.mark.parametrize("what", WITH_CLASSES)
def test_old_files_store_classes_with_their_source(tmp_path, state, what):
    path = tmp_path / "a.pth"
    torch.save({"args": SETTINGS[what], "model": state}, path, _use_new_zipfile_serialization=False)
    with pytest.raises(CheckpointError, match="stores a class of a network with its source"):
        load_model(path, "cpu")


def test_omegaconf_settings_are_read_as_data(tmp_path, state):
    with foreign("omegaconf.dictconfig.DictConfig") as cls:
        settings = with_attributes(cls(), _content={"lr": 0.1}, _metadata=defaultdict(list, a=[1]))
        torch.save({"hyper_parameters": settings, "state_dict": prefixed(state, "model.")}, tmp_path / "a.ckpt")
    assert_holds(load_model(tmp_path / "a.ckpt", "cpu"), state)


def test_no_class_of_the_settings_is_touched(tmp_path, state):
    with foreign("omegaconf.dictconfig.DictConfig") as cls:
        torch.save({"hyper_parameters": with_attributes(cls(), a=1), "state_dict": state}, tmp_path / "a.ckpt")
        cls.__setstate__ = lambda *_: pytest.fail("ran code of a class")
        assert_holds(load_model(tmp_path / "a.ckpt", "cpu"), state)


def test_other_classes_are_refused_by_name(tmp_path, state):
    with foreign("secret.trainer.Trainer") as cls:
        torch.save({"trainer": cls(), "model": state}, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match=r"it refers to secret\.trainer\.Trainer\. Nothing in it was run"):
        load_model(tmp_path / "a.pth", "cpu")


def test_a_whole_network_is_said_to_be_one(tmp_path):
    for content in (torch.nn.Sequential(torch.nn.Linear(2, 2)), {"model": torch.nn.Linear(2, 2), "epoch": 3}):
        with pytest.raises(CheckpointError, match=r"a whole network as an object \(save its state_dict\(\)\)"):
            loaded(tmp_path / "a.pth", content)


def test_a_network_of_somebodys_classes_is_said_to_be_one(tmp_path):
    with foreign("models.cen.RefineNet", torch.nn.Module) as cls:
        network = cls()
        network.conv = torch.nn.Conv2d(3, 3, 1)
        torch.save(network, tmp_path / "a.pth")
    with pytest.raises(CheckpointError, match=r"a whole network as an object \(it refers to models\.cen\.RefineNet\)"):
        load_model(tmp_path / "a.pth", "cpu")


@pytest.mark.parametrize("command", ["trace", "check"])
def test_commands_can_name_the_weights(tmp_path, monkeypatch, command):
    asked = []

    def door(path, *given, weights=None, **more):
        asked.append(weights)
        raise InputError("seen")

    monkeypatch.setattr("vizlab.load_model", door)
    monkeypatch.setattr("vizlab.core.door.load_model", door)
    Image.new("RGB", (64, 64)).save(tmp_path / "rgb.png")
    pictures = ["--rgb", str(tmp_path / "rgb.png")] if command == "trace" else []
    CliRunner().invoke(app, [command, "a.pth", *pictures, "--weights", "raw"])
    assert asked == ["raw"]


def test_trace_prints_what_is_assumed(tmp_path, monkeypatch, small_rgbd):
    model = make_model("nddr-cnn")
    model.assumed["weights"] = "'ema', the running mean; the file also holds 'model'"
    monkeypatch.setattr("vizlab.load_model", lambda *given, **more: model)
    Image.fromarray(small_rgbd.colour).save(tmp_path / "rgb.png")
    done = CliRunner().invoke(app, ["trace", "a.pth", "--rgb", str(tmp_path / "rgb.png")])
    assert json.loads(done.stdout)["assumed"] == model.assumed
