"""CEN for image translation: the U-Net generator of pix2pix (Isola et al., CVPR 2017) with private instance norms.

Streams share convolutions and exchange channels in the encoder's conv2 to conv7. Tensor names follow the released
code.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.cen.network import CEN
from vizlab.methods.cen.stream_norm import stream_norm
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.norms import NormFactory
from vizlab.tasks import Task

THRESHOLD = 0.01
"""|gamma| below which a channel is exchanged in the released translation code."""
LEVELS = 8
IMAGE = Task("image", 3)


class EncoderLevel(nn.Module):
    """Leaky ReLU (but at the first level), convolution to half the size, norm (but at the first and the last)."""

    def __init__(self, cin: int, cout: int, norm: NormFactory, first: bool = False, last: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(cin, cout, 4, 2, 1)
        self.insnorm_conv = nn.Identity() if first or last else norm(cout, site=True)
        self._activate = not first

    def forward(self, x: Tensor) -> Tensor:
        return self.insnorm_conv(self.conv(F.leaky_relu(x, 0.2) if self._activate else x))


class DecoderLevel(nn.Module):
    """ReLU, transposed convolution to twice the size, norm (but at the last level), dropout in training."""

    def __init__(self, cin: int, cout: int, norm: NormFactory, dropout: bool = False, last: bool = False) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(cin, cout, 4, 2, 1)
        self.insnorm_deconv = nn.Identity() if last else norm(cout)
        self.dropout = nn.Dropout(0.5) if dropout else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.insnorm_deconv(self.deconv(F.relu(x))))


class UNetEncoder(Backbone):
    """Eight levels, each half the size of the one before; channels grow from `filters` to 8 times as many."""

    stage_names = tuple(f"conv{i}" for i in range(1, LEVELS + 1))
    strides = tuple(2**i for i in range(1, LEVELS + 1))

    def __init__(self, filters: int, norm: NormFactory) -> None:
        super().__init__()
        self.channels = tuple(filters * min(8, 2**i) for i in range(LEVELS))
        for index, (cin, cout) in enumerate(zip((3, *self.channels), self.channels, strict=False)):
            level = EncoderLevel(cin, cout, norm, first=index == 0, last=index == LEVELS - 1)
            self.add_module(self.stage_names[index], level)

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        return self.get_submodule(self.stage_names[index])(x)


class UNetDecoder(nn.Module):
    """The encoder's features (finest first) to a picture in [-1, 1] at full size; each level also sees its equal's."""

    def __init__(self, channels: Sequence[int], outputs: int, norm: NormFactory) -> None:
        super().__init__()
        widths = [*reversed(channels[:-1]), outputs]
        for index, cout in enumerate(widths):
            cin = channels[-1] if index == 0 else 2 * widths[index - 1]
            level = DecoderLevel(cin, cout, norm, dropout=index < 3, last=index == LEVELS - 1)
            self.add_module(f"deconv{index + 1}", level)

    def forward(self, features: list[Tensor]) -> Tensor:
        levels = list(self.children())
        x = levels[0](features[-1])
        for level, skip in zip(levels[1:], reversed(features[:-1]), strict=True):
            x = level(torch.cat([x, skip], dim=1))
        return x.tanh()


def cen_pix2pix(
    inputs: Sequence[str] = ("input0", "input1"),
    task: Task = IMAGE,
    threshold: float = THRESHOLD,
    filters: int = 64,
) -> CEN:
    """The released translation network: pictures in [-1, 1], sides multiples of 256, six exchange sites."""
    norm = stream_norm(tuple(inputs), threshold, kind="instance")
    encoder = UNetEncoder(filters, norm)
    return CEN(encoder, [UNetDecoder(encoder.channels, task.channels, norm)], inputs, [task], skip=0)
