"""The norm that knows streams, and the channel exchange that sits in it (CEN, NeurIPS 2020, section 3.2).

Streams are stacked along the batch axis, stream-major: (S*B, C, H, W). Convolutions need not know; only the norm
keeps private scales, shifts and statistics for each stream.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.site import Activation, Arrived, FusionModule, Mixing, Part, Site
from vizlab.methods.cen.groups import BeforeExchange
from vizlab.methods.parts.norms import NormFactory
from vizlab.methods.parts.stream_norm import NormKind, PrivateNorm


class StreamNorm(PrivateNorm, FusionModule):
    """A norm with private parameters per stream and, given a `threshold`, channel exchange after it.

    `kind` says over what training normalises: the batch or each instance. Both evaluate with running statistics.

    A channel whose scale is below the threshold in magnitude is replaced by the other stream's normalised
    channel; with more than two streams, by the mean of the others (TPAMI 2023, eq. 6). `threshold=None` never
    exchanges. `activation` names what the network applies to the result, for those who watch; it is not applied here.
    Input and output: (S*B, C, H, W), stream-major.
    """

    def __init__(
        self,
        channels: int,
        streams: tuple[str, ...],
        threshold: float | None = None,
        eps: float = 1e-5,
        momentum: float = 0.1,
        kind: NormKind = "batch",
        activation: Activation | None = None,
    ) -> None:
        super().__init__(len(streams), channels, eps, momentum, kind)
        self.streams, self.channels, self.threshold = streams, channels, threshold
        self.activation = activation

    def describe_site(self, name: str) -> Site | None:
        if self.threshold is None:
            return None
        return Site(name, "exchange", self.streams, self.streams, self.channels, "", activation=self.activation)

    def static_weights(self) -> dict[str, np.ndarray]:
        return {
            "gamma": self.weight.detach().float().cpu().numpy(),
            "exchanged": self.exchanged().cpu().numpy(),
            "eligible": self.eligible().cpu().numpy(),
        }

    def sends(self, target: str, source: str | None) -> bool:
        return bool(self.exchanged()[self.streams.index(target)].any())

    def eligible(self) -> Tensor:
        """(S, C) bool: the channels that training pushes towards zero, the s-th of S equal parts for stream s."""
        part = torch.arange(self.channels) * len(self.streams) // self.channels
        return part[None] == torch.arange(len(self.streams))[:, None]

    def exchanged(self) -> Tensor:
        """(S, C) bool: the channels that are replaced, under the current intervention."""
        if self.threshold is None or not self.intervention.cross:
            return torch.zeros_like(self.weight, dtype=torch.bool)
        threshold = self.intervention.settings.get("threshold", self.threshold)
        return self.weight.detach().abs() < threshold

    def forward(self, x: Tensor) -> Tensor:
        y = self.normalised(x)
        if self.threshold is None:
            return y
        mask = self.exchanged()
        edited = {t: self._arrivals(t, y, mask) for t in range(len(self.streams)) if self._is_edited(t)}
        open_ = self._without(mask, edited)
        mixed = self._exchange(y, open_) if open_.any() else y
        if edited:
            mixed = self._with_edits(mixed, edited)
        if self.observer is not None:
            self._show(mixed, y, mask, edited)
        return mixed

    def _exchange(self, y: Tensor, mask: Tensor) -> Tensor:
        grouped = self.grouped(y)
        count = len(self.streams)
        # The mean of the others; for two streams that is just the other one, and a flip costs least.
        others = grouped.flip(0) if count == 2 else (grouped.sum(0, keepdim=True) - grouped) / (count - 1)
        return torch.where(mask[:, None, :, None, None], others, grouped).flatten(0, 1)

    def _without(self, mask: Tensor, targets: Collection[int]) -> Tensor:
        """`mask` (S, C) without the rows of `targets`, who keep their own until it is known what comes."""
        if not targets:
            return mask
        left = mask.clone()
        left[list(targets)] = False
        return left

    def _is_edited(self, target: int) -> bool:
        return any((self.streams[target], source) in self.edits for source in self.streams)

    def _arrivals(self, target: int, y: Tensor, mask: Tensor) -> "list[_Exchanged]":
        """What comes from each other stream on the exchanged channels, after its edit."""
        channels = mask[target].nonzero().flatten()
        # Of all streams at once: gradients come back in one piece.
        parts = cache(partial(self._part, self.grouped(y), channels))
        return [
            _Exchanged(
                source,
                channels,
                self.arriving(self.streams[target], name, partial(_one_of, parts, source), channels),
                partial(_one_of, parts, target),
            )
            for source, name in enumerate(self.streams)
            if source != target
        ]

    def _part(self, sender: Tensor, channels: Tensor) -> Tensor:
        """(..., C', H, W) of a sender, or of all."""
        part, senders = _selected(sender, channels), len(self.streams) - 1
        return part if senders == 1 else part / senders

    def _with_edits(self, mixed: Tensor, edited: "Mapping[int, list[_Exchanged]]") -> Tensor:
        """`mixed`, where these targets have their own, with what came after all.

        Where nothing did, a target has an equal part of its own channel back.
        """
        came = {t: arrivals for t, arrivals in edited.items() if not all(one.cut for one in arrivals)}
        if not came:
            return mixed
        result = self.grouped(mixed).clone()
        for target, arrivals in came.items():
            first, *others = (arrival.total() for arrival in arrivals)
            result[target][:, arrivals[0].channels] = sum(others, start=first).to(result.dtype)
        return result.flatten(0, 1)

    def _show(self, mixed: Tensor, own: Tensor, mask: Tensor, edited: "Mapping[int, list[_Exchanged]]") -> None:
        observer, count = self.observer, len(self.streams)
        assert observer is not None
        mixed, own, before = self.grouped(mixed), self.grouped(own), BeforeExchange(mask.cpu().numpy())
        for target in range(count):
            whole = True
            if target in edited:
                parts, whole = self._edited_parts(target, mixed[target], own[target], edited[target])
            else:
                channels = mask[target].nonzero().flatten()
                parts = [Part(s, self._part(own[s], channels), channels) for s in range(count) if s != target]
            extras = partial(before.of, own[target], target)
            observer(self, Mixing(target, mixed[target], parts, own=target, own_is_rest=whole, extras=extras))

    def _edited_parts(
        self, target: int, mixed: Tensor, own: Tensor, arrivals: "list[_Exchanged]"
    ) -> tuple[list[Part], bool]:
        """What a target has after edits, and whether its own is what no part names: not where channels are blends."""
        if all(one.cut for one in arrivals):
            none = arrivals[0].channels[:0]
            return [Part(one.source, own[:, :0], none) for one in arrivals], True
        shown = [one.shown() for one in arrivals if one.arrived.part is not None]
        if all(one.replaces for one in arrivals):
            return shown, True
        rest, channels = mixed.clone(), arrivals[0].channels
        back = self._part(own, channels)
        rest[:, channels] = sum((one.back(back) for one in arrivals), start=torch.zeros_like(back)).to(rest.dtype)
        return [Part(target, rest), *shown], False


@dataclass(frozen=True, eq=False)
class _Exchanged:
    """What came from the stream of index `source` on `channels`, in place of what `own` gives."""

    source: int
    channels: Tensor
    arrived: Arrived
    own: Callable[[], Tensor]

    @property
    def cut(self) -> bool:
        """Whether all of it is the target's own again."""
        back = self.arrived.own
        return self.arrived.part is None and isinstance(back, float) and back == 1

    @property
    def replaces(self) -> bool:
        """Whether nothing of it is the target's own."""
        back = self.arrived.own
        return self.arrived.part is not None and isinstance(back, float) and back == 0

    def back(self, own: Tensor) -> Tensor:
        """What comes back of `own`, which the target would have with the edge cut."""
        back = self.arrived.own
        return (back.to(own.dtype) if isinstance(back, Tensor) else back) * own

    def total(self) -> Tensor:
        """What the target has of it."""
        part = self.arrived.part
        if part is None:
            return self.back(self.own())
        return part if self.replaces else part + self.back(self.own())

    def shown(self) -> Part:
        """The part as an observer sees it."""
        assert self.arrived.part is not None
        return Part(self.source, self.arrived.part, self.channels)


def _selected(x: Tensor, channels: Tensor) -> Tensor:
    """(..., C', H, W): those channels, laid out as `x` is; gathered across memory they would cost ten times as much."""
    if x.stride(-3) != 1:
        return x.index_select(-3, channels)
    return x.movedim(-3, -1).index_select(-1, channels).movedim(-1, -3)


def _one_of(parts: Callable[[], Tensor], stream: int) -> Tensor:
    return parts()[stream]


def stream_norm(
    streams: tuple[str, ...], threshold: float, kind: NormKind = "batch", activation: Activation | None = None
) -> NormFactory:
    """The factory that turns a normed backbone into a CEN: exchange at its sites, private norms elsewhere.

    `activation` is what the backbone applies after the norms that are sites. A single stream has nobody to exchange
    with; its norms are no sites.
    """
    exchanging = threshold if len(streams) > 1 else None

    def factory(channels: int, site: bool = False, eps: float = 1e-5) -> nn.Module:
        return StreamNorm(channels, streams, exchanging if site else None, eps, kind=kind, activation=activation)

    return factory
