"""ResNet (He et al., CVPR 2016) without its classifier, optionally dilated, with torchvision's tensor names."""

import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.blocks import BasicBlock, Bottleneck
from vizlab.methods.parts.norms import NormFactory, batch_norm

Block = type[BasicBlock] | type[Bottleneck]

# Table 1 of the paper: the block and how many of them in layer1 to layer4.
_SETTINGS: dict[int, tuple[Block, tuple[int, int, int, int]]] = {
    18: (BasicBlock, (2, 2, 2, 2)),
    34: (BasicBlock, (3, 4, 6, 3)),
    50: (Bottleneck, (3, 4, 6, 3)),
    101: (Bottleneck, (3, 4, 23, 3)),
    152: (Bottleneck, (3, 8, 36, 3)),
}
DEPTHS = tuple(_SETTINGS)
_WIDTHS = (64, 128, 256, 512)


class ResNet(Backbone):
    """Five stages, the stem with its max pool first, at strides 4, 4, 8, 16, 32.

    Where a stage would exceed `output_stride`, it keeps its resolution and dilates instead; its first 3x3 convolution
    keeps the dilation of the stage before (Yu et al., CVPR 2017).
    """

    stage_names = ("conv", "layer1", "layer2", "layer3", "layer4")

    def __init__(self, depth: int, norm: NormFactory = batch_norm, output_stride: int = 32) -> None:
        super().__init__()
        block, counts = _SETTINGS[depth]
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = norm(64)
        cin, stride, dilation, strides = 64, 4, 1, [4]
        for index, (width, count) in enumerate(zip(_WIDTHS, counts, strict=True)):
            step, before = 1 if index == 0 else 2, dilation
            if stride * step > output_stride:
                step, dilation = 1, dilation * 2
            stride *= step
            blocks = [block(cin, width, step, dilation, norm, first_dilation=before)]
            cin = width * block.expansion
            blocks += [block(cin, width, 1, dilation, norm) for _ in range(count - 1)]
            self.add_module(self.stage_names[index + 1], nn.Sequential(*blocks))
            strides.append(stride)
        self.channels = (64, *(width * block.expansion for width in _WIDTHS))
        self.strides = tuple(strides)
        self.last_inputs = (0, *self.channels[1:])

    def run_stage(self, index: int, x: Tensor) -> Tensor:
        if index == 0:
            x = F.relu(self.bn1(self.conv1(x)), inplace=True)
            return F.max_pool2d(x, 3, 2, 1)
        return self.split_stage(index, x)[1]

    def split_stage(self, index: int, x: Tensor) -> tuple[Tensor, Tensor]:
        *blocks, last = self.get_submodule(self.stage_names[index]).children()
        for block in blocks:
            x = block(x)
        return x, last(x)

    def stage_of(self, path: str) -> str:
        stage = path.split(".")[0]
        return stage if stage in self.stage_names else "conv"
