"""MTI-Net: multi-scale task interaction (Vandenhende et al., ECCV 2020).

From the coarsest of four scales up: an initial prediction per task, feature propagation to the next scale; then at
each scale distillation between tasks; then a head per task over all four scales. Tensor names follow the released
code.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import spliced_by_task
from vizlab.core.site import FusionModule, Site, Way, declare_sites
from vizlab.methods.parts.blocks import BasicBlock
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.distillation import DistillationUnit
from vizlab.methods.parts.hrnet import SMALL_W18, HRNet, HRNetLayout
from vizlab.methods.parts.hrnet_head import HighResolutionHead
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone, InvertedResidualLayout
from vizlab.methods.parts.pyramid import FeaturePyramid
from vizlab.methods.parts.resnet import ResNet
from vizlab.tasks import Task

SCALES = (0, 1, 2, 3)
"""Scale K has stride 4 * 2**K."""


class InitialPrediction(nn.Module):
    """Per task: two residual blocks refine the features of one scale, a 1x1 convolution predicts (section 3.2)."""

    def __init__(self, tasks: Sequence[Task], cin: int, channels: int) -> None:
        super().__init__()
        self.refinement = nn.ModuleDict(
            {t.name: nn.Sequential(BasicBlock(cin, channels), BasicBlock(channels, channels)) for t in tasks}
        )
        self.decoders = nn.ModuleDict({t.name: nn.Conv2d(channels, t.channels, 1) for t in tasks})

    def forward(self, x: Tensor, coarser: Mapping[str, Tensor] | None) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Features and predictions by task; `coarser` are the propagated features of the scale below."""
        features, predictions = {}, {}
        for name, refine in self.refinement.items():
            y = x
            if coarser is not None:
                y = torch.cat([x, F.interpolate(coarser[name], scale_factor=2, mode="bilinear")], dim=1)
            features[name] = refine(y)
            predictions[name] = self.decoders[name](features[name])
        return features, predictions


class SqueezeExcitation(nn.Module):
    """Channel gating (Hu et al., CVPR 2018) with reduction 16."""

    def __init__(self, channels: int, ratio: int = 16) -> None:
        super().__init__()
        hidden = channels // ratio
        self.squeeze = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        return x * self.squeeze(x.mean((2, 3)))[:, :, None, None]


