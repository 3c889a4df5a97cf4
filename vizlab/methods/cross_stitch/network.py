"""Cross-stitch networks: one network per task, whose features are mixed after each stage by weighted sums.

Misra et al., CVPR 2016. Tensor names follow the authors' multi-task code base, Vandenhende et al. (2021).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.site import FusionModule, Mixing, Part, Site, Way
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.task_networks import Parts, TaskNetworks, compact_parts, resnet_parts
from vizlab.methods.parts.vgg import WIDTH
from vizlab.methods.parts.vgg_frameworks import PYTORCH
from vizlab.methods.parts.vgg_heads import PICTURED, vgg_parts
from vizlab.tasks import Task

ALPHA, BETA = 0.9, 0.1
"""Initial factor of a task's own channels and of the others'."""
PER_CHANNEL, PER_EDGE = "cross-stitch", "cross-stitch by edge"
"""The kinds of sites: an alpha for each channel, or one for all channels of an edge."""
RESNET_STAGES = ("layer1", "layer2", "layer3", "layer4")
"""The stages of a ResNet after which the multi-task code base stitches; its stem counts as part of layer1."""


class Scale(nn.Module):
    """One learnt factor per channel or, without `channels`, one for all: (B, C, H, W) to the same shape."""

    def __init__(self, channels: int | None, value: float) -> None:
        super().__init__()
        self.param = nn.Parameter(torch.full(() if channels is None else (channels,), value))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.param.reshape(-1, 1, 1)


class CrossStitchUnit(FusionModule):
    """For each task the sum of all tasks' features, `y[t] = sum_s alpha[t, s] * x[s]`.

    There is an alpha per channel, or (not `per_channel`) one for all channels of an edge, as the paper has it. Input
    and output: one (B, C, H, W) per task. Nothing follows the sum, neither norm nor ReLU, and nothing else enters it:
    there is no constant.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        channels: int,
        alpha: float = ALPHA,
        beta: float = BETA,
        per_channel: bool = True,
    ) -> None:
        super().__init__()
        self.tasks, self.channels, self.per_channel = tuple(tasks), channels, per_channel
        self.cross_stitch_unit = nn.ModuleDict({t: self._row(t, alpha, beta) for t in self.tasks})

    def describe_site(self, name: str) -> Site:
        kind = PER_CHANNEL if self.per_channel else PER_EDGE
        return Site(name, kind, self.tasks, self.tasks, self.channels, name.split(".")[-1])

    def own_parts(self) -> tuple[Way, ...]:
        return tuple((task, task) for task in self.tasks)

    def static_weights(self) -> dict[str, np.ndarray]:
        """`alpha` (T, T, C): target, source, channel, of which all are alike where an edge has one."""
        rows = [torch.stack([self._scale(t, s).param.expand(self.channels) for s in self.tasks]) for t in self.tasks]
        return {"alpha": torch.stack(rows).detach().float().cpu().numpy()}

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        return [self._mix(target, features) for target in range(len(self.tasks))]

    def _row(self, target: str, alpha: float, beta: float) -> nn.ModuleDict:
        size = self.channels if self.per_channel else None
        return nn.ModuleDict({s: Scale(size, alpha if s == target else beta) for s in self.tasks})

    def _scale(self, target: str, source: str) -> Scale:
        return self.cross_stitch_unit[target][source]  # type: ignore[index]

    def _mix(self, target: int, features: list[Tensor]) -> Tensor:
        """What the target gets, summed in the tasks' order; the same arithmetic whether or not anybody watches."""
        task = self.tasks[target]
        whole = self.training or self.intervention.cross
        sources = range(len(self.tasks)) if whole else [target]
        arrived = {
            s: self.arriving(task, name, partial(self._scale(task, name), features[s])).part
            for s, name in enumerate(self.tasks)
            if s in sources
        }
        parts = [Part(s, part) for s, part in arrived.items() if part is not None]
        if not parts:
            parts = [Part(target, torch.zeros_like(features[target]))]
        output = parts[0].value
        for part in parts[1:]:
            output = output + part.value
        if self.observer is not None and not self.training:
            self.observer(self, Mixing(target, output, parts, own=target))
        # Under autocast the float32 alphas would turn the features of all later stages into float32.
        return output.to(features[target].dtype)


class CrossStitchNetwork(TaskNetworks):
    """One backbone and head per task, a cross-stitch unit after some stages (see `TaskNetworks`)."""

    fusion = "cross_stitch"

    def __init__(
        self,
        parts: Parts,
        tasks: Sequence[Task],
        stitched: Sequence[str] | None = None,
        unit: Callable[[Sequence[str], int], CrossStitchUnit] = CrossStitchUnit,
        **given: Any,
    ) -> None:
        super().__init__(parts, tasks, unit, stitched, **given)


def cross_stitch_compact(
    tasks: Sequence[Task], layout: InvertedResidualLayout = MOBILENET_V2, width: int = 128
) -> CrossStitchNetwork:
    """The compact cross-stitch network: a light backbone per task, a unit after each of five stages, shortcut heads."""
    return CrossStitchNetwork(compact_parts(tasks, width, layout), tasks, resize=None, read_all_stages=True)


def cross_stitch_resnet(
    depth: int, tasks: Sequence[Task], output_stride: int = 8, stitched: Sequence[str] = RESNET_STAGES
) -> CrossStitchNetwork:
    """The network of the multi-task code base: a dilated ResNet and a DeepLab head per task."""
    return CrossStitchNetwork(resnet_parts(depth, tasks, output_stride), tasks, stitched)


def cross_stitch_vgg16(
    tasks: Sequence[Task], width: int = WIDTH, stages: int = 5, stitched: Sequence[str] | None = None
) -> CrossStitchNetwork:
    """The network of the MTL-NAS code base: a VGG-16 per task, units of one alpha per edge after 5 or 13 stages."""
    unit = partial(CrossStitchUnit, per_channel=False)
    parts = vgg_parts(tasks, PYTORCH, width, stages)
    network = CrossStitchNetwork(parts, tasks, stitched, unit, resize=PYTORCH.resize)
    network.pictured = PICTURED
    return network
