"""A network on some pictures as it is, run once, so that each change of it costs only what comes after the change."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.kept import LIMIT, DivergedError, Kept, Outputs, keep
from vizlab.core.model import Model
from vizlab.core.site import NO_INTERVENTION, Intervention, intervening

T = TypeVar("T")


class Baseline:
    """`model` on `inputs`, B pictures that lie in it as `framing` says, under the intervention `base` (none).

    `outputs` are the plain outputs by name, (B, C, h, w) float32. What comes before the sites is kept within `limit`
    bytes. Whoever shares the model with other threads holds its lock. `like` is another one of the same network, which
    has shown whether its forwards can be gone on with.
    """

    def __init__(
        self,
        model: Model,
        inputs: Mapping[str, Tensor],
        framing: Framing,
        base: Intervention = NO_INTERVENTION,
        limit: int = LIMIT,
        like: "Baseline | None" = None,
    ) -> None:
        self.model, self.framing, self.base = model, framing, base
        self.inputs = dict(inputs)
        with intervening(base):
            sound = None if like is None else like._kept.sound
            self._kept: Kept = keep(self._forward, limit=limit, sound=sound)

    @property
    def outputs(self) -> Outputs:
        return self._kept.outputs

    @property
    def kept_bytes(self) -> int:
        return self._kept.bytes

    def under(self, change: Intervention) -> Outputs:
        """The outputs under `change` in place of `base`: to the bit those of a whole forward."""
        sites = self.changed_sites(change)
        if not sites:
            return self.outputs
        with intervening(change):
            return self.going_on(sites, self._forward)

    def going_on(self, sites: frozenset[str], forward: Callable[[], T]) -> T:
        """Run `forward`, which calls the model on the inputs, from the first of `sites` on."""
        try:
            with self._kept.going_on(sites):
                return forward()
        except DivergedError:  # a network that does not do the same twice has to run whole
            self._kept.sound = False
            with self._kept.going_on(sites):
                return forward()

    def changed_sites(self, change: Intervention) -> frozenset[str]:
        """The sites at which `change` is not `base`."""
        base, names = self.base, [site.name for site in self.model.sites]
        if (change.settings, change.cross, change.sites) != (base.settings, base.cross, base.sites):
            return frozenset(names)
        return frozenset(
            name
            for name in names
            if change.edits.get(name) != base.edits.get(name) or change.at.get(name) != base.at.get(name)
        )

    def _forward(self) -> Outputs:
        return self.model.forward(self.inputs)
