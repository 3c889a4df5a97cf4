"""MTI-Net on HRNets of any width and layout: names and shapes as the released code has them, and files of them."""

from pathlib import Path

import pytest
import torch

from vizlab.checks import require
from vizlab.core.config import NetworkConfig
from vizlab.core.door import load_model, save_checkpoint
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.published import Clues
from vizlab.core.registry import build_network
from vizlab.methods.mti_net.files import MTI_NET
from vizlab.methods.parts.hrnet import SMALL_W18, HRNetLayout, full_layout
from vizlab.methods.parts.hrnet_files import hrnet_layout

TASKS = ("semseg", "depth")
PASCAL = ("semseg", "human_parts", "sal", "normals", "edge")
ODD = HRNetLayout((16, 20, 36, 50), bottlenecks=1, modules=(2, 1, 3), blocks=(1, 3, 2), bottleneck_width=32)
"""Of no publication: every number differs, so that none can stand for another."""
SMALL = HRNetLayout((16, 16, 16, 16), 1, (1, 1, 1), (1, 1, 1), 4)


def of_layout(layout: HRNetLayout, tasks: tuple[str, ...] = TASKS, **more: object) -> NetworkConfig:
    return NetworkConfig("mti-net-hrnet", tasks, ("rgb",), options=layout.to_options(), **more)  # type: ignore[arg-type]


def on_meta(config: NetworkConfig) -> FusionNetwork:
    with torch.device("meta"):
        return build_network(config)


