"""Two backbones; after every stage the depth features are added to the colour features, weighted by channel.

FuseNet (Hazirbas et al., ACCV 2016) adds them as they are; with all weights at 1, where they start, this does too.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule, Mixing, Part, Site, declare_sites
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone
from vizlab.methods.parts.refinenet import LightRefineNet
from vizlab.tasks import Task

STREAMS = ("rgb", "depth")


class WeightedSum(FusionModule):
    """`rgb + weight * depth`, one learnt weight a channel; two (B, C, H, W) in, one out."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def describe_site(self, name: str) -> Site:
        """Colour receives, both send: the depth stream goes on as it is."""
        return Site(name, "sum", STREAMS[:1], STREAMS, len(self.weight), stage=name.split(".")[-1])

    def static_weights(self) -> dict[str, np.ndarray]:
        """`weight` (C,), what a channel of depth counts."""
        return {"weight": self.weight.detach().float().cpu().numpy()}

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        parts = [Part(0, rgb)]
        if self.intervention.cross:  # else the streams are cut apart, and colour goes on alone
            came = self.arriving(*STREAMS, lambda: self.weight.to(depth.dtype)[:, None, None] * depth).part
            parts += [] if came is None else [Part(1, came)]
        output = sum((part.value for part in parts[1:]), start=parts[0].value)
        if self.observer is not None:
            self.observer(self, Mixing(0, output, parts, own=0))
        return output


class SumFusion(FusionNetwork):
    """A MobileNetV2 for colour and one for depth, a sum after each stage, a light-weight RefineNet for each task.

    Takes `rgb` and `depth`, (B, 3, H, W); gives `TASK`, (B, channels, H/4, W/4).
    """

    inputs = STREAMS

    def __init__(self, tasks: Sequence[Task], width: int = 128) -> None:
        super().__init__()
        self.rgb: Backbone = InvertedResidualBackbone(MOBILENET_V2)
        self.depth: Backbone = InvertedResidualBackbone(MOBILENET_V2)
        self.tasks, self.multiple = tuple(tasks), self.rgb.multiple
        stages = zip(self.rgb.stage_names, self.rgb.channels, strict=True)
        self.sums = nn.ModuleDict({stage: WeightedSum(channels) for stage, channels in stages})
        read = self.rgb.channels[1:]  # the decoder leaves out the first stage
        self.decoders = nn.ModuleDict({t.name: LightRefineNet(read, width, t.channels) for t in self.tasks})
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        rgb, depth = (inputs[name] for name in STREAMS)
        features = []
        for index, add in enumerate(self.sums.values()):
            rgb, depth = self.rgb.run_stage(index, rgb), self.depth.run_stage(index, depth)
            rgb = add(rgb, depth)
            features.append(rgb)
        return {task: decoder(features[1:]) for task, decoder in self.decoders.items()}
