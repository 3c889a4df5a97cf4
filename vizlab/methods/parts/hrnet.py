"""HRNet-W18-small-v2 (Wang et al., TPAMI 2020) without its head, with the released code's tensor names."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.blocks import BasicBlock, Bottleneck

CHANNELS = (18, 36, 72, 144)
"""Of the branches at strides 4, 8, 16, 32."""
_MODULES = (1, 3, 2)
_BLOCKS = 2


def _conv_norm(cin: int, cout: int, kernel: int, stride: int = 1, act: bool = False) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(cout),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if act else nn.Sequential(*layers)


class Fusion(nn.ModuleList):
    """Row i makes the input of branch i from all branches: finer ones strided down, coarser ones resized up."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__(
            nn.ModuleList(self._link(i, j, channels) for j in range(len(channels))) for i in range(len(channels))
        )

    @staticmethod
    def _link(target: int, source: int, channels: Sequence[int]) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:
            return _conv_norm(channels[source], channels[target], 1)
        steps = [_conv_norm(channels[source], channels[source], 3, 2, act=True) for _ in range(target - source - 1)]
        return nn.Sequential(*steps, _conv_norm(channels[source], channels[target], 3, 2))


class HighResolutionModule(nn.Module):
    """Residual blocks on each branch, then every branch receives from all."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(BasicBlock(c, c) for _ in range(_BLOCKS))) for c in channels)
        self.fuse_layers = Fusion(channels)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        features = [branch(x) for branch, x in zip(self.branches, features, strict=True)]
        return [self._receive(row, features, features[i].shape[-2:]) for i, row in enumerate(self.fuse_layers)]

    def _receive(self, row: nn.Module, features: list[Tensor], size: Sequence[int]) -> Tensor:
        received: Tensor | None = None
        for link, x in zip(row.children(), features, strict=True):
            y = link(x)
            if y.shape[-2:] != size:
                y = F.interpolate(y, size=tuple(size), mode="bilinear")
            received = y if received is None else received + y
        assert received is not None
        return F.relu(received, inplace=True)


class HRNet(nn.Module):
    """(B, 3, H, W) to four features at strides 4, 8, 16, 32, finest first."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.conv2 = nn.Conv2d(64, 64, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), Bottleneck(256, 64))
        self.transition1 = nn.ModuleList(
            [_conv_norm(256, CHANNELS[0], 3, act=True), nn.Sequential(_conv_norm(256, CHANNELS[1], 3, 2, act=True))]
        )
        for branches, modules in zip((2, 3, 4), _MODULES, strict=True):
            channels = CHANNELS[:branches]
            if branches > 2:
                self.add_module(f"transition{branches - 1}", _new_branch(channels))
            stage = nn.Sequential(*(HighResolutionModule(channels) for _ in range(modules)))
            self.add_module(f"stage{branches}", stage)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        x = F.relu(self.bn2(self.conv2(x)), inplace=True)
        x = self.layer1(x)
        features = self.get_submodule("stage2")([to_branch(x) for to_branch in self.transition1])
        for number in (3, 4):
            grow = self.get_submodule(f"transition{number - 1}.{number - 1}")
            features = self.get_submodule(f"stage{number}")([*features, grow(features[-1])])
        return features


def _new_branch(channels: Sequence[int]) -> nn.ModuleList:
    """What grows the last branch out of the one before; the others go on as they are."""
    kept = [nn.Identity() for _ in channels[:-1]]
    return nn.ModuleList([*kept, nn.Sequential(_conv_norm(channels[-2], channels[-1], 3, 2, act=True))])
