"""Ensembles written out as sums of their streams, so that gradients reach what they are made of."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import Output
from vizlab.errors import InputError


def reader(
    network: FusionNetwork, name: str, outputs: Mapping[str, Tensor]
) -> Callable[[Mapping[str, Tensor]], Tensor]:
    """How to take output `name` out of all, such that gradients reach the streams.

    An ensemble may be made of detached streams, so that learning its weights leaves them alone; it is written out as
    their weighted sum, and compared with what the network says it is.
    """
    weights = network.output_weights().get(name)
    output = Output.parse(name)
    if weights is None or not output.ensemble:
        return lambda found: found[name]
    streams = [n for n in outputs if n != name and Output.parse(n).task == output.task and not Output.parse(n).initial]
    if len(streams) != len(weights):
        raise InputError(f"{name} has {len(weights)} weights for {len(streams)} streams; choose a stream instead.")
    parts = [(n, float(w)) for n, w in zip(streams, weights, strict=True)]

    def weighted(found: Mapping[str, Tensor]) -> Tensor:
        first, *others = parts
        total = first[1] * found[first[0]]
        for stream, weight in others:
            total = total + weight * found[stream]
        return total

    written, said = weighted(outputs).detach(), outputs[name].detach()
    if not torch.allclose(written, said, rtol=1e-3, atol=1e-3 * float(said.abs().amax())):
        raise InputError(f"{name} is not the weighted sum of {', '.join(streams)}; choose a stream instead.")
    return weighted
