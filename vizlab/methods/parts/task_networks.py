"""One network for each task, whose features meet after some stages: what such methods share but for how they meet."""

from collections.abc import Callable, Collection, Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import spliced_by_task
from vizlab.core.site import FusionModule, declare_sites
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.deeplab import DeepLabHead
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone, InvertedResidualLayout
from vizlab.methods.parts.resnet import ResNet
from vizlab.methods.parts.shortcut import ShortcutHead
from vizlab.tasks import Task

Parts = tuple[dict[str, Backbone], dict[str, nn.Module]]
"""Backbones and heads by task."""
Resize = Callable[[Tensor, Sequence[int]], Tensor]
"""(B, C, h, w) and a size (H, W) to (B, C, H, W)."""


def bilinear(x: Tensor, size: Sequence[int]) -> Tensor:
    """As most networks enlarge: centres of pixels, not of corners, keep their places."""
    return F.interpolate(x, size=tuple(size), mode="bilinear")


class TaskNetworks(FusionNetwork):
    """One backbone and head per task, a fusion module after each stage named in `fused` (None: after every stage).

    `fuse(task names, channels)` makes a fusion module; they are kept under the name `fusion`, by stage. Outputs `TASK`
    are (B, channels, H, W) by `resize`, or at the head's own resolution where that is None. With `read_all_stages` the
    heads take a list of all stages' features, else the last stage's alone.
    """

    inputs = ("rgb",)
    fusion: str

    def __init__(
        self,
        parts: Parts,
        tasks: Sequence[Task],
        fuse: Callable[[Sequence[str], int], FusionModule],
        fused: Sequence[str] | None = None,
        resize: Resize | None = bilinear,
        read_all_stages: bool = False,
    ) -> None:
        super().__init__()
        backbones, heads = parts
        self.tasks = tuple(tasks)
        names = [t.name for t in self.tasks]
        first = backbones[names[0]]
        self.stage_names, self.multiple = first.stage_names, first.multiple
        self.backbone = nn.ModuleDict(backbones)
        self.heads = nn.ModuleDict(heads)
        chosen = first.stage_names if fused is None else fused
        channels = zip(first.stage_names, first.channels, strict=True)
        self.add_module(self.fusion, nn.ModuleDict({s: fuse(names, c) for s, c in channels if s in chosen}))
        self._resize, self._read_all = resize, read_all_stages
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        stages = self._stages(image)
        outputs = {}
        for position, task in enumerate(self.tasks):
            read = [stage[position] for stage in stages] if self._read_all else stages[-1][position]
            y = self.heads[task.name](read)
            outputs[task.name] = y if self._resize is None else self._resize(y, image.shape[-2:])
        return outputs

    def spliced(
        self, before: Mapping[str, Tensor], after: Mapping[str, Tensor], streams: Collection[str]
    ) -> dict[str, Tensor]:
        return spliced_by_task(before, after, streams)

    def _stages(self, image: Tensor) -> list[list[Tensor]]:
        """By stage and task, the features that the next stage reads."""
        backbones: list[Backbone] = [self.backbone[t.name] for t in self.tasks]  # type: ignore[misc]
        fusion: nn.ModuleDict = getattr(self, self.fusion)
        features, stages = [image] * len(backbones), []
        for index, stage in enumerate(self.stage_names):
            features = [own.run_stage(index, x) for own, x in zip(backbones, features, strict=True)]
            if stage in fusion:
                features = fusion[stage](features)
            stages.append(features)
        return stages


def compact_parts(tasks: Sequence[Task], width: int, layout: InvertedResidualLayout) -> Parts:
    """A backbone of that layout per task and heads that read all of its stages."""
    backbones: dict[str, Backbone] = {t.name: InvertedResidualBackbone(layout) for t in tasks}
    return backbones, {t.name: ShortcutHead(backbones[t.name].channels, width, t.channels) for t in tasks}


def resnet_parts(depth: int, tasks: Sequence[Task], output_stride: int) -> Parts:
    """A dilated ResNet and a DeepLab head per task."""
    backbones: dict[str, Backbone] = {t.name: ResNet(depth, output_stride=output_stride) for t in tasks}
    width = backbones[tasks[0].name].channels[-1]
    return backbones, {t.name: DeepLabHead(width, t.channels) for t in tasks}
