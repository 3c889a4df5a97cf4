"""AlexNet (Krizhevsky et al., NeurIPS 2012) at an output stride of 8, as we read what NDDR-CNN's paper says of its own.

No code of that network is published. The strides after its first pool are dilations here, as DeepLab has them, every
convolution has a batch norm, as in the authors' VGG-16, and there are no groups and no response normalisation.
"""

import torch.nn.functional as F
from torch import Tensor

from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.vgg import WIDTH, conv_norm_relu
from vizlab.methods.parts.vgg_frameworks import Framework


class AlexNet(Backbone):
    """Five stages, each a convolution and, in the first, second and last, the pool that follows it."""

    stage_names = ("conv1", "conv2", "conv3", "conv4", "conv5")
    strides = (8, 8, 8, 8, 8)

    def __init__(self, framework: Framework, width: int = WIDTH) -> None:
        super().__init__()
        self.framework = framework
        self.channels = (width * 3 // 2, width * 4, width * 6, width * 6, width * 4)
        self.conv1 = conv_norm_relu(3, self.channels[0], 11, stride=4)
        self.conv2 = conv_norm_relu(self.channels[0], self.channels[1], 5)
        for index in (2, 3, 4):
            convolution = conv_norm_relu(self.channels[index - 1], self.channels[index], 3, dilation=2)
            self.add_module(self.stage_names[index], convolution)

    @property
    def multiple(self) -> int:
        return self.framework.multiple

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        x = self.get_submodule(self.stage_names[index])(x)
        if index == 0:
            return self.framework.halve(x)
        return F.max_pool2d(x, 3, stride=1, padding=1) if index in (1, 4) else x
