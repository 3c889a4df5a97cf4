"""NDDR-CNN: one network per task, fused after each stage by 1x1 convolutions (Gao et al., CVPR 2019)."""

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
"""Initial weight of a task's own features and of the others' (section 4.3 of the paper)."""


class NDDRLayer(FusionModule):
    """Features of all tasks concatenated; each task gets a 1x1 convolution, a batch norm and a ReLU of them.

    Input and output: one (B, C, H, W) per task. While watched, the convolution is split by source task and the
    contributions `gamma/sigma * W[:, block s] x_s` are summed, which costs the same arithmetic.
    """

    def __init__(self, tasks: Sequence[str], channels: int, alpha: float = ALPHA, beta: float = BETA) -> None:
        super().__init__()
        self.tasks, self.channels = tuple(tasks), channels
        self.layer = nn.ModuleDict()
        for target, task in enumerate(self.tasks):
            conv = nn.Conv2d(channels * len(self.tasks), channels, 1, bias=False)
            with torch.no_grad():
                conv.weight.copy_(self.initial_weight(target, alpha, beta)[..., None, None])
            self.layer[task] = nn.Sequential(conv, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))

    def initial_weight(self, target: int, alpha: float = ALPHA, beta: float = BETA) -> Tensor:
        """(C, T*C): alpha*I on the target's own block, beta*I on the others."""
        eye = torch.eye(self.channels)
        return torch.cat([eye * (alpha if s == target else beta) for s in range(len(self.tasks))], dim=1)

    def describe_site(self, name: str) -> Site:
        return Site(name, "nddr", self.tasks, self.tasks, self.channels, name.split(".")[-1])

    def static_weights(self) -> dict[str, np.ndarray]:
        """`weight` (T, C, T*C) as stored and `scale` (T, C), the norm's gamma/sigma in evaluation."""
        weight = np.stack([self._conv(t).weight.detach().float().cpu().numpy()[..., 0, 0] for t in self.tasks])
        scale = np.stack([self._affine(t)[0].detach().float().cpu().numpy() for t in self.tasks])
        return {"weight": weight, "scale": scale}

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        if self.training or (self.observer is None and self.intervention.cross):
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
        values = {s: F.conv2d(features[s], blocks[s]) for s in sources}
        output = sum(values.values(), start=constant.to(values[target].dtype)[:, None, None])
        if self.observer is not None:
            parts = [Part(s, value) for s, value in values.items()]
            self.observer(self, Mixing(target, output, parts, constant, own=target))
        return output


class NDDRCNN(FusionNetwork):
    """One backbone and head per task, an NDDR layer after each stage named in `fused` (None: after every stage).

    Outputs `TASK`: (B, channels, H, W) or the head's own resolution, by `upsample`.
    """

    inputs = ("rgb",)

    def __init__(
        self,
        backbones: dict[str, Backbone],
        heads: dict[str, nn.Module],
        tasks: Sequence[Task],
        upsample: bool = True,
        read_all_stages: bool = False,
        fused: Sequence[str] | None = None,
    ) -> None:
        super().__init__()
        self.tasks = tuple(tasks)
        names = [t.name for t in self.tasks]
        first = backbones[names[0]]
        self.stage_names, self.multiple = first.stage_names, max(first.strides)
        self.backbone = nn.ModuleDict(backbones)
        self.heads = nn.ModuleDict(heads)
        channels = dict(zip(first.stage_names, first.channels, strict=True))
        self.nddr = nn.ModuleDict({stage: NDDRLayer(names, channels[stage]) for stage in fused or first.stage_names})
        self._upsample, self._read_all = upsample, read_all_stages
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        names = [t.name for t in self.tasks]
        features = [image] * len(names)
        stages: list[list[Tensor]] = []
        for index, stage in enumerate(self.stage_names):
            features = [self._backbone(n).run_stage(index, x) for n, x in zip(names, features, strict=True)]
            if stage in self.nddr:
                features = self.nddr[stage](features)
            stages.append(features)
        outputs = {}
        for position, name in enumerate(names):
            read = [stage[position] for stage in stages] if self._read_all else stages[-1][position]
            outputs[name] = self.heads[name](read)
        if self._upsample:
            size = image.shape[-2:]
            outputs = {k: F.interpolate(y, size=size, mode="bilinear") for k, y in outputs.items()}
        return outputs

    def _backbone(self, task: str) -> Backbone:
        return self.backbone[task]  # type: ignore[return-value]


def nddr_mobilenetv2(tasks: Sequence[Task], width: int = 128) -> NDDRCNN:
    """The compact NDDR-CNN: a MobileNetV2 per task, fused after each of its five stages, shortcut heads."""
    backbones: dict[str, Backbone] = {t.name: MobileNetV2() for t in tasks}
    heads: dict[str, nn.Module] = {t.name: ShortcutHead(MobileNetV2.channels, width, t.channels) for t in tasks}
    return NDDRCNN(backbones, heads, tasks, upsample=False, read_all_stages=True)


def nddr_resnet(
    depth: int, tasks: Sequence[Task], output_stride: int = 8, fused: Sequence[str] | None = None
) -> NDDRCNN:
    """NDDR-CNN as in the authors' multi-task code base: a dilated ResNet and a DeepLab head per task."""
    backbones: dict[str, Backbone] = {t.name: ResNet(depth, output_stride=output_stride) for t in tasks}
    width = backbones[tasks[0].name].channels[-1]
    heads: dict[str, nn.Module] = {t.name: DeepLabHead(width, t.channels) for t in tasks}
    return NDDRCNN(backbones, heads, tasks, fused=fused)
