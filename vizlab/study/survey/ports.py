"""What one target of a site received, of every picture of a batch: the numbers of `core.reduction` without its maps.

The definitions are those of `vizlab.core.reduction`, and a test holds the numbers against its own. It takes a picture
at a time and keeps where things came, which costs a pass over every part; here are sums over pixels alone, on the
output's device, all pictures at once on a GPU. In an exchange what came is the output itself, on its channels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.moments import ROUNDING
from vizlab.core.site import Mixing, Part, Site
from vizlab.core.sums import HIGHEST

SUBSAMPLE = 8
"""How many rows and columns a first guess of the means is taken from."""


@dataclass(frozen=True, eq=False)
class PortRows:
    """One target of a site: `share` and `energy` (B, S) float64 by source, `outside_mean` and `share_after` (B,).

    NaN where undefined, as in `SiteTrace`.
    """

    share: np.ndarray
    energy: np.ndarray
    outside_mean: np.ndarray
    share_after: np.ndarray


def reduce_batch(mixing: Mixing, site: Site, framing: Framing, after: bool = True) -> PortRows:
    """The rows of a port, of all pictures that `mixing` holds; without `after`, `share_after` is left NaN."""
    if mixing.output.device.type != "cpu" or len(mixing.output) == 1:
        return _reduced(mixing, site, framing, after)
    # A core's cache holds one picture's map, not a batch's.
    each = [_reduced(_of_one(mixing, picture), site, framing, after) for picture in range(len(mixing.output))]
    return PortRows(*(np.concatenate([getattr(one, f.name) for one in each]) for f in fields(PortRows)))


def _of_one(mixing: Mixing, picture: int) -> Mixing:
    one = slice(picture, picture + 1)
    parts = [replace(part, value=part.value[one]) for part in mixing.parts]
    return replace(mixing, output=mixing.output[one], parts=parts, gates={}, extras=None)


def _reduced(mixing: Mixing, site: Site, framing: Framing, after: bool) -> PortRows:
    output = _Spread.of(_shown(mixing.output, framing))
    exchange = mixing.own_is_rest and len({part.source for part in mixing.parts}) == len(mixing.parts) == 1
    found = _exchanged(mixing, output) if exchange else _added(mixing, output, framing)
    later = _after(mixing, site, framing, output) if after else None
    with np.errstate(over="ignore", invalid="ignore"):  # what overflowed in the network stays infinite or NaN here
        return _rows(mixing, site, output, found, later)


class _Spread:
    """Sums over the pixels of `rest` (B, n, C), a map less `near` (B, C): `total` and `squares` (B, C)."""

    def __init__(self, near: Tensor, rest: Tensor) -> None:
        self.near, self.rest = near, rest
        self.total, self.squares = rest.sum(1), (rest * rest).sum(1)

    @classmethod
    def of(cls, shown: Tensor) -> "_Spread":
        """Of `shown` (B, h, w, C), less the mean of some of its pixels."""
        steps = [max(1, side // SUBSAMPLE) for side in shown.shape[1:3]]
        near = shown[:, :: steps[0], :: steps[1]].float().mean((1, 2))
        return cls(near, (shown - near[:, None, None]).flatten(1, 2))

    def sums(self) -> Tensor:
        """(3, B, C): all that its means and variances follow from."""
        return torch.stack([self.near, self.total, self.squares])

    def some(self, channels: Tensor) -> Tensor:
        return self.sums()[..., channels]


@dataclass(frozen=True, eq=False)
class _Moments:
    """Means (B, C) and variances (B, C), float64, the latter with their rounding."""

    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, sums: np.ndarray, pixels: int) -> "_Moments":
        near, total, squares = sums
        offset = total / pixels
        return cls(near + offset, np.maximum(squares / pixels - offset**2, 0))

    def variance(self, magnitude: np.ndarray | float = 0.0) -> np.ndarray:
        """0 in place of what is no more than rounding makes of numbers of that size (see `core.moments`)."""
        size = np.maximum(np.abs(self.mean), magnitude)
        return np.where(self.spread <= (ROUNDING * size) ** 2, 0, self.spread)

    @property
    def power(self) -> np.ndarray:
        return self.spread + self.mean**2


@dataclass(frozen=True, eq=False)
class _Parts:
    """Of each part in turn: `moments` and `covariance` (B, C') with the output; `came`, of what all others add."""

    moments: Sequence[_Moments]
    covariance: Sequence[np.ndarray]
    came: _Moments | None


def _exchanged(mixing: Mixing, output: _Spread) -> _Parts:
    """With one other stream: on the channels it replaces, its part is the output."""
    sums, pixels = _numbers(output.sums()), output.rest.shape[1]
    moments = _Moments.of(sums[..., _places(mixing.parts[0])], pixels)
    return _Parts([moments], [moments.spread], moments)


def _added(mixing: Mixing, output: _Spread, framing: Framing) -> _Parts:
    pixels = output.rest.shape[1]
    spreads = [_Spread.of(_shown(part.value, framing)) for part in mixing.parts]
    moments, covariances = [], []
    for part, spread in zip(mixing.parts, spreads, strict=True):
        against = output.rest if part.channels is None else output.rest[..., part.channels]
        total = output.total if part.channels is None else output.total[:, part.channels]
        together = _numbers((spread.rest * against).sum(1)) / pixels
        covariances.append(together - _numbers(spread.total) / pixels * (_numbers(total) / pixels))
        moments.append(_Moments.of(_numbers(spread.sums()), pixels))
    others = [(p, s) for p, s in zip(mixing.parts, spreads, strict=True) if p.source != mixing.own]
    came = None if not others else _Moments.of(_numbers(_together(others, output).sums()), pixels)
    return _Parts(moments, covariances, came)


def _together(others: Sequence[tuple[Part, _Spread]], output: _Spread) -> _Spread:
    """The sum of what all others add; on all channels, where they do not send on the same ones."""
    channels = others[0][0].channels
    if all(part.channels is channels for part, _ in others):
        return _Spread(sum(s.near for _, s in others), sum(s.rest for _, s in others))  # type: ignore[arg-type]
    near, rest = torch.zeros_like(output.near), torch.zeros_like(output.rest)
    for part, spread in others:
        places = slice(None) if part.channels is None else part.channels
        near[:, places] += spread.near
        rest[..., places] += spread.rest
    return _Spread(near, rest)


def _after(mixing: Mixing, site: Site, framing: Framing, output: _Spread) -> _Moments | None:
    """Of the output after the activation that follows; None where no share is defined there."""
    if site.activation is None or not mixing.own_is_rest:
        return None
    highest = HIGHEST[site.activation]
    near = output.near.clamp(0, highest)
    rest = _shown(mixing.output, framing).clamp(0, highest) - near[:, None, None]
    return _Moments.of(_numbers(_Spread(near, rest.flatten(1, 2)).sums()), output.rest.shape[1])


def _rows(mixing: Mixing, site: Site, output: _Spread, found: _Parts, after: _Moments | None) -> PortRows:
    whole = _Moments.of(_numbers(output.sums()), output.rest.shape[1])
    magnitude = np.zeros_like(whole.mean)
    for part, moments in zip(mixing.parts, found.moments, strict=True):
        magnitude[:, _places(part)] += np.abs(moments.mean)
    variance = whole.variance(magnitude)
    covariance, energy = (np.zeros((len(variance), len(site.sources))) for _ in range(2))
    for part, moments, together in zip(mixing.parts, found.moments, found.covariance, strict=True):
        varies = variance[:, _places(part)] != 0
        covariance[:, part.source] += np.where(varies, together, 0).sum(1)
        energy[:, part.source] += moments.power.sum(1)
    if mixing.own_is_rest and mixing.own is not None:
        covariance[:, mixing.own] = variance.sum(1) - covariance.sum(1)
        energy[:, mixing.own] = whole.power[:, _rest(mixing, whole.mean.shape[1])].sum(1)
    return PortRows(
        share=_over(covariance, variance.sum(1)[:, None]),
        energy=energy / site.channels,
        outside_mean=_outside_mean(found.came, len(variance)),
        share_after=_share_after(mixing, after, len(variance)),
    )


def _rest(mixing: Mixing, channels: int) -> np.ndarray:
    """(C,) bool: the channels that no part names."""
    own = np.ones(channels, bool)
    for part in mixing.parts:
        own[_places(part)] = False
    return own


def _outside_mean(came: _Moments | None, pictures: int) -> np.ndarray:
    if came is None:
        return np.full(pictures, np.nan)
    means = (came.mean**2).sum(1)
    return _over(means, means + came.spread.sum(1))


def _share_after(mixing: Mixing, after: _Moments | None, pictures: int) -> np.ndarray:
    if after is None or not mixing.parts:
        return np.full(pictures, np.nan)
    variance = after.variance()
    return _over(variance[:, _places(mixing.parts[0])].sum(1), variance.sum(1))


def _shown(values: Tensor, framing: Framing) -> Tensor:
    """(B, C, H, W) to (B, h, w, C): the cells that show the picture."""
    height, width = framing.visible((values.shape[2], values.shape[3]))
    return values[:, :, :height, :width].permute(0, 2, 3, 1)


def _places(part: Part) -> np.ndarray | slice:
    return slice(None) if part.channels is None else part.channels.cpu().numpy()


def _numbers(values: Tensor) -> np.ndarray:
    return values.double().cpu().numpy()


def _over(values: np.ndarray, size: np.ndarray) -> np.ndarray:
    """The quotient; NaN where `size` is 0."""
    return values / np.where(size > 0, size, np.nan)
