"""MTANs with seeded weights under which masks differ: from pixel to pixel, channel to channel and task to task."""

import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.tasks import NYU40_CLASSES

TASKS = ("semseg", "depth", "normals")


def made(architecture: str = "mtan-mobilenetv2", tasks: tuple[str, ...] = TASKS, **options: int) -> Model:
    """float32, on the CPU, in evaluation mode; norms have seen a few batches of noise."""
    config = NetworkConfig(
        architecture, tasks, ("rgb",), classes=NYU40_CLASSES, working_size=(96, 128), options=options
    )
    torch.manual_seed(11)
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
        network.train()
        for _ in range(2):
            network({"rgb": torch.randn(2, 3, 64, 64)})
    return Model(network.eval(), config, "a-small-mtan", checkpoint_hash="0" * 64, precision="float32")
