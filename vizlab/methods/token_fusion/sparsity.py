"""What makes scores small in training: their L1, without which no token would ever be given up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from vizlab.methods.token_fusion.exchange import TokenScores


@contextmanager
def score_size(network: nn.Module) -> Iterator[Callable[[], Tensor]]:
    """Within the block all scores of the network's forwards are noted; the function gives their L1.

    It is the sum over tokens, blocks and streams, of a picture: the mean over a batch. Whether the authors' lambda is
    of the sum over a batch is not said; ours does not depend on how many pictures share a step.
    """
    found: list[Tensor] = []
    handles = [net.register_forward_hook(lambda *call: found.append(call[-1])) for net in score_networks(network)]
    try:
        yield lambda: torch.stack([scores.sum() * 2 / len(scores) for scores in found]).sum()
    finally:
        for handle in handles:
            handle.remove()


def score_networks(network: nn.Module) -> Iterator[nn.Module]:
    """The networks that score tokens, which start untrained."""
    return (module for module in network.modules() if isinstance(module, TokenScores))
