"""Backbones made of inverted residuals, as MobileNetV2 (Sandler et al., CVPR 2018), without their classifiers.

One class serves all of them: a layout says as data what tells one from another. Tensors are named as in torchvision's
`mobilenet_v2`, whatever the layout.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.norms import NormFactory, batch_norm
from vizlab.methods.parts.strided import PrivateConv, StridedConv

ConvFactory = Callable[..., nn.Conv2d]
"""Makes a convolution without bias of (channels in, channels out, kernel, stride, padding, groups=...)."""


@dataclass(frozen=True)
class Group:
    """`blocks` of one width: `expansion` times the channels inside each, a depthwise convolution of an odd `kernel`.

    The first of them has the `stride`, 1 or 2.
    """

    expansion: int
    channels: int
    blocks: int
    stride: int
    kernel: int = 3


@dataclass(frozen=True)
class InvertedResidualLayout:
    """What tells one such backbone from another; `title` is how it is written.

    `stem` are the channels of the first convolution, of stride 2; `eps` is that of all norms. With `same_padding`
    strided convolutions are padded as TensorFlow does (see `StridedConv`), as weights trained there expect.
    """

    title: str
    groups: tuple[Group, ...]
    stem: int = 32
    eps: float = 1e-5
    same_padding: bool = False


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; the depthwise norm is the one made for an exchange."""

    def __init__(self, cin: int, group: Group, stride: int, norm: NormFactory, conv: ConvFactory) -> None:
        super().__init__()
        hidden = cin * group.expansion
        layers: list[nn.Module] = []
        if group.expansion != 1:
            layers.append(_normed(conv(cin, hidden, 1), norm, site=False))
        depthwise = conv(hidden, hidden, group.kernel, stride, group.kernel // 2, groups=hidden)
        layers.append(_normed(depthwise, norm, site=True))
        layers += [conv(hidden, group.channels, 1), norm(group.channels, site=False)]
        self.conv = nn.Sequential(*layers)
        self.residual, self.channels = stride == 1 and cin == group.channels, group.channels

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class ReLU6(nn.ReLU6):
    """In place, but where a gradient is wanted: there it would have what is written over copied first."""

    def __init__(self) -> None:
        super().__init__(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu6(x, inplace=self.inplace and not torch.is_grad_enabled())


class InvertedResidualBackbone(Backbone):
    """Stages "stage1", "stage2", ... at strides 2, 4, ...: the stem begins the first, each strided group another.

    Of several `streams`, stacked along the batch axis, the deepest `private_stages` stages have filters for each.
    """

    def __init__(
        self,
        layout: InvertedResidualLayout,
        norm: NormFactory = batch_norm,
        streams: int = 1,
        private_stages: int = 0,
    ) -> None:
        super().__init__()
        self.layout, same, norm = layout, layout.same_padding, partial(norm, eps=layout.eps)
        stages = 1 + sum(group.stride > 1 for group in layout.groups)
        if not 0 <= private_stages <= stages:
            raise ValueError(f"the option private_stages is {private_stages!r}; expected 0 to {stages}")

        def conv() -> ConvFactory:
            """What makes the convolutions of the stage that has begun."""
            if streams > 1 and len(ends) >= stages - private_stages:
                return partial(PrivateConv, streams, same=same)
            return partial(StridedConv, bias=False, same=same)

        widths, ends = [3, layout.stem], []  # block n takes widths[n] channels and gives widths[n + 1]
        blocks: list[nn.Module] = [_normed(conv()(3, layout.stem, 3, 2, 1), norm, site=False)]
        for group in layout.groups:
            if group.stride > 1:
                ends.append(len(blocks))
            for index in range(group.blocks):
                stride = group.stride if index == 0 else 1
                blocks.append(InvertedResidual(widths[-1], group, stride, norm, conv()))
                widths.append(group.channels)
        self.features = nn.ModuleList(blocks)
        self._ends = (*ends, len(blocks))
        self.stage_names = tuple(f"stage{index + 1}" for index in range(len(self._ends)))
        self.strides = tuple(2 ** (index + 1) for index in range(len(self._ends)))
        self.channels = tuple(widths[end] for end in self._ends)
        self.last_inputs = tuple(widths[end - 1] for end in self._ends)

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        return self.split_stage(index, x)[1]

    def numbers(self, index: int) -> range:
        """The numbers of the blocks of a stage."""
        return range(0 if index == 0 else self._ends[index - 1], self._ends[index])

    def split_stage(self, index: int, x: Tensor) -> tuple[Tensor, Tensor]:
        blocks = [self.features[number] for number in self.numbers(index)]
        if index == 0 and _rounds(x) and not self.training:
            # Channels of the first depthwise norm hardly vary, so it multiplies by up to 1/sqrt(eps), rounding errors
            # too: in bfloat16 this stage alone costs more than all others together.
            with torch.autocast(x.device.type, enabled=False):
                return _through(blocks, x.float())
        return _through(blocks, x)

    def stage_of(self, path: str) -> str:
        block = int(path.split(".")[1])
        return next(name for name, end in zip(self.stage_names, self._ends, strict=True) if block < end)


def _normed(conv: nn.Conv2d, norm: NormFactory, site: bool) -> nn.Sequential:
    return nn.Sequential(conv, norm(conv.out_channels, site=site), ReLU6())


def _through(blocks: Sequence[nn.Module], x: Tensor) -> tuple[Tensor, Tensor]:
    """What the last block is given, and what it makes of it."""
    *first, last = blocks
    for block in first:
        x = block(x)
    return x, last(x)


def _rounds(x: Tensor) -> bool:
    """Whether convolutions of `x` run in a shorter number format."""
    return x.device.type in ("cpu", "cuda") and torch.is_autocast_enabled(x.device.type)