@pytest.mark.parametrize("width", [18, 30, 32, 48])
def test_full_layouts_have_the_published_tensors(width: int) -> None:
    """Widths w, 2w, 4w, 8w; four bottlenecks, 1, 4 and 3 modules, four blocks on a branch."""
    shapes = {key: tuple(tensor.shape) for key, tensor in on_meta(of_layout(full_layout(width))).state_dict().items()}
    w = width
    expected = {
        "backbone.layer1.3.conv1.weight": (64, 256, 1, 1),
        "backbone.transition1.0.0.weight": (w, 256, 3, 3),
        "backbone.transition1.1.0.0.weight": (2 * w, 256, 3, 3),
        "backbone.transition2.2.0.0.weight": (4 * w, 2 * w, 3, 3),
        "backbone.transition3.3.0.0.weight": (8 * w, 4 * w, 3, 3),
        "backbone.stage2.0.branches.1.3.conv2.weight": (2 * w, 2 * w, 3, 3),
        "backbone.stage3.3.branches.2.3.conv1.weight": (4 * w, 4 * w, 3, 3),
        "backbone.stage4.2.branches.3.3.conv1.weight": (8 * w, 8 * w, 3, 3),
        "backbone.stage4.2.fuse_layers.0.3.0.weight": (w, 8 * w, 1, 1),
        "backbone.stage4.2.fuse_layers.3.0.1.0.weight": (w, w, 3, 3),
        "backbone.stage4.2.fuse_layers.3.0.2.0.weight": (8 * w, w, 3, 3),
        "heads.semseg.last_layer.0.weight": (15 * w, 15 * w, 1, 1),
        "heads.semseg.last_layer.3.weight": (40, 15 * w, 1, 1),
        "scale_0.refinement.depth.0.conv1.weight": (w, 3 * w, 3, 3),
        "fpm_scale_1.se.depth.squeeze.0.weight": (2 * w // 16, 2 * w),
        "fpm_scale_3.non_linear.0.conv1.weight": (4 * w, 16 * w, 3, 3),
    }
    assert {key: shapes.get(key) for key in expected} == expected
    beyond = ("layer1.4.", "stage2.1.", "stage3.4.", "stage4.3.", "stage4.0.branches.0.4.")
    assert not [key for key in shapes if key.removeprefix("backbone.").startswith(beyond)]


def test_channel_gates_squeeze_to_whole_sixteenths() -> None:
    """30 channels to 1, 60 to 3."""
    layout = HRNetLayout((15, 30, 60, 120))
    shapes = {key: tuple(tensor.shape) for key, tensor in on_meta(of_layout(layout)).state_dict().items()}
    assert shapes["fpm_scale_1.se.semseg.squeeze.0.weight"] == (1, 30)
    assert shapes["fpm_scale_2.se.semseg.squeeze.0.weight"] == (3, 60)


@pytest.mark.parametrize(
    ("layout", "prefix"),
    [(SMALL_W18, "backbone."), (ODD, "backbone.0."), *((full_layout(w), "") for w in (18, 30, 32, 48, 64))],
)
def test_the_layout_is_read_off(layout: HRNetLayout, prefix: str) -> None:
    state = on_meta(of_layout(layout)).state_dict()
    renamed = {prefix + key.removeprefix("backbone."): value for key, value in state.items() if "backbone." in key}
    assert hrnet_layout(renamed, prefix) == layout
    assert HRNetLayout.from_options(layout.to_options()) == layout


@pytest.mark.parametrize(
    ("layout", "backbone"),
    [(SMALL_W18, "hrnet18"), (full_layout(18), "hrnet-w18"), (full_layout(48), "hrnet-w48"), (ODD, "hrnet")],
)
def test_a_layout_has_a_name_or_stands_in_the_options(layout: HRNetLayout, backbone: str) -> None:
    """A gain compares networks of one backbone, by its name: widths must not share theirs."""
    state = on_meta(of_layout(layout)).state_dict()
    found, _ = MTI_NET.describe(state, Clues())
    assert found.architecture == f"mti-net-{backbone}"
    assert dict(found.options) == ({} if backbone != "hrnet" else layout.to_options())
    shapes = {key: value.shape for key, value in state.items()}
    assert {key: value.shape for key, value in on_meta(found).state_dict().items()} == shapes


@pytest.mark.parametrize(
    ("layout", "tasks", "senders"),
    [
        (full_layout(18), ("normals",), ("normals", "depth")),
        (ODD, PASCAL, PASCAL),
        (SMALL, ("normals",), ("normals", "edge")),
    ],
    ids=["full W18", "odd, PASCAL", "one task"],
)
def test_a_file_of_random_weights_opens(
    layout: HRNetLayout, tasks: tuple[str, ...], senders: tuple[str, ...], tmp_path: Path
) -> None:
    """From the authors' form into ours and back, to the same outputs."""
    config = of_layout(layout, tasks, auxiliary_tasks=senders, semseg_channels=21 if "sal" in tasks else 40)
    torch.manual_seed(0)
    network = build_network(config)
    path = tmp_path / "checkpoint.pth.tar"
    state = {f"module.{key}": value for key, value in network.state_dict().items()}
    torch.save({"optimizer": {}, "model": state, "epoch": 1, "best_result": {}}, path)
    model = load_model(path, "cpu", precision="float32")
    path.unlink()
    assert (model.config.tasks, model.config.auxiliary_tasks) == (tasks, senders)
    assert model.config.working_size == ((512, 512) if "sal" in tasks else (480, 640))
    inputs = {"rgb": torch.randn(1, 3, 64, 96)}
    with torch.inference_mode():
        expected = network(inputs)
    outputs = model.forward(inputs)
    assert set(outputs) == set(expected)
    for name, y in expected.items():
        torch.testing.assert_close(outputs[name], y, rtol=1e-3, atol=1e-4 * float(y.std()))
    saved = tmp_path / "ours.safetensors"
    save_checkpoint(saved, model.network, model.config, {})
    assert load_model(saved, "cpu").config == model.config


def test_traces_are_true_with_all_tasks_of_pascal() -> None:
    config = of_layout(SMALL, PASCAL, semseg_channels=21, working_size=(64, 96))
    torch.manual_seed(0)
    network = build_network(config).train()
    for _ in range(3):
        network({"rgb": torch.randn(2, 3, 64, 96)})
    require(Model(network.eval(), config, "pascal", precision="float32"))
