"""RefineNet decoders: the full one of CEN's released segmentation networks, and the light-weight one.

Lin et al., CVPR 2017; Nekrasov et al., BMVC 2018. Both are stateless towards streams: they only convolve, so the
streams stay stacked along the batch axis.
"""

import torch.nn.functional as F
from torch import Tensor, nn


def _upsample_like(x: Tensor, reference: Tensor) -> Tensor:
    # align_corners=True is what CEN was trained with; every other network here uses False.
    return F.interpolate(x, size=reference.shape[-2:], mode="bilinear", align_corners=True)


class ChainedResidualPooling(nn.Module):
    """x + conv(pool(x)) + conv(pool(conv(pool(x)))) + ...; pooling 5x5, stride 1."""

    def __init__(self, channels: int, stages: int = 4, kernel: int = 3) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False) for _ in range(stages)
        )

    def forward(self, x: Tensor) -> Tensor:
        top = x
        for conv in self.convs:
            top = conv(F.max_pool2d(top, 5, stride=1, padding=2))
            x = x + top
        return x


class LightRefineNet(nn.Module):
    """Light-weight RefineNet: 1x1 reductions, chained pooling with 1x1 convs, sums from coarse to fine.

    Takes the features of strides 4, 8, 16, 32 (finest first) to (B, `outputs`, H/4, W/4).
    """

    def __init__(self, channels: tuple[int, ...], width: int, outputs: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(nn.Conv2d(c, width, 1, bias=False) for c in channels)
        self.pool = nn.ModuleList(ChainedResidualPooling(width, kernel=1) for _ in channels)
        self.adapt = nn.ModuleList(nn.Conv2d(width, width, 1, bias=False) for _ in channels[1:])
        self.classifier = nn.Conv2d(width, outputs, 3, padding=1)

    def forward(self, features: list[Tensor]) -> Tensor:
        path: Tensor | None = None
        for level in reversed(range(len(features))):
            x = self.reduce[level](features[level])
            if path is not None:
                x = x + _upsample_like(self.adapt[level](path), x)
            path = self.pool[level](F.relu(x))
        return self.classifier(path)
