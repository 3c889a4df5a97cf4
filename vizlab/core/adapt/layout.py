"""How a site's tensors lie in memory: as maps (B, C, H, W), or as tokens (B, N, C) that belong to a grid."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from vizlab.errors import InputError

Per = Literal["channel", "token"]
"""What a mask decides over: whole channels, or whole places (tokens, pixels)."""


@dataclass(frozen=True)
class Maps:
    """(B, C, H, W), as convolutions have it."""

    channel_axis = 1

    def to_maps(self, x: Tensor) -> Tensor:
        """(B, C, H, W) as it is; raises InputError for another number of axes."""
        if x.ndim != 4:
            raise InputError(
                f"a tensor of shape {tuple(x.shape)} was found, expected (batch, channels, height, width); where they "
                "are tokens, give their grid with tokens="
            )
        return x

    def from_maps(self, maps: Tensor, like: Tensor) -> Tensor:
        """The inverse of `to_maps`."""
        return maps

    def by_channel(self, values: Tensor, like: Tensor) -> Tensor:
        """(C,) or (B, C) so that it spreads over the places of `like`; anything else as it is."""
        return values[..., None, None] if values.ndim in (1, 2) else values

    def by_place(self, values: Tensor, like: Tensor) -> Tensor:
        """(H, W) or (B, H, W) so that it spreads over the channels of `like`; anything else as it is."""
        return values.unsqueeze(-3) if values.ndim in (2, 3) else values


@dataclass(frozen=True)
class Tokens:
    """(B, N, C), as transformers have it: `skip` tokens that have no place, then `grid` (h, w) row by row.

    (B, h, w, C) is taken as well, where nothing is skipped.
    """

    grid: tuple[int, int]
    skip: int = 0

    channel_axis = -1

    def to_maps(self, x: Tensor) -> Tensor:
        """(B, C, h, w) without the skipped tokens; raises InputError where the number of tokens is not the grid's."""
        height, width = self.grid
        if x.ndim == 4 and not self.skip and tuple(x.shape[1:3]) == self.grid:
            return x.permute(0, 3, 1, 2)
        if x.ndim != 3 or x.shape[1] != height * width + self.skip:
            leading = f"{self.skip} + " if self.skip else ""
            raise InputError(
                f"a tensor of shape {tuple(x.shape)} was found, expected (batch, {leading}{height}x{width} tokens, "
                "channels); give the grid with tokens= and the number of leading tokens with skip="
            )
        return x[:, self.skip :].transpose(1, 2).unflatten(2, self.grid)

    def from_maps(self, maps: Tensor, like: Tensor) -> Tensor:
        """(B, C, h, w) in the layout of `like`, whose skipped tokens stay what they are."""
        if like.ndim == 4:
            return maps.permute(0, 2, 3, 1)
        return torch.cat([like[:, : self.skip], maps.flatten(2).transpose(1, 2)], dim=1)

    def by_channel(self, values: Tensor, like: Tensor) -> Tensor:
        """(C,) or (B, C) so that it spreads over the tokens of `like`; anything else as it is."""
        between = (1,) * (like.ndim - 2)
        return values.reshape(values.shape[0], *between, values.shape[1]) if values.ndim == 2 else values

    def by_place(self, values: Tensor, like: Tensor) -> Tensor:
        """(N,) or (B, N) so that it spreads over the channels of `like`; anything else as it is."""
        return values.unsqueeze(-1) if 0 < values.ndim < like.ndim else values


Layout = Maps | Tokens


def spread(values: Tensor, per: Per, layout: Layout, like: Tensor) -> Tensor:
    """`values` in the shape of `like`, repeated over places or over channels; raises InputError if they do not fit."""
    axes = layout.by_channel(values, like) if per == "channel" else layout.by_place(values, like)
    try:
        return torch.broadcast_to(axes, like.shape)
    except RuntimeError as err:
        raise InputError(
            f"a tensor of shape {tuple(values.shape)} cannot be spread by {per} over one of {tuple(like.shape)}"
        ) from err
