"""Networks with seeded weights and norms that suit their features; they test mechanics, nobody is shown them."""

import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network


def warmed(config: NetworkConfig, side: int = 64) -> FusionNetwork:
    """In evaluation mode; norms have seen two batches of noise of that size, and differ from channel to channel."""
    torch.manual_seed(11)
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
        network.train()
        for _ in range(2):
            network({name: torch.randn(2, 3, side, side) for name in config.inputs})
    return network.eval()


def made(config: NetworkConfig) -> Model:
    """The same as a model, float32, on the CPU."""
    return Model(warmed(config), config, "made", checkpoint_hash="0" * 64, precision="float32")
