"""What makes a CEN's scales small in training: where they begin, and a proximal L1 step on the eligible ones."""

import torch
from torch import nn

from vizlab.methods.cen.network import exchange_norms


@torch.no_grad()
def start_scales(network: nn.Module, scale: float) -> None:
    """All scales at which channels are exchanged begin at `scale`: from 1 it is a long way down to the threshold."""
    for norm in exchange_norms(network):
        norm.weight.fill_(scale)


@torch.no_grad()
def shrink_eligible(network: nn.Module, shrink: float) -> None:
    """One proximal L1 step on the scales that may become small: |gamma| shrinks by `shrink`, not below zero."""
    for norm in exchange_norms(network):
        gamma, eligible = norm.weight, norm.eligible().to(norm.weight.device)
        gamma.copy_(torch.where(eligible, gamma.sign() * (gamma.abs() - shrink).clamp(min=0), gamma))
