"""What stands on a VGG-16 of NDDR-CNN's authors: three convolutions that were fully connected once, and a shortcut."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vizlab.methods.parts.task_networks import Parts
from vizlab.methods.parts.vgg import VGG16, WIDTH, conv_norm_relu, is_fine, last_pools
from vizlab.methods.parts.vgg_frameworks import Framework
from vizlab.tasks import Task

_DILATION = 12
_FULL = 16
"""Widths of fc6 and fc7: 1024 channels of 64."""


class LargeFOV(nn.Module):
    """(B, `cin`, h, w) to (B, `outputs`, h, w); with `pooling` the last pools of the backbone come first."""

    def __init__(self, cin: int, width: int, outputs: int, pooling: bool = False) -> None:
        super().__init__()
        self.pooling = pooling
        self.fc6 = conv_norm_relu(cin, _FULL * width, 3, _DILATION)
        self.fc7 = conv_norm_relu(_FULL * width, _FULL * width)
        self.fc8 = nn.Conv2d(_FULL * width, outputs, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        if self.pooling:
            x = last_pools(x)
        return self.fc8(self.dropout(self.fc7(self.dropout(self.fc6(x)))))


class Shortcut(nn.Module):
    """All stages' features, resized to the last one's size, concatenated and reduced to as many channels as it has."""

    def __init__(self, channels: Sequence[int], framework: Framework) -> None:
        super().__init__()
        self.framework = framework
        self.reduce = conv_norm_relu(sum(channels), channels[-1])

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        size = features[-1].shape[-2:]
        return self.reduce(torch.cat([self.framework.resize(x, size) for x in features], dim=1))


class ShortcutFOV(nn.Module):
    """A shortcut and the head on it: all stages' features to (B, `outputs`, h, w) of the last."""

    def __init__(self, shortcut: Shortcut, head: LargeFOV) -> None:
        super().__init__()
        self.shortcut, self.head = shortcut, head

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        return self.head(self.shortcut(features))


PICTURED = frozenset({"normals"})
"""These networks learn the 8-bit picture of normals, brought to length 1 but not centred: its colours, not vectors."""


def vgg_head(backbone: VGG16, outputs: int, width: int, shortcut: bool = False) -> nn.Module:
    """The head of one task on that backbone; with `shortcut` it takes all stages' features."""
    head = LargeFOV(backbone.channels[-1], width, outputs, pooling=backbone.every_convolution)
    return ShortcutFOV(Shortcut(backbone.channels, backbone.framework), head) if shortcut else head


def vgg_parts(
    tasks: Sequence[Task], framework: Framework, width: int = WIDTH, stages: int = 5, shortcut: bool = False
) -> Parts:
    """A VGG-16 and a head per task, of five stages or of thirteen."""
    backbones = {t.name: VGG16(framework, width, every_convolution=is_fine(stages)) for t in tasks}
    heads = {t.name: vgg_head(backbones[t.name], t.channels, width, shortcut) for t in tasks}
    return dict(backbones), heads
