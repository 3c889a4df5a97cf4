"""A feature pyramid of four scales over a backbone that has no such scales of its own."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.backbone import Backbone


class FeaturePyramid(nn.Module):
    """A top-down feature pyramid (Lin et al., CVPR 2017) over the last four stages of `body`: strides 4, 8, 16, 32.

    (B, 3, H, W) to (B, `channels[k]`, h, w), finest first; sums are taken over `width` channels. Fewer channels at
    finer scales, as in HRNet, save most of the time, since task branches work at each scale's full size.
    """

    def __init__(self, body: Backbone, channels: Sequence[int], width: int = 64) -> None:
        super().__init__()
        self.body = body
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in body.channels[-len(channels) :])
        self.smooth = nn.ModuleList(
            nn.Sequential(nn.Conv2d(width, c, 3, padding=1, bias=False), nn.BatchNorm2d(c), nn.ReLU(inplace=True))
            for c in channels
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        stages = self.body(x)[-len(self.lateral) :]
        sides = [conv(y) for conv, y in zip(self.lateral, stages, strict=True)]
        for level in reversed(range(len(sides) - 1)):
            sides[level] = sides[level] + F.interpolate(sides[level + 1], scale_factor=2, mode="nearest")
        return [smooth(y) for smooth, y in zip(self.smooth, sides, strict=True)]
