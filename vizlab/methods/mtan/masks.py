"""What a trace keeps of the masks with which tasks select from shared features: small arrays, reduced at once."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.sums import cropped

_BLOCK = 1 << 18
"""Values of one mask that are looked at together: float32 copies of whole masks would take as much as the features."""


class Masks:
    """The masks (B, C, H, W) of all tasks at one place, 0..1, reduced for the first picture, without its padding."""

    def __init__(self, masks: Sequence[Tensor]) -> None:
        self._masks = masks
        self._overlaps: dict[Framing, np.ndarray] = {}

    def extras(self, task: int, framing: Framing) -> Mapping[str, np.ndarray]:
        """Of one task's mask: `mask` (h, w) is its mean over channels, `channels` (C,) over pixels.

        `overlap` (T,) is its correlation with every task's mask over channels and pixels (see `correlations`).
        """
        seen = [cropped(mask, framing) for mask in self._masks]
        if framing not in self._overlaps:
            self._overlaps[framing] = correlations(seen)
        return {
            "mask": seen[task].mean(0, dtype=torch.float32).cpu().numpy(),
            "channels": seen[task].mean((1, 2), dtype=torch.float32).cpu().numpy(),
            "overlap": self._overlaps[framing][task],
        }


def correlations(values: Sequence[Tensor]) -> np.ndarray:
    """(T, T) float32: Pearson's, of each two of T tensors of one shape (C, h, w), over all their values.

    NaN where one of the two is the same everywhere.
    """
    pivots = [x.mean(dtype=torch.float32) for x in values]  # about which sums lose no digits
    sums, products = np.zeros(len(values)), np.zeros((len(values), len(values)))
    step = max(1, _BLOCK // values[0][0].numel())
    for start in range(0, len(values[0]), step):
        part = [x[start : start + step].flatten().float() - p for x, p in zip(values, pivots, strict=True)]
        sums += [float(x.sum()) for x in part]
        # By inner products, which autocast leaves in float32 as it does not leave products of matrices.
        products += [[float((x * y).sum()) for y in part] for x in part]
    covariance = products - np.outer(sums, sums) / values[0].numel()
    spread = np.sqrt(np.diag(covariance).clip(0))
    size = np.outer(spread, spread)
    found = np.where(size > 0, covariance / np.where(size > 0, size, 1), np.nan)
    return found.clip(-1, 1).astype(np.float32)
