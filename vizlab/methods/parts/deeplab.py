"""The DeepLab-v3 head (Chen et al., 2017): atrous spatial pyramid pooling, with torchvision's tensor names."""

import torch
from torch import Tensor, nn

RATES = (12, 24, 36)
"""Dilations for an output stride of 8."""


def _conv_norm_act(cin: int, cout: int, kernel: int, dilation: int = 1) -> list[nn.Module]:
    padding = dilation * (kernel // 2)
    conv = nn.Conv2d(cin, cout, kernel, padding=padding, dilation=dilation, bias=False)
    return [conv, nn.BatchNorm2d(cout), nn.ReLU(inplace=True)]


class ImagePooling(nn.Sequential):
    """The mean over the picture, convolved, at every pixel again."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__(nn.AdaptiveAvgPool2d(1), *_conv_norm_act(cin, cout, 1))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).expand(-1, -1, *x.shape[-2:])


class ASPP(nn.Module):
    """A 1x1, three dilated 3x3 and the image pooling side by side, projected by a 1x1."""

    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [
                nn.Sequential(*_conv_norm_act(cin, cout, 1)),
                *(nn.Sequential(*_conv_norm_act(cin, cout, 3, rate)) for rate in RATES),
                ImagePooling(cin, cout),
            ]
        )
        self.project = nn.Sequential(*_conv_norm_act(cout * len(self.convs), cout, 1), nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return self.project(torch.cat([branch(x) for branch in self.convs], dim=1))


class DeepLabHead(nn.Sequential):
    """(B, `cin`, h, w) to (B, `outputs`, h, w)."""

    def __init__(self, cin: int, outputs: int, width: int = 256) -> None:
        super().__init__(ASPP(cin, width), *_conv_norm_act(width, width, 3), nn.Conv2d(width, outputs, 1))
