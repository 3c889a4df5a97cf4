"""What a site mixed, reduced to small arrays inside the forward: cross-stream shares, energies, outside maps."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.site import FusionModule, Mixing, Site


@dataclass
class TargetReduction:
    """One row of a site: `share` and `energy` (S,), `outside` (h, w), `gates` (S, h, w) or None."""

    share: np.ndarray
    energy: np.ndarray
    outside: np.ndarray
    gates: np.ndarray | None


@dataclass
class Recorder:
    """The observer of a traced forward; statistics are taken over the picture, not over its padding."""

    framing: Framing
    rows: dict[str, dict[int, TargetReduction]] = field(default_factory=dict)

    def __call__(self, module: FusionModule, mixing: Mixing) -> None:
        row = reduce_mixing(mixing, module.site, self.framing)
        self.rows.setdefault(module.site.name, {})[mixing.target] = row


def reduce_mixing(mixing: Mixing, site: Site, framing: Framing) -> TargetReduction:
    """Shares are `sum_ch Cov_px(c[s->t], y[t]) / sum_ch Var_px(y[t])`; NaN where the output does not vary.

    Energies are means of the squared contribution over pixels and channels. The outside map is, per pixel, the root
    mean square over channels of the centred contribution of all other streams, relative to the site's own.
    """
    output = _crop(mixing.output, framing)
    centred = output - output.mean((1, 2), keepdim=True)
    variance = centred.square().mean((1, 2)).sum()
    share = torch.zeros(len(site.sources), device=output.device)
    energy = torch.zeros_like(share)
    outside: Tensor | None = None
    for part in mixing.parts:
        value = _crop(part.value, framing)
        value_centred = value - value.mean((1, 2), keepdim=True)
        reference = centred if part.channels is None else centred.index_select(0, part.channels)
        share[part.source] = (value_centred * reference).mean((1, 2)).sum()
        energy[part.source] = value.square().mean((1, 2)).sum()
        if part.source != mixing.own:
            outside = value_centred if outside is None else outside + value_centred
    if mixing.own_is_rest and mixing.own is not None:
        share[mixing.own] = variance - share.sum()
        energy[mixing.own] = output.square().mean((1, 2)).sum() - _replaced_energy(mixing, output)
    squared = output.new_zeros(output.shape[1:]) if outside is None else outside.square().sum(0)
    relative = (squared / variance).sqrt() if variance > 0 else torch.full_like(squared, torch.nan)
    return TargetReduction(
        share=(share / variance if variance > 0 else torch.full_like(share, torch.nan)).cpu().numpy(),
        energy=(energy / site.channels).cpu().numpy(),
        outside=relative.cpu().numpy(),
        gates=_gates(mixing, len(site.sources), framing),
    )


def _replaced_energy(mixing: Mixing, output: Tensor) -> Tensor:
    channels = mixing.parts[0].channels
    assert channels is not None
    return output.index_select(0, channels).square().mean((1, 2)).sum()


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
