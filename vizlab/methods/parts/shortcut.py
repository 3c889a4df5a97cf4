"""The compact decoder of networks with a backbone per task: every stage by a short way to the output."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ShortcutHead(nn.Module):
    """The shortcut of NDDR-CNN (Gao et al., CVPR 2019): all stages resized to one size, concatenated, reduced by a 1x1.

    Takes the five stages' features to (B, `outputs`, H/4, W/4). Each stage is reduced before it is resized, which
    is the same linear map as the paper's reduction of the concatenation and costs far less memory.
    """

    def __init__(self, channels: Sequence[int], width: int, outputs: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(nn.Conv2d(c, width, 1, bias=False) for c in channels)
        self.norm = nn.BatchNorm2d(width)
        self.refine = nn.Sequential(
            nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )
        self.classifier = nn.Conv2d(width, outputs, 3, padding=1)

    def forward(self, features: list[Tensor]) -> Tensor:
        size = features[1].shape[-2:]
        reduced = [
            F.interpolate(conv(x), size=size, mode="bilinear") for conv, x in zip(self.reduce, features, strict=True)
        ]
        x = F.relu(self.norm(sum(reduced, start=torch.zeros((), device=reduced[0].device))))
        return self.classifier(x + self.refine(x))
