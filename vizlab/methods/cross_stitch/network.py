"""Cross-stitch networks: one network per task, whose features are mixed after each stage by sums weighted per channel.

Misra et al., CVPR 2016. Tensor names follow the authors' multi-task code base, Vandenhende et al. (2021).
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule, Mixing, Part, Site, declare_sites
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.deeplab import DeepLabHead
from vizlab.methods.parts.mobilenet import MobileNetV2
from vizlab.methods.parts.resnet import ResNet
from vizlab.methods.parts.shortcut import ShortcutHead
from vizlab.tasks import Task

ALPHA, BETA = 0.9, 0.1
"""Initial factor of a task's own channels and of the others'."""
RESNET_STAGES = ("layer1", "layer2", "layer3", "layer4")
"""The stages of a ResNet after which the multi-task code base stitches; its stem counts as part of layer1."""


class ChannelScale(nn.Module):
    """One learnt factor per channel: (B, C, H, W) to the same shape."""

    def __init__(self, channels: int, value: float) -> None:
        super().__init__()
        self.param = nn.Parameter(torch.full((channels,), value))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.param[:, None, None]


class CrossStitchUnit(FusionModule):
    """For each task the sum of all tasks' features, `y[t] = sum_s alpha[t, s] * x[s]`, with an alpha per channel.

    Input and output: one (B, C, H, W) per task. Nothing follows the sum, neither norm nor ReLU, and nothing else
    enters it: there is no constant.
    """

    def __init__(self, tasks: Sequence[str], channels: int, alpha: float = ALPHA, beta: float = BETA) -> None:
        super().__init__()
        self.tasks, self.channels = tuple(tasks), channels
        self.cross_stitch_unit = nn.ModuleDict({t: self._row(t, alpha, beta) for t in self.tasks})

    def describe_site(self, name: str) -> Site:
        return Site(name, "cross-stitch", self.tasks, self.tasks, self.channels, name.split(".")[-1])

    def static_weights(self) -> dict[str, np.ndarray]:
        """`alpha` (T, T, C): target, source, channel."""
        rows = [torch.stack([self._scale(t, s).param for s in self.tasks]) for t in self.tasks]
        return {"alpha": torch.stack(rows).detach().float().cpu().numpy()}

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        return [self._mix(target, features) for target in range(len(self.tasks))]

    def _row(self, target: str, alpha: float, beta: float) -> nn.ModuleDict:
        return nn.ModuleDict({s: ChannelScale(self.channels, alpha if s == target else beta) for s in self.tasks})

    def _scale(self, target: str, source: str) -> ChannelScale:
        return self.cross_stitch_unit[target][source]  # type: ignore[index]

    def _mix(self, target: int, features: list[Tensor]) -> Tensor:
        """What the target gets, summed in the tasks' order; the same arithmetic whether or not anybody watches."""
        task = self.tasks[target]
        whole = self.training or self.intervention.cross
        sources = range(len(self.tasks)) if whole else [target]
        parts = [Part(s, self._scale(task, self.tasks[s])(features[s])) for s in sources]
        output = parts[0].value
        for part in parts[1:]:
            output = output + part.value
        if self.observer is not None and not self.training:
            self.observer(self, Mixing(target, output, parts, own=target))
        # Under autocast the float32 alphas would turn the features of all later stages into float32.
        return output.to(features[target].dtype)


class CrossStitchNetwork(FusionNetwork):
    """One backbone and head per task, a cross-stitch unit after each stage named in `stitched` (None: every stage).

    Outputs `TASK`: (B, channels, H, W), or at the head's own resolution without `upsample`. With `read_all_stages` the
    heads take a list of all stages' features, else the last stage's alone.
    """

    inputs = ("rgb",)

    def __init__(
        self,
        backbones: dict[str, Backbone],
        heads: dict[str, nn.Module],
        tasks: Sequence[Task],
        stitched: Sequence[str] | None = None,
        upsample: bool = True,
        read_all_stages: bool = False,
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        names = [t.name for t in self.tasks]
        first = backbones[names[0]]
        self.stage_names, self.multiple = first.stage_names, max(first.strides)
        self.backbone = nn.ModuleDict(backbones)
        self.heads = nn.ModuleDict(heads)
        chosen = first.stage_names if stitched is None else stitched
        channels = zip(first.stage_names, first.channels, strict=True)
        self.cross_stitch = nn.ModuleDict({s: CrossStitchUnit(names, c) for s, c in channels if s in chosen})
        self._upsample, self._read_all = upsample, read_all_stages
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        stages = self._stages(image)
        outputs = {}
        for position, task in enumerate(self.tasks):
            read = [stage[position] for stage in stages] if self._read_all else stages[-1][position]
            y = self.heads[task.name](read)
            outputs[task.name] = F.interpolate(y, size=image.shape[-2:], mode="bilinear") if self._upsample else y
        return outputs

    def _stages(self, image: Tensor) -> list[list[Tensor]]:
        """By stage and task, the features that the next stage reads."""
        backbones: list[Backbone] = [self.backbone[t.name] for t in self.tasks]  # type: ignore[misc]
        features, stages = [image] * len(backbones), []
        for index, stage in enumerate(self.stage_names):
            features = [own.run_stage(index, x) for own, x in zip(backbones, features, strict=True)]
            if stage in self.cross_stitch:
                features = self.cross_stitch[stage](features)
            stages.append(features)
        return stages


def cross_stitch_mobilenetv2(tasks: Sequence[Task], width: int = 128) -> CrossStitchNetwork:
    """The compact cross-stitch network: a MobileNetV2 per task, a unit after each of five stages, shortcut heads."""
    backbones: dict[str, Backbone] = {t.name: MobileNetV2() for t in tasks}
    heads: dict[str, nn.Module] = {t.name: ShortcutHead(MobileNetV2.channels, width, t.channels) for t in tasks}
    return CrossStitchNetwork(backbones, heads, tasks, upsample=False, read_all_stages=True)


def cross_stitch_resnet(
    depth: int, tasks: Sequence[Task], output_stride: int = 8, stitched: Sequence[str] = RESNET_STAGES
) -> CrossStitchNetwork:
    """The network of the multi-task code base: a dilated ResNet and a DeepLab head per task."""
    backbones: dict[str, Backbone] = {t.name: ResNet(depth, output_stride=output_stride) for t in tasks}
    width = backbones[tasks[0].name].channels[-1]
    heads: dict[str, nn.Module] = {t.name: DeepLabHead(width, t.channels) for t in tasks}
    return CrossStitchNetwork(backbones, heads, tasks, stitched)
