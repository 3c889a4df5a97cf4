"""Small reference networks with seeded weights; they test mechanics, nobody is shown them."""

import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network
from vizlab.methods.parts.hrnet import HRNetLayout
from vizlab.tasks import NYU40_CLASSES, PASCAL21_CLASSES

TASKS = ("semseg", "normals", "depth")
PASCAL = ("semseg", "human_parts", "sal", "normals", "edge")
TINY = HRNetLayout((8, 8, 8, 8), 1, (1, 1, 1), (1, 1, 1), 8).to_options()


def tiny(kind: str, tasks: tuple[str, ...], classes: tuple[str, ...] = ()) -> NetworkConfig:
    """A `kind` of reference on the smallest HRNet, at 64x96."""
    return NetworkConfig(
        f"reference-{kind}-hrnet", tasks, ("rgb",), classes=classes, semseg_channels=len(classes) or 40,
        working_size=(64, 96), options=TINY,
    )  # fmt: skip


CONFIGS = {
    "shared": tiny("shared", TASKS, NYU40_CLASSES),
    "depth-alone": tiny("single", ("depth",)),
    "pascal": tiny("shared", PASCAL, PASCAL21_CLASSES),
}


def warmed(config: NetworkConfig) -> FusionNetwork:
    """The network with norms that suit their features."""
    torch.manual_seed(7)
    network = build_network(config).train()
    for _ in range(3):
        network({"rgb": torch.randn(2, 3, 64, 96)})
    return network.eval()


def make_model(name: str) -> Model:
    return Model(warmed(CONFIGS[name]), CONFIGS[name], name, checkpoint_hash="0" * 64, precision="float32")
