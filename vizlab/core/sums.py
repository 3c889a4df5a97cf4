"""What one target of a site received, added up over pixels: the sums that shares, energies and maps are made of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.moments import Moments, Spread, about, blocks, means
from vizlab.core.site import Activation, Mixing

HIGHEST: dict[Activation, float] = {"relu": math.inf, "relu6": 6.0}
"""Where the activation cuts off; below it cuts off at 0."""


def cropped(x: Tensor, framing: Framing) -> Tensor:
    """(1, C, H, W) to (C, h, w): the part that shows the picture."""
    height, width = framing.visible((x.shape[2], x.shape[3]))
    return x[0, :, :height, :width]


@dataclass(frozen=True)
class PartSums:
    """What one source adds: `value` (C', h, w), means (C',), and its places among the site's channels (None: all).

    Added up over blocks: `covariance` (C',) with the output, summed over pixels, and `squares` (h, w), summed over
    channels.
    """

    value: Tensor
    mean: Tensor
    channels: Tensor | None
    covariance: Tensor
    squares: Tensor

    @classmethod
    def of(cls, value: Tensor, channels: Tensor | None) -> "PartSums":
        mean = means(value)
        return cls(value, mean, channels, torch.zeros_like(mean), mean.new_zeros(value.shape[1:]))

    def block(self, rows: slice) -> Tensor:
        return self.value[:, rows].float()


class Sums:
    """Of the target of `mixing`: its `parts`, its `output` (C, h, w), and what is added up over blocks of their rows.

    Maps (h, w) of squares summed over channels: `came`, of what came from others together, without its means, and for
    an exchange `whole`, of the output, and `replaced`, of the sum of all parts. `channels` are those on which others
    send (None: all).
    """

    def __init__(self, mixing: Mixing, framing: Framing, activation: Activation | None = None) -> None:
        self.output = cropped(mixing.output, framing)
        self.parts = [PartSums.of(cropped(part.value, framing), part.channels) for part in mixing.parts]
        self._others = [i for i, part in enumerate(mixing.parts) if part.source != mixing.own]
        self.channels = _common([self.parts[i].channels for i in self._others], self.output)
        near = about(self.output)
        self.whole, self.replaced, self.came = (near.new_zeros(self.output.shape[1:]) for _ in range(3))
        self._exchange = mixing.own_is_rest
        self._highest = HIGHEST[activation] if activation is not None and mixing.own_is_rest else None
        self._output = Spread(near)
        self._after = Spread(near.clamp(0, self._highest))
        for rows in blocks(self.output):
            self._add(rows)

    def output_moments(self) -> Moments:
        return self._output.moments()

    def moments_after(self) -> Moments | None:
        """Of the output after the activation; None if there is none to take."""
        return None if self._highest is None else self._after.moments()

    def mean_from_others(self) -> Tensor:
        """The means (C'',) of what all others add together, on `channels`."""
        return self._together([self.parts[i].mean for i in self._others])

    def _add(self, rows: slice) -> None:
        block = self.output[:, rows].float()
        rest = self._output.add(block)
        values = [part.block(rows) for part in self.parts]
        rests = [value - part.mean[:, None, None] for part, value in zip(self.parts, values, strict=True)]
        came = self._together([rests[i] for i in self._others])
        self.came[rows] = squares(came)
        for part, value, of_part in zip(self.parts, values, rests, strict=True):
            part.squares[rows] = squares(value)
            # Where something came in an exchange, that is the output.
            against = came if self._exchange else rest if part.channels is None else rest[part.channels]
            part.covariance.add_((of_part * against).sum((1, 2)))
        if self._exchange:
            self.whole[rows] = squares(block)
            one = len(self.parts) == 1
            self.replaced[rows] = self.parts[0].squares[rows] if one else squares(self._together(values))
        if self._highest is not None:
            self._after.add(block.clamp(0, self._highest))

    def _together(self, values: Sequence[Tensor]) -> Tensor:
        """The sum of what all others add, (C'', ...) on `channels`."""
        parts = [self.parts[i] for i in self._others]
        if values and all(part.channels is self.channels for part in parts):
            return sum(values[1:], values[0])
        like = values[0] if values else self.came
        total = like.new_zeros(len(self.output if self.channels is None else self.channels), *like.shape[1:])
        for part, value in zip(parts, values, strict=True):
            if part.channels is None:
                total += value
            else:
                total.index_add_(0, part.channels, value)
        return total


def squares(value: Tensor) -> Tensor:
    """(h, w): the square, summed over channels."""
    # Each is by far the faster one where channels lie last, and where they do not.
    return torch.linalg.vector_norm(value, dim=0).square() if value.stride(0) == 1 else value.square().sum(0)


def _common(channels: Sequence[Tensor | None], like: Tensor) -> Tensor | None:
    """The channels that all name; None, which is all channels, if they do not name the same ones."""
    if not channels:
        return like.new_empty(0)
    return channels[0] if all(one is channels[0] for one in channels) else None
