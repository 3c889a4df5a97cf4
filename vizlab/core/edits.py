"""What can be made of a part on its way from one stream to another. See `vizlab.core.site.Edit`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.pixels import cropped
from vizlab.core.site import Arrival, Arrived, Edit


@dataclass(frozen=True)
class Scale:
    """The part times `factor`, and as much of the target's own as is taken from it: 0 cuts, 1 leaves it as it is."""

    factor: float

    def __call__(self, arrival: Arrival) -> Arrived:
        if self.factor == 0:
            return Arrived(None, own=1.0)
        return Arrived(arrival.part * self.factor, own=1.0 - self.factor)


@dataclass(frozen=True)
class Mean:
    """Each channel's mean over the picture, without its padding: what a part has everywhere, and nothing of where."""

    framing: Framing

    def __call__(self, arrival: Arrival) -> Arrived:
        part = arrival.part
        return Arrived(cropped(part, self.framing).mean((-2, -1), keepdim=True).expand_as(part))


@dataclass(frozen=True, eq=False)
class Put:
    """A given part, (B or 1, C', h, w), resized where the place has another size; None for nothing."""

    value: Tensor | None

    def __call__(self, arrival: Arrival) -> Arrived:
        if self.value is None:
            return Arrived(None)
        like = arrival.part
        value = self.value.to(like.dtype)
        if value.shape[-2:] != like.shape[-2:]:
            value = F.interpolate(value, size=like.shape[-2:], mode="bilinear")
        return Arrived(value.expand_as(like))


@dataclass(frozen=True, eq=False)
class Hold:
    """What came in this very place in another forward, (B, C', h, w); None for nothing. What comes now is not made."""

    value: Tensor | None

    def __call__(self, arrival: Arrival) -> Arrived:
        return Arrived(self.value)


CUT = Scale(0.0)


@dataclass(frozen=True, eq=False)
class Gate:
    """As `Scale`, by a factor for each picture, (B, 1, 1, 1), that gradients may flow to."""

    factor: Tensor

    def __call__(self, arrival: Arrival) -> Arrived:
        return Arrived(arrival.part * self.factor, own=1 - self.factor)


@dataclass(eq=False)
class Take:
    """Leaves a part as it is and keeps a copy, since what follows may change it in place."""

    value: Tensor | None = field(default=None)

    def __call__(self, arrival: Arrival) -> Arrived:
        self.value = arrival.part.clone()
        return Arrived(arrival.part)


@dataclass(eq=False)
class Meet:
    """Leaves a part as it is and notes that one came by."""

    met: bool = False

    def __call__(self, arrival: Arrival) -> Arrived:
        self.met = True
        return Arrived(arrival.part)


@dataclass(frozen=True)
class Some:
    """`edit` on some of the target's channels alone."""

    edit: Edit
    channels: tuple[int, ...]

    def __call__(self, arrival: Arrival) -> Arrived:
        part = arrival.part
        places = torch.arange(part.shape[1], device=part.device) if arrival.channels is None else arrival.channels
        chosen = torch.isin(places, torch.tensor(self.channels, device=places.device))
        found = self.edit(arrival)
        changed = torch.zeros_like(part) if found.part is None else found.part
        here = chosen[:, None, None]
        return Arrived(torch.where(here, changed, part), here.to(part.dtype) * found.own)


@dataclass(frozen=True)
class Chain:
    """One edit after the other."""

    edits: Sequence[Edit]

    def __call__(self, arrival: Arrival) -> Arrived:
        part: Tensor | None = None
        own: float | Tensor = 0.0
        for edit in self.edits:
            found = edit(arrival)
            part, own = found.part, found.own + own * (1 - found.own)
            if part is None:
                return Arrived(None, own)
            arrival = Arrival(lambda part=part: part, arrival.channels)  # type: ignore[misc]
        return Arrived(part, own)
