"""Files of other PAD-Nets than the one whose numbers are known: whatever is in the tensors is read off them."""

from pathlib import Path

import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.door import load_model
from vizlab.core.registry import build_network
from vizlab.methods.parts.hrnet import HRNetLayout

LAYOUT = HRNetLayout((6, 10, 12, 20), bottlenecks=1, modules=(1, 2, 1), blocks=(1, 1, 2), bottleneck_width=8)
PASCAL = ("semseg", "human_parts", "sal", "normals", "edge")
WIDE = NetworkConfig(
    "pad-net-hrnet",
    ("semseg", "human_parts", "sal"),
    ("rgb",),
    auxiliary_tasks=PASCAL,
    semseg_channels=21,
    options={**LAYOUT.to_options(), "width": 32},
)


@torch.inference_mode()
def test_any_width_and_any_tasks(tmp_path: Path) -> None:
    network = build_network(WIDE)
    path = tmp_path / "PASCALContext" / "best_model.pth.tar"
    path.parent.mkdir()
    torch.save({f"module.{name}": tensor for name, tensor in network.state_dict().items()}, path)
    model = load_model(path, "cpu", precision="float32")
    assert model.config.tasks == WIDE.tasks
    assert model.config.auxiliary_tasks == PASCAL
    assert {t.name: t.channels for t in model.network.auxiliary_tasks} == {
        "semseg": 21, "human_parts": 7, "sal": 1, "normals": 3, "edge": 1,
    }  # fmt: skip
    assert model.config.working_size == (512, 512)
    image = {"rgb": torch.randn(1, 3, 61, 83)}  # no side a multiple of anything
    expected = network(image)
    found = model.network(image)
    assert list(found) == list(expected)
    for name, y in expected.items():
        torch.testing.assert_close(found[name], y)
    assert found["sal"].shape == (1, 1, 61, 83)
    assert found["scale_0/edge"].shape == (1, 1, 16, 21)
