"""Raw outputs of a network at the pixels of the picture: where they are enlarged, and how classes are read off.

Tensors are batches, (B, C, h, w) as a network gives them. An output is brought to the input's resolution, loses the
padded margin, and is enlarged to the picture's size, bilinearly both times: classes as probabilities, all else as is.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing

CLASSES_AT_ONCE = 8
"""How many class maps are held at picture size; bounds the memory of a 25-megapixel picture."""
_OF_CLASSES = ("semseg", "human_parts", "sal")


def is_of_classes(task: str, channels: int) -> bool:
    """Whether an output of `task` with that many channels has a channel for each class.

    One channel of saliency is a probability, two are classes: code bases differ.
    """
    return task in _OF_CLASSES and channels > 1


def cropped(y: Tensor, framing: Framing) -> Tensor:
    """`y` at its own resolution without the padded margin."""
    height, width = framing.visible((y.shape[-2], y.shape[-1]))
    return y[..., :height, :width]


def at_input_size(y: Tensor, framing: Framing) -> Tensor:
    """`y` at the resolution of the network's input, without the padded margin."""
    if tuple(y.shape[-2:]) != framing.padded:
        y = F.interpolate(y, size=framing.padded, mode="bilinear")
    return cropped(y, framing)


def enlarged(y: Tensor, size: tuple[int, ...]) -> Tensor:
    """`y` at `size` (H, W)."""
    return y if tuple(y.shape[-2:]) == tuple(size) else F.interpolate(y, size=size, mode="bilinear")


def class_maps(probability: Tensor, size: tuple[int, ...]) -> Iterator[tuple[int, Tensor]]:
    """The first class and the maps (B, k, H, W) of the next few classes at `size`, until all were given."""
    for start in range(0, probability.shape[1], CLASSES_AT_ONCE):
        yield start, enlarged(probability[:, start : start + CLASSES_AT_ONCE], size)


def best_class(probability: Tensor, size: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The most probable class (B, H, W) int64 at `size` and its probability (B, H, W); the first of equal ones."""
    best = probability.new_zeros((len(probability), *size))
    label = torch.zeros_like(best, dtype=torch.long)
    for start, some in class_maps(probability, size):
        value, index = some.max(1)
        label = torch.where(value > best, index + start, label)
        best = torch.maximum(best, value)
    return label, best
