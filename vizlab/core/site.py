"""Fusion sites: where streams mix, how a forward pass is watched there and how it is changed there.

A fusion site is a module that derives from `FusionModule`. Watching and intervening are scoped to the calling
thread's context (a `ContextVar`), not registered on the module. So nothing is left behind after an error, two
threads may run one network at once, and a plain forward pays one variable look-up per site.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, Protocol

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
    "relu6"; None says that something else follows, or that nobody says what. A source may be an earlier stage of a
    stream: then `senders` names the stream of each source, in their order; empty where every source is a stream.
    """

    name: str
    kind: str
    targets: tuple[str, ...]
    sources: tuple[str, ...]
    channels: int
    stage: str
    additive: bool = True
    activation: Activation | None = None
    senders: tuple[str, ...] = ()

    @property
    def apart(self) -> bool:
        """Whether no stream could send to another one here."""
        return all(source == target for target in self.targets for source in self.sources)

    def sender(self, source: str) -> str:
        """The stream that a source is of."""
        return self.senders[self.sources.index(source)] if self.senders else source


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
    A site that does not add shows nothing, or of every target its `output` without parts, for the sake of `extras`.
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


@dataclass(frozen=True, eq=False)
class Arrival:
    """What one source is about to add to one target: `part` (B, C', H, W), on the target's `channels` (None: all).

    The part is computed when it is first asked for.
    """

    make: Callable[[], Tensor]
    channels: Tensor | None = None

    @cached_property
    def part(self) -> Tensor:
        return self.make()


@dataclass(frozen=True, eq=False)
class Arrived:
    """What the source adds after all, None for nothing.

    `own`, a number or a tensor that spreads over the part ((C', 1, 1), (B, 1, 1, 1)), is how much of what the target
    itself has in that place comes back, where a part took the place of something: 1 where the edge is cut.
    """

    part: Tensor | None
    own: float | Tensor = 0.0


Edit = Callable[[Arrival], Arrived]
"""What is made of a part. It must not change the part in place."""
Way = tuple[str, str | None]
"""Target and source of an edge by name; the source None stands for all other streams together."""
NO_EDITS: Mapping[Way, Edit] = MappingProxyType({})


@dataclass(frozen=True)
class Intervention:
    """A change of what sites do during one forward.

    `settings` give values to controls that the method declares, by name; `cross=False` removes what streams send to
    each other at every additive site; `sites` limits both to the named sites (None: all). `at` gives settings to single
    sites, in place of `settings`. `edits` are by site and way: what a source adds to a target goes through them.
    """

    settings: Mapping[str, float] = field(default_factory=dict)
    cross: bool = True
    sites: frozenset[str] | None = None
    at: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    edits: Mapping[str, Mapping[Way, Edit]] = field(default_factory=dict)

    def touches(self, site: str) -> bool:
        return self.sites is None or site in self.sites

    def of_site(self, site: str) -> "Intervention":
        """What is asked of that site alone."""
        here = self if self.touches(site) else NO_INTERVENTION
        own = self.at.get(site)
        return replace(here, settings={**here.settings, **own}) if own else here


class Observer(Protocol):
    """Called by a site once per target, in network order, inside the forward."""

    def __call__(self, module: "FusionModule", mixing: Mixing) -> None: ...


class Passage(Protocol):
    """A forward that is kept or gone on with (see `vizlab.core.kept`): told of every site before anything in it runs.

    While it is `replaying`, nothing is computed and there is nothing to see.
    """

    @property
    def replaying(self) -> bool: ...

    def reached(self, site: str) -> None: ...


NO_INTERVENTION = Intervention()
_passage: ContextVar[Passage | None] = ContextVar("vizlab_passage", default=None)
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


@contextmanager
def passing(passage: Passage) -> Iterator[None]:
    """Within the block, in this thread, every site tells `passage` that it is reached."""
    token = _passage.set(passage)
    try:
        yield
    finally:
        _passage.reset(token)


class FusionModule(nn.Module):
    """Base of all modules at which streams mix. `site` is set once, by `declare_sites`."""

    site: Site

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.reach()
        return super().__call__(*args, **kwargs)

    def reach(self) -> None:
        """Called before anything of this site runs in a forward; once more does no harm."""
        passage = _passage.get()
        if passage is not None and hasattr(self, "site"):
            passage.reached(self.site.name)

    def edges(self) -> tuple[Way, ...]:
        """The ways on which something comes from another stream and goes through `arriving`."""
        if not self.site.additive:
            return ()
        return tuple((t, s) for t in self.site.targets for s in self.site.sources if s != t)

    def sends(self, target: str, source: str | None) -> bool:
        """Whether anything comes on that way, by the weights and the current intervention alone."""
        return True

    def own_parts(self) -> tuple[Way, ...]:
        """The ways from a target to itself that go through `arriving`, too; none where one's own is what is left."""
        return ()

    @property
    def edits(self) -> Mapping[Way, Edit]:
        """The edits of this site under the current intervention."""
        found = _intervention.get().edits
        return found.get(self.site.name, NO_EDITS) if found else NO_EDITS

    def arriving(
        self, target: str, source: str | None, make: Callable[[], Tensor], channels: Tensor | None = None
    ) -> Arrived:
        """What `source` adds to `target` under the current intervention.

        `make` computes what it adds by itself. Every part that comes from another stream must go through here, watched
        or not, and parts of one's own where `own_parts` says so.
        """
        edit = self.edits.get((target, source))
        return Arrived(make()) if edit is None else edit(Arrival(make, channels))

    @property
    def apart(self) -> bool:
        """Whether parts are to be computed one by one, so that what comes after rounds alike whoever looks or edits."""
        return _observer.get() is not None or _passage.get() is not None or bool(_intervention.get().edits)

    def describe_site(self, name: str) -> Site | None:
        """The site this module is in a network where its path is `name`; None if it mixes nothing."""
        raise NotImplementedError

    def static_weights(self) -> dict[str, np.ndarray]:
        """The weights that decide the mixing, the same for every picture, as small float32 or bool arrays."""
        raise NotImplementedError

    @property
    def observer(self) -> Observer | None:
        passage = _passage.get()
        return None if passage is not None and passage.replaying else _observer.get()

    @property
    def intervention(self) -> Intervention:
        """What the current context asks of this site."""
        return _intervention.get().of_site(self.site.name)


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
