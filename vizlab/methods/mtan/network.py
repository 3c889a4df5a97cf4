"""MTAN: tasks select from one shared network by masks (Liu et al., CVPR 2019).

Its streams do not mix: what a task has at one layer depends on the shared features and on what the same task selected
before. Tensor names follow the multi-task code base, Vandenhende et al. (2021), which puts the masks on a ResNet.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule, Mixing, Site, declare_sites
from vizlab.methods.mtan.masks import Masks
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.blocks import Bottleneck
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.deeplab import DeepLabHead
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone, InvertedResidualLayout
from vizlab.methods.parts.resnet import ResNet
from vizlab.methods.parts.shortcut import ShortcutHead
from vizlab.tasks import Task

KIND = "selection"
"""The kind of site that a layer's masks are."""
RESNET_STAGES = ("layer1", "layer2", "layer3", "layer4")
"""The stages of a ResNet at which the multi-task code base selects."""


class Attention(nn.Sequential):
    """A task's mask: (B, `cin`, H, W) to (B, `channels`, H, W), values 0..1."""

    def __init__(self, cin: int, channels: int) -> None:
        hidden = channels // 4
        super().__init__(
            nn.Conv2d(cin, hidden, 1), nn.BatchNorm2d(hidden), nn.ReLU(inplace=True),
            nn.Conv2d(hidden, channels, 1), nn.BatchNorm2d(channels), nn.Sigmoid(),
        )  # fmt: skip


class Selection(FusionModule):
    """What each task takes of shared features, `y[t] = mask[t] * shared`, a mask for each pixel and channel.

    Nothing comes from another task, so there are no edges, and no share is defined.
    """

    def __init__(self, tasks: Sequence[str], cin: int, channels: int, stage: str) -> None:
        super().__init__()
        self.tasks, self.channels, self.stage = tuple(tasks), channels, stage
        for task in self.tasks:
            self.add_module(task, Attention(cin, channels))

    def describe_site(self, name: str) -> Site:
        return Site(name, KIND, self.tasks, (), self.channels, self.stage, additive=False)

    def static_weights(self) -> dict[str, np.ndarray]:
        return {}

    def forward(self, before: Tensor, shared: Tensor, refined: Sequence[Tensor] | None) -> list[Tensor]:
        """(B, C, H, W) by task, selected from `shared`, which has that shape.

        A mask is made of what the stage's last block was given, `before`, and of what the task selected one stage
        earlier, `refined`, where there was such a stage.
        """
        given = [before] * len(self.tasks) if refined is None else [torch.cat([before, own], 1) for own in refined]
        masks = [self.get_submodule(task)(x) for task, x in zip(self.tasks, given, strict=True)]
        selected = [mask * shared for mask in masks]
        if self.observer is not None:
            reduced = Masks(masks)
            for target, output in enumerate(selected):
                self.observer(self, Mixing(target, output, (), extras=partial(reduced.extras, target)))
        return selected


class MTAN(FusionNetwork):
    """One backbone for all tasks, from whose stages named in `attended` every task selects; a head per task.

    Outputs `TASK` are (B, channels, H, W), or at the head's own resolution without `upsample`. With `read_all_stages`
    the heads take a list of what a task selected at every stage, else of the last stage alone.
    """

    inputs = ("rgb",)

    def __init__(
        self,
        backbone: Backbone,
        heads: Mapping[str, nn.Module],
        tasks: Sequence[Task],
        attended: Sequence[str],
        upsample: bool = True,
        read_all_stages: bool = False,
    ) -> None:
        super().__init__()
        self.tasks, self.backbone, self.multiple = tuple(tasks), backbone, max(backbone.strides)
        self.heads = nn.ModuleDict(heads)
        self._attended = [backbone.stage_names.index(stage) for stage in attended]
        self._upsample, self._read_all = upsample, read_all_stages
        for number, index in enumerate(self._attended, 1):
            cin, channels = backbone.last_inputs[index], backbone.channels[index]
            cin += channels if number > 1 else 0
            selection = Selection([t.name for t in tasks], cin, channels, backbone.stage_names[index])
            self.add_module(f"attention_{number}", selection)
            if number < len(self._attended):
                following = backbone.channels[index + 1]
                refine = Bottleneck(channels, following // Bottleneck.expansion)
                self.add_module(f"refine_{number}", nn.Sequential(refine))
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        stages = self._select(image)
        outputs = {}
        for position, task in enumerate(self.tasks):
            read = [stage[position] for stage in stages] if self._read_all else stages[-1][position]
            y = self.heads[task.name](read)
            outputs[task.name] = F.interpolate(y, size=image.shape[-2:], mode="bilinear") if self._upsample else y
        return outputs

    def _select(self, x: Tensor) -> list[list[Tensor]]:
        """By attended stage and task, what was selected."""
        stages: list[list[Tensor]] = []
        for index in range(len(self.backbone.stage_names)):
            if index not in self._attended:
                x = self.backbone.run_stage(index, x)
                continue
            refined = self._refined(stages[-1], len(stages)) if stages else None
            before, x = self.backbone.split_stage(index, x)
            stages.append(self.get_submodule(f"attention_{len(stages) + 1}")(before, x, refined))
        return stages

    def _refined(self, selected: Sequence[Tensor], number: int) -> list[Tensor]:
        """What tasks selected at the `number`-th attended stage, with channels and size of the next one's."""
        here = self._attended[number - 1]
        refine, strides = self.get_submodule(f"refine_{number}"), self.backbone.strides
        step = strides[here + 1] // strides[here]
        refined = [refine(x) for x in selected]
        return refined if step == 1 else [F.max_pool2d(x, step) for x in refined]


def mtan_resnet(depth: int, tasks: Sequence[Task], output_stride: int = 8) -> MTAN:
    """The network of the multi-task code base: a dilated ResNet, and a DeepLab head per task."""
    backbone = ResNet(depth, output_stride=output_stride)
    heads = {t.name: DeepLabHead(backbone.channels[-1], t.channels) for t in tasks}
    return MTAN(backbone, heads, tasks, RESNET_STAGES)


def mtan_compact(tasks: Sequence[Task], layout: InvertedResidualLayout = MOBILENET_V2, width: int = 128) -> MTAN:
    """The compact MTAN: tasks select at each of a light backbone's five stages, and read all that they selected."""
    backbone = InvertedResidualBackbone(layout)
    heads = {t.name: ShortcutHead(backbone.channels, width, t.channels) for t in tasks}
    return MTAN(backbone, heads, tasks, backbone.stage_names, upsample=False, read_all_stages=True)
