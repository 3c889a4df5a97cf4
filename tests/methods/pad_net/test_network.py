"""PAD-Net against its formulas; the unit and the backbone are tested where they are shared."""

import pytest
import torch
import torch.nn.functional as F

from tests.methods.pad_net.conftest import COMPACT
from tests.methods.warmed import made
from vizlab.checks import require
from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.methods.pad_net.network import FusedScales
from vizlab.methods.parts.hrnet import full_layout

SENDERS = ("semseg", "normals", "edge", "depth")
PUBLISHED = NetworkConfig("pad-net-hrnet", ("semseg", "depth"), ("rgb",), auxiliary_tasks=SENDERS)


@torch.inference_mode()
def test_scales_are_resized_to_the_finest_and_joined_finest_first() -> None:
    torch.manual_seed(0)
    fused = FusedScales(6).eval()
    norm = fused.last_layer[1]
    norm.running_mean.normal_()
    features = [torch.randn(1, c, 12 // s, 16 // s) for c, s in ((1, 1), (2, 2), (3, 4))]
    joined = torch.cat([F.interpolate(x, size=(12, 16), mode="bilinear", align_corners=False) for x in features], 1)
    conv = fused.last_layer[0]
    y = torch.einsum("oc,bchw->bohw", conv.weight[..., 0, 0], joined) + conv.bias[:, None, None]
    expected = ((y - norm.running_mean[:, None, None]) / (1 + 1e-5) ** 0.5).relu()
    torch.testing.assert_close(fused(features), expected, rtol=1e-4, atol=1e-5)


def test_a_final_prediction_is_of_what_its_unit_gave(compact: Model) -> None:
    given: dict[str, torch.Tensor] = {}
    image = {"rgb": torch.randn(1, 3, 64, 96)}
    unit = compact.network.multi_modal_distillation
    handle = unit.register_forward_hook(lambda module, args, out: given.update(out))
    try:
        outputs = compact.forward(image)
    finally:
        handle.remove()
    assert list(given) == list(COMPACT.tasks)
    with torch.inference_mode():
        for task in COMPACT.tasks:
            torch.testing.assert_close(outputs[task], compact.network.heads[task](given[task]))
    assert {name: y.shape[-2:] for name, y in outputs.items()} == dict.fromkeys(outputs, (16, 24))


def test_wider_networks_have_the_tensors_of_the_code_base() -> None:
    from vizlab.core.registry import build_network

    options = {**full_layout(48).to_options(), "width": 256}
    with torch.device("meta"):
        network = build_network(NetworkConfig("pad-net-hrnet", ("semseg",), ("rgb",), SENDERS, options=options))
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    heads = "initial_task_prediction_heads"
    assert shapes["backbone.1.last_layer.0.weight"] == (720, 720, 1, 1)
    assert shapes["backbone.0.stage3.3.branches.2.3.conv2.weight"] == (192, 192, 3, 3)
    assert shapes[f"{heads}.layers.edge.0.conv1.weight"] == (64, 720, 1, 1)
    assert shapes[f"{heads}.layers.edge.0.downsample.0.weight"] == (256, 720, 1, 1)
    assert f"{heads}.layers.edge.1.downsample.0.weight" not in shapes
    assert shapes[f"{heads}.conv_out.normals.bias"] == (3,)
    assert shapes["heads.semseg.2.weight"] == (40, 256, 1, 1)
    unit = "multi_modal_distillation.self_attention.semseg"
    assert shapes[f"{unit}.depth.attention.0.weight"] == shapes[f"{unit}.depth.conv.weight"] == (256, 256, 3, 3)
    assert not any(name.startswith((f"{unit}.semseg", "heads.edge")) for name in shapes)


@pytest.mark.parametrize("config", [COMPACT, PUBLISHED], ids=["compact", "published"])
def test_traces_are_true(config: NetworkConfig) -> None:
    require(made(config), working_size=(32, 64))
