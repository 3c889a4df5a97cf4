"""Fusion sites: where streams mix, how a forward pass is watched there and how it is changed there.

A fusion site is a module that derives from `FusionModule`. Watching and intervening are scoped to the calling
thread's context (a `ContextVar`), not registered on the module. So nothing is left behind after an error, two
threads may run one network at once, and a plain forward pays one variable look-up per site.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
from torch import Tensor, nn

from vizlab.core.framing import Framing

Activation = Literal["relu", "relu6"]
"""The pointwise functions after which a share by channel is taken, too (see `reduction`)."""


@dataclass(frozen=True)
class Site:
    """One place where streams mix, declared as data.

    `kind` is the method's word for what it does there; `targets` receive and `sources` send; `additive` says whether
    `output[t]` is a sum of contributions of the sources (else no cross-stream share is defined). `stage` groups sites
    for display. `activation` names what is applied to every output, and nothing before it, where that is "relu" or
    "relu6"; None says that something else follows, or that nobody says what.
    """

    name: str
    kind: str
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    channels: int
    stage: str
    additive: bool = True
    activation: Activation | None = None


@dataclass(frozen=True)
class Part:
    """What one source adds to one target: `value` is (B, C', H, W).

    `channels` (C',) gives the places of those C' channels among the target's C; None means all of them.
    """

    source: int
    value: Tensor
    channels: Tensor | None = None


@dataclass(frozen=True)
class Mixing:
    """What one target of a site received in one forward.

    `output` (B, C, H, W) is the sum of all parts and `constant` (C,), which belongs to no source. With
    `own_is_rest`, the part of the source `own` is not listed: it is the output on the channels no part names
    (masked replacement), which saves a copy of most of the feature map. `gates` are (B, H, W) maps by source.
    `extras` gives further small arrays of this target that the method wants kept, by name, of the first picture and
    without its padding; of one name they have one shape for all targets.
    The tensors are only valid while the observer runs, and `extras` is to be called then: an in-place activation may
    follow.
    """

    target: int
    output: Tensor
    parts: Sequence[Part]
    constant: Tensor | None = None
    own: int | None = None
    own_is_rest: bool = False
    gates: Mapping[int, Tensor] = field(default_factory=dict)
    extras: Callable[[Framing], Mapping[str, np.ndarray]] | None = None


@dataclass(frozen=True)
class Intervention:
    """A change of what sites do during one forward.

    `settings` give values to controls that the method declares, by name; `cross=False` removes what streams send to
    each other at every additive site; `sites` limits both to the named sites (None: all).
    """

    settings: Mapping[str, float] = field(default_factory=dict)
    cross: bool = True
    sites: frozenset[str] | None = None

    def touches(self, site: str) -> bool:
        return self.sites is None or site in self.sites


class Observer(Protocol):
    """Called by a site once per target, in network order, inside the forward."""

    def __call__(self, module: "FusionModule", mixing: Mixing) -> None: ...


NO_INTERVENTION = Intervention()
_observer: ContextVar[Observer | None] = ContextVar("vizlab_observer", default=None)
_intervention: ContextVar[Intervention] = ContextVar("vizlab_intervention", default=NO_INTERVENTION)


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Within the block, in this thread, every site shows `observer` what it mixes."""
    token = _observer.set(observer)
    try:
        yield
    finally:
        _observer.reset(token)


@contextmanager
def intervening(intervention: Intervention) -> Iterator[None]:
    """Within the block, in this thread, every site follows `intervention`."""
    token = _intervention.set(intervention)
    try:
        yield
    finally:
        _intervention.reset(token)


class FusionModule(nn.Module):
    """Base of all modules at which streams mix. `site` is set once, by `declare_sites`."""

    site: Site

    def describe_site(self, name: str) -> Site | None:
        """The site this module is in a network where its path is `name`; None if it mixes nothing."""
        raise NotImplementedError

    def static_weights(self) -> dict[str, np.ndarray]:
        """The weights that decide the mixing, the same for every picture, as small float32 or bool arrays."""
        raise NotImplementedError

    @property
    def observer(self) -> Observer | None:
        return _observer.get()

    @property
    def intervention(self) -> Intervention:
        """What the current context asks of this site."""
        current = _intervention.get()
        return current if current.touches(self.site.name) else NO_INTERVENTION


def declare_sites(
    network: nn.Module, hidden_prefix: str = "", stage_of: Callable[[str], str] | None = None
) -> tuple[Site, ...]:
    """Name every fusion module of `network` after its path (less `hidden_prefix`), in registration order.

    `stage_of` says which stage a path belongs to, where the module cannot know.
    """
    sites = []
    for path, module in network.named_modules():
        if isinstance(module, FusionModule):
            name = path.removeprefix(hidden_prefix)
            site = module.describe_site(name)
            if site is not None:
                if stage_of is not None:
                    site = replace(site, stage=stage_of(name))
                module.site = site
                sites.append(site)
    return tuple(sites)


def fusion_modules(network: nn.Module) -> dict[str, FusionModule]:
    """The fusion modules by site name, in network order."""
    return {m.site.name: m for m in network.modules() if isinstance(m, FusionModule) and hasattr(m, "site")}
