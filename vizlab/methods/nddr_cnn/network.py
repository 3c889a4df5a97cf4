"""NDDR-CNN: one network per task, fused after each stage by 1x1 convolutions (Gao et al., CVPR 2019)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.site import FusionModule, Mixing, Part, Site, Way
from vizlab.methods.parts.task_networks import Parts, TaskNetworks, mobilenet_parts, resnet_parts
from vizlab.methods.parts.vgg import WIDTH, norm
from vizlab.methods.parts.vgg_frameworks import Framework
from vizlab.methods.parts.vgg_heads import vgg_parts
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
        self.layer = nn.ModuleDict()
        for target, task in enumerate(self.tasks):
            conv = nn.Conv2d(channels * len(self.tasks), channels, 1, bias=False)
            with torch.no_grad():
                conv.weight.copy_(self.initial_weight(target, alpha, beta)[..., None, None])
            self.layer[task] = nn.Sequential(conv, norm(channels), nn.ReLU(inplace=True))

    def initial_weight(self, target: int, alpha: float = ALPHA, beta: float = BETA) -> Tensor:
        """(C, T*C): alpha*I on the target's own block, beta*I on the others."""
        eye = torch.eye(self.channels)
        return torch.cat([eye * (alpha if s == target else beta) for s in range(len(self.tasks))], dim=1)

    def describe_site(self, name: str) -> Site:
        return Site(name, "nddr", self.tasks, self.tasks, self.channels, name.split(".")[-1])

    def own_parts(self) -> tuple[Way, ...]:
        return tuple((task, task) for task in self.tasks)

    def static_weights(self) -> dict[str, np.ndarray]:
        """`weight` (T, C, T*C) as stored and `scale` (T, C), the norm's gamma/sigma in evaluation."""
        weight = np.stack([self._conv(t).weight.detach().float().cpu().numpy()[..., 0, 0] for t in self.tasks])
        scale = np.stack([self._affine(t)[0].detach().float().cpu().numpy() for t in self.tasks])
        return {"weight": weight, "scale": scale}

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        if self.training or not (self.apart or not self.intervention.cross):
            stacked = torch.cat(features, dim=1)
            return [self.layer[task](stacked) for task in self.tasks]
        return [F.relu(self._split(target, features)) for target in range(len(self.tasks))]

    def _conv(self, task: str) -> nn.Conv2d:
        return self.layer[task][0]  # type: ignore[index]

    def _affine(self, task: str) -> tuple[Tensor, Tensor]:
        """Scale and constant (C,) of the norm in evaluation."""
        norm: nn.BatchNorm2d = self.layer[task][1]  # type: ignore[index]
        assert norm.running_var is not None
        assert norm.running_mean is not None
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        return scale, norm.bias - norm.running_mean * scale

    def _split(self, target: int, features: list[Tensor]) -> Tensor:
        task = self.tasks[target]
        scale, constant = self._affine(task)
        weight = self._conv(task).weight * scale[:, None, None, None]
        blocks = weight.split(self.channels, dim=1)
        sources = range(len(self.tasks)) if self.intervention.cross else [target]
        makers = {s: partial(F.conv2d, features[s], blocks[s]) for s in sources}
        arrived = {s: self.arriving(task, self.tasks[s], make).part for s, make in makers.items()}
        values = {s: part for s, part in arrived.items() if part is not None}
        if not values:
            values[target] = torch.zeros_like(features[target])
        dtype = next(iter(values.values())).dtype
        output = sum(values.values(), start=constant.to(dtype)[:, None, None])
        if self.observer is not None:
            parts = [Part(s, value) for s, value in values.items()]
            self.observer(self, Mixing(target, output, parts, constant, own=target))
        return output


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


def nddr_mobilenetv2(tasks: Sequence[Task], width: int = 128) -> NDDRCNN:
    """The compact NDDR-CNN: a MobileNetV2 per task, fused after each of its five stages, shortcut heads."""
    return NDDRCNN(mobilenet_parts(tasks, width), tasks, resize=None, read_all_stages=True)


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

    With `shortcut` a task's head reads all fused features, resized and reduced (section 3.3 of the paper).
    """
    return NDDRCNN(
        vgg_parts(tasks, framework, width, stages, bool(shortcut)), tasks, fused, partial(NDDRLayer, norm=norm),
        resize=framework.resize, read_all_stages=bool(shortcut),
    )  # fmt: skip
