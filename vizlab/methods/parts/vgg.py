"""VGG-16 as DeepLab-LargeFOV (Chen et al., ICLR 2015), with a batch norm after every convolution but the classifier.

These are the networks of NDDR-CNN's authors (Gao et al., CVPR 2019 and 2020): output stride 8, the fifth block dilated
by 2, its first fully connected layer a 3x3 convolution dilated by 12.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.vgg_frameworks import Framework

WIDTH = 64
"""Channels of the first block."""
BLOCKS = (("conv1", 1, 2), ("conv2", 2, 2), ("conv3", 4, 3), ("conv4", 8, 3), ("conv5", 8, 3))
"""By block its name, its channels in widths, and how many convolutions it has."""
CONVOLUTIONS = tuple(f"{block}_{i}" for block, _, count in BLOCKS for i in range(1, count + 1))
HALVED = ("conv1", "conv2", "conv3")
"""The blocks after which a pool halves the resolution; those after the others keep it."""


def is_fine(stages: int) -> bool:
    """Whether every convolution is a stage; raises ValueError for a number of stages that there is not."""
    if stages not in (5, 13):
        raise ValueError(f"a VGG-16 has 5 stages, or 13 of one convolution each, not {stages}")
    return stages == 13


def norm(channels: int) -> nn.BatchNorm2d:
    """The batch norm of these networks."""
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.05)


def conv_norm_relu(cin: int, cout: int, kernel: int = 1, dilation: int = 1, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the size but for its stride, without bias, its norm and a ReLU."""
    padding = dilation * (kernel // 2)
    conv = nn.Conv2d(cin, cout, kernel, stride, padding, dilation, bias=False)
    return nn.Sequential(conv, norm(cout), nn.ReLU(inplace=True))


def last_pools(x: Tensor) -> Tensor:
    """What follows the last block: a max pool, then an average pool that counts no padding, both 3x3 of stride 1."""
    return F.avg_pool2d(F.max_pool2d(x, 3, stride=1, padding=1), 3, stride=1, padding=1, count_include_pad=False)


class VGG16(Backbone):
    """The 13 convolutions in five stages, each with the pool that follows its block.

    With `every_convolution` there are 13 stages of one convolution: a pool then begins the next stage, and the last one
    is left to the head.
    """

    def __init__(self, framework: Framework, width: int = WIDTH, every_convolution: bool = False) -> None:
        super().__init__()
        self.framework, self.every_convolution = framework, every_convolution
        cin, stride, channels, strides = 3, 1, list[int](), list[int]()
        for block, times, count in BLOCKS:
            for i in range(1, count + 1):
                dilation = 2 if block == "conv5" else 1
                self.add_module(f"{block}_{i}", conv_norm_relu(cin, width * times, 3, dilation))
                cin = width * times
                if every_convolution:
                    channels.append(cin)
                    strides.append(stride)
            stride *= 2 if block in HALVED else 1
            if not every_convolution:
                channels.append(cin)
                strides.append(stride)
        self.channels, self.strides = tuple(channels), tuple(strides)
        self.stage_names = CONVOLUTIONS if every_convolution else tuple(block for block, _, _ in BLOCKS)

    @property
    def multiple(self) -> int:
        return self.framework.multiple

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        name = self.stage_names[index]
        if not self.every_convolution:
            convolutions = [c for c in CONVOLUTIONS if c.startswith(name)]
            return self._pooled(self._through(convolutions, x), name)
        if index and name.endswith("_1"):
            x = self._pooled(x, self.stage_names[index - 1].split("_")[0])
        return self._through([name], x)

    def _through(self, names: Sequence[str], x: Tensor) -> Tensor:
        for name in names:
            x = self.get_submodule(name)(x)
        return x

    def _pooled(self, x: Tensor, block: str) -> Tensor:
        """After that block."""
        if block in HALVED:
            return self.framework.halve(x)
        return F.max_pool2d(x, 3, stride=1, padding=1) if block == "conv4" else last_pools(x)
