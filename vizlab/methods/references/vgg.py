"""The baselines on VGG-16 of NDDR-CNN's authors: one trunk for a task or all of them, or a network for each task."""

from collections.abc import Sequence
from functools import partial

from torch import Tensor, nn

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Builder
from vizlab.core.network import FusionNetwork
from vizlab.core.site import Site
from vizlab.methods.parts.tasks import tasks_of
from vizlab.methods.parts.vgg import VGG16, WIDTH, is_fine
from vizlab.methods.parts.vgg_frameworks import PYTORCH, TENSORFLOW, Framework
from vizlab.methods.parts.vgg_heads import PICTURED, LargeFOV, Shortcut
from vizlab.tasks import Task

SHARED, SINGLE = "reference-shared-vgg16", "reference-single-vgg16"
SHARED_PYTORCH, PAIR = "reference-shared-vgg16-pytorch", "reference-pair-vgg16"


class VGGReference(FusionNetwork):
    """A VGG-16 and a head for each task, which read its last features or, with `shortcut`, all of them reduced.

    Outputs `TASK` are (B, channels, H, W). It has no sites.
    """

    inputs = ("rgb",)
    pictured = PICTURED
    sites: tuple[Site, ...] = ()

    def __init__(
        self, framework: Framework, tasks: Sequence[Task], width: int = WIDTH, stages: int = 5, shortcut: int = 0
    ) -> None:
        super().__init__()
        self.tasks, self.framework = tuple(tasks), framework
        self.backbone = VGG16(framework, width, every_convolution=is_fine(stages))
        self.multiple, cin = self.backbone.multiple, self.backbone.channels[-1]
        self.shortcut = Shortcut(self.backbone.channels, framework) if shortcut else None
        self.heads = nn.ModuleDict({t.name: LargeFOV(cin, width, t.channels, is_fine(stages)) for t in tasks})

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        features = self.backbone(image)
        read = features[-1] if self.shortcut is None else self.shortcut(features)
        return {task: self.framework.resize(head(read), image.shape[-2:]) for task, head in self.heads.items()}


class VGGPair(FusionNetwork):
    """A network for each task, side by side in one file; nothing passes between them."""

    inputs = ("rgb",)
    pictured = PICTURED
    sites: tuple[Site, ...] = ()

    def __init__(self, framework: Framework, tasks: Sequence[Task], width: int = WIDTH, stages: int = 5) -> None:
        super().__init__()
        self.tasks, self.multiple = tuple(tasks), framework.multiple
        self.networks = nn.ModuleDict({t.name: VGGReference(framework, [t], width, stages) for t in tasks})

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        return {task: network(inputs)[task] for task, network in self.networks.items()}


def _reference(framework: Framework, config: NetworkConfig) -> FusionNetwork:
    return VGGReference(framework, tasks_of(config), **config.options)


def _pair(config: NetworkConfig) -> FusionNetwork:
    return VGGPair(PYTORCH, tasks_of(config), **config.options)


VGG_ARCHITECTURES: dict[str, Builder] = {
    SHARED: partial(_reference, TENSORFLOW),
    SINGLE: partial(_reference, TENSORFLOW),
    SHARED_PYTORCH: partial(_reference, PYTORCH),
    PAIR: _pair,
}
