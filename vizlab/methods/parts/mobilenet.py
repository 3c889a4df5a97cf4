"""MobileNetV2 (Sandler et al., CVPR 2018) without its classifier, with torchvision's tensor names."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.norms import NormFactory, batch_norm

# (expansion, channels, blocks, stride), table 2 of the paper; the 1x1 to 1280 channels only serves the classifier.
_SETTINGS = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip
_STAGE_ENDS = (2, 4, 7, 14, 18)


class DepthwiseConv(nn.Conv2d):
    """A depthwise convolution that also trains fast on a CPU: striding is done by taking every second result.

    oneDNN's gradient of a strided depthwise convolution in bfloat16 takes ten times as long as that of a dense one.
    """

    def forward(self, x: Tensor) -> Tensor:
        stride = self.stride[0]
        if stride == 1 or not self.training or x.device.type != "cpu":
            return super().forward(x)
        y = F.conv2d(x, self.weight, self.bias, 1, self.padding, self.dilation, self.groups)
        return y[..., ::stride, ::stride]


def _conv_norm_act(
    cin: int, cout: int, kernel: int, stride: int, groups: int, norm: NormFactory, site: bool
) -> nn.Sequential:
    kind = nn.Conv2d if groups == 1 else DepthwiseConv
    conv = kind(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, norm(cout, site=site), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; the depthwise norm is the one made for an exchange."""

    def __init__(self, cin: int, cout: int, stride: int, expansion: int, norm: NormFactory) -> None:
        super().__init__()
        hidden = cin * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers.append(_conv_norm_act(cin, hidden, 1, 1, 1, norm, site=False))
        layers.append(_conv_norm_act(hidden, hidden, 3, stride, hidden, norm, site=True))
        layers += [nn.Conv2d(hidden, cout, 1, bias=False), norm(cout, site=False)]
        self.conv = nn.Sequential(*layers)
        self.residual, self.channels = stride == 1 and cin == cout, cout

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(Backbone):
    """Five stages at strides 2, 4, 8, 16 and 32."""

    stage_names = ("stage1", "stage2", "stage3", "stage4", "stage5")
    channels = (16, 24, 32, 96, 320)
    strides = (2, 4, 8, 16, 32)
    last_inputs = (32, 24, 32, 96, 160)

    def __init__(self, norm: NormFactory = batch_norm) -> None:
        super().__init__()
        blocks: list[nn.Module] = [_conv_norm_act(3, 32, 3, 2, 1, norm, site=False)]
        cin = 32
        for expansion, cout, count, stride in _SETTINGS:
            for index in range(count):
                blocks.append(InvertedResidual(cin, cout, stride if index == 0 else 1, expansion, norm))
                cin = cout
        self.features = nn.ModuleList(blocks)

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        return self.split_stage(index, x)[1]

    def numbers(self, index: int) -> range:
        """The numbers of the blocks of a stage."""
        return range(0 if index == 0 else _STAGE_ENDS[index - 1], _STAGE_ENDS[index])

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
        return next(name for name, end in zip(self.stage_names, _STAGE_ENDS, strict=True) if block < end)


def _through(blocks: Sequence[nn.Module], x: Tensor) -> tuple[Tensor, Tensor]:
    """What the last block is given, and what it makes of it."""
    *first, last = blocks
    for block in first:
        x = block(x)
    return x, last(x)


def _rounds(x: Tensor) -> bool:
    """Whether convolutions of `x` run in a shorter number format."""
    return x.device.type in ("cpu", "cuda") and torch.is_autocast_enabled(x.device.type)
