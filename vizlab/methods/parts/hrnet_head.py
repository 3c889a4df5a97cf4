"""The head of HRNet (Wang et al., TPAMI 2020), which reads all four scales at once."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def concatenated(features: Sequence[Tensor]) -> Tensor:
    """All scales at the size of the first, (B, sum of channels, H, W)."""
    size = features[0].shape[-2:]
    return torch.cat([features[0], *(F.interpolate(x, size=size, mode="bilinear") for x in features[1:])], dim=1)


class HighResolutionHead(nn.Module):
    """All scales resized to the finest, concatenated, two 1x1 convolutions; `channels` is the sum over scales."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.last_layer = nn.Sequential(
            nn.Conv2d(channels, channels, 1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, outputs, 1),
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        return self.last_layer(concatenated(features))
