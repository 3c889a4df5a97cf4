"""MTL-NAS: one VGG-16 per task; after every convolution each takes features of the other's last few stages.

Gao et al., CVPR 2020. Which of these ways are open is what the search found; in the supernet all are.
"""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule, Site, Way, declare_sites
from vizlab.methods.parts.concatenating import FusingLayer, stored_weights, sum_of_parts
from vizlab.methods.parts.vgg import CONVOLUTIONS, VGG16, WIDTH, norm
from vizlab.methods.parts.vgg_frameworks import PYTORCH
from vizlab.methods.parts.vgg_heads import PICTURED, vgg_head
from vizlab.tasks import Task

KIND = "mtl-nas"
REACH = 3
"""Features come from that many stages at most: the same one, and those before it in its block."""


def incoming(stage: int) -> list[int]:
    """The stages of the other network from which a stage may take features, the earliest first."""
    block = CONVOLUTIONS[stage].split("_")[0]
    return [j for j in range(max(0, stage - REACH + 1), stage + 1) if CONVOLUTIONS[j].split("_")[0] == block]


class Path(FusionModule):
    """What one task goes on with after one stage: a 1x1 convolution, a norm and a ReLU of its own and others' features.

    Input: its own (B, C, H, W) and, of the same shape, the other task's of the stages that `incoming` gives, as they
    were before anything was mixed in there. With `searched` each of these comes where its `alpha` is above 0.
    """

    alpha: Tensor | None

    def __init__(self, target: str, other: str, stage: int, channels: int, searched: bool) -> None:
        super().__init__()
        stages = incoming(stage)
        self.target, self.other, self.channels = target, other, channels
        self.stage = CONVOLUTIONS[stage]
        self.sources = (target, *(f"{other} at {CONVOLUTIONS[j]}" for j in stages[:-1]), other)
        self.layer = FusingLayer(channels * len(self.sources), channels, norm)
        self.layer.start_on_diagonals([1.0, *(0.0 for _ in stages)])
        self.register_buffer("alpha", torch.ones(len(stages)) if searched else None)

    def describe_site(self, name: str) -> Site:
        senders = (self.target, *(self.other for _ in self.sources[1:]))
        return Site(name, KIND, (self.target,), self.sources, self.channels, self.stage, senders=senders)

    def own_parts(self) -> tuple[Way, ...]:
        return ((self.target, self.target),)

    def sends(self, target: str, source: str | None) -> bool:
        return source is None or self.sources.index(source) in self._open()

    def static_weights(self) -> dict[str, np.ndarray]:
        """`weight` (1, C, S*C) and `scale` (1, C) as of any such layer, `open` (1, S) bool: whose features come."""
        is_open = np.isin(np.arange(len(self.sources)), self._open())[None]
        return {**stored_weights([self.layer]), "open": is_open}

    def forward(self, own: Tensor, others: Sequence[Tensor]) -> Tensor:
        # What a closed connection brings is multiplied by 0, as its authors do, and can be changed like any other part.
        features = [own, *(x if self.alpha is None else x * (self.alpha[k] > 0) for k, x in enumerate(others))]
        if self.training or not (self.apart or not self.intervention.cross):
            return self.layer(torch.cat(features, dim=1))
        return F.relu(sum_of_parts(self, 0, self.layer, features))

    def _open(self) -> list[int]:
        """The sources whose features come, the task's own first."""
        found = range(1, len(self.sources))
        return [0, *(s for s in found if self.alpha is None or bool(self.alpha[s - 1] > 0))]


class MTLNAS(FusionNetwork):
    """Two tasks' networks and the paths between them; outputs `TASK` are (B, channels, H, W).

    With `searched` every path has alphas; otherwise it is the supernet, in which all ways are open.
    """

    inputs = ("rgb",)
    pictured = PICTURED

    def __init__(self, tasks: Sequence[Task], searched: bool = True, width: int = WIDTH) -> None:
        super().__init__()
        if len(tasks) != 2:
            raise ValueError(f"this network is one of two tasks, not of {len(tasks)}")
        self.tasks, self.multiple = tuple(tasks), PYTORCH.multiple
        names = [t.name for t in tasks]
        backbones = {name: VGG16(PYTORCH, width, every_convolution=True) for name in names}
        self.backbone = nn.ModuleDict(backbones)
        self.heads = nn.ModuleDict({t.name: vgg_head(backbones[t.name], t.channels, width) for t in tasks})
        self.paths = nn.ModuleDict()
        for index, (stage, channels) in enumerate(zip(CONVOLUTIONS, backbones[names[0]].channels, strict=True)):
            pairs = zip(names, reversed(names), strict=True)
            made = {name: Path(name, other, index, channels, searched) for name, other in pairs}
            self.paths[stage] = nn.ModuleDict(made)
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        image = inputs["rgb"]
        names = [t.name for t in self.tasks]
        backbones: list[VGG16] = [self.backbone[name] for name in names]  # type: ignore[misc]
        mixed, recent = [image] * len(names), list[list[Tensor]]()
        for index, paths in enumerate(self.paths.values()):
            fresh = [own.run_stage(index, x) for own, x in zip(backbones, mixed, strict=True)]
            recent = [*recent, fresh][-len(incoming(index)) :]  # no later stage reaches beyond what this one does
            mixed = [path(fresh[t], [stage[1 - t] for stage in recent]) for t, path in enumerate(paths.children())]
        size = image.shape[-2:]
        return {name: PYTORCH.resize(self.heads[name](x), size) for name, x in zip(names, mixed, strict=True)}
