"""How backbones get their norms: from a factory, so that a method can put its own in their place."""

from collections.abc import Callable

from torch import nn

NormFactory = Callable[..., nn.Module]
"""`factory(channels, site=False, eps=1e-5)` makes the norm of a backbone; `site` marks places made for an exchange."""


def batch_norm(channels: int, site: bool = False, eps: float = 1e-5) -> nn.Module:
    """The factory of ordinary single-stream networks."""
    return nn.BatchNorm2d(channels, eps)
