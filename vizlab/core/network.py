"""What every fusing network has in common: tensors by name in, tensors by name out, sites declared as data."""

from collections.abc import Collection, Mapping

import numpy as np
from torch import Tensor, nn

from vizlab.core.site import Site
from vizlab.tasks import Task


class FusionNetwork(nn.Module):
    """Base of every network that vizlab can watch.

    `forward` takes a dict of (B, 3, H, W) tensors by modality and returns a flat dict of (B, C, h, w) tensors:
    `TASK` or `TASK/INPUT` and `TASK/ensemble`, and `scale_K/TASK` for initial predictions. H and W must be
    multiples of `multiple`. `pictured` are tasks of which a network predicts a picture, as its data set stores one:
    each pixel, brought to length 1, is a colour. It is shown as that, and held against no reference.
    """

    inputs: tuple[str, ...]
    tasks: tuple[Task, ...]
    sites: tuple[Site, ...]
    multiple: int
    pictured: frozenset[str] = frozenset()

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        raise NotImplementedError

    def output_weights(self) -> Mapping[str, np.ndarray]:
        """By output, the weights with which it is put together of other outputs; small float32 arrays, none by default.

        What they are a weight of, and in which order, is the method's to say.
        """
        return {}

    def spliced(
        self, before: Mapping[str, Tensor], after: Mapping[str, Tensor], streams: Collection[str]
    ) -> dict[str, Tensor] | None:
        """The outputs if of all streams these alone had gone as in `after`, and the others as in `before`.

        Both are outputs of this network by name. Only for networks whose streams meet at sites alone until they give
        outputs, and in which what a stream sends depends on that stream alone: what differs in one forward of several
        streams can then be told apart. None, the default, says nothing.
        """
        return None
