"""Does the map depend on what the network learnt? (Adebayo et al., NeurIPS 2018, section 3.)

The same map is made again with weights shuffled, layer by layer from the output backwards, and, ours, with only the
fusion weights shuffled. A map that stays the same does not show what the network does.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import torch
from torch import nn

from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule
from vizlab.experiments.attribution.attributing import check_numbers, computed, options_for
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.methods import STEPS, SUPERPIXELS, method_called
from vizlab.experiments.attribution.private import one_at_a_time
from vizlab.experiments.attribution.problem import Problem, pose
from vizlab.experiments.attribution.result import Attribution
from vizlab.experiments.attribution.target import Target
from vizlab.measures.ranks import spearman
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

CASCADE = (0.25, 0.5, 1.0)
"""Shares of the network's weighted layers that are shuffled, counted from the output."""
FUSION = "fusion weights alone"
ALIKE = 0.5
"""A rank correlation from which on two maps are called alike."""


@dataclass(frozen=True, eq=False)
class Shuffled:
    """The map of a network some of whose weights are shuffled.

    `what` says which; `layers` how many. `correlation` by modality: Spearman's, of the signed values at all pixels,
    with the map of the network as it is; NaN where either is constant. `value` is what the target then is.
    """

    what: str
    layers: int
    maps: Mapping[str, np.ndarray]
    correlation: Mapping[str, float]
    value: float


@dataclass(frozen=True, eq=False)
class SanityCheck:
    """`maps` of the network as it is, and of its shuffled copies; `seed` drew the shuffles."""

    method: str
    maps: Mapping[str, np.ndarray]
    shuffled: tuple[Shuffled, ...]
    seed: int

    @property
    def words(self) -> str:
        """What follows, in one or two sentences that hold for these numbers."""
        cascade = [one for one in self.shuffled if one.what != FUSION]
        stays = [name for name in self.maps if cascade and _alike(cascade[-1].correlation[name])]
        told = f"With all weights shuffled no map stays alike (rank correlation below {ALIKE}): maps follow weights."
        if stays:
            told = (
                f"With all weights shuffled the map of {' and '.join(stays)} stays alike (rank correlation {ALIKE} or "
                "more): it owes more to the picture than to what the network learnt."
            )
        fusion = next((one for one in self.shuffled if one.what == FUSION), None)
        if fusion is None:
            return told
        kept = [name for name in self.maps if _alike(fusion.correlation[name])]
        if kept:
            return f"{told} With only the fusion weights shuffled the map of {' and '.join(kept)} stays alike."
        return f"{told} With only the fusion weights shuffled none stays alike."


def sanity_check(
    model: Model,
    rgbd: RGBDImage,
    target: Target,
    method: str = "integrated gradients",
    *,
    baselines: Baselines = Baselines(),
    steps: int = STEPS,
    count: int = SUPERPIXELS,
    site: str = "",
    working_size: tuple[int, int] | None = None,
    batch: int | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
    seed: int = 0,
    known: Attribution | None = None,
    step: Step = silent,
) -> SanityCheck:
    """Make the map of `attribute` again with shuffled weights, on copies; arguments and errors are the same.

    `known` is what `attribute` gave for these arguments, where that is at hand: it is not made again.
    """
    chosen = method_called(method)
    check_numbers(steps, count)
    with one_at_a_time(model, step):
        problem = pose(model, rgbd, target, baselines, working_size, batch, settings, step)
        options = options_for(chosen, problem, rgbd, steps, count, site)
        cases = shuffles(problem, seed)
        runs = len(cases) + 1
        maps = known.maps if known else computed(chosen, problem, options, step, span=(0.0, 1 / runs))
        shuffled = []
        for index, (what, layers, network) in enumerate(cases, 1):
            other, words = problem.on(network), f"{chosen.title}, shuffled: {what}"
            again = computed(chosen, other, options, step, words, (index / runs, (index + 1) / runs))
            shuffled.append(Shuffled(what, layers, again, _correlations(maps, again), other.value))
    return SanityCheck(chosen.title, maps, tuple(shuffled), seed)


def shuffles(problem: Problem, seed: int) -> list[tuple[str, int, FusionNetwork]]:
    """What is shuffled, in how many layers, and the network with it."""
    order = layers_from_output(problem)
    found = []
    for share in CASCADE:
        count = max(1, round(share * len(order)))
        what = f"the last {100 * share:.0f} % of the layers" if share < 1 else "all layers"
        found.append((what, count, _with_shuffled(problem.network, order[:count], seed)))
    fusion = [name for name, module in problem.network.named_modules() if _fuses(module)]
    if fusion:
        found.append((FUSION, len(fusion), _with_shuffled(problem.network, fusion, seed, True)))
    return found


def layers_from_output(problem: Problem) -> list[str]:
    """The paths of all modules that hold weights of their own, the last to run in a forward first.

    The network's own, in which it is no layer, are left: by them streams are put together, which is part of the target.
    """
    ran: list[str] = []
    handles = [
        module.register_forward_pre_hook(lambda module, given, name=name: ran.append(name))
        for name, module in problem.network.named_modules()
        if name and any(True for _ in module.parameters(recurse=False))
    ]
    try:
        with torch.no_grad():
            problem(*problem.inputs)
    finally:
        for handle in handles:
            handle.remove()
    return list(dict.fromkeys(reversed(ran)))


def shuffle(modules: Iterable[nn.Module], generator: torch.Generator, recurse: bool = False) -> None:
    """Deal the weights of these modules anew, in place: those of one name and shape within a module among one another.

    With `recurse`, a module's weights are also those of the modules in it. Their values stay, and so does how large
    they are; what they were learnt for is lost.
    """
    for module in modules:
        groups: dict[tuple[str, torch.Size], list[nn.Parameter]] = defaultdict(list)
        for name, parameter in module.named_parameters(recurse=recurse):
            groups[name.rpartition(".")[2], parameter.shape].append(parameter)
        for parameters in groups.values():
            pooled = torch.cat([p.detach().flatten() for p in parameters])
            order = torch.randperm(len(pooled), generator=generator).to(pooled.device)
            for parameter, values in zip(parameters, pooled[order].chunk(len(parameters)), strict=True):
                parameter.detach().copy_(values.view_as(parameter))


def _with_shuffled(network: FusionNetwork, names: Sequence[str], seed: int, recurse: bool = False) -> FusionNetwork:
    other = copy.deepcopy(network)
    modules = dict(other.named_modules())
    shuffle((modules[name] for name in names), torch.Generator().manual_seed(seed), recurse)
    return other


def _fuses(module: nn.Module) -> bool:
    """Whether streams mix in it, by weights of its own."""
    return isinstance(module, FusionModule) and hasattr(module, "site") and any(True for _ in module.parameters())


def _correlations(maps: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray]) -> dict[str, float]:
    return {name: spearman(values, others[name]) for name, values in maps.items()}


def _alike(correlation: float) -> bool:
    return abs(correlation) >= ALIKE
