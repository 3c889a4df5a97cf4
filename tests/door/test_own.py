"""Our own files: what is written comes back, and what does not fit is listed."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from vizlab.core.config import IMAGENET, METRES, NetworkConfig
from vizlab.core.door import load_model, save_checkpoint
from vizlab.core.registry import build_network
from vizlab.errors import CheckpointError, InputError

CONFIG = NetworkConfig(
    "cen-mobilenetv2",
    ("semseg",),
    ("rgb", "depth"),
    semseg_channels=4,
    classes=("wall", "floor", "bed", "chair"),
    threshold=0.03,
    normalisation={"rgb": IMAGENET, "depth": METRES},
    options={"width": 16},
)
CARD = {"data": "NYUv2", "figures": {"mIoU": 26.2}}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network(CONFIG)


@pytest.fixture
def checkpoint(tmp_path, network):
    path = tmp_path / "cen-tiny.safetensors"
    save_checkpoint(path, network, CONFIG, CARD)
    return path


def rewrite(path, change=None, **header):
    """Write the file again with other tensors or another header."""
    with safe_open(path, "pt") as opened:
        metadata = opened.metadata()
    tensors = load_file(path)
    if change is not None:
        change(tensors)
    save_file(tensors, path, metadata | header)


def test_round_trip(checkpoint, network):
    model = load_model(checkpoint, "cpu", precision="float32")
    assert model.config == CONFIG
    assert model.card == CARD
    assert model.assumed == {}
    assert model.name == "cen-tiny"
    assert model.classes == CONFIG.classes
    assert model.precision == "float32"
    assert len(model.checkpoint_hash) == 64
    assert model.short_hash == model.checkpoint_hash[:12]
    stored = model.network.state_dict()
    for key, value in network.state_dict().items():
        assert stored[key].dtype == value.dtype
        torch.testing.assert_close(stored[key], value, rtol=1e-3, atol=1e-4)
    assert all(p.requires_grad for p in model.network.parameters())
    outputs = model.forward({name: torch.zeros(1, 3, 64, 64) for name in model.inputs})
    assert set(outputs) == {"semseg/rgb", "semseg/depth", "semseg/ensemble"}
    assert {y.dtype for y in outputs.values()} == {torch.float32}


SCENARIOS = {
    "multi-task": replace(CONFIG, tasks=("semseg", "depth", "normals"), inputs=("rgb",)),
    "multimodal multi-task": replace(CONFIG, tasks=("semseg", "normals")),
    "one stream": replace(CONFIG, tasks=("depth",), inputs=("rgb",), threshold=None),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_round_trip_of_every_cen(name, tmp_path):
    config, path = SCENARIOS[name], tmp_path / "cen.safetensors"
    torch.manual_seed(0)
    network = build_network(config)
    save_checkpoint(path, network, config, CARD)
    model = load_model(path, "cpu", precision="float32")
    assert model.config == config
    inputs = {name: torch.randn(1, 3, 64, 64) for name in config.inputs}
    outputs, expected = model.forward(inputs), network(inputs)
    assert list(outputs) == list(expected)
    for key, y in expected.items():
        torch.testing.assert_close(outputs[key], y.detach(), rtol=0.05, atol=0.05 * float(y.detach().std()))


def test_settings_of_task_streams(tmp_path):
    config, path = SCENARIOS["multi-task"], tmp_path / "cen.safetensors"
    save_checkpoint(path, build_network(config), config, CARD)
    model = load_model(path, "cpu", threshold=0.5)
    assert {norm.threshold for norm in model.network.exchange_norms()} == {0.5}
    # Each decoder belongs to its task's norms: another order must not load.
    with pytest.raises(CheckpointError, match=r"decoder\.0\.classifier\.weight \(4x16x3x3 instead of 1x16x3x3\)"):
        load_model(path, "cpu", tasks=("depth", "semseg", "normals"))


def test_one_stream_takes_no_threshold(tmp_path):
    config, path = SCENARIOS["one stream"], tmp_path / "cen.safetensors"
    save_checkpoint(path, build_network(config), config, CARD)
    with pytest.raises(InputError, match="exchanges no channels"):
        load_model(path, "cpu", threshold=0.5)


def test_file_is_float16_without_counters(checkpoint):
    tensors = load_file(checkpoint)
    assert {t.dtype for t in tensors.values()} == {torch.float16}
    assert not any(key.endswith("num_batches_tracked") for key in tensors)
    assert list(checkpoint.parent.iterdir()) == [checkpoint]


def test_whoever_can_read_the_folder_can_read_the_file(checkpoint, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"")
    assert checkpoint.stat().st_mode == other.stat().st_mode


def test_values_beyond_float16_stay_float32(tmp_path, network):
    state = {k: v.clone() for k, v in network.state_dict().items()}
    network = build_network(CONFIG)
    network.load_state_dict(state)
    with torch.no_grad():
        network.alpha.fill_(1e6)
    path = tmp_path / "big.safetensors"
    save_checkpoint(path, network, CONFIG, {})
    assert load_file(path)["alpha"].dtype == torch.float32
    assert load_model(path, "cpu").network.alpha[0] == 1e6


def test_counters_come_back(tmp_path):
    config = NetworkConfig("mti-net-mobilenetv2", ("semseg", "depth"), ("rgb",))
    path = tmp_path / "mti.safetensors"
    save_checkpoint(path, build_network(config), config, {})
    counters = {k: v for k, v in load_model(path, "cpu").network.state_dict().items() if "num_batches" in k}
    assert counters
    assert all(v == 0 and v.dtype == torch.long for v in counters.values())


def test_given_threshold(checkpoint):
    model = load_model(checkpoint, "cpu", threshold=0.5)
    assert {norm.threshold for norm in model.network.exchange_norms()} == {0.5}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"threshold": -1.0}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"inputs": ("rgb",)}, "1 inputs, but the file holds 2"),
        ({"tasks": ("semseg", "depth")}, "holds semseg"),
        ({"classes": ("wall",)}, "1 classes"),
        ({"working_size": (0, 320)}, "working size"),
        ({"working_size": (100_000, 100_000)}, "working size"),
        ({"output_stride": 8}, "no dilated backbone"),
        ({"precision": "float8"}, "float8"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_impossible_settings(checkpoint, given, sentence):
    with pytest.raises(InputError, match=sentence):
        load_model(checkpoint, **{"device": "cpu", **given})


def test_missing_unexpected_and_misshapen_tensors_are_listed(checkpoint):
    def change(tensors):
        del tensors["alpha"]
        tensors["extra.weight"] = torch.zeros(3, dtype=torch.float16)
        tensors["decoder.classifier.bias"] = torch.zeros(7, dtype=torch.float16)

    rewrite(checkpoint, change)
    with pytest.raises(CheckpointError) as caught:
        load_model(checkpoint, "cpu")
    message = str(caught.value)
    assert message.startswith("cen-tiny.safetensors does not fit its network:")
    assert "1 tensor missing: alpha" in message
    assert "1 tensor unexpected: extra.weight" in message
    assert "decoder.classifier.bias (7 instead of 4)" in message
    assert str(checkpoint.parent) not in message


def test_long_lists_are_cut(checkpoint):
    def change(tensors):
        for key in [k for k in tensors if k.startswith("decoder.")]:
            del tensors[key]

    rewrite(checkpoint, change)
    with pytest.raises(CheckpointError, match=r"25 tensors missing: .* and 17 more") as caught:
        load_model(checkpoint, "cpu")
    assert str(caught.value).count("decoder.") == 8


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_broken_numbers_are_refused(checkpoint, value):
    rewrite(checkpoint, lambda tensors: tensors["alpha"].fill_(value))
    with pytest.raises(CheckpointError, match="1 tensor with NaN or infinite values: alpha"):
        load_model(checkpoint, "cpu")


def header(config=None, **more):
    return json.dumps({"version": 1, "config": CONFIG.to_dict() | (config or {}), "card": {}} | more)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("not json", "header cannot be used"),
        ("[]", "header cannot be used"),
        ("{}", "'version' is missing"),
        (header(version=99), "format 99.*update vizlab"),
        (json.dumps({"version": 1}), "'config' is missing"),
        (header({"architecture": "cen-vit"}), "'cen-vit' is unknown"),
        (header({"tasks": ["cooking"]}), "cooking"),
        (header({"threshold": "low"}), "threshold"),
        (header({"working_size": [0, 1]}), "working size"),
        (header({"options": {"depth_of_field": 3}}), "cannot be built"),
        (header({"options": {"width": 10**15}}), "cannot be built"),
        (header({"options": {"width": 10**6}}), "does not fit its network"),
        (header({"normalisation": {"rgb": {"mean": [0, 0, 0], "std": [0, 1, 1]}}}), "normalisation"),
        (header({"surprise": 1}), "surprise"),
        (header(card=[1]), "header cannot be used"),
    ],
)
def test_wrong_header(checkpoint, text, sentence):
    rewrite(checkpoint, vizlab=text)
    with pytest.raises(CheckpointError, match=sentence):
        load_model(checkpoint, "cpu")


def test_every_configuration_survives_json():
    config = replace(CONFIG, auxiliary_tasks=("semseg",), stages=("conv",), task_channels={"sal": 2})
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
