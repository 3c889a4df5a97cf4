"""The compact TokenFusion: token exchange in a light backbone, which starts from ImageNet and trains on a CPU.

Ours, not the authors'. A pixel of a feature is a token. As in the released networks two streams share all weights but
those of the norms, and what a block adds to its shortcut is what is exchanged.
"""

from collections.abc import Sequence
from typing import TypeGuard

from torch import Tensor, nn

from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.inverted_residual import InvertedResidual, InvertedResidualBackbone, InvertedResidualLayout
from vizlab.methods.parts.refinenet import LightRefineNet
from vizlab.methods.parts.stream_norm import private_norm
from vizlab.methods.token_fusion.exchange import THRESHOLD, TokenExchange, TokenScores
from vizlab.methods.token_fusion.network import TokenFusion, two_streams
from vizlab.tasks import Task


class TokenBackbone(InvertedResidualBackbone):
    """Exchange in each inverted residual that has a shortcut (10 sites of MobileNetV2).

    Blocks of one width share score networks, which read the block's input.
    """

    def __init__(self, streams: tuple[str, str], threshold: float, layout: InvertedResidualLayout) -> None:
        super().__init__(layout, private_norm(len(streams)))
        adding = {str(number): block.channels for number, block in enumerate(self.features) if _adds(block)}
        self.exchange = nn.ModuleDict({n: TokenExchange(streams, width, threshold) for n, width in adding.items()})
        self.scores = nn.ModuleDict({str(width): TokenScores(len(streams), width) for width in adding.values()})

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        numbers = self.numbers(index)
        if not any(_adds(self.features[number]) for number in numbers):
            return super().run_stage(index, x)
        for number in numbers:
            x = self._run(number, x)
        return x

    def _run(self, number: int, x: Tensor) -> Tensor:
        block = self.features[number]
        if not _adds(block):
            return block(x)
        scores = self.scores[str(x.shape[1])](x.permute(0, 2, 3, 1))
        return x + self.exchange[str(number)](block.conv(x), scores)


def _adds(block: nn.Module) -> TypeGuard[InvertedResidual]:
    return isinstance(block, InvertedResidual) and block.residual


def token_fusion_compact(
    inputs: Sequence[str],
    task: Task,
    threshold: float = THRESHOLD,
    layout: InvertedResidualLayout = MOBILENET_V2,
    width: int = 128,
) -> TokenFusion:
    """Token exchange in a light backbone, and a light-weight RefineNet that both streams share."""
    encoder = TokenBackbone(two_streams(inputs), threshold, layout)
    decoder = LightRefineNet(encoder.channels[1:], width, task.channels)
    return TokenFusion(encoder, decoder, inputs, task, reads=4)
