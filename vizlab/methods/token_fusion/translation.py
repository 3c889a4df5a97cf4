"""TokenFusion for image translation: a mix transformer down to 1/32, and one back up to the picture."""

from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.token_fusion.exchange import THRESHOLD
from vizlab.methods.token_fusion.mix_transformer import MixTransformer, Stage, StageShape, start_values
from vizlab.methods.token_fusion.network import TokenFusion, two_streams
from vizlab.tasks import Task

_NARROW, _WIDE = (32, 64, 128, 256, 512), (64, 128, 256, 512, 1024)
GENERATORS: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "b0": (_NARROW, (2, 2, 2, 2, 2)),
    "b1": (_WIDE, (2, 2, 2, 2, 2)),
    "b2": (_WIDE, (3, 4, 4, 6, 3)),
    "b3": (_WIDE, (3, 4, 4, 18, 3)),
    "b4": (_WIDE, (3, 8, 8, 27, 3)),
    "b5": (_WIDE, (3, 6, 6, 40, 3)),
}
"""Channels and blocks of the encoder's stages, by size."""
_HEADS, _REDUCTIONS = (1, 2, 4, 8, 16), (16, 8, 4, 2, 1)
_UP = 2


class DecoderStage(Stage):
    """Twice the size by a pixel shuffle, the encoder's feature of that size added, then blocks without exchange.

    (S*B, C', h, w) and (S*B, C, 2h, 2w) to the latter's shape.
    """

    def __init__(self, streams: tuple[str, str], cin: int, shape: StageShape) -> None:
        super().__init__(streams, shape, threshold=0.0)
        self.embed = nn.Conv2d(cin // _UP**2, shape.channels, 1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:  # type: ignore[override]
        tokens = self.embed(F.pixel_shuffle(x, _UP)) + skip
        return super().forward(tokens.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class TranslationDecoder(nn.Module):
    """The encoder's features (finest first) to a picture in [-1, 1] at twice the finest one's size."""

    def __init__(self, streams: tuple[str, str], shapes: Sequence[StageShape], deepest: int, outputs: int) -> None:
        super().__init__()
        widths = [deepest, *(shape.channels for shape in shapes)]
        self.stages = nn.ModuleList(
            DecoderStage(streams, cin, shape) for cin, shape in zip(widths, shapes, strict=False)
        )
        self.embed = nn.Conv2d(widths[-1] // _UP**2, widths[-1], 1)
        self.project = nn.Conv2d(widths[-1], outputs, 1)

    def forward(self, features: list[Tensor]) -> Tensor:
        *skips, x = features
        for stage, skip in zip(self.stages, reversed(skips), strict=True):
            x = stage(x, skip)
        return self.project(self.embed(F.pixel_shuffle(x, _UP))).tanh()


def token_fusion_translation(
    size: str, inputs: Sequence[str], task: Task, threshold: float = THRESHOLD, **blocks: int
) -> TokenFusion:
    """The released generator of that size, "b0" to "b5": exchange in the last block of each of five stages.

    Pictures are in [-1, 1], their sides multiples of 32. `decoder1`, ... give the decoder's numbers of blocks, from the
    coarsest stage on, where they are not the encoder's at the same size.
    """
    streams = two_streams(inputs)
    channels, counts = GENERATORS[size]
    shapes = [StageShape(*shape) for shape in zip(channels, counts, _HEADS, _REDUCTIONS, strict=True)]
    encoder = MixTransformer(streams, shapes, threshold, first=(3, 2), last_only=True)
    up = [
        StageShape(shape.channels, blocks.get(f"decoder{number}", shape.blocks), shape.heads, shape.reduction)
        for number, shape in enumerate(reversed(shapes[:-1]), 1)
    ]
    network = TokenFusion(encoder, TranslationDecoder(streams, up, channels[-1], task.channels), inputs, task)
    return network.apply(start_values)