class FeaturePropagation(FusionModule):
    """FPM: one shared representation of all tasks' features, handed to every task (section 3.3).

    The softmax is reproduced as released: it views the N*C channels as (C, N) and so runs over N neighbouring
    channels, mostly of one task. It is not an attention across tasks and must not be shown as one.
    """

    def __init__(self, tasks: Sequence[str], channels: int) -> None:
        super().__init__()
        self.tasks, self.channels = tuple(tasks), channels
        shared = channels * len(self.tasks)
        self.non_linear = nn.Sequential(
            BasicBlock(shared, shared // 4), BasicBlock(shared // 4, shared // 4), nn.Conv2d(shared // 4, shared, 1)
        )
        self.dimensionality_reduction = BasicBlock(shared, channels)
        self.se = nn.ModuleDict({task: SqueezeExcitation(channels) for task in self.tasks})

    def describe_site(self, name: str) -> Site:
        stage = name.removeprefix("fpm_").replace("_", " ")
        return Site(name, "propagation", self.tasks, self.tasks, self.channels, stage, additive=False)

    def edges(self) -> tuple[Way, ...]:
        return tuple((task, None) for task in self.tasks)

    def static_weights(self) -> dict[str, np.ndarray]:
        return {}

    def forward(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        shared = cache(partial(self._shared, features))  # not made where all that comes of it is replaced
        handed = {task: self.arriving(task, None, partial(self._handed, task, shared)).part for task in self.tasks}
        return {task: features[task] if part is None else part + features[task] for task, part in handed.items()}

    def _shared(self, features: Mapping[str, Tensor]) -> Tensor:
        """The representation of all tasks' features."""
        stacked = torch.cat([features[task] for task in self.tasks], dim=1)
        groups = (len(stacked), self.channels, len(self.tasks), *stacked.shape[-2:])
        weights = self.non_linear(stacked).reshape(groups).softmax(2)
        return self.dimensionality_reduction((weights * stacked.reshape(groups)).flatten(1, 2))

    def _handed(self, task: str, shared: Callable[[], Tensor]) -> Tensor:
        return self.se[task](shared())


class MTINet(FusionNetwork):
    """`backbone` gives four features (strides 4, 8, 16, 32) of `channels`.

    Outputs: `TASK` at input resolution or, without `upsample`, at stride 4; `scale_K/TASK` at each scale's own.
    Every task is also auxiliary: `auxiliary_tasks` (the senders) contains `tasks` (the receivers).
    """

    inputs = ("rgb",)
    multiple = 32

    def __init__(
        self,
        backbone: nn.Module,
        channels: Sequence[int],
        tasks: Sequence[Task],
        auxiliary_tasks: Sequence[Task],
        upsample: bool = True,
    ) -> None:
        super().__init__()
        self.tasks, self.auxiliary_tasks = tuple(tasks), tuple(auxiliary_tasks)
        names, senders = [t.name for t in tasks], [t.name for t in auxiliary_tasks]
        self.backbone = backbone
        for scale in reversed(SCALES[1:]):
            self.add_module(f"fpm_scale_{scale}", FeaturePropagation(senders, channels[scale]))
        for scale in SCALES:
            coarser = channels[scale + 1] if scale + 1 in SCALES else 0
            cin = channels[scale] + coarser
            self.add_module(f"scale_{scale}", InitialPrediction(auxiliary_tasks, cin, channels[scale]))
            unit = DistillationUnit(names, senders, channels[scale], f"scale {scale}")
            self.add_module(f"distillation_scale_{scale}", unit)
        self.heads = nn.ModuleDict({t.name: HighResolutionHead(sum(channels), t.channels) for t in tasks})
        self._upsample = upsample
        # The order in which a forward meets them: propagation from the coarsest scale up, then distillation.
        self.sites = tuple(
            sorted(declare_sites(self), key=lambda s: (s.kind == "distillation", -int(s.stage.split()[-1])))
        )

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        pyramid = self.backbone(image)
        outputs: dict[str, Tensor] = {}
        features: dict[int, dict[str, Tensor]] = {}
        coarser: dict[str, Tensor] | None = None
        for scale in reversed(SCALES):
            features[scale], predictions = self._at("scale", scale)(pyramid[scale], coarser)
            outputs |= {f"scale_{scale}/{task}": y for task, y in predictions.items()}
            coarser = self._at("fpm_scale", scale)(features[scale]) if scale else None
        distilled = {scale: self._at("distillation_scale", scale)(features[scale]) for scale in reversed(SCALES)}
        for task, head in self.heads.items():
            y = head([distilled[scale][task] for scale in SCALES])
            outputs[task] = F.interpolate(y, size=image.shape[-2:], mode="bilinear") if self._upsample else y
        return outputs

    def spliced(
        self, before: Mapping[str, Tensor], after: Mapping[str, Tensor], streams: Collection[str]
    ) -> dict[str, Tensor]:
        return spliced_by_task(before, after, streams)

    def _at(self, kind: str, scale: int) -> nn.Module:
        return self.get_submodule(f"{kind}_{scale}")


def mti_compact(
    tasks: Sequence[Task],
    auxiliary_tasks: Sequence[Task] | None = None,
    layout: InvertedResidualLayout = MOBILENET_V2,
    channels: Sequence[int] = (32, 48, 64, 96),
) -> MTINet:
    """The compact MTI-Net: a feature pyramid with four scales over a light backbone."""
    pyramid = FeaturePyramid(InvertedResidualBackbone(layout), channels)
    return MTINet(pyramid, channels, tasks, auxiliary_tasks or tasks, upsample=False)


def mti_hrnet(
    tasks: Sequence[Task], auxiliary_tasks: Sequence[Task] | None = None, layout: HRNetLayout = SMALL_W18
) -> MTINet:
    """The released MTI-Net, on an HRNet of any width and layout."""
    return MTINet(HRNet(layout), layout.channels, tasks, auxiliary_tasks or tasks)


def mti_resnet_fpn(
    depth: int, tasks: Sequence[Task], auxiliary_tasks: Sequence[Task] | None = None, width: int = 256
) -> MTINet:
    """MTI-Net on our reading of "ResNet + FPN", of which nothing is published but the name.

    The pyramid is that of Lin et al. (CVPR 2017) with `width` channels at each of its four strides, nothing dilated,
    and a norm after each smoothing. No file of the authors can be loaded into it.
    """
    channels = (width,) * len(SCALES)
    pyramid = FeaturePyramid(ResNet(depth), channels, width)
    return MTINet(pyramid, channels, tasks, auxiliary_tasks or tasks)
