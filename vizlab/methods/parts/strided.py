"""A convolution that knows two paddings and trains fast on a CPU where it is depthwise, and one private to streams."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class StridedConv(nn.Conv2d):
    """A convolution of an odd kernel, padded by half of it, at stride 1 or 2. Takes what `nn.Conv2d` takes, and `same`.

    (B, C, H, W) to (B, C', ceil(H/stride), ceil(W/stride)). A result stands for pixels 0, 2, 4, ... along an axis; with
    `same` for 1, 3, 5, ... where the axis has an even number of them, which is TensorFlow's SAME padding: less before
    than after. Weights trained with one padding see their features shifted by a pixel under the other.

    In training on a CPU a depthwise one takes every second result of a dense one: oneDNN's gradient of a strided
    depthwise convolution in bfloat16 takes ten times as long as that of a dense one.
    """

    def __init__(self, *args: Any, same: bool = False, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.same = same and self.stride[0] == 2

    def forward(self, x: Tensor) -> Tensor:
        return self.convolved(x, self.weight)

    def convolved(self, x: Tensor, weight: Tensor) -> Tensor:
        """`x` under these filters, in place of the module's own."""
        stride, down, right = self.stride[0], *(int(self.same and side % 2 == 0) for side in x.shape[-2:])
        if stride > 1 and self.groups > 1 and self.training and x.device.type == "cpu":
            y = F.conv2d(x, weight, self.bias, 1, self.padding, self.dilation, self.groups)
            # In one piece: batch_norm walks over what was strided pixel by pixel, forwards and backwards.
            return y[..., down::stride, right::stride].contiguous(memory_format=torch.channels_last)
        if not (down or right):
            return self._conv_forward(x, weight, self.bias)
        # One pixel less before, and one more after.
        before = (self.kernel_size[0] // 2 - down, self.kernel_size[1] // 2 - right)
        shifted = F.pad(x, (0, right, 0, down))
        return F.conv2d(shifted, weight, self.bias, self.stride, before, self.dilation, self.groups)


class PrivateConv(StridedConv):
    """A convolution without bias whose filters are private to streams, one stream's after the other in `weight`.

    Streams are stacked along the batch axis, stream-major: (S*B, C, H, W). `weight` is (S*C', C/groups, K, K). Takes
    what `StridedConv` takes beside.
    """

    def __init__(self, streams: int, *args: Any, **settings: Any) -> None:
        super().__init__(*args, bias=False, **settings)
        self._streams = streams
        self.weight = nn.Parameter(self.weight.detach().repeat(streams, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        parts = zip(x.chunk(self._streams), self.weight.chunk(self._streams), strict=True)
        return torch.cat([self.convolved(part, weight) for part, weight in parts])
