"""What makes a CEN's scales small: where they begin, those set to zero at once, and a proximal L1 step in training."""

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


@torch.no_grad()
def exchange_least(network: nn.Module, share: float) -> None:
    """The smallest of a stream's eligible scales become 0 at every site, that share of them (0 to 1, rounded).

    Such a channel is exchanged from then on, as nothing is learned of a scale whose channel another one has replaced.
    """
    for norm in exchange_norms(network):
        for gamma, eligible in zip(norm.weight, norm.eligible().to(norm.weight.device), strict=True):
            places = eligible.nonzero().flatten()
            least = gamma[places].abs().argsort()[: round(share * len(places))]
            gamma[places[least]] = 0
