"""Convolutions private to streams: from a network that shares all but its norms to networks that only exchange."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from vizlab import load_model
from vizlab.core.config import IMAGENET, METRES, NetworkConfig
from vizlab.core.door import save_checkpoint
from vizlab.core.registry import build_network
from vizlab.errors import CheckpointError
from vizlab.methods.cen.network import cen_compact, exchange_norms
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone
from vizlab.methods.parts.strided import PrivateConv
from vizlab.study.training.pretrained import initialise_backbones

STREAMS = ("rgb", "depth")
CONFIG = NetworkConfig(
    "cen-mobilenetv2",
    ("semseg",),
    STREAMS,
    threshold=0.02,
    working_size=(64, 64),
    normalisation={"rgb": IMAGENET, "depth": METRES},
    options={"width": 8, "private_decoders": 1, "private_stages": 5},
)


def pictures() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {name: torch.randn(2, 3, 64, 64) for name in STREAMS}


def fill(network: torch.nn.Module) -> Mapping[str, Tensor]:
    """Every tensor its own numbers, so that no two streams have anything in common."""
    torch.manual_seed(0)
    for name, value in network.state_dict().items():
        if name.endswith("running_var") or name.endswith("weight"):
            value.uniform_(0.5, 1.5) if value.ndim < 4 else value.normal_(0, (value[0].numel() / 2) ** -0.5)
        elif value.is_floating_point() and "alpha" not in name:
            value.normal_(0, 0.1)
    return network.state_dict()


def of_stream(state: Mapping[str, Tensor], stream: int) -> dict[str, Tensor]:
    """What of a network whose streams share nothing belongs to one of them, as a network of one stream holds it."""
    own = {}
    for name, value in state.items():
        if name.startswith("decoder."):
            if name.startswith(f"decoder.{stream}."):
                own[name.replace(f"decoder.{stream}.", "decoder.")] = value
        elif name.startswith("encoder."):
            half = len(value) // len(STREAMS)
            own[name] = value[stream : stream + 1] if value.ndim == 2 else value[stream * half : (stream + 1) * half]
    return own


@pytest.mark.parametrize("training", [False, True])
def test_without_exchange_streams_that_share_nothing_are_networks_apart(training: bool) -> None:
    network = cen_compact(width=8, threshold=0.0, private_decoders=1, private_stages=5).train(training)
    state, inputs = {k: v.clone() for k, v in fill(network).items()}, pictures()
    found = network(inputs)
    for stream, name in enumerate(STREAMS):
        alone = cen_compact((name,), width=8).train(training)
        alone.load_state_dict(of_stream(state, stream))
        expected = alone({name: inputs[name]})["semseg"]
        torch.testing.assert_close(found[f"semseg/{name}"], expected, rtol=1e-4, atol=1e-4)


def test_with_exchange_they_are_not() -> None:
    network = cen_compact(width=8, private_decoders=1, private_stages=5).eval()
    fill(network)
    with torch.no_grad():
        before = network(pictures())["semseg/rgb"]
        exchange_norms(network)[5].weight[0, :10] = 0.001
        network.state_dict()["encoder.features.1.conv.0.0.weight"][32:] *= 2  # the filters of the depth stream
        after = network(pictures())["semseg/rgb"]
    assert (before - after).abs().max() > 1e-3


@pytest.mark.parametrize(("private", "first"), [(0, 18), (1, 14), (2, 7), (3, 4), (4, 2), (5, 0)])
def test_the_deepest_stages_are_private(private: int, first: int) -> None:
    """Blocks of MobileNetV2 at whose start the stride doubles: 2, 4, 7 and 14 (table 2 of its paper)."""
    with torch.device("meta"):
        encoder = cen_compact(private_stages=private).encoder
    assert isinstance(encoder, InvertedResidualBackbone)
    for number, block in enumerate(encoder.features):
        kinds = {isinstance(m, PrivateConv) for m in block.modules() if isinstance(m, torch.nn.Conv2d)}
        assert kinds == {number >= first}, number


def test_a_filter_learns_from_its_own_stream_alone() -> None:
    network = build_network(replace(CONFIG, threshold=0.0))
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    network(pictures())["semseg/depth"].square().sum().backward()
    for conv in (m for m in network.modules() if isinstance(m, PrivateConv)):
        of_rgb, of_depth = conv.weight.grad.chunk(2)  # type: ignore[union-attr]
        assert not of_rgb.any()
        assert of_depth.any()


@pytest.mark.parametrize("private", [0, 2, 5])
def test_every_stream_begins_with_the_start(private: int) -> None:
    torch.manual_seed(0)
    start = {
        name: torch.rand_like(value) * 0.2
        for name, value in InvertedResidualBackbone(MOBILENET_V2).state_dict().items()
        if value.is_floating_point()
    }
    network = cen_compact(width=8, threshold=0.0, private_stages=private).eval()
    assert initialise_backbones(network, start) == 1
    x = pictures()["rgb"]
    found = network({"rgb": x, "depth": x})
    torch.testing.assert_close(found["semseg/rgb"], found["semseg/depth"], rtol=0, atol=0)
    weight = network.state_dict()["encoder.features.17.conv.0.0.weight"]
    for part in weight.chunk(2) if private else [weight]:
        assert torch.equal(part, start["features.17.conv.0.0.weight"])


def test_its_file_reads_back_and_a_wrong_number_is_told_of(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = build_network(CONFIG)
    save_checkpoint(tmp_path / "own.safetensors", network, CONFIG, {})
    read = load_model(tmp_path / "own.safetensors", "cpu", precision="float32").network
    for name, value in network.state_dict().items():
        torch.testing.assert_close(read.state_dict()[name].float(), value, rtol=1e-3, atol=1e-3)
    wrong = replace(CONFIG, options={**CONFIG.options, "private_stages": 6})
    save_checkpoint(tmp_path / "wrong.safetensors", network, wrong, {})
    with pytest.raises(CheckpointError, match=r"wrong\.safetensors.*private_stages is 6; expected 0 to 5"):
        load_model(tmp_path / "wrong.safetensors", "cpu")
