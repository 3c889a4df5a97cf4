"""What a site mixed, reduced to small arrays inside the forward: cross-stream shares, energies, maps.

All of it is taken over the cells that show the picture, not over its padding (see `Framing.visible`), and of what the
site adds up, before any activation that follows. Let `c[s]` be what source s adds to a target, `y = sum_s c[s]` the
output less its constant, `o` the sum of what all other streams add. Means E, variances and covariances are over pixels,
in each channel:

- share `sum_ch Cov(c[s], y) / sum_ch Var(y)`: whose variation the output has. What a channel has everywhere, its mean,
  counts for nothing.
- energy `mean_ch E(c[s]^2)`: how large it is, mean included. Energies do not add up (cross terms).
- outside, a map: root mean square over channels of `o - E(o)`, relative to `sqrt(mean_ch Var(y))`. It is large where
  what came differs most from its own mean, either way, which is not where most came.
- received, a map for each source: root mean square over the site's channels of `c[s]`, mean included, relative to
  `sqrt(mean_ch E(y^2))`. It is large where most came.
- outside mean `sum_ch E(o)^2 / sum_ch E(o^2)`: how much of the energy that came lies in the means that share and
  outside leave out.
- share after, of all other streams together: `sum_ch Var(f(y)) / sum_ch Var(f(y))`, f the activation that follows, the
  upper sum over the channels that came from others. Where each channel is wholly one's own or wholly from others, this
  is what f leaves of the share; where streams add up within a channel, f takes no sum apart, and there is none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.moments import centred, mean_and_variance, unrounded
from vizlab.core.site import Activation, FusionModule, Mixing, Part, Site

ACTIVATIONS: dict[Activation, Callable[[Tensor], Tensor]] = {"relu": F.relu, "relu6": F.relu6}


@dataclass
class TargetReduction:
    """One row of a site: `share` and `energy` (S,), `outside` (h, w), `gates` (S, h, w) or None.

    `received` (S, h, w) float16; `outside_mean` 0..1, NaN where nothing came from other streams; `share_after` None
    where it is undefined; `grid` (H, W) are the rows and columns of the whole map, with those over padding.
    """

    share: np.ndarray
    energy: np.ndarray
    outside: np.ndarray
    gates: np.ndarray | None
    received: np.ndarray
    outside_mean: float
    share_after: float | None
    grid: tuple[int, int]


@dataclass
class Recorder:
    """The observer of a traced forward; statistics are taken over the picture, not over its padding."""

    framing: Framing
    rows: dict[str, dict[int, TargetReduction]] = field(default_factory=dict)

    def __call__(self, module: FusionModule, mixing: Mixing) -> None:
        row = reduce_mixing(mixing, module.site, self.framing)
        self.rows.setdefault(module.site.name, {})[mixing.target] = row


@dataclass
class _Field:
    """Channels over pixels: `value` (C', h, w), means (C',), and `rest`, what is left without them.

    `channels` are their places among the site's channels; None means that they are all of them.
    """

    value: Tensor
    mean: Tensor
    rest: Tensor
    channels: Tensor | None

    @classmethod
    def of(cls, part: Part, framing: Framing) -> "_Field":
        value = _crop(part.value, framing)
        return cls(value, *centred(value), part.channels)


@dataclass
class _Output:
    """What a target is, of all its channels: means (C,), variances in sum, covariances in sum with each source (S,)."""

    mean: Tensor
    variance: Tensor
    covariance: Tensor


def reduce_mixing(mixing: Mixing, site: Site, framing: Framing) -> TargetReduction:
    """One row of a site, as the module defines it.

    Share and outside are NaN where the output does not vary, received where y is 0 everywhere.
    """
    parts = [(part.source, _Field.of(part, framing)) for part in mixing.parts]
    value, sources = _crop(mixing.output, framing), len(site.sources)
    others = _together([part for source, part in parts if source != mixing.own], value)
    if mixing.own_is_rest:
        output = _exchanged(value, mixing, parts, others, sources)
    else:
        output = _added(value, mixing, parts, sources)
    squares = _squares_by_source(value, mixing, parts, others, sources)
    came, mean = _squares(others.rest), others.mean.square().sum()
    return TargetReduction(
        share=_over(output.covariance, output.variance).cpu().numpy(),
        energy=(squares.mean((1, 2)) / site.channels).cpu().numpy(),
        outside=_over(came, output.variance).sqrt().cpu().numpy(),
        gates=_gates(mixing, sources, framing),
        received=_over(squares, _size(output, mixing.constant)).sqrt().half().cpu().numpy(),
        outside_mean=float(_over(mean, mean + came.mean())),
        share_after=_share_after(mixing, site, value),
        grid=(mixing.output.shape[-2], mixing.output.shape[-1]),
    )


def _added(value: Tensor, mixing: Mixing, parts: Sequence[tuple[int, _Field]], sources: int) -> _Output:
    """A target whose parts are all listed."""
    mean, rest = centred(value)
    scratch = rest.square()
    magnitude = _magnitude(mixing, [part for _, part in parts], len(value))
    variance = unrounded(scratch.mean((1, 2)), mean, magnitude)
    varies, covariance = (variance != 0).float(), variance.new_zeros(sources)
    for source, part in parts:
        if part.channels is None:
            by_channel = torch.mul(part.rest, rest, out=scratch).mean((1, 2)) * varies
        else:
            by_channel = (part.rest * rest[part.channels]).mean((1, 2)) * varies[part.channels]
        covariance[source] += by_channel.sum()
    return _Output(mean, variance.sum(), covariance)


def _exchanged(
    value: Tensor, mixing: Mixing, parts: Sequence[tuple[int, _Field]], others: _Field, sources: int
) -> _Output:
    """A target that is its own where no part is, and the sum of its parts elsewhere."""
    mean, variance = mean_and_variance(value)
    covariance = variance.new_zeros(sources)
    for source, part in parts:
        covariance[source] += (part.rest * others.rest).mean((1, 2)).sum()
    assert mixing.own is not None
    covariance[mixing.own] = variance.sum() - covariance.sum()
    return _Output(mean, variance.sum(), covariance)


def _magnitude(mixing: Mixing, parts: Sequence[_Field], channels: int) -> Tensor:
    """(C,): the sizes of everything that was added up to the output."""
    size = torch.zeros(channels, device=mixing.output.device)
    if mixing.constant is not None:
        size += mixing.constant.float().abs()
    for part in parts:
        _add(size, part.mean.abs(), part.channels)
    return size


def _together(parts: Sequence[_Field], like: Tensor) -> _Field:
    """What several sources add in sum, on the channels that all of them name, or else on all channels of `like`."""
    if len(parts) == 1:
        return parts[0]
    channels = parts[0].channels if parts else torch.empty(0, dtype=torch.long, device=like.device)
    if any(part.channels is not channels for part in parts):
        channels = None
    value, rest = (like.new_zeros(len(like if channels is None else channels), *like.shape[1:]) for _ in range(2))
    mean = like.new_zeros(len(value))
    for part in parts:
        place = None if part.channels is channels else part.channels
        for total, one in ((value, part.value), (rest, part.rest), (mean, part.mean)):
            _add(total, one, place)
    return _Field(value, mean, rest, channels)


def _add(total: Tensor, one: Tensor, channels: Tensor | None) -> None:
    """Add to these channels of `total` (C, ...), or to all."""
    if channels is None:
        total += one
    else:
        total.index_add_(0, channels, one)


def _squares_by_source(
    value: Tensor, mixing: Mixing, parts: Sequence[tuple[int, _Field]], others: _Field, sources: int
) -> Tensor:
    """(S, h, w): the square of what each source adds, summed over channels."""
    squares = value.new_zeros(sources, *value.shape[1:])
    for source, part in parts:
        squares[source] += _squares(part.value)
    if mixing.own_is_rest and mixing.own is not None:
        squares[mixing.own] = _rest_squares(value, others)
    return squares


def _squares(value: Tensor) -> Tensor:
    """(h, w): the square, summed over channels."""
    # Each is by far the faster one where channels lie last, and where they do not.
    return torch.linalg.vector_norm(value, dim=0).square() if value.stride(0) == 1 else value.square().sum(0)


def _rest_squares(value: Tensor, replaced: _Field) -> Tensor:
    """(h, w): the same of the channels that were not replaced."""
    if replaced.channels is not None and len(replaced.channels) == len(value):
        return torch.zeros_like(value[0])  # a difference of equal sums would leave rounding behind
    return (_squares(value) - _squares(replaced.value)).clamp(min=0)


def _size(output: _Output, constant: Tensor | None) -> Tensor:
    """The mean square, summed over channels, of the output less its constant."""
    mean = output.mean if constant is None else output.mean - constant.float()
    return output.variance + mean.square().sum()


def _share_after(mixing: Mixing, site: Site, value: Tensor) -> float | None:
    if site.activation is None or not mixing.own_is_rest:
        return None
    _, variance = mean_and_variance(ACTIVATIONS[site.activation](value), overwrite=True)
    channels = mixing.parts[0].channels
    return float(_over(variance[channels].sum(), variance.sum()))


def _over(value: Tensor, size: Tensor) -> Tensor:
    """The quotient; NaN where `size` is 0."""
    return value / torch.where(size > 0, size, torch.nan)


def _gates(mixing: Mixing, sources: int, framing: Framing) -> np.ndarray | None:
    if not mixing.gates:
        return None
    maps = {source: _crop(gate[:, None], framing)[0].cpu().numpy() for source, gate in mixing.gates.items()}
    blank = np.full_like(next(iter(maps.values())), np.nan)
    return np.stack([maps.get(source, blank) for source in range(sources)])


def _crop(x: Tensor, framing: Framing) -> Tensor:
    """(1, C, H, W) to (C, h, w) float32: the part that shows the picture."""
    height, width = framing.visible((x.shape[-2], x.shape[-1]))
    return x[0, :, :height, :width].float()
