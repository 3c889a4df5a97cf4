"""HRNet (Wang et al., TPAMI 2020) of any width and layout, without its head, with the released code's tensor names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.blocks import BasicBlock, Bottleneck

_MOMENTUM = 0.01
_STAGES = (2, 3, 4)


@dataclass(frozen=True)
class HRNetLayout:
    """How wide and how deep: `channels` of the branches at strides 4, 8, 16 and 32, `bottlenecks` in layer1 and their
    inner `bottleneck_width`, `modules` in stages 2 to 4, `blocks` on a branch in each module of stages 2 to 4.
    """

    channels: tuple[int, ...]
    bottlenecks: int = 4
    modules: tuple[int, ...] = (1, 4, 3)
    blocks: tuple[int, ...] = (4, 4, 4)
    bottleneck_width: int = 64

    def to_options(self) -> dict[str, int]:
        """As numbers by name, for the options of a network's configuration."""
        return {
            "bottlenecks": self.bottlenecks,
            "bottleneck_width": self.bottleneck_width,
            **{f"channels{stride}": n for stride, n in zip(STRIDES, self.channels, strict=True)},
            **{f"modules{stage}": n for stage, n in zip(_STAGES, self.modules, strict=True)},
            **{f"blocks{stage}": n for stage, n in zip(_STAGES, self.blocks, strict=True)},
        }

    @classmethod
    def from_options(cls, options: Mapping[str, int]) -> "HRNetLayout":
        """The inverse of `to_options`; a number that is missing is that of the small W18. Others are left alone."""
        own = {**SMALL_W18.to_options(), **options}
        return cls(
            tuple(own[f"channels{stride}"] for stride in STRIDES),
            own["bottlenecks"],
            tuple(own[f"modules{stage}"] for stage in _STAGES),
            tuple(own[f"blocks{stage}"] for stage in _STAGES),
            own["bottleneck_width"],
        )


STRIDES = (4, 8, 16, 32)
"""Of the branches."""
SMALL_W18 = HRNetLayout((18, 36, 72, 144), bottlenecks=2, modules=(1, 3, 2), blocks=(2, 2, 2))
"""HRNet-W18-small-v2, the "HRNet-18" of the multi-task code base."""


def full_layout(width: int) -> HRNetLayout:
    """HRNet as the paper has it (W18, W30, W32, W48, ...): four bottlenecks, 1, 4 and 3 modules, four blocks."""
    return HRNetLayout((width, 2 * width, 4 * width, 8 * width))


NAMED = {"hrnet18": SMALL_W18, **{f"hrnet-w{width}": full_layout(width) for width in (18, 30, 32, 48)}}
"""The layouts that need no numbers in a configuration, by what ends an architecture's name."""


def _norm(channels: int, site: bool = False) -> nn.Module:
    return nn.BatchNorm2d(channels, momentum=_MOMENTUM)


def _conv_norm(cin: int, cout: int, kernel: int, stride: int = 1, act: bool = False) -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(cin, cout, kernel, stride, kernel // 2, bias=False), _norm(cout)]
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

    def __init__(self, channels: Sequence[int], blocks: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(c, c, norm=_norm) for _ in range(blocks))) for c in channels
        )
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

    def __init__(self, layout: HRNetLayout = SMALL_W18) -> None:
        super().__init__()
        self.channels, width = layout.channels, layout.bottleneck_width
        self.conv1 = nn.Conv2d(3, 64, 3, 2, 1, bias=False)
        self.bn1 = _norm(64)
        self.conv2 = nn.Conv2d(64, 64, 3, 2, 1, bias=False)
        self.bn2 = _norm(64)
        cout = width * Bottleneck.expansion
        inputs = (64, *(cout for _ in range(layout.bottlenecks - 1)))
        self.layer1 = nn.Sequential(*(Bottleneck(cin, width, norm=_norm) for cin in inputs))
        first, second = self.channels[:2]
        self.transition1 = nn.ModuleList(
            [_conv_norm(cout, first, 3, act=True), nn.Sequential(_conv_norm(cout, second, 3, 2, act=True))]
        )
        for number, modules, blocks in zip(_STAGES, layout.modules, layout.blocks, strict=True):
            channels = self.channels[:number]
            if number > 2:
                self.add_module(f"transition{number - 1}", _new_branch(channels))
            stage = nn.Sequential(*(HighResolutionModule(channels, blocks) for _ in range(modules)))
            self.add_module(f"stage{number}", stage)

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
