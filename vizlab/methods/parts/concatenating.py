"""Features of several streams, concatenated, for which each target has a 1x1 convolution, a batch norm and a ReLU.

In evaluation that is a sum: the convolution is split by source, and a source adds `gamma/sigma * W[:, its block] x`.
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.site import FusionModule, Mixing, Part
from vizlab.core.trace import SiteTrace


class FusingLayer(nn.Sequential):
    """The layer of one target: (B, S*C, H, W) to (B, C, H, W)."""

    def __init__(self, cin: int, cout: int, norm: Callable[[int], nn.BatchNorm2d] = nn.BatchNorm2d) -> None:
        super().__init__(nn.Conv2d(cin, cout, 1, bias=False), norm(cout), nn.ReLU(inplace=True))

    @property
    def weight(self) -> Tensor:
        """(C, S*C, 1, 1), the convolution's."""
        return self[0].weight  # type: ignore[return-value]

    def start_on_diagonals(self, factors: Sequence[float]) -> None:
        """Give every source's block that multiple of the identity."""
        eye = torch.eye(len(self.weight))
        with torch.no_grad():
            self.weight.copy_(torch.cat([eye * factor for factor in factors], dim=1)[..., None, None])

    def affine(self) -> tuple[Tensor, Tensor]:
        """Scale and constant (C,) of the norm in evaluation."""
        norm: nn.BatchNorm2d = self[1]  # type: ignore[assignment]
        assert norm.running_var is not None
        assert norm.running_mean is not None
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        return scale, norm.bias - norm.running_mean * scale


def stored_weights(layers: Sequence[FusingLayer]) -> dict[str, np.ndarray]:
    """`weight` (T, C, S*C) of the targets' layers as stored and `scale` (T, C), their norms' gamma/sigma."""
    weight = np.stack([layer.weight.detach().float().cpu().numpy()[..., 0, 0] for layer in layers])
    return {"weight": weight, "scale": np.stack([one.affine()[0].detach().float().cpu().numpy() for one in layers])}


def sum_of_parts(module: FusionModule, target: int, layer: FusingLayer, features: Sequence[Tensor]) -> Tensor:
    """What `layer` gives that target before its ReLU, part by part and shown to whoever watches.

    `features` (B, C, H, W) are those of the site's sources, in their order.
    """
    site = module.site
    name, own = site.targets[target], site.sources.index(site.targets[target])
    scale, constant = layer.affine()
    weight = layer.weight * scale[:, None, None, None]
    blocks = weight.split([x.shape[1] for x in features], dim=1)
    sources = range(len(features)) if module.intervention.cross else [own]
    makers = {s: partial(F.conv2d, features[s], blocks[s]) for s in sources}
    arrived = {s: module.arriving(name, site.sources[s], make).part for s, make in makers.items()}
    values = {s: part for s, part in arrived.items() if part is not None}
    if not values:
        values[own] = torch.zeros_like(features[own])
    dtype = next(iter(values.values())).dtype
    output = sum(values.values(), start=constant.to(dtype)[:, None, None])
    if module.observer is not None:
        parts = [Part(s, value) for s, value in values.items()]
        module.observer(module, Mixing(target, output, parts, constant, own=own))
    return output


def block_norms(site: SiteTrace, target: int) -> np.ndarray:
    """(S,) float64: the Frobenius norm of each source's block for that target, the batch norm's scale applied."""
    row = site.weights["weight"][target] * site.weights["scale"][target][:, None]
    return np.linalg.norm(row.reshape(len(row), len(site.site.sources), -1).astype(float), axis=(0, 2))
