"""On which grid a network predicts, where the last thing it does to a prediction is to enlarge it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode, handle_torch_function, has_torch_function_unary
from torch.utils.weak import WeakIdKeyDictionary

Grid = tuple[int, int]
"""Rows and columns of a map, the padded margin included."""

_CASTS = (Tensor.float, Tensor.to, Tensor.type, Tensor.contiguous)
"""What leaves a map's values where they are."""


def resized_from_corner(x: Tensor, size: Sequence[int]) -> Tensor:
    """(B, C, h, w) bilinearly to (B, C, H, W), row i at i * h / H: the first pixels lie on each other, not the last.

    TensorFlow 1's rule, which is neither of the two of `F.interpolate`; beyond the last row or column is that again.
    """
    if has_torch_function_unary(x):  # one call to whoever watches, so that it can be told from others
        return handle_torch_function(resized_from_corner, (x,), x, size)
    height, width = size
    once_more = F.pad(x, (0, 1, 0, 1), mode="replicate")
    resized = F.interpolate(once_more, size=(height + 1, width + 1), mode="bilinear", align_corners=True)
    return resized[..., :height, :width]


_ENLARGING = (F.interpolate, resized_from_corner)


class GridWatch(TorchFunctionMode):
    """Within the block, in this thread, remembers of every enlarged map how large it was before.

    Many networks end with an interpolation to the input's size: neighbours there are alike because they were enlarged,
    not because anything was predicted. Only calls are watched; no value changes and no tensor is kept alive.
    """

    def __init__(self) -> None:
        super().__init__()
        self._before: Any = WeakIdKeyDictionary()

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if func in _ENLARGING or func in _CASTS:
            self._remember(args[0], result)  # the map stands first, however the call named it
        return result

    def grid(self, y: Tensor) -> Grid:
        """Rows and columns of `y` (B, C, h, w), or of the smaller map that it was enlarged from."""
        return self._before.get(y, (y.shape[2], y.shape[3]))

    def _remember(self, source: Tensor, result: Any) -> None:
        if isinstance(result, Tensor) and result.ndim == 4:  # `type()` of a tensor is a name; sequences have 3 axes
            grid = self.grid(source)
            if grid[0] * grid[1] < result.shape[2] * result.shape[3]:
                self._before[result] = grid
