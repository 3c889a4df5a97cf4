"""Small TokenFusion networks with seeded weights that really give tokens up; they test mechanics."""

import torch
from torch import Tensor, nn

from vizlab.core.config import IMAGENET, SIGNED, NetworkConfig, Normalisation
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network
from vizlab.methods.parts.stream_norm import PrivateNorm
from vizlab.methods.token_fusion.exchange import TokenScores
from vizlab.methods.token_fusion.mix_transformer import StreamLayerNorm
from vizlab.tasks import NYU40_CLASSES

INPUTS = ("rgb", "depth")
COMPACT = NetworkConfig(
    "token-fusion-mobilenetv2",
    ("semseg",),
    INPUTS,
    classes=NYU40_CLASSES,
    threshold=0.02,
    working_size=(96, 128),
    normalisation={"rgb": IMAGENET, "depth": Normalisation((2.8,) * 3, (1.3,) * 3)},
    options={"width": 16},
)
MIT = NetworkConfig(
    "token-fusion-mit-b0",
    ("semseg",),
    INPUTS,
    classes=NYU40_CLASSES,
    threshold=0.02,
    working_size=(96, 128),
    normalisation=COMPACT.normalisation,
    options={"width": 32},
)
TRANSLATION = NetworkConfig(
    "token-fusion-translation-b0",
    ("image",),
    INPUTS,
    threshold=0.02,
    working_size=(64, 96),
    normalisation={"rgb": SIGNED, "depth": Normalisation((5.0,) * 3, (5.0,) * 3)},
)


GIVEN_UP = 0.25
"""The part of the tokens of a picture of noise that is brought below the threshold where a score is first used."""


def spread(config: NetworkConfig) -> FusionNetwork:
    """The network with norms that differ by stream and scores that lie on both sides of the threshold."""
    torch.manual_seed(7)
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, PrivateNorm | StreamLayerNorm | nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
        network.train()
        for _ in range(3):
            network(noise(config, 2))
        network.eval()
        for net in [net for m in network.modules() if isinstance(m, TokenScores) for net in m.score_nets]:
            _bring_to_threshold(network, net, config)
    return network


def noise(config: NetworkConfig, count: int = 1) -> dict[str, Tensor]:
    return {name: torch.randn(count, 3, 96, 128) for name in config.inputs}


def _bring_to_threshold(network: FusionNetwork, net: nn.Sequential, config: NetworkConfig) -> None:
    """Spread what `net` says of tokens, and shift it such that some of them are given up."""
    found: list[Tensor] = []
    handle = net.register_forward_hook(lambda module, given, logits: found.append(logits))
    network(noise(config))
    handle.remove()
    margin = (found[0][..., 0] - found[0][..., 1]).flatten()
    last = net[-1]
    # Far from the threshold, but for few: in bfloat16 what lies near it changes sides.
    gain = 12 / margin.std()
    last.weight.mul_(gain)
    last.bias.mul_(gain)
    last.bias[0] += torch.logit(torch.tensor(config.threshold)) - (margin * gain).quantile(GIVEN_UP)


def make_model(config: NetworkConfig = COMPACT) -> Model:
    return Model(spread(config), config, "tokens", checkpoint_hash="0" * 64, precision="float32")
