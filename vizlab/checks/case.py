"""What is checked: one network on one picture, and the runs that several properties look at."""

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from vizlab.checks.distances import array_distance, furthest
from vizlab.checks.report import Finding
from vizlab.core.device import Precision
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.reduction import Recorder, TargetReduction
from vizlab.core.site import NO_INTERVENTION, FusionModule, Intervention, Mixing, Observer, intervening, observing
from vizlab.rgbd import RGBDImage

ROUNDING = 1e-6
"""Part of its size by which a constant may vary in float32."""
CUT = Intervention(cross=False)
"""Every edge of every additive site taken away."""


def in_precision(model: Model, precision: Precision) -> Model:
    """The same network at another precision; `model` itself keeps its own, whatever happens afterwards."""
    view = copy.copy(model)
    view.precision = precision
    return view


@dataclass(frozen=True)
class Run:
    """A watched forward: its outputs by name, and by site and target what was recorded of the mixing.

    `constant` are the sites and targets that do not vary over the picture, beyond rounding: they have no shares.
    """

    outputs: Mapping[str, Tensor]
    rows: Mapping[str, Mapping[int, TargetReduction]]
    constant: frozenset[tuple[str, int]]


@dataclass(frozen=True, eq=False)
class Case:
    """`model`, in float32, on `rgbd` at `working_size`. What several properties need is computed once, when asked for.

    `limits` are those of the properties, by name. `visited` are the sites whose calls were looked at one by one; those
    that are no calls of their own, as in an adapted network, are looked at in whole forwards.
    """

    model: Model
    rgbd: RGBDImage
    limits: Mapping[str, float]
    working_size: tuple[int, int] | None = None
    visited: set[str] = field(default_factory=set)

    @cached_property
    def framing(self) -> Framing:
        return self.model.frame(self.rgbd.size, self.working_size)

    @cached_property
    def inputs(self) -> dict[str, Tensor]:
        return self.model.preprocess(self.rgbd, self.framing)

    @cached_property
    def plain(self) -> dict[str, Tensor]:
        """The outputs of a plain forward."""
        return self.model.forward(self.inputs)

    @cached_property
    def watched(self) -> Run:
        return self.run()

    @cached_property
    def cut(self) -> Run:
        return self.run(CUT)

    @property
    def unvisited(self) -> frozenset[str]:
        """The names of the additive sites that were not visited."""
        return frozenset(site.name for site in self.model.sites if site.additive) - self.visited

    def finding(self, name: str, site: str, figure: float, note: str = "") -> Finding:
        """What was found of the property `name`, against its limit."""
        return Finding(name, site, figure, self.limits[name], note)

    def forward(self, change: Intervention, inputs: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
        """The outputs under `change`, unwatched."""
        with intervening(change):
            return self.model.forward(self.inputs if inputs is None else inputs)

    def run(
        self, change: Intervention = NO_INTERVENTION, model: Model | None = None, also: Observer | None = None
    ) -> Run:
        """A watched forward under `change`, of another view of the model where one is given; `also` watches, too."""
        recorder = Recorder(self.framing)
        constant: set[tuple[str, int]] = set()

        def observe(module: FusionModule, mixing: Mixing) -> None:
            recorder(module, mixing)
            if is_constant(mixing, self.framing):
                constant.add((module.site.name, mixing.target))
            if also is not None:
                also(module, mixing)

        with observing(observe), intervening(change):
            outputs = (model or self.model).forward(self.inputs)
        return Run(outputs, recorder.rows, frozenset(constant))

    @property
    def other_settings(self) -> dict[str, float]:
        """For every control a value that is not its own: the one that exchanges nothing, where the method knows it."""
        own, found = self.model.settings, dict(self.model.settings)
        for control in self.model.method.controls:
            if control.name in own:
                without = self.model.method.without.get(control.name, control.low)
                others = (without, control.low, min(own[control.name] + 1, control.high))
                found[control.name] = next((v for v in others if v != own[control.name]), own[control.name])
        return found


def is_constant(mixing: Mixing, framing: Framing) -> bool:
    """Whether a target is the same wherever it shows the picture, but for rounding of what it is the sum of.

    Values that are no finite numbers are not the same.
    """
    height, width = framing.visible((mixing.output.shape[-2], mixing.output.shape[-1]))
    seen = mixing.output[..., :height, :width].float()
    summands = [seen, *(part.value for part in mixing.parts if part.value.numel())]
    size = max(float(x.abs().max()) for x in summands)
    spread = seen.amax((-2, -1)) - seen.amin((-2, -1))
    return math.isfinite(size) and bool((spread <= ROUNDING * size).all())


def differences(found: Run, expected: Run) -> dict[str, float]:
    """How far two runs are apart, by site in network order, then by output ("output semseg")."""
    sites = {
        name: max(_row_distance(found.rows.get(name, {}).get(t), row) for t, row in rows.items())
        for name, rows in expected.rows.items()
    }
    unexpected = {name: math.inf for name in found.rows if name not in expected.rows}
    return {**sites, **unexpected, **by_output(furthest(found.outputs, expected.outputs))}


def by_output(figures: Mapping[str, float]) -> dict[str, float]:
    """Figures of outputs under the words that say so in a report."""
    return {f"output {name}": figure for name, figure in figures.items()}


def telling(figures: Mapping[str, float], limit: float) -> tuple[str, float]:
    """The first place whose figure is beyond the limit, since what follows it suffers from it; else the worst."""
    beyond = [(name, figure) for name, figure in figures.items() if not figure <= limit]
    return beyond[0] if beyond else max(figures.items(), key=lambda item: item[1], default=("", 0.0))


def _row_distance(found: TargetReduction | None, expected: TargetReduction) -> float:
    """The largest distance of anything that was recorded."""
    if found is None:
        return math.inf
    one, other = _recorded(found), _recorded(expected)
    if one.keys() != other.keys():
        return math.inf
    return max(array_distance(one[name], other[name]) for name in other)


def _recorded(row: TargetReduction) -> dict[str, np.ndarray]:
    """Everything that is there, by name; what a method keeps beside it under `extras`."""
    named = {key: value for key, value in vars(row).items() if key != "extras"}
    named |= {f"extras {key}": value for key, value in row.extras.items()}
    return {key: np.asarray(value) for key, value in named.items() if value is not None}


@contextmanager
def exact() -> Iterator[None]:
    """Convolutions on a GPU in whole float32 and the same way every time; elsewhere nothing changes."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
        yield
