"""Loading every tensor into its place, or saying which ones do not fit."""

import math
from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from vizlab.core.config import NetworkConfig
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network
from vizlab.errors import CheckpointError, one_line

Sources = Callable[[str], str | tuple[str, ...]]
"""Which stored tensors one of our tensors is made of: one, or several to be stacked (streams)."""

SHOWN = 8
"""How many names of a kind a message lists."""
_LONGEST = 480
"""Characters of all names that a message lists together."""


def load_network(
    config: NetworkConfig, tensors: Mapping[str, Tensor], name: str, sources: Sources, unused: Callable[[str], bool]
) -> FusionNetwork:
    """The network in float32 with these tensors in it; `unused` names stored tensors that no forward reads."""
    network = _build(config, name)
    expected = {key: value for key, value in network.state_dict().items() if not is_counter(key)}
    plan = {key: sources(key) for key in expected}
    _check(expected, plan, tensors, name, unused)
    state = {key: _gather(source, tensors) for key, source in plan.items()}
    # Counters of batches matter to training alone and are not kept in our files.
    state |= {key: torch.zeros((), dtype=torch.long) for key in network.state_dict() if is_counter(key)}
    network.load_state_dict(state, assign=True)
    return network


def is_counter(key: str) -> bool:
    return key.endswith("num_batches_tracked")


def is_stray(key: str, tensor: Tensor) -> bool:
    """Whether a stored tensor is no weight but a number beside them: an epoch, a score, a profiler's count."""
    return tensor.numel() == 1 and ("." not in key or key.endswith((".total_ops", ".total_params", ".n_averaged")))


def _build(config: NetworkConfig, name: str) -> FusionNetwork:
    """The network without memory: shapes are compared before anything is allocated."""
    try:
        with torch.device("meta"):
            return build_network(config)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RuntimeError, ZeroDivisionError) as err:
        raise CheckpointError(
            f"{name} describes a {config.architecture} that cannot be built ({one_line(err)}); expected a "
            "configuration that vizlab wrote."
        ) from err


def _check(
    expected: Mapping[str, Tensor],
    plan: Mapping[str, str | tuple[str, ...]],
    tensors: Mapping[str, Tensor],
    name: str,
    unused: Callable[[str], bool],
) -> None:
    shapes: dict[str, tuple[int, ...]] = {}
    for key, source in plan.items():
        shape = tuple(expected[key].shape)
        shapes |= {source: shape} if isinstance(source, str) else dict.fromkeys(source, shape[1:])
    missing = [key for key in shapes if key not in tensors]
    left = [key for key in tensors if key not in shapes and not is_counter(key) and not unused(key)]
    wrong = [
        f"{key} ({_by(tensors[key].shape)} instead of {_by(shape)})"
        for key, shape in shapes.items()
        if key in tensors and tuple(tensors[key].shape) != shape
    ]
    broken = [key for key in shapes if key in tensors and not _is_finite(tensors[key])]
    kinds = {"missing": missing, "unexpected": left, "of another shape": wrong, "with NaN or infinite values": broken}
    problems = {what: names for what, names in kinds.items() if names}
    if problems:
        listed = [_listed(what, names, _LONGEST // len(problems)) for what, names in problems.items()]
        raise CheckpointError(f"{name} does not fit its network: {'; '.join(listed)}.")


def _is_finite(tensor: Tensor) -> bool:
    # NaN and infinity survive a sum, which takes one pass and no memory; float64 cannot overflow on the way.
    return math.isfinite(tensor.sum(dtype=torch.float64).item())


def _listed(what: str, found: list[str], longest: int) -> str:
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    some = one_line(", ".join(found[:SHOWN]), longest)
    return f"{len(found)} {'tensor' if len(found) == 1 else 'tensors'} {what}: {some}{more}"


def _gather(source: str | tuple[str, ...], tensors: Mapping[str, Tensor]) -> Tensor:
    if isinstance(source, str):
        return tensors[source].float().contiguous()
    return torch.stack([tensors[key].float() for key in source])


def _by(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape)) or "a scalar"
