"""Gradient conflict between the tasks of a network on one picture: on shared parameters, and on what enters its sites.

All of it on a copy of the network in float32, which nobody else uses: gradients need what forwards that are shared do
without. What enters a site is replaced by a clone, since an activation may overwrite it in place.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn
from torch.utils._pytree import tree_map

from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import Output
from vizlab.core.site import FusionModule, Intervention, intervening
from vizlab.core.site_words import SiteWords, site_words
from vizlab.core.tracer import settings_for
from vizlab.errors import InputError
from vizlab.experiments.attribution.private import private_network, run
from vizlab.experiments.conflict.gradients import Agreement, Key, agreements
from vizlab.experiments.conflict.losses import task_losses
from vizlab.measures.reference import Reference
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

PARAMETERS, FEATURES = "parameters", "features"
LAST = "after the last site"
"""The group of parameters that are used once all sites were met."""


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Of one network, picture and reference. `losses` by task, in the units of `losses.LOSSES`.

    `parameters` are grouped by the stage of the site that is met next after they are first used (a site's own belong to
    it), in the order of use, `LAST` for the rest; of each two tasks, those that both losses reach, be it through an
    exchange. `features` are what enters the sites of a stage, all streams together. Where a network has sites of
    several kinds, kinds stand apart ("distillation, scale 0").
    """

    model: str
    tasks: tuple[str, ...]
    losses: Mapping[str, float]
    parameters: tuple[Agreement, ...]
    features: tuple[Agreement, ...]


def task_conflicts(
    model: Model,
    rgbd: RGBDImage,
    truth: Reference,
    *,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
    step: Step = silent,
) -> Conflicts:
    """One forward and one backward per task, on a copy of `model.network`.

    `working_size` (H, W) and `settings` of the method's controls as in `trace`. Raises InputError for a network of one
    task, and unless two of its tasks have a reference in `truth`. Takes the model's lock while the network is copied.
    """
    if len(model.tasks) < 2:
        raise InputError(f"{model.name} has one task, {model.tasks[0].name}; expected two that can conflict.")
    change = Intervention(settings_for(model, settings))
    step(0.05, f"copying {model.name}")
    network, device = private_network(model)
    network.requires_grad_(True)
    framing = model.frame(rgbd.size, working_size)
    inputs = {name: x.to(device) for name, x in model.preprocess(rgbd, framing).items()}
    step(0.2, f"one forward of {model.name}")
    with watching_use(network) as use, intervening(change):
        outputs = run(network, inputs)
        comparable = {name: y for name, y in outputs.items() if Output.parse(name).task not in network.pictured}
        losses = task_losses(comparable, truth, framing)
    step(0.5, f"gradients of {', '.join(losses)}")
    groups: dict[Key, list[Tensor]] = {(PARAMETERS, name): x for name, x in use.parameters().items()}
    groups |= {(FEATURES, name): x for name, x in use.features().items()}
    found = agreements(losses, groups)
    return Conflicts(
        model=model.name,
        tasks=tuple(losses),
        losses={task: float(loss.detach()) for task, loss in losses.items()},
        parameters=tuple(a for key, a in found.items() if key[0] == PARAMETERS),
        features=tuple(a for key, a in found.items() if key[0] == FEATURES),
    )


@dataclass(eq=False)
class Use:
    """In which order a forward used what: parameters by the site that came next, and what entered each site."""

    labels: Mapping[str, str]
    _waiting: dict[int, nn.Parameter] = field(default_factory=dict)
    _groups: dict[str, dict[int, nn.Parameter]] = field(default_factory=dict)
    _entered: dict[str, list[Tensor]] = field(default_factory=dict)

    def used(self, module: nn.Module) -> None:
        known = {key for group in self._groups.values() for key in group}
        for parameter in module.parameters(recurse=False):
            if id(parameter) not in known:
                self._waiting.setdefault(id(parameter), parameter)

    def entered(self, module: FusionModule, given: Any) -> Any:
        """A site was reached: what was used until here is of its stage, and so are its own parameters."""
        group = self._groups.setdefault(self.labels[module.site.name], {})
        group.update(self._waiting)
        self._waiting.clear()
        group.update({id(p): p for p in module.parameters()})
        kept = self._entered.setdefault(self.labels[module.site.name], [])
        return tree_map(lambda x: _kept(x, kept), given)

    def parameters(self) -> dict[str, list[Tensor]]:
        """By stage, in the order of use; each parameter once."""
        found = {name: list(group.values()) for name, group in self._groups.items()}
        return {name: [*of] for name, of in {**found, LAST: list(self._waiting.values())}.items() if of}

    def features(self) -> dict[str, list[Tensor]]:
        """By stage, what entered its sites."""
        return {name: tensors for name, tensors in self._entered.items() if tensors}


def stage_label(words: SiteWords) -> str:
    """The group that a site belongs to: its stage, ahead of it its kind where there are several."""
    return ", ".join(filter(None, (words.kind, words.stage)))


@contextmanager
def watching_use(network: FusionNetwork) -> Iterator[Use]:
    """Within the block a forward of `network`, which must be nobody else's, is watched; no hook is left behind."""
    use = Use({name: stage_label(words) for name, words in site_words(network.sites).items()})
    with ExitStack() as hooks:
        for module in network.modules():
            if isinstance(module, FusionModule) and hasattr(module, "site"):
                handle = module.register_forward_pre_hook(lambda m, args: use.entered(m, args))
                hooks.callback(handle.remove)
            elif next(module.parameters(recurse=False), None) is not None:
                handle = module.register_forward_pre_hook(lambda m, args: use.used(m))
                hooks.callback(handle.remove)
        yield use


def _kept(value: Any, kept: list[Tensor]) -> Any:
    if not isinstance(value, Tensor) or not value.requires_grad:
        return value
    # One to take gradients at, of this use of the value alone; another that the site may overwrite.
    entered = value.clone()
    kept.append(entered)
    return entered.clone()
