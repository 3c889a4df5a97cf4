"""The groups of a site's channels by which streams exchange them (figure 3 of CEN), and what is kept of each.

Two streams make at most four groups: exchanged in the first, in the second, in both, in neither.
"""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.sums import cropped

LONGEST = 48
"""Of a map with longer sides only every second cell is kept, or fourth, ...: a look at it costs little then."""


def group_codes(exchanged: np.ndarray) -> np.ndarray:
    """(C,) int64 of `exchanged` (S, C) bool: bit s is set where stream s exchanges the channel; 0 where none does."""
    return np.asarray((exchanged * (1 << np.arange(len(exchanged)))[:, None]).sum(0))


def map_step(size: tuple[int, int]) -> int:
    """Which power of two of cells lies between those that are kept of a map of `size`."""
    step = 1
    while max(size) > LONGEST * step:
        step *= 2
    return step


class BeforeExchange:
    """What the streams had at a site before channels were exchanged; `exchanged` (S, C) bool."""

    def __init__(self, exchanged: np.ndarray) -> None:
        self.exchanged = exchanged

    def of(self, own: Tensor, target: int, framing: Framing) -> Mapping[str, np.ndarray]:
        """Of one stream with features `own` (B, C, H, W), by name.

        `features` (G, h, w) float16: their mean over the channels of each group that is there, by rising code (see
        `group_codes`), in one cell of `map_step` in each direction, from the middle of them. `had` (C,) float32: the
        mean square of what was replaced, NaN where nothing was.
        """
        visible = cropped(own, framing)
        had = np.full(len(visible), np.nan, np.float32)
        replaced = self.exchanged[target].nonzero()[0]
        had[replaced] = _mean_squares(visible, torch.from_numpy(replaced).to(own.device))
        step = map_step((own.shape[2], own.shape[3]))
        return {"features": self._group_means(visible[:, step // 2 :: step, step // 2 :: step]), "had": had}

    def _group_means(self, features: Tensor) -> np.ndarray:
        weights = self._weights.to(features.device)
        return torch.tensordot(weights, features.float(), dims=1).half().cpu().numpy()

    @cached_property
    def _weights(self) -> Tensor:
        """(G, C) float32, rows sum to 1."""
        codes = group_codes(self.exchanged)
        member = (codes == np.unique(codes)[:, None]).astype(np.float32)
        return torch.from_numpy(member / member.sum(1, keepdims=True))


def _mean_squares(features: Tensor, channels: Tensor) -> np.ndarray:
    """(C',) over the pixels of those channels of `features` (C, h, w)."""
    pixels = features[0].numel()
    if features.stride(0) != 1:
        return (features[channels].float().square_().sum((1, 2)) / pixels).cpu().numpy()
    # Where channels lie last, pixels as the rows of one matrix take a fifth of the time.
    rows = features.permute(1, 2, 0).reshape(pixels, -1).index_select(1, channels)
    return (rows.float().square_().sum(0) / pixels).cpu().numpy()
