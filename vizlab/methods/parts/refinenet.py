"""RefineNet decoders: the full one of CEN's released segmentation networks, and the light-weight one.

Lin et al., CVPR 2017; Nekrasov et al., BMVC 2018. Both are stateless towards streams: they only convolve, so the
streams stay stacked along the batch axis.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def _upsample_like(x: Tensor, reference: Tensor) -> Tensor:
    # align_corners=True is what CEN was trained with; every other network here uses False.
    return F.interpolate(x, size=reference.shape[-2:], mode="bilinear", align_corners=True)


def max_pool_5x5(x: Tensor) -> Tensor:
    """The maximum over 5x5 cells around each, (B, C, H, W) in and out: to the bit that of `max_pool2d`.

    On a CPU, with channels last, maxima of five along each axis in turn take half to two thirds of its time, which is a
    third of an exchange network's forward. Gradients of ties, and of GPUs the speed, stay those of `max_pool2d`.
    """
    usual = torch.is_grad_enabled() or x.device.type != "cpu" or not x.is_contiguous(memory_format=torch.channels_last)
    if usual:
        return F.max_pool2d(x, 5, stride=1, padding=2)
    padded = F.pad(x, (2, 2, 2, 2), value=-torch.inf).permute(0, 2, 3, 1)
    return padded.unfold(1, 5, 1).amax(-1).unfold(2, 5, 1).amax(-1).permute(0, 3, 1, 2)


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
            top = conv(max_pool_5x5(top))
            x = x + top
        return x


class ResidualConvUnit(nn.Module):
    """ReLU, 3x3, ReLU, 3x3, added to the input *after* its ReLU: the released code rectifies it in place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        return x + self.conv2(F.relu(self.conv1(x), inplace=True))


class RefineNetLevel(nn.Module):
    """One level: reduce and adapt a feature, add what comes from the coarser level, pool, refine.

    `coarser` tells whether there is such a level; `outputs` is the width handed on, None at the finest level.
    """

    def __init__(self, cin: int, channels: int, outputs: int | None, coarser: bool) -> None:
        super().__init__()
        self.reduce = _conv3x3(cin, channels)
        self.adapt = nn.Sequential(*(ResidualConvUnit(channels) for _ in range(2)))
        self.join = _conv3x3(channels, channels) if coarser else nn.Identity()
        self.pool = ChainedResidualPooling(channels)
        self.refine = nn.Sequential(*(ResidualConvUnit(channels) for _ in range(3)))
        self.out = nn.Identity() if outputs is None else _conv3x3(channels, outputs)

    def forward(self, feature: Tensor, path: Tensor | None) -> Tensor:
        x = self.join(self.adapt(self.reduce(feature)))
        if path is not None:
            x = x + _upsample_like(path, x)
        return self.out(self.refine(self.pool(F.relu(x))))


class RefineNet(nn.Module):
    """The decoder of CEN's released segmentation networks: 512 channels at the deepest level, 256 else.

    Takes the features of strides 4, 8, 16, 32 (finest first) to (B, `outputs`, H/4, W/4).
    """

    def __init__(self, channels: tuple[int, ...], outputs: int, deepest: int = 512, width: int = 256) -> None:
        super().__init__()
        levels = [RefineNetLevel(channels[-1], deepest, width, coarser=False)]
        levels += [RefineNetLevel(c, width, width, coarser=True) for c in channels[-2:0:-1]]
        levels.append(RefineNetLevel(channels[0], width, None, coarser=True))
        self.levels = nn.ModuleList(levels)  # coarsest first, as they run
        self.classifier = _conv3x3(width, outputs, bias=True)

    def forward(self, features: list[Tensor]) -> Tensor:
        path: Tensor | None = None
        for level, feature in zip(self.levels, reversed(features), strict=True):
            path = level(feature, path)
        return self.classifier(path)


def _conv3x3(cin: int, cout: int, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, 3, padding=1, bias=bias)


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
