"""One number of one private network as a function of its input tensors, with progress: what captum is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.preprocess import preprocess
from vizlab.core.site import NO_INTERVENTION, Edit, Intervention, Way, intervening
from vizlab.core.tracer import settings_for
from vizlab.errors import InputError
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.batching import batch_size, halving, kept_bytes
from vizlab.experiments.attribution.private import private_network, run
from vizlab.experiments.attribution.target import Quantity, Target, settle
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

Tensors = tuple[Tensor, ...]
Edits = Mapping[str, Mapping[Way, Edit]]
"""By site and way (see `Intervention`)."""


@dataclass(eq=False)
class Progress:
    """Counts pictures through the network and tells `step` which share of `expected` they are."""

    step: Step = silent
    words: str = ""
    expected: int = 1
    forwards: int = 0
    backwards: int = 0
    begin: float = 0.0
    end: float = 1.0

    def count(self, examples: int, gradients: bool) -> None:
        self.forwards += examples
        self.backwards += examples if gradients else 0
        done = min(1.0, self.forwards / max(1, self.expected))
        self.step(self.begin + (self.end - self.begin) * done, self.words)


@dataclass(eq=False)
class Problem:
    """F: from input tensors, (B, 3, H', W') for each of `names`, to (B,), the quantity's value.

    `inputs` are those of the picture, `baselines` those of its replacement, (1, 3, H', W') each. `value` and `before`
    are F of both; `batch` is how many pictures go through at once. `change` is what the network's sites do otherwise.
    """

    network: FusionNetwork
    names: tuple[str, ...]
    framing: Framing
    inputs: Tensors
    baselines: Tensors
    quantity: Quantity
    value: float
    before: float
    batch: int
    change: Intervention = NO_INTERVENTION
    progress: Progress = field(default_factory=Progress)

    def __call__(self, *tensors: Tensor, edits: Edits | None = None) -> Tensor:
        """F, with what is sent on some ways going through `edits`; raises CancelledError if the step does."""
        with intervening(replace(self.change, edits=edits) if edits else self.change):
            values = self.quantity.values(run(self.network, dict(zip(self.names, tensors, strict=True))))
        self.progress.count(len(values), values.requires_grad)
        return values

    def leaves(self) -> Tensors:
        """The picture's tensors, to take gradients at."""
        return tuple(x.detach().clone().requires_grad_() for x in self.inputs)

    def on(self, network: FusionNetwork) -> "Problem":
        """The same question to a network of other weights."""
        other = replace(self, network=network)
        with torch.no_grad():
            other.value, other.before = float(other(*self.inputs)), float(other(*self.baselines))
        return other

    def folded(self, values: Tensor) -> np.ndarray:
        """(1, C, H', W') attributions to (h, w) float32: summed over channels, padding's given to what it repeats."""
        total = values.detach()[0].double().sum(0).cpu().numpy()
        return unpadded(total, self.framing.content).astype(np.float32)

    def spread(self, values: np.ndarray) -> Tensor:
        """(h, w) to (1, 1, H', W'): what holds for a pixel also holds for the padding that repeats it."""
        (height, width), (rows, columns) = self.framing.content, self.framing.padded
        padded = np.pad(values, ((0, rows - height), (0, columns - width)), mode="edge")
        return torch.from_numpy(padded)[None, None].to(self.inputs[0].device)


def unpadded(values: np.ndarray, content: tuple[int, int]) -> np.ndarray:
    """(H', W') to (h, w): what lies beyond the content is added to the last row and column, which padding repeats."""
    height, width = content
    rows = values[:height].copy()
    rows[-1] += values[height:].sum(0)
    columns = rows[:, :width].copy()
    columns[:, -1] += rows[:, width:].sum(1)
    return columns


def pose(
    model: Model,
    rgbd: RGBDImage,
    target: Target,
    baselines: Baselines,
    working_size: tuple[int, int] | None = None,
    batch: int | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
    step: Step = silent,
) -> Problem:
    """The problem of `target` on a private copy of the network, with its controls at `settings`.

    `batch` pictures go through at once, by default as many as memory has room for.

    Raises InputError where the target is not the network's or the baselines change nothing, IncompatibleInputError
    where the picture lacks a modality.
    """
    step(0.0, "copying the network")
    framing = model.frame(rgbd.size, working_size)
    network, device = private_network(model)
    inputs = preprocess(rgbd, model.config, framing, device)
    replaced = preprocess(baselines.picture(rgbd, model.inputs), model.config, framing, device)
    if all(torch.equal(inputs[name], replaced[name]) for name in model.inputs):
        raise InputError("The baselines leave the picture as it is, so there is nothing to attribute; change one.")
    change = Intervention(settings_for(model, settings))
    with torch.no_grad(), intervening(change):
        quantity = settle(target, model, framing, run(network, inputs))
    names = tuple(model.inputs)
    tensors, before = tuple(inputs[n] for n in names), tuple(replaced[n] for n in names)
    problem = Problem(network, names, framing, tensors, before, quantity, 0.0, 0.0, 1, change)
    value, size = halving(lambda one: kept_bytes(lambda: problem(*problem.leaves())), 1)
    with torch.no_grad():
        problem.value, problem.before = float(value), float(problem(*before))
    problem.batch = batch_size(device, size) if batch is None else batch
    return problem
