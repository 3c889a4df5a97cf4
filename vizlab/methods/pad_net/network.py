"""PAD-Net: prediction and distillation (Xu et al., CVPR 2018).

Auxiliary tasks are predicted from shared features; the features behind these predictions are distilled across tasks;
then every task is predicted once more. Tensor names follow the multi-task code base, Vandenhende et al. (2021).
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import Output
from vizlab.core.site import declare_sites
from vizlab.methods.parts.blocks import Bottleneck
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.distillation import DistillationUnit
from vizlab.methods.parts.hrnet import SMALL_W18, HRNet, HRNetLayout
from vizlab.methods.parts.hrnet_head import concatenated
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone, InvertedResidualLayout
from vizlab.methods.parts.pyramid import FeaturePyramid
from vizlab.tasks import Task

WIDTH = 256
"""Channels of a task's features in the multi-task code base."""
PYRAMID = (32, 32, 48, 64)
"""Channels of the compact network's scales, finest first."""
INITIAL_SCALE = 0
"""Initial predictions have stride 4, as those of scale 0 where there are several."""


class FusedScales(nn.Module):
    """Four scales, the finest first, as one feature of the first one's size: concatenated, 1x1, norm, ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.last_layer = nn.Sequential(
            nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        return self.last_layer(concatenated(features))


class InitialPrediction(nn.Module):
    """Per auxiliary task: two bottlenecks make the task's features, a 1x1 convolution predicts (section 3.2)."""

    def __init__(self, tasks: Sequence[Task], cin: int, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleDict({t.name: nn.Sequential(*_bottlenecks(cin, width)) for t in tasks})
        self.conv_out = nn.ModuleDict({t.name: nn.Conv2d(width, t.channels, 1) for t in tasks})

    def forward(self, x: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """(B, `cin`, h, w) to features (B, `width`, h, w) and predictions by task."""
        features = {name: layers(x) for name, layers in self.layers.items()}
        return features, {name: conv(features[name]) for name, conv in self.conv_out.items()}


class PADNet(FusionNetwork):
    """`backbone` gives one feature of `cin` channels at stride 4.

    Outputs: `TASK` at input resolution or, without `upsample`, at stride 4; `scale_0/TASK` are the initial predictions
    of all `auxiliary_tasks`, the senders, at stride 4. They contain `tasks`, the receivers.
    """

    inputs = ("rgb",)
    multiple = 32

    def __init__(
        self,
        backbone: nn.Module,
        cin: int,
        tasks: Sequence[Task],
        auxiliary_tasks: Sequence[Task],
        width: int = WIDTH,
        upsample: bool = True,
    ) -> None:
        super().__init__()
        self.tasks, self.auxiliary_tasks = tuple(tasks), tuple(auxiliary_tasks)
        names, senders = [t.name for t in tasks], [t.name for t in auxiliary_tasks]
        self.backbone = backbone
        self.initial_task_prediction_heads = InitialPrediction(auxiliary_tasks, cin, width)
        self.multi_modal_distillation = DistillationUnit(names, senders, width, "distillation")
        self.heads = nn.ModuleDict(
            {t.name: nn.Sequential(*_bottlenecks(width, width), nn.Conv2d(width, t.channels, 1)) for t in tasks}
        )
        self._upsample = upsample
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        features, predictions = self.initial_task_prediction_heads(self.backbone(image))
        outputs = {str(Output(task, scale=INITIAL_SCALE)): y for task, y in predictions.items()}
        distilled = self.multi_modal_distillation(features)
        for task, head in self.heads.items():
            y = head(distilled[task])
            outputs[task] = F.interpolate(y, size=image.shape[-2:], mode="bilinear") if self._upsample else y
        return outputs


def pad_hrnet(
    tasks: Sequence[Task],
    auxiliary_tasks: Sequence[Task] | None = None,
    layout: HRNetLayout = SMALL_W18,
    width: int = WIDTH,
) -> PADNet:
    """The network of the multi-task code base: an HRNet, its four scales fused to one feature."""
    channels = sum(layout.channels)
    backbone = nn.Sequential(HRNet(layout), FusedScales(channels))
    return PADNet(backbone, channels, tasks, auxiliary_tasks or tasks, width)


def pad_compact(
    tasks: Sequence[Task],
    auxiliary_tasks: Sequence[Task] | None = None,
    layout: InvertedResidualLayout = MOBILENET_V2,
    width: int = 64,
) -> PADNet:
    """The compact PAD-Net: a feature pyramid over a light backbone, its four scales fused to one feature."""
    channels = sum(PYRAMID)
    backbone = nn.Sequential(FeaturePyramid(InvertedResidualBackbone(layout), PYRAMID), FusedScales(channels))
    return PADNet(backbone, channels, tasks, auxiliary_tasks or tasks, width, upsample=False)


def _bottlenecks(cin: int, width: int) -> tuple[Bottleneck, Bottleneck]:
    """Two that end with `width` channels; only the first has a convolution on its shortcut, where the width changes."""
    inner = width // Bottleneck.expansion
    return Bottleneck(cin, inner), Bottleneck(width, inner)
