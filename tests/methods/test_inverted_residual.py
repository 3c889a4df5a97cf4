"""Backbones of inverted residuals: paddings, layouts, stages, and the architectures that every method has on them."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.methods.inverted_residual_plain import tf_same
from vizlab import load_model
from vizlab.checks import require
from vizlab.core.config import IMAGENET, METRES, NetworkConfig
from vizlab.core.door import save_checkpoint
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network, methods
from vizlab.errors import CheckpointError
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.methods.parts.compact import COMPACT
from vizlab.methods.parts.inverted_residual import InvertedResidual, InvertedResidualBackbone, ReLU6
from vizlab.methods.parts.strided import StridedConv

SIZES = ((8, 10), (7, 9), (8, 9), (7, 10), (2, 1))
"""Even and odd sides, both ways round; a single pixel."""
FAMILIES = ("cen", "token-fusion", "nddr-cnn", "cross-stitch", "mtan", "mti-net", "pad-net")
OF_STREAMS = FAMILIES[:2]
CEN = NetworkConfig(
    "cen-efficientnet-lite0",
    ("semseg",),
    ("rgb", "depth"),
    threshold=0.02,
    working_size=(64, 96),
    normalisation={"rgb": IMAGENET, "depth": METRES},
    options={"width": 8},
)


def on_meta(config: NetworkConfig) -> FusionNetwork:
    with torch.device("meta"):
        return build_network(config)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("groups", [1, 4])
@pytest.mark.parametrize("stride", [1, 2])
def test_same_padding_is_tensorflow_s_in_training_and_after(kernel: int, groups: int, stride: int) -> None:
    torch.manual_seed(0)
    conv = StridedConv(4, 8, kernel, stride, kernel // 2, groups=groups, bias=False, same=True).double()
    for size in SIZES:
        x = torch.randn(2, 4, *size, dtype=torch.float64)
        expected = F.conv2d(tf_same(x, kernel, stride), conv.weight, None, stride, groups=groups)
        outputs, gradients = [expected], []
        for mode in (True, False):
            outputs.append(conv.train(mode)(x))
        for y in outputs:
            torch.testing.assert_close(y, expected, rtol=0, atol=1e-12)
            gradients.append(torch.autograd.grad(y.square().sum(), conv.weight)[0])
        for gradient in gradients[1:]:
            torch.testing.assert_close(gradient, gradients[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kernel", [3, 5])
def test_without_it_padding_is_symmetric_to_the_bit(kernel: int) -> None:
    conv = StridedConv(6, 6, kernel, 2, kernel // 2, groups=6, bias=False)
    for size in SIZES:
        x = torch.randn(2, 6, *size)
        expected = F.conv2d(x, conv.weight, None, 2, kernel // 2, groups=6)
        assert torch.equal(conv.eval()(x), expected)
        torch.testing.assert_close(conv.train()(x), expected, rtol=0, atol=1e-6)


def test_in_training_it_keeps_the_layout_that_norms_are_fast_in() -> None:
    x = torch.randn(2, 4, 8, 10).to(memory_format=torch.channels_last)
    for same in (False, True):
        y = StridedConv(4, 4, 3, 2, 1, groups=4, same=same).train()(x)
        assert y.is_contiguous(memory_format=torch.channels_last)


def test_relu6_writes_over_its_input_only_where_no_gradient_is_wanted() -> None:
    rectify = ReLU6()
    x = torch.tensor([-1.0, 3.0, 7.0], requires_grad=True)
    y = rectify(x * 1)
    y.sum().backward()
    assert x.grad is not None
    assert (y.tolist(), x.grad.tolist()) == ([0, 3, 6], [0, 1, 0])
    with torch.no_grad():
        before = x.clone()
        assert rectify(before) is before
    wanted = x * 1
    rectify(wanted)
    assert wanted.tolist() == [-1, 3, 7]
    rectify.inplace = False
    with torch.no_grad():
        before = x.clone()
        assert rectify(before) is not before


def test_what_same_padding_moves() -> None:
    """A kernel that copies its middle shows which pixel each result stands for."""
    conv = StridedConv(1, 1, 3, 2, 1, bias=False, same=True)
    with torch.no_grad():
        conv.weight.zero_()
        conv.weight[..., 1, 1] = 1
        found = conv(torch.arange(24.0).view(1, 1, 4, 6))
        odd = conv(torch.arange(15.0).view(1, 1, 3, 5))
    assert found[0, 0].tolist() == [[7, 9, 11], [19, 21, 23]]
    assert odd[0, 0].tolist() == [[0, 2, 4], [10, 12, 14]]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("mobilenetv2", 3_504_872), ("efficientnet-lite0", 4_652_008), ("efficientnet-lite2", 6_092_072)],
)
def test_with_their_classifiers_they_have_as_many_parameters_as_published(name: str, parameters: int) -> None:
    """3.5, 4.7 and 6.1 million; a 1x1 to 1280 channels, its norm and a linear layer for 1000 classes are left out."""
    with torch.device("meta"):
        backbone = InvertedResidualBackbone(COMPACT[name])
    classifier = backbone.channels[-1] * 1280 + 2 * 1280 + 1281 * 1000
    assert sum(p.numel() for p in backbone.parameters()) + classifier == parameters


@pytest.mark.parametrize(
    ("name", "kernels", "channels"),
    [
        ("mobilenetv2", "3 33 333 3333333 3333", (16, 24, 32, 96, 320)),
        ("efficientnet-lite0", "3 33 55 333555 55553", (16, 24, 40, 112, 320)),
        ("efficientnet-lite2", "3 333 555 33335555 555553", (16, 24, 48, 120, 352)),
    ],
)
def test_kernels_and_stages_are_those_of_the_papers(name: str, kernels: str, channels: tuple[int, ...]) -> None:
    """MobileNetV2, table 2; EfficientNet, table 1, with B2's factors 1.1 and 1.2."""
    with torch.device("meta"):
        backbone = InvertedResidualBackbone(COMPACT[name])
    depthwise = [m for m in backbone.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]
    assert [m.kernel_size[0] for m in depthwise] == [int(k) for k in kernels.replace(" ", "")]
    assert backbone.channels == channels


