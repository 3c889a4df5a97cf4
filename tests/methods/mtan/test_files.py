"""Files of other MTANs than the one whose numbers are known: whatever is in the tensors is read off them."""

from pathlib import Path

import pytest
import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.door import load_model
from vizlab.core.registry import build_network

PASCAL = {"semseg": 21, "human_parts": 7, "sal": 1, "normals": 3, "edge": 1}


@pytest.mark.parametrize("depth", [18, 50])
@torch.inference_mode()
def test_any_depth_and_any_tasks(depth: int, tmp_path: Path) -> None:
    tasks = tuple(PASCAL) if depth == 18 else ("sal",)
    config = NetworkConfig(
        f"mtan-resnet{depth}",
        tasks,
        ("rgb",),
        semseg_channels=21,
        options={"output_stride": 8},
    )
    network = build_network(config)
    path = tmp_path / "best_model.pth.tar"
    torch.save({f"module.{name}": tensor for name, tensor in network.state_dict().items()}, path)
    model = load_model(path, "cpu", precision="float32")
    path.unlink()
    assert model.config.architecture == f"mtan-resnet{depth}"
    assert model.config.tasks == tasks
    assert {task.name: task.channels for task in model.tasks} == {name: PASCAL[name] for name in tasks}
    assert model.config.working_size == (512, 512)
    image = {"rgb": torch.randn(1, 3, 32, 48)}
    expected = network(image)
    for name, y in model.network(image).items():
        torch.testing.assert_close(y, expected[name])
