"""Networks of the multi-task code base in which nothing mixes: one backbone, and a head for each task.

Vandenhende et al., TPAMI 2021 (a survey); tensor names follow its released code. With several tasks the backbone is
shared and the tasks part behind it; with one it is a network that the multi-task gain is measured against.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.site import Site
from vizlab.methods.parts.deeplab import DeepLabHead
from vizlab.methods.parts.hrnet import STRIDES, HRNet, HRNetLayout
from vizlab.methods.parts.hrnet_head import HighResolutionHead
from vizlab.methods.parts.resnet import ResNet
from vizlab.tasks import Task


@dataclass(frozen=True)
class Trunk:
    """A backbone that gives a list of features, finest first, and what makes a head of them for so many outputs.

    Height and width are to be multiples of `multiple`.
    """

    backbone: nn.Module
    head: Callable[[int], nn.Module]
    multiple: int


class LastStageHead(DeepLabHead):
    """Reads the last of a backbone's features alone."""

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        return super().forward(features[-1])


def resnet_trunk(depth: int, output_stride: int = 8) -> Trunk:
    """A dilated ResNet with DeepLab heads."""
    backbone = ResNet(depth, output_stride=output_stride)
    return Trunk(backbone, lambda outputs: LastStageHead(backbone.channels[-1], outputs), max(backbone.strides))


def hrnet_trunk(layout: HRNetLayout) -> Trunk:
    """An HRNet of any layout with heads that read all of its scales."""
    channels = sum(layout.channels)
    return Trunk(HRNet(layout), lambda outputs: HighResolutionHead(channels, outputs), STRIDES[-1])


class ReferenceNetwork(FusionNetwork):
    """A backbone and heads; outputs `TASK` are (B, channels, H, W). It has no sites."""

    inputs = ("rgb",)
    sites: tuple[Site, ...] = ()

    def __init__(self, trunk: Trunk, tasks: Sequence[Task]) -> None:
        super().__init__()
        self.tasks, self.multiple = tuple(tasks), trunk.multiple
        self.backbone = trunk.backbone

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        features, size = self.backbone(image), image.shape[-2:]
        return {t.name: F.interpolate(self.head(t.name)(features), size=size, mode="bilinear") for t in self.tasks}

    def head(self, task: str) -> nn.Module:
        """What predicts that task."""
        raise NotImplementedError


class SharedEncoder(ReferenceNetwork):
    """The multi-task baseline: all tasks read the features of one backbone."""

    def __init__(self, trunk: Trunk, tasks: Sequence[Task]) -> None:
        super().__init__(trunk, tasks)
        self.decoders = nn.ModuleDict({t.name: trunk.head(t.channels) for t in tasks})

    def head(self, task: str) -> nn.Module:
        return self.decoders[task]


class SingleTask(ReferenceNetwork):
    """The single-task network: a backbone for one task alone."""

    def __init__(self, trunk: Trunk, tasks: Sequence[Task]) -> None:
        (task,) = tasks
        super().__init__(trunk, tasks)
        self.decoder = trunk.head(task.channels)

    def head(self, task: str) -> nn.Module:
        return self.decoder
