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
- power `E(output^2)`, of each channel, constant included: how large it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.moments import Moments
from vizlab.core.site import FusionModule, Mixing, Part, Site
from vizlab.core.sums import PartSums, Sums, cropped


@dataclass
class TargetReduction:
    """One row of a site: `share` and `energy` (S,), `outside` (h, w), `gates` (S, h, w) or None.

    `received` (S, h, w) float16; `outside_mean` 0..1, NaN where nothing came from other streams; `share_after` None
    where it is undefined; `grid` (H, W) are the rows and columns of the whole map, with those over padding; `power`
    (C,) float32; `extras` what else the method wants kept.
    """

    share: np.ndarray
    energy: np.ndarray
    outside: np.ndarray
    gates: np.ndarray | None
    received: np.ndarray
    outside_mean: float
    share_after: float | None
    grid: tuple[int, int]
    power: np.ndarray
    extras: Mapping[str, np.ndarray]


@dataclass
class TargetKept:
    """One target of a site that does not add: its `grid` and `extras`, as in `TargetReduction`."""

    grid: tuple[int, int]
    extras: Mapping[str, np.ndarray]


@dataclass
class Recorder:
    """The observer of a traced forward; statistics are taken over the picture, not over its padding.

    By site and target: `rows` of sites that add, `kept` of those that do not, but show something.
    """

    framing: Framing
    rows: dict[str, dict[int, TargetReduction]] = field(default_factory=dict)
    kept: dict[str, dict[int, TargetKept]] = field(default_factory=dict)

    def __call__(self, module: FusionModule, mixing: Mixing) -> None:
        site, target = module.site, mixing.target
        if site.additive:
            self.rows.setdefault(site.name, {})[target] = reduce_mixing(mixing, site, self.framing)
        else:
            row = TargetKept(_grid(mixing), _extras(mixing, self.framing))
            self.kept.setdefault(site.name, {})[target] = row


@np.errstate(over="ignore", invalid="ignore")  # what overflowed in the network stays infinite or NaN here
def reduce_mixing(mixing: Mixing, site: Site, framing: Framing) -> TargetReduction:
    """One row of a site, as the module defines it.

    Share and outside are NaN where the output does not vary, received where y is 0 everywhere.
    """
    sums = Sums(mixing, framing, site.activation)
    output, sources = sums.output_moments(), len(site.sources)
    by_channel = output.variance(_magnitude(sums, site.channels))
    variance, squares, came = float(by_channel.sum()), _squares(mixing, sums, sources), _array(sums.came)
    means = float(sums.mean_from_others().square().sum())
    return TargetReduction(
        share=_over(_covariance(mixing, sums, by_channel, sources), variance).astype(np.float32),
        energy=squares.mean((1, 2)) / site.channels,
        outside=np.sqrt(_over(came, variance)),
        gates=_gates(mixing, sources, framing),
        received=np.sqrt(_over(squares, variance + _constant_part(mixing, output))).astype(np.float16),
        outside_mean=float(_over(means, means + float(came.mean()))),
        share_after=_share_after(mixing, sums),
        grid=_grid(mixing),
        power=(output.spread + np.square(output.mean)).astype(np.float32),
        extras=_extras(mixing, framing),
    )


def _grid(mixing: Mixing) -> tuple[int, int]:
    return mixing.output.shape[-2], mixing.output.shape[-1]


def _extras(mixing: Mixing, framing: Framing) -> Mapping[str, np.ndarray]:
    return {} if mixing.extras is None else mixing.extras(framing)


def _covariance(mixing: Mixing, sums: Sums, variance: np.ndarray, sources: int) -> np.ndarray:
    """(S,): of each source with the output, summed over channels, but those that vary by their rounding alone."""
    varies, covariance = variance != 0, np.zeros(sources)
    for part, of_part in zip(mixing.parts, sums.parts, strict=True):
        by_channel = _array(of_part.covariance).astype(float) / sums.came.numel()
        covariance[part.source] += by_channel[varies[_places(part)]].sum()
    if mixing.own_is_rest and mixing.own is not None:
        covariance[mixing.own] = variance.sum() - covariance.sum()
    return covariance


def _squares(mixing: Mixing, sums: Sums, sources: int) -> np.ndarray:
    """(S, h, w): the square of what each source adds, summed over channels."""
    squares = np.zeros((sources, *sums.came.shape), np.float32)
    for part, of_part in zip(mixing.parts, sums.parts, strict=True):
        squares[part.source] += _array(of_part.squares)
    # With every channel replaced, the difference of equal sums would leave rounding behind.
    all_replaced = sums.channels is not None and len(sums.channels) == len(sums.output)
    if mixing.own_is_rest and mixing.own is not None and not all_replaced:
        squares[mixing.own] = _array((sums.whole - sums.replaced).clamp(min=0))
    return squares


def _magnitude(sums: Sums, channels: int) -> np.ndarray:
    """(C,): the sizes of all parts; where they are large and the output is not, it has their rounding."""
    size = np.zeros(channels)
    for part in sums.parts:
        size[_places(part)] += np.abs(_array(part.mean))
    return size


def _constant_part(mixing: Mixing, output: Moments) -> float:
    """The square of the means of the output less its constant, summed over channels."""
    constant = 0 if mixing.constant is None else _array(mixing.constant)
    return float(np.square(output.mean - constant).sum())


def _share_after(mixing: Mixing, sums: Sums) -> float | None:
    after = sums.moments_after()
    if after is None:
        return None
    variance = after.variance()
    return float(_over(variance[_places(mixing.parts[0])].sum(), variance.sum()))


def _places(part: Part | PartSums) -> np.ndarray | slice:
    """Where the channels of a part are among the site's."""
    return slice(None) if part.channels is None else part.channels.cpu().numpy()


def _array(x: Tensor) -> np.ndarray:
    return x.float().cpu().numpy()


def _over(value: np.ndarray | float, size: float) -> np.ndarray:
    """The quotient; NaN where `size` is 0."""
    return np.asarray(value) / (size if size > 0 else np.nan)


def _gates(mixing: Mixing, sources: int, framing: Framing) -> np.ndarray | None:
    if not mixing.gates:
        return None
    maps = {source: cropped(gate[:, None], framing)[0].float().cpu().numpy() for source, gate in mixing.gates.items()}
    blank = np.full_like(next(iter(maps.values())), np.nan)
    return np.stack([maps.get(source, blank) for source in range(sources)])
