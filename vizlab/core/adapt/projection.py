"""Reading one linear layer over a concatenation of streams, split by source."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.adapt.readings import Forward, Reading, Split, fitting
from vizlab.core.adapt.values import Point, Side, Value
from vizlab.errors import InputError


@dataclass(frozen=True)
class Projected(Reading):
    """One convolution (1x1 or any other) or linear layer over a concatenation of streams, split by source.

    `widths` are the channels of each source in the order of the concatenation; `conv` is the path of the layer, the
    site's own if not given; `norm` that of a norm in evaluation right after it, at which the output is then seen. The
    layer's bias and the norm's shift are the constant.
    """

    widths: Mapping[str, int]
    conv: str | None = None
    norm: str | None = None

    kind = "projection"
    words = "a convolution over the concatenated features of all streams"

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(self.widths)

    def values(self, path: str) -> tuple[Value, ...]:
        return (self._input(path),)

    def place(self, path: str, side: Side) -> Point:
        if side == "input":
            raise InputError("the output of a projection is seen after its layer; leave at= out")
        return Point(self._conv(path) if self.norm is None else self.norm, "output")

    def split(self, target: str, path: str, forward: Forward) -> Split:
        layer = projection_layer(forward.module, self._conv(path), self.widths)
        x = forward.take(self._input(path))
        scale, shift = norm_affine(forward.module, self.norm, layer)
        wide = torch.promote_types(x.dtype, torch.float32)
        axis = 1 if isinstance(layer, nn.Conv2d) else -1
        blocks = zip(self._weights(layer, scale), x.to(wide).split(list(self.widths.values()), axis), strict=True)
        # In mixed precision the layer's output is rounded once; its parts must not be rounded once each.
        with torch.autocast(x.device.type, enabled=False):
            values = [_apply(layer, part, weight.to(wide)) for weight, part in blocks]
        constant = shift if layer.bias is None else shift + scale * layer.bias
        parts = {s: fitting(s, value, forward) for s, value in zip(self.widths, values, strict=True)}
        return Split(parts, constant)

    def static_weights(self, module: nn.Module, path: str) -> dict[str, np.ndarray]:
        """`block_norm` (S,): the Frobenius norm of each source's block of the weight, with the norm's scale in it."""
        layer = projection_layer(module, self._conv(path), self.widths)
        scale, _ = norm_affine(module, self.norm, layer)
        norms = [weight.detach().float().norm() for weight in self._weights(layer, scale)]
        return {"block_norm": torch.stack(norms).cpu().numpy()}

    def _conv(self, path: str) -> str:
        return path if self.conv is None else self.conv

    def _input(self, path: str) -> Value:
        return Value("argument", self._conv(path))

    def _weights(self, layer: nn.Conv2d | nn.Linear, scale: Tensor) -> tuple[Tensor, ...]:
        weight = layer.weight * scale.reshape(-1, *(1,) * (layer.weight.ndim - 1))
        return weight.split(list(self.widths.values()), 1)


def projection_layer(module: nn.Module, path: str, widths: Mapping[str, int]) -> nn.Conv2d | nn.Linear:
    """The layer at `path`; raises InputError unless it is one that can be split into blocks of these widths."""
    layer = module.get_submodule(path)
    if not isinstance(layer, nn.Conv2d | nn.Linear):
        raise InputError(f"'{path}' is of type {type(layer).__name__}; a projection is read from a Conv2d or a Linear")
    if isinstance(layer, nn.Conv2d) and layer.groups > 1:
        raise InputError(f"'{path}' has {layer.groups} groups; a projection is read from a convolution of one group")
    channels = layer.weight.shape[1]
    if sum(widths.values()) != channels:
        told = " + ".join(f"{source} {width}" for source, width in widths.items())
        raise InputError(f"'{path}' takes {channels} channels, but {told} make {sum(widths.values())}")
    return layer


def norm_affine(module: nn.Module, path: str | None, layer: nn.Conv2d | nn.Linear) -> tuple[Tensor, Tensor]:
    """Scale and shift (C,) of the norm at `path` in evaluation; 1 and 0 without one."""
    if path is None:
        return layer.weight.new_ones(layer.weight.shape[0]), layer.weight.new_zeros(layer.weight.shape[0])
    norm = module.get_submodule(path)
    mean, variance = getattr(norm, "running_mean", None), getattr(norm, "running_var", None)
    if not isinstance(mean, Tensor) or not isinstance(variance, Tensor) or norm.training:
        why = "is in training mode" if isinstance(mean, Tensor) else "keeps no running statistics"
        raise InputError(f"the norm '{path}' {why}, so it is no constant scale; only a batch norm in evaluation is one")
    scale = torch.rsqrt(variance + getattr(norm, "eps", 0.0))
    scale = scale if norm.weight is None else scale * norm.weight  # type: ignore[operator]
    return scale, -mean * scale if norm.bias is None else norm.bias - mean * scale  # type: ignore[operator]


def _apply(layer: nn.Conv2d | nn.Linear, x: Tensor, weight: Tensor) -> Tensor:
    """The layer's linear map with another weight and no bias; stride, dilation and padding are its own."""
    if isinstance(layer, nn.Conv2d):
        return layer._conv_forward(x, weight, None)
    return nn.functional.linear(x, weight)
