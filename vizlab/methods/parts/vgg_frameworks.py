"""How TensorFlow's and PyTorch's version of one VGG-16 pad, pool and enlarge: the authors wrote the network twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.grids import resized_from_corner


@dataclass(frozen=True)
class Framework:
    """`halve` is the 3x3 max pool of stride 2, (B, C, h, w) in and out; `resize` is bilinear, to (H, W).

    Inputs should be padded to multiples of `multiple`.
    """

    halve: Callable[[Tensor], Tensor]
    resize: Callable[[Tensor, Sequence[int]], Tensor]
    multiple: int


def _padding(length: int) -> tuple[int, int]:
    """Before and after, as SAME padding has it for a kernel of 3 and a stride of 2: the smaller half comes first."""
    total = max((-(-length // 2) - 1) * 2 + 3 - length, 0)
    return total // 2, total - total // 2


def halved_to_same(x: Tensor) -> Tensor:
    """(B, C, h, w) to ceil(h/2), ceil(w/2): even sides have nothing before and one after, odd ones one on each side."""
    height, width = x.shape[-2:]
    padded = F.pad(x, (*_padding(width), *_padding(height)), value=-torch.inf)
    return F.max_pool2d(padded, 3, stride=2)


def halved_after_zeros(x: Tensor) -> Tensor:
    """(B, C, h, w) to floor(h/2), floor(w/2): zeros, which may win, at the end of any size and none before."""
    return F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 3, stride=2)


def _corners_aligned(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=True)


TENSORFLOW = Framework(halved_to_same, resized_from_corner, 1)
PYTORCH = Framework(halved_after_zeros, _corners_aligned, 8)
