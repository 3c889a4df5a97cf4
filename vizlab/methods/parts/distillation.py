"""Distillation between tasks: a task's features plus what the others send it through gates.

PAD-Net (Xu et al., CVPR 2018, its module C); MTI-Net (Vandenhende et al., ECCV 2020) has one such unit at each scale.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.site import FusionModule, Mixing, Part, Site, Way

KIND = "distillation"
"""The kind of site that a unit is."""
WORDS = "a task's features plus gated messages of the other tasks"
"""What such a site is, for descriptors."""


class SpatialAttention(nn.Module):
    """What one task sends to another: conv(F) gated by sigmoid(conv'(F)), per pixel and channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1, bias=False))
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The message and its gate in (0, 1), both (B, C, H, W)."""
        gate = self.attention(x).sigmoid()
        return self.conv(x) * gate, gate


class DistillationUnit(FusionModule):
    """`out_t = F_t + sum over auxiliary a != t of conv(F_a) * sigmoid(conv'(F_a))`; (B, C, H, W) each, by task.

    `tasks` receive, `auxiliary` send and contain them. `stage` is where the unit stands, as the site says it.
    """

    def __init__(self, tasks: Sequence[str], auxiliary: Sequence[str], channels: int, stage: str) -> None:
        super().__init__()
        self.tasks, self.auxiliary = tuple(tasks), tuple(auxiliary)
        self.channels, self.stage = channels, stage
        self.self_attention = nn.ModuleDict(
            {t: nn.ModuleDict({a: SpatialAttention(channels) for a in self.auxiliary if a != t}) for t in self.tasks}
        )

    def describe_site(self, name: str) -> Site:
        return Site(name, KIND, self.tasks, self.auxiliary, self.channels, self.stage)

    def own_parts(self) -> tuple[Way, ...]:
        return tuple((task, task) for task in self.tasks)

    def static_weights(self) -> dict[str, np.ndarray]:
        return {}

    def forward(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {task: self._receive(index, task, features) for index, task in enumerate(self.tasks)}

    def _receive(self, target: int, task: str, features: Mapping[str, Tensor]) -> Tensor:
        own = self.arriving(task, task, partial(_itself, features[task])).part
        own = torch.zeros_like(features[task]) if own is None else own
        messages, gates = {}, {}
        senders = self.self_attention[task].items() if self.intervention.cross else ()  # type: ignore[operator]
        for name, send in senders:
            source = self.auxiliary.index(name)
            sent = cache(partial(send, features[name]))  # not made where it is replaced
            arrived = self.arriving(task, name, partial(_message, sent))
            if arrived.part is not None:
                messages[source], gates[source] = arrived.part, sent
        output = sum(messages.values(), start=own)
        if self.observer is not None:
            source = self.auxiliary.index(task)
            parts = [Part(source, own), *(Part(s, m) for s, m in messages.items())]
            means = {s: sent()[1].mean(1) for s, sent in gates.items()}
            self.observer(self, Mixing(target, output, parts, own=source, gates=means))
        return output


def _itself(x: Tensor) -> Tensor:
    return x


def _message(sent: Callable[[], tuple[Tensor, Tensor]]) -> Tensor:
    return sent()[0]
