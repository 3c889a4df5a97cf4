"""Pictures of one size that go through a network together, and what they are compared with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.rgbd import RGBDImage
from vizlab.study.data.folder import Sample


@dataclass(frozen=True)
class Split:
    """All pictures of a study: `read` gives one by its place, `places` are those there are."""

    read: Callable[[int], Sample]
    places: Sequence[int]

    def partner(self, place: int) -> int:
        """The place of another picture, far from this one; the same each time. Its own if it is the only one."""
        return self.places[(self.places.index(place) + len(self.places) // 2) % len(self.places)]


@dataclass(frozen=True, eq=False)
class Batch:
    """B pictures of one size (H, W), ready for one network.

    `index` (B) are their places in the split, whose order decides which pictures go together; `framing` holds for all
    of them. `inputs` are the network's, (B, 3, H', W') float32 on its device. References are on that device, too, and
    made when first asked for: deriving normals takes longer than a compact network. `split` gives further pictures.
    """

    index: tuple[int, ...]
    samples: tuple[Sample, ...]
    pictures: tuple[RGBDImage, ...]
    framing: Framing
    inputs: Mapping[str, Tensor]
    model: Model
    split: Split

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
        return replace(
            self, index=self.index[which], samples=self.samples[which], pictures=self.pictures[which], inputs=inputs
        )

    @cached_property
    def others(self) -> tuple[RGBDImage, ...]:
        """(B) another picture for each, half the split away: neighbours there often show one room."""
        return tuple(_image(self.split.read(self.split.partner(place))) for place in self.index)

    def prepared(self, pictures: Sequence[RGBDImage]) -> dict[str, Tensor]:
        """`pictures` as the network takes them, (n, 3, H', W'), each brought to this batch's framing."""
        return _prepared(self.model, pictures, self.framing)

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


def batches(model: Model, index: Sequence[int], samples: Sequence[Sample], split: Split | None = None) -> list[Batch]:
    """`samples`, whose places in the split are `index`, as batches for `model`: one for each size among them.

    Which pictures go together is decided by their places and sizes alone, so that numbers do too. Without a `split`
    there are no other pictures than these.
    """
    by_size: dict[tuple[int, int], list[int]] = {}
    for place, sample in enumerate(samples):
        by_size.setdefault((sample.label.shape[0], sample.label.shape[1]), []).append(place)
    split = split or Split(dict(zip(index, samples, strict=True)).__getitem__, tuple(index))
    return [_batch(model, [index[i] for i in own], [samples[i] for i in own], split) for own in by_size.values()]


def _batch(model: Model, index: Sequence[int], samples: Sequence[Sample], split: Split) -> Batch:
    pictures = tuple(map(_image, samples))
    framing = model.frame(pictures[0].size)
    return Batch(tuple(index), tuple(samples), pictures, framing, _prepared(model, pictures, framing), model, split)


def _image(sample: Sample) -> RGBDImage:
    return RGBDImage(sample.colour, sample.depth)


def _prepared(model: Model, pictures: Sequence[RGBDImage], framing: Framing) -> dict[str, Tensor]:
    ready = [model.preprocess(picture, framing) for picture in pictures]
    return {name: torch.cat([one[name] for one in ready]) for name in model.inputs}
