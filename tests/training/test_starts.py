"""What a training may start from: files known by their tensors, whose weights do in our backbones what they did."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.methods.inverted_residual_plain import efficientnet_features, efficientnet_state
from vizlab.core.config import NetworkConfig
from vizlab.core.registry import build_network
from vizlab.errors import CheckpointError
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone
from vizlab.study.training.pretrained import describe_start, initialise_backbones, load_start

LITE0 = [(1, 16, 1, 3), (6, 24, 2, 3), (6, 40, 2, 5), (6, 80, 3, 3), (6, 112, 3, 5), (6, 192, 4, 5), (6, 320, 1, 3)]
"""EfficientNet-B0's groups (Tan & Le, ICML 2019, table 1): expansion, channels, blocks, kernel."""
LITE2 = [(1, 16, 1, 3), (6, 24, 3, 3), (6, 48, 3, 5), (6, 88, 4, 3), (6, 120, 4, 5), (6, 208, 5, 5), (6, 352, 1, 3)]
STAGE_ENDS = (1, 2, 3, 5, 7)
"""The groups whose outputs have strides 2, 4, 8, 16 and 32."""
CEN = NetworkConfig("cen-mobilenetv2", ("semseg",), ("rgb", "depth"), options={"width": 8})
ON_LITE0 = replace(CEN, architecture="cen-efficientnet-lite0")


def mobilenet_state() -> dict[str, Tensor]:
    torch.manual_seed(0)
    state = InvertedResidualBackbone(MOBILENET_V2).state_dict()
    return {k: torch.rand_like(v) for k, v in state.items() if not k.endswith("num_batches_tracked")}


def classifier(state: Mapping[str, Tensor], last: int) -> dict[str, Tensor]:
    """The tensors of a whole classifier of which the backbone takes a part."""
    head = {f"features.{last}.0.weight": torch.zeros(8, 4, 1, 1), f"features.{last}.1.bias": torch.zeros(8)}
    return {**state, **head, "classifier.1.weight": torch.zeros(2, 8), "classifier.1.bias": torch.zeros(2)}


def saved(path: Path, state: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> Path:
    save_file({name: value.contiguous() for name, value in state.items()}, path, metadata)
    return path


@torch.no_grad()
@pytest.mark.parametrize(
    ("name", "groups", "same"), [("efficientnet-lite0", LITE0, False), ("efficientnet-lite2", LITE2, True)]
)
def test_an_efficientnet_lite_computes_what_its_file_says(
    name: str, groups: list[tuple[int, int, int, int]], same: bool, tmp_path: Path
) -> None:
    """Against a forward by the file's own names; odd sizes between the stages, so that both ways of padding occur."""
    config = replace(CEN, architecture=f"nddr-cnn-{name}", inputs=("rgb",), options={"same_padding": int(same)})
    state = efficientnet_state(groups)
    path = saved(tmp_path / "lite.safetensors", classifier(state, len(groups) + 1))
    network = build_network(config)
    assert initialise_backbones(network, load_start(path, config)) == 1
    backbone = network.get_submodule("backbone.semseg").double()
    x = torch.randn(1, 3, 40, 52, dtype=torch.float64)
    expected = efficientnet_features(x, {k: v.double() for k, v in state.items()}, 1e-3, same)
    for stage, end in zip(backbone(x), STAGE_ENDS, strict=True):
        torch.testing.assert_close(stage, expected[end], rtol=1e-6, atol=1e-6 * float(expected[end].std()))


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_mobilenet_weights_reach_every_stream(suffix: str, tmp_path: Path) -> None:
    state, path = mobilenet_state(), tmp_path / f"m.{suffix}"
    whole = classifier({k: v.half() for k, v in state.items()}, 18) | {
        "features.0.1.num_batches_tracked": torch.tensor(3)
    }
    saved(path, whole) if suffix == "safetensors" else torch.save(whole, path)
    network = build_network(CEN)
    assert initialise_backbones(network, load_start(path, CEN)) == 1
    for name, value in network.encoder.state_dict().items():
        expected = state[name].half().float()
        assert torch.equal(value, expected.expand_as(value)), name


def test_a_start_of_another_backbone_is_told_of(tmp_path: Path) -> None:
    lite0 = saved(tmp_path / "lite0.safetensors", efficientnet_state(LITE0))
    mobile = saved(tmp_path / "mobile.safetensors", mobilenet_state())
    says = (
        r"'lite0\.safetensors' is a start for EfficientNet-Lite0, but cen-mobilenetv2 is built on MobileNetV2; "
        r"give a start for that, or train an architecture that ends with -efficientnet-lite0\."
    )
    with pytest.raises(CheckpointError, match=says):
        load_start(lite0, CEN)
    with pytest.raises(CheckpointError, match=r"is a start for MobileNetV2, .* built on EfficientNet-Lite0;"):
        load_start(mobile, ON_LITE0)
    resnet = NetworkConfig("nddr-cnn-resnet18", ("semseg", "depth"), ("rgb",))
    with pytest.raises(CheckpointError, match=r"is no start for nddr-cnn-resnet18: .* on MobileNetV2, Eff.*-Lite0, "):
        load_start(mobile, resnet)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (lambda state: {"conv1.weight": torch.zeros(1)}, r"it lacks features\.0\.0\.weight"),
        (lambda state: {k: v[..., :1] for k, v in state.items()}, r"features\.0\.0\.weight.*, or has other shapes"),
        (lambda state: {k: v for k, v in state.items() if ".5.1.block.1.1" not in k}, r"s features\.10\.conv\.1\.1\."),
        (
            lambda state: state | {"features.2.0.block.2.fc1.weight": torch.zeros(4, 96, 1, 1)},  # squeeze-excitation
            r"features\.2\.0\.block\.2\.fc1\.weight.*expected torchvision's mobilenet_v2",
        ),
    ],
    ids=["a ResNet", "narrow", "a norm is missing", "an EfficientNet"],
)  # fmt: skip
def test_what_is_no_start_is_told_of(changed: object, says: str, tmp_path: Path) -> None:
    path = saved(tmp_path / "other.safetensors", changed(efficientnet_state(LITE0)))  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=r"'other\.safetensors' is no start for EfficientNet-Lite0: .*" + says):
        load_start(path, ON_LITE0)


def test_looking_at_the_network_draws_no_random_numbers(tmp_path: Path) -> None:
    """What is drawn after it, such as the decoder's weights, does not depend on whether there is a start."""
    path = saved(tmp_path / "mobile.safetensors", mobilenet_state())
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load_start(path, CEN)
    assert torch.equal(torch.rand(3), expected)


def test_the_card_says_which_file_and_what_it_says_of_itself(tmp_path: Path) -> None:
    path = saved(tmp_path / "plain.safetensors", {"x": torch.zeros(1)})
    assert len(describe_start(path)) == len("plain.safetensors, SHA-256 ") + 16
    told = {"origin": "converted from\nGoogle's weights", "licence": "Apache-2.0", "keys": "torchvision"}
    told_path = saved(tmp_path / "told.safetensors", {"x": torch.zeros(1)}, told)
    said = describe_start(told_path)
    assert said.startswith("told.safetensors, SHA-256 ")
    assert said.endswith("; origin converted from Google's weights; licence Apache-2.0")
    assert describe_start(None) == "random weights"
