"""Compact cross-stitch networks with seeded weights; they test mechanics, nobody is shown them."""

from dataclasses import replace

import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network
from vizlab.methods.cross_stitch.network import Scale
from vizlab.tasks import NYU40_CLASSES

TASKS = ("semseg", "depth", "normals")
STAGES = ("stage1", "stage2", "stage3", "stage4", "stage5")
COMPACT = NetworkConfig(
    "cross-stitch-mobilenetv2",
    TASKS,
    ("rgb",),
    classes=NYU40_CLASSES,
    working_size=(96, 128),
    options={"width": 16},
)
PASCAL = ("semseg", "human_parts", "sal", "normals", "edge")
COMPACT_PASCAL = replace(
    COMPACT, tasks=PASCAL, classes=(), semseg_channels=21, task_channels={"human_parts": 7, "sal": 1}
)


def warmed(config: NetworkConfig) -> FusionNetwork:
    """The network with norms that suit their features, and alphas that differ by task, channel and sign."""
    torch.manual_seed(7)
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
            if isinstance(module, Scale):
                module.param += 0.3 * torch.randn_like(module.param)
        network.train()
        for _ in range(3):
            network({"rgb": torch.randn(2, 3, 96, 128)})
    return network.eval()


def make_model(config: NetworkConfig = COMPACT) -> Model:
    return Model(warmed(config), config, "stitched", checkpoint_hash="0" * 64, precision="float32")
