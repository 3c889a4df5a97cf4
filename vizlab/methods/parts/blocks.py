"""Residual blocks shared by the ResNet and HRNet families (He et al., CVPR 2016), with torchvision's names."""

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.norms import NormFactory, batch_norm


class BasicBlock(nn.Module):
    """Two 3x3 convolutions; where the shape changes, a 1x1 `downsample` on the shortcut.

    `first_dilation` is that of the first convolution where it differs: at the head of a stage dilated in place of a
    stride.
    """

    expansion = 1

    def __init__(
        self,
        cin: int,
        cout: int,
        stride: int = 1,
        dilation: int = 1,
        norm: NormFactory = batch_norm,
        first_dilation: int | None = None,
    ) -> None:
        super().__init__()
        first = first_dilation or dilation
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, first, first, bias=False)
        self.bn1 = norm(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, dilation, dilation, bias=False)
        self.bn2 = norm(cout)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), norm(cout))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1; `bn2` is the norm made for a channel exchange. `first_dilation`, if given, is the 3x3's."""

    expansion = 4

    def __init__(
        self,
        cin: int,
        width: int,
        stride: int = 1,
        dilation: int = 1,
        norm: NormFactory = batch_norm,
        first_dilation: int | None = None,
    ) -> None:
        super().__init__()
        cout, first = width * self.expansion, first_dilation or dilation
        self.conv1 = nn.Conv2d(cin, width, 1, bias=False)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, first, first, bias=False)
        self.bn2 = norm(width, site=True)
        self.conv3 = nn.Conv2d(width, cout, 1, bias=False)
        self.bn3 = norm(cout)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), norm(cout))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = F.relu(self.bn2(self.conv2(y)), inplace=True)
        y = self.bn3(self.conv3(y))
        return F.relu(y + (x if self.downsample is None else self.downsample(x)), inplace=True)
