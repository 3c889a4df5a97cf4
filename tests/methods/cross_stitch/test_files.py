"""What is read off names and shapes, and our own files; shapes only where a network is large."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.methods.cross_stitch.networks import COMPACT, PASCAL, TASKS, warmed
from vizlab.core.config import NetworkConfig
from vizlab.core.door import load_model, save_checkpoint
from vizlab.core.published import Clues
from vizlab.core.registry import build_network, methods
from vizlab.errors import CheckpointError
from vizlab.methods.cross_stitch.files import CROSS_STITCH
from vizlab.tasks import NYU40_CLASSES, PASCAL21_CLASSES

ALL_STAGES = ("layer1", "layer2", "layer3", "layer4")


def published(depth: int, tasks: tuple[str, ...], **more: object) -> NetworkConfig:
    values = {"options": {"output_stride": 8}, "stages": ALL_STAGES, "working_size": (480, 640), **more}
    return NetworkConfig(f"cross-stitch-resnet{depth}", tasks, ("rgb",), **values)  # type: ignore[arg-type]


CASES = {
    "resnet50-three-tasks": published(50, ("semseg", "normals", "depth"), classes=NYU40_CLASSES),
    "resnet18-pascal": published(18, PASCAL, semseg_channels=21, classes=PASCAL21_CLASSES, working_size=(512, 512)),
    "some-stages": published(18, ("normals", "depth"), stages=("layer2", "layer4")),
}


def state_of(config: NetworkConfig) -> dict[str, Tensor]:
    """The tensors without memory, as the authors name them: our names follow theirs."""
    with torch.device("meta"):
        return build_network(config).state_dict()


@pytest.mark.parametrize("case", CASES)
def test_configuration_is_read_off(case: str) -> None:
    config, state = CASES[case], state_of(CASES[case])
    formats = [known for method in methods().values() for known in method.files]
    assert [known for known in formats if known.recognise(state.keys())] == [CROSS_STITCH]
    found, _ = CROSS_STITCH.describe(state, Clues())
    for name in ("architecture", "tasks", "inputs", "semseg_channels", "classes", "working_size", "stages"):
        assert getattr(found, name) == getattr(config, name), name
    assert dict(found.options) == dict(config.options)
    assert dict(found.task_channels) == dict(config.task_channels)


def test_other_methods_files_are_not_taken_for_this_one() -> None:
    with torch.device("meta"):
        other = build_network(NetworkConfig("nddr-cnn-resnet18", ("semseg", "depth"), ("rgb",)))
    assert not CROSS_STITCH.recognise(other.state_dict().keys())
    assert not CROSS_STITCH.recognise(["cross_stitch.0.weight", "head.cross_stitch_unit.depth.semseg.param"])


def test_a_backbone_nobody_knows_gets_a_sentence() -> None:
    state = {k: v for k, v in state_of(CASES["some-stages"]).items() if ".layer3.1." not in k}
    with pytest.raises(CheckpointError, match="number of blocks in layer3"):
        CROSS_STITCH.describe(state, Clues())


def test_a_missing_alpha_is_named(tmp_path: Path) -> None:
    key = "cross_stitch.stage2.cross_stitch_unit.depth.semseg.param"
    network = build_network(COMPACT)
    del network.get_submodule(key.removesuffix(".param")).param
    save_checkpoint(tmp_path / "less.safetensors", network, COMPACT, {})
    with pytest.raises(CheckpointError, match=rf"1 tensor missing: {key}"):
        load_model(tmp_path / "less.safetensors", "cpu")


@pytest.mark.parametrize("stages", [(), ("stage2", "stage4")])
def test_a_saved_checkpoint_comes_back(stages: tuple[str, ...], tmp_path: Path) -> None:
    config = replace(COMPACT, stages=stages)
    network, path = warmed(config), tmp_path / "stitched-mobilenetv2.safetensors"
    save_checkpoint(path, network, config, {"data": "none"})
    model = load_model(path, "cpu", precision="float32")
    assert model.config == config
    assert model.method.family == "cross-stitch"
    assert model.assumed == {}
    assert [task.name for task in model.tasks] == list(TASKS)
    image = torch.randn(1, 3, 96, 128)
    outputs, expected = model.forward({"rgb": image}), network({"rgb": image})
    for name, y in expected.items():
        torch.testing.assert_close(outputs[name], y.detach(), rtol=0.05, atol=0.05 * float(y.detach().std()))
