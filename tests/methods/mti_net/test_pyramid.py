"""Our feature pyramid, and MTI-Net on it."""

import pytest
import torch
from torch import Tensor

from vizlab.checks import require
from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.pyramid import FeaturePyramid
from vizlab.methods.parts.resnet import ResNet


class Ones(Backbone):
    """Stages of one channel at strides 2 to 16, the one at index k everywhere 10**k."""

    stage_names = ("a", "b", "c", "d")
    channels = (1, 1, 1, 1)
    strides = (2, 4, 8, 16)

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        side = 16 // 2**index
        return torch.full((1, 1, side, side), float(10**index))


def test_every_level_is_the_sum_of_itself_and_all_coarser_ones() -> None:
    pyramid = FeaturePyramid(Ones(), channels=(1, 1, 1), width=1).eval()
    with torch.no_grad():
        for lateral in pyramid.lateral:
            lateral.weight.fill_(1)
            lateral.bias.zero_()
        for conv, norm, _ in pyramid.smooth:
            conv.weight.zero_()
            conv.weight[..., 1, 1] = 1
            norm.running_var.fill_(1 - norm.eps)
        levels = pyramid(torch.zeros(1, 3, 32, 32))
    assert [tuple(level.shape[-2:]) for level in levels] == [(8, 8), (4, 4), (2, 2)]
    for level, expected in zip(levels, (1110.0, 1100.0, 1000.0), strict=True):
        torch.testing.assert_close(level, torch.full_like(level, expected))


@pytest.mark.parametrize("depth", [18, 50])
def test_four_strides_over_a_resnet(depth: int) -> None:
    with torch.device("meta"):
        levels = FeaturePyramid(ResNet(depth), (8, 12, 16, 20), 24)(torch.zeros(2, 3, 64, 96))
    assert [tuple(level.shape) for level in levels] == [(2, 8, 16, 24), (2, 12, 8, 12), (2, 16, 4, 6), (2, 20, 2, 3)]


def test_mti_net_on_it_has_true_traces() -> None:
    config = NetworkConfig(
        "mti-net-resnet18-fpn", ("semseg", "depth"), ("rgb",), auxiliary_tasks=("semseg", "normals", "depth"),
        working_size=(64, 96), options={"width": 16},
    )  # fmt: skip
    torch.manual_seed(0)
    model = Model(build_network(config), config, "fpn", precision="float32")
    outputs = model.forward({"rgb": torch.randn(1, 3, 64, 96)})
    assert outputs["semseg"].shape == (1, 40, 64, 96)
    assert outputs["scale_3/normals"].shape == (1, 3, 2, 3)
    require(model)


def test_it_has_256_channels_at_every_stride() -> None:
    with torch.device("meta"):
        network = build_network(NetworkConfig("mti-net-resnet50-fpn", ("semseg", "depth"), ("rgb",)))
    assert {site.channels for site in network.sites} == {256}
    assert [conv.in_channels for conv in network.get_submodule("backbone.lateral")] == [256, 512, 1024, 2048]
