"""A norm that knows streams: their convolutions are shared, scales, shifts and statistics are private.

Streams are stacked along the batch axis, stream-major: (S*B, C, H, W).
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.norms import NormFactory

NormKind = Literal["batch", "instance"]
_NORMALISE: dict[NormKind, Callable[..., Tensor]] = {"batch": F.batch_norm, "instance": F.instance_norm}


class PrivateNorm(nn.Module):
    """A norm with private parameters (S, C) for each of `count` streams.

    `kind` says over what training normalises: the batch or each instance. Both evaluate with running statistics.
    """

    def __init__(
        self, count: int, channels: int, eps: float = 1e-5, momentum: float = 0.1, kind: NormKind = "batch"
    ) -> None:
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self._normalise = _NORMALISE[kind]
        self.weight = nn.Parameter(torch.ones(count, channels))
        self.bias = nn.Parameter(torch.zeros(count, channels))
        self.register_buffer("running_mean", torch.zeros(count, channels))
        self.register_buffer("running_var", torch.ones(count, channels))
        self.running_mean: Tensor
        self.running_var: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return self.normalised(x)

    def normalised(self, x: Tensor) -> Tensor:
        # In mixed precision the fused form would round scales and shifts to bfloat16; batch_norm keeps them whole.
        fused = not self.training and x.dtype == self.weight.dtype
        return self._fused(x) if fused else self._by_stream(x)

    def grouped(self, x: Tensor) -> Tensor:
        """(S*B, ...) to (S, B, ...)."""
        return x.unflatten(0, (len(self.weight), -1))

    def _fused(self, x: Tensor) -> Tensor:
        # One fused multiply-add over all streams: no stream is ever split off or concatenated.
        scale = self.weight * torch.rsqrt(self.running_var + self.eps)
        shift = self.bias - self.running_mean * scale
        y = torch.addcmul(_spread(shift), self.grouped(x), _spread(scale))
        return y.flatten(0, 1)

    def _by_stream(self, x: Tensor) -> Tensor:
        parts = [
            self._normalise(part, mean, var, weight, bias, self.training, self.momentum, self.eps)
            for part, mean, var, weight, bias in zip(
                x.chunk(len(self.weight)), self.running_mean, self.running_var, self.weight, self.bias, strict=True
            )
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts)


def _spread(value: Tensor) -> Tensor:
    """(S, C) to (S, 1, C, 1, 1)."""
    return value[:, None, :, None, None]


def private_norm(count: int) -> NormFactory:
    """The factory of backbones that `count` streams share but for their norms."""

    def factory(channels: int, site: bool = False, eps: float = 1e-5) -> nn.Module:
        return PrivateNorm(count, channels, eps)

    return factory
