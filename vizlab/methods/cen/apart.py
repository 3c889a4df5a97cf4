"""A CEN whose streams begin as networks of one stream each, that learned apart."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def as_networks(network: nn.Module, alone: Sequence[nn.Module]) -> None:
    """Each stream of a CEN that shares nothing begins as the CEN of one stream that stands at its place in `alone`.

    Until channels are exchanged the streams then predict what those networks predict. Raises ValueError for another
    number of networks, for others than the streams' own, and where streams share filters or a decoder.
    """
    states = [one.state_dict() for one in alone]
    own, found = network.state_dict(), {}
    for name in own:
        if name == "alpha":
            continue
        parts = _parts(name, states)
        whole = parts[0] if len(parts) == 1 else torch.cat(parts) if parts else torch.empty(0)
        if whole.shape != own[name].shape:
            raise ValueError(
                f"'{name}' is not made of {len(alone)} networks of one stream; this takes as many networks as streams, "
                "of the same width and classes, and a network that shares nothing (the options private_decoders = 1 "
                "and private_stages = 5)"
            )
        found[name] = whole
    network.load_state_dict(found, strict=False)


def _parts(name: str, states: Sequence[dict[str, Tensor]]) -> list[Tensor]:
    """What of the networks becomes that tensor: of the encoder a part of each, of a decoder what one of them has."""
    kind, _, rest = name.partition(".")
    number, _, inner = rest.partition(".")
    if kind == "decoder" and number.isdigit() and int(number) < len(states):
        states, name = [states[int(number)]], f"decoder.{inner}"
    return [state[name] for state in states if name in state]
