"""NDDR-CNN: one network per task, fused after each stage by 1x1 convolutions (Gao et al., CVPR 2019)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.site import FusionModule, Site, Way
from vizlab.methods.parts.alexnet import AlexNet
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.concatenating import FusingLayer, stored_weights, sum_of_parts
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.task_networks import Parts, TaskNetworks, compact_parts, resnet_parts
from vizlab.methods.parts.vgg import WIDTH, norm
from vizlab.methods.parts.vgg_frameworks import TENSORFLOW, Framework
from vizlab.methods.parts.vgg_heads import PICTURED, LargeFOV, vgg_parts
from vizlab.tasks import Task

ALPHA, BETA = 0.9, 0.1
"""Initial weight of a task's own features and of the others' (section 4.3 of the paper)."""


class NDDRLayer(FusionModule):
    """Features of all tasks concatenated; each task gets a 1x1 convolution, a batch norm and a ReLU of them.

    Input and output: one (B, C, H, W) per task. While watched, the convolution is split by source task and the
    contributions `gamma/sigma * W[:, block s] x_s` are summed, which costs the same arithmetic.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        channels: int,
        alpha: float = ALPHA,
        beta: float = BETA,
        norm: Callable[[int], nn.BatchNorm2d] = nn.BatchNorm2d,
    ) -> None:
        super().__init__()
        self.tasks, self.channels = tuple(tasks), channels
        self.layer = nn.ModuleDict(
            {task: FusingLayer(channels * len(self.tasks), channels, norm) for task in self.tasks}
        )
        for target, layer in enumerate(self._layers):
            layer.start_on_diagonals([alpha if source == target else beta for source in range(len(self.tasks))])

    def describe_site(self, name: str) -> Site:
        return Site(name, "nddr", self.tasks, self.tasks, self.channels, name.split(".")[-1])

    def own_parts(self) -> tuple[Way, ...]:
        return tuple((task, task) for task in self.tasks)

    def static_weights(self) -> dict[str, np.ndarray]:
        """`weight` (T, C, T*C) as stored and `scale` (T, C), the norm's gamma/sigma in evaluation."""
        return stored_weights(self._layers)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        if self.training or not (self.apart or not self.intervention.cross):
            stacked = torch.cat(features, dim=1)
            return [self.layer[task](stacked) for task in self.tasks]
        return [F.relu(sum_of_parts(self, t, layer, features)) for t, layer in enumerate(self._layers)]

    @property
    def _layers(self) -> list[FusingLayer]:
        return [self.layer[task] for task in self.tasks]  # type: ignore[misc]


class NDDRCNN(TaskNetworks):
    """One backbone and head per task, an NDDR layer after some stages (see `TaskNetworks`)."""

    fusion = "nddr"

    def __init__(
        self,
        parts: Parts,
        tasks: Sequence[Task],
        fused: Sequence[str] | None = None,
        layer: Callable[[Sequence[str], int], NDDRLayer] = NDDRLayer,
        **given: Any,
    ) -> None:
        super().__init__(parts, tasks, layer, fused, **given)


def nddr_compact(tasks: Sequence[Task], layout: InvertedResidualLayout = MOBILENET_V2, width: int = 128) -> NDDRCNN:
    """The compact NDDR-CNN: a light backbone per task, fused after each of its five stages, shortcut heads."""
    return NDDRCNN(compact_parts(tasks, width, layout), tasks, resize=None, read_all_stages=True)


def nddr_resnet(
    depth: int, tasks: Sequence[Task], output_stride: int = 8, fused: Sequence[str] | None = None
) -> NDDRCNN:
    """NDDR-CNN as in the authors' multi-task code base: a dilated ResNet and a DeepLab head per task."""
    return NDDRCNN(resnet_parts(depth, tasks, output_stride), tasks, fused)


def nddr_vgg16(
    tasks: Sequence[Task],
    framework: Framework,
    width: int = WIDTH,
    stages: int = 5,
    shortcut: int = 0,
    fused: Sequence[str] | None = None,
) -> NDDRCNN:
    """NDDR-CNN as its authors published it, on VGG-16: fused after every block, or (13 `stages`) every convolution.

    With `shortcut` a task's head reads all fused features, resized and reduced.
    """
    network = NDDRCNN(
        vgg_parts(tasks, framework, width, stages, bool(shortcut)), tasks, fused, partial(NDDRLayer, norm=norm),
        resize=framework.resize, read_all_stages=bool(shortcut),
    )  # fmt: skip
    network.pictured = PICTURED
    return network


def nddr_alexnet(tasks: Sequence[Task], width: int = WIDTH, fused: Sequence[str] | None = None) -> NDDRCNN:
    """NDDR-CNN on AlexNet as we read the paper, with the heads of the authors' VGG-16; nobody published such a file."""
    backbones: dict[str, Backbone] = {t.name: AlexNet(TENSORFLOW, width) for t in tasks}
    cin = backbones[tasks[0].name].channels[-1]
    heads: dict[str, nn.Module] = {t.name: LargeFOV(cin, width, t.channels) for t in tasks}
    layer = partial(NDDRLayer, norm=norm)
    return NDDRCNN((backbones, heads), tasks, fused, layer, resize=TENSORFLOW.resize)
