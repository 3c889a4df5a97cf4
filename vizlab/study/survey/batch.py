"""Pictures of one size that go through a network together, and what they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.rgbd import RGBDImage
from vizlab.study.data.folder import Sample


@dataclass(frozen=True, eq=False)
class Batch:
    """B pictures of one size (H, W), ready for one network.

    `index` (B) are their places in the split, whose order decides which pictures go together; `framing` holds for all
    of them. `inputs` are the network's, (B, 3, H', W') float32 on its device. References are on that device, too, and
    made when first asked for: deriving normals takes longer than a compact network.
    """

    index: tuple[int, ...]
    samples: tuple[Sample, ...]
    pictures: tuple[RGBDImage, ...]
    framing: Framing
    inputs: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sample.name for sample in self.samples)

    @property
    def device(self) -> torch.device:
        return next(iter(self.inputs.values())).device

    def some(self, which: slice) -> "Batch":
        """Some of the pictures, as a batch of their own."""
        inputs = {name: value[which] for name, value in self.inputs.items()}
        return Batch(self.index[which], self.samples[which], self.pictures[which], self.framing, inputs)

    @cached_property
    def label(self) -> Tensor:
        """(B, H, W) int64 class index, `VOID` where there is none."""
        return torch.from_numpy(np.stack([sample.label for sample in self.samples]).astype(np.int64)).to(self.device)

    @cached_property
    def depth(self) -> Tensor:
        """(B, H, W) float32 metres, NaN where unknown or not measured: what depth is compared with."""
        return torch.from_numpy(np.stack([sample.reference_depth for sample in self.samples])).to(self.device)

    @cached_property
    def normals(self) -> Tensor:
        """(B, 3, H, W) float32 unit vectors derived from depth, NaN where unknown."""
        normals = np.stack([sample.normals for sample in self.samples])
        return torch.from_numpy(normals).to(self.device).permute(0, 3, 1, 2)


def batches(model: Model, index: Sequence[int], samples: Sequence[Sample]) -> list[Batch]:
    """`samples`, whose places in the split are `index`, as batches for `model`: one for each size among them.

    Which pictures go together is decided by their places and sizes alone, so that numbers do too.
    """
    by_size: dict[tuple[int, int], list[int]] = {}
    for place, sample in enumerate(samples):
        by_size.setdefault((sample.label.shape[0], sample.label.shape[1]), []).append(place)
    return [_batch(model, [index[i] for i in own], [samples[i] for i in own]) for own in by_size.values()]


def _batch(model: Model, index: Sequence[int], samples: Sequence[Sample]) -> Batch:
    pictures = tuple(RGBDImage(sample.colour, sample.depth) for sample in samples)
    framing = model.frame(pictures[0].size)
    ready = [model.preprocess(picture, framing) for picture in pictures]
    inputs = {name: torch.cat([one[name] for one in ready]) for name in model.inputs}
    return Batch(tuple(index), tuple(samples), pictures, framing, inputs)
