"""Ensembles of streams that each give an answer: their sum, each times its weight softmax(alpha)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.outputs import ENSEMBLE, Output


def with_ensemble(task: str, inputs: Sequence[str], streams: Sequence[Tensor], alpha: Tensor) -> dict[str, Tensor]:
    """`TASK/INPUT`, what each stream gives, and `TASK/ensemble`, their sum weighted by softmax(`alpha`) (inputs,).

    The sum is taken of detached outputs, so that learning alpha does not disturb the streams.
    """
    weighted = (weight * y.detach() for weight, y in zip(alpha.softmax(0), streams, strict=True))
    named = {str(Output(task, name)): y for name, y in zip(inputs, streams, strict=True)}
    return {**named, str(Output(task, ENSEMBLE)): sum(weighted, start=torch.zeros(()))}


def ensemble_weights(alpha: Tensor) -> np.ndarray:
    """softmax(alpha) over the last axis, float32."""
    return np.asarray(alpha.detach().float().softmax(-1).cpu().numpy())


def weights_of_streams(network: nn.Module) -> tuple[nn.Parameter, ...]:
    """The alphas of a network, where it has an ensemble."""
    alpha = getattr(network, "alpha", None)
    return (alpha,) if isinstance(alpha, nn.Parameter) else ()