@pytest.mark.parametrize("name", COMPACT)
@pytest.mark.parametrize("same", [False, True])
def test_stages_are_what_they_say(name: str, same: bool) -> None:
    with torch.device("meta"):
        backbone = InvertedResidualBackbone(replace(COMPACT[name], same_padding=same))
        x, seen = torch.zeros(1, 3, 64, 96), []
        for index, stride in enumerate(backbone.strides):
            before, after = backbone.split_stage(index, x)
            assert after.shape == (1, backbone.channels[index], 64 // stride, 96 // stride)
            assert before.shape[1] == backbone.last_inputs[index]
            seen += backbone.numbers(index)
            x = after
    assert backbone.strides == (2, 4, 8, 16, 32)
    assert seen == list(range(len(backbone.features)))
    for index, stage in enumerate(backbone.stage_names):
        paths = {f"features.{number}.conv.1.1" for number in backbone.numbers(index)}
        assert {backbone.stage_of(path) for path in paths} == {stage}


@pytest.mark.parametrize(
    ("name", "sites"), [("mobilenetv2", 17), ("efficientnet-lite0", 16), ("efficientnet-lite2", 21)]
)
def test_exchange_is_after_every_depthwise_convolution_and_its_stage_is_true(name: str, sites: int) -> None:
    """A site's stage is the one whose resolution its features have."""
    network = build_network(replace(CEN, architecture=f"cen-{name}"))
    assert len(network.sites) == sites
    stage_of_width = {64 // 2 ** (index + 1): f"stage{index + 1}" for index in range(5)}
    seen: dict[str, str] = {}
    convolutions: list[nn.Conv2d] = []

    def watch(module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if isinstance(module, nn.Conv2d):
            convolutions.append(module)
        elif isinstance(module, StreamNorm) and module.threshold is not None:
            assert convolutions[-1].groups == module.channels
            seen[module.site.name] = stage_of_width[output.shape[-1]]

    for module in network.modules():
        module.register_forward_hook(watch)
    network({name: torch.zeros(1, 3, 32, 64) for name in network.inputs})
    assert seen == {site.name: site.stage for site in network.sites}


def test_every_compact_method_has_networks_on_all_of_them() -> None:
    known = {name for method in methods().values() for name in method.architectures}
    assert {f"{family}-{name}" for family in FAMILIES for name in COMPACT} <= known


@pytest.mark.parametrize("family", FAMILIES)
def test_the_option_sets_the_padding_of_every_strided_convolution(family: str) -> None:
    """Without it MobileNetV2 is padded as in torchvision, EfficientNet-Lite as in TensorFlow, and so are norms' eps."""
    inputs = ("rgb", "depth") if family in OF_STREAMS else ("rgb",)
    tasks = ("semseg",) if family in OF_STREAMS else ("semseg", "depth")
    for name, option, same, eps in (
        ("mobilenetv2", {}, False, 1e-5),
        ("mobilenetv2", {"same_padding": 1}, True, 1e-5),
        ("efficientnet-lite0", {}, True, 1e-3),
        ("efficientnet-lite2", {"same_padding": 0}, False, 1e-3),
    ):
        network = on_meta(NetworkConfig(f"{family}-{name}", tasks, inputs, options=option))
        backbones = [m for m in network.modules() if isinstance(m, InvertedResidualBackbone)]
        assert backbones
        for backbone in backbones:
            assert backbone.layout == replace(COMPACT[name], same_padding=same)
            strided = [m for m in backbone.modules() if isinstance(m, StridedConv) and m.stride[0] == 2]
            assert len(strided) == 5
            assert {m.same for m in strided} == {same}
            assert {m.eps for m in backbone.features.modules() if hasattr(m, "eps")} == {eps}


def test_another_padding_is_refused(tmp_path: Path) -> None:
    config = replace(CEN, options={"width": 8, "same_padding": 2})
    with pytest.raises(ValueError, match="same_padding is 2; expected 0 or 1"):
        build_network(config)
    save_checkpoint(tmp_path / "odd.safetensors", build_network(CEN), config, {})
    with pytest.raises(CheckpointError, match=r"odd\.safetensors.*same_padding is 2; expected 0 or 1"):
        load_model(tmp_path / "odd.safetensors", "cpu")


@torch.no_grad()
def test_a_file_keeps_its_padding(tmp_path: Path) -> None:
    x = {name: torch.randn(1, 3, 64, 96) for name in CEN.inputs}
    outputs = []
    for same in (0, 1):
        torch.manual_seed(0)
        config, path = replace(CEN, options={"width": 8, "same_padding": same}), tmp_path / f"{same}.safetensors"
        network = build_network(config)
        save_checkpoint(path, network, config, {}, half=False)
        y = load_model(path, "cpu", precision="float32").forward(x)["semseg/rgb"]
        torch.testing.assert_close(y, network(x)["semseg/rgb"], rtol=1e-4, atol=1e-5 * float(y.std()))
        outputs.append(y)
    assert not torch.allclose(*outputs, rtol=1e-2, atol=1e-2 * float(y.std()))


def test_traces_of_an_efficientnet_are_true() -> None:
    torch.manual_seed(1)
    network = build_network(CEN)
    with torch.no_grad():
        for norm in (m for m in network.modules() if isinstance(m, StreamNorm)):
            norm.weight.uniform_(0.5, 1.5)
            if norm.threshold is not None:
                norm.weight[torch.rand_like(norm.weight) < 0.3] = 0.01
        network.train()
        for _ in range(3):
            network({name: torch.randn(2, 3, 64, 96) for name in CEN.inputs})
    assert sum(isinstance(m, InvertedResidual) for m in network.modules()) == 16
    require(Model(network.eval(), CEN, "lite0", precision="float32"))
