"""An owner's module as a network that vizlab can watch: run as its owner runs it, hooked only while it is watched."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from vizlab.core.adapt.outputs import NamedOutputs
from vizlab.core.adapt.readings import Forward
from vizlab.core.adapt.sites import AdaptedSite, FusionSite
from vizlab.core.adapt.watch import Receive, SiteWatch, hooked
from vizlab.core.network import FusionNetwork
from vizlab.errors import InputError
from vizlab.tasks import Task

Caller = Callable[[nn.Module, dict[str, Tensor]], Any]
"""How the owner's module is called: with it and the inputs by name, (B, 3, H, W) float32, returns what it returns."""


class AdaptedNetwork(FusionNetwork):
    """Wraps `module`, which stays the owner's: its weights, its memory format and its code are used as they are.

    Takes and returns what every `FusionNetwork` does. `sites` are in the order in which a forward meets them, known
    after `survey`.
    """

    def __init__(
        self,
        module: nn.Module,
        inputs: Sequence[str],
        outputs: NamedOutputs,
        sites: Sequence[FusionSite],
        call: Caller | None,
        multiple: int,
    ) -> None:
        super().__init__()
        self.module = module
        self.inputs, self.multiple = tuple(inputs), multiple
        self.tasks: tuple[Task, ...] = ()
        self.places = nn.ModuleList(AdaptedSite(site) for site in sites)
        self.sites = tuple(place.site for place in self._adapted)
        self._outputs, self._call = outputs, call

    @property
    def _adapted(self) -> list[AdaptedSite]:
        return [place for place in self.places if isinstance(place, AdaptedSite)]

    def to(self, *args: Any, **kwargs: Any) -> "AdaptedNetwork":
        """As every module's, but memory formats stay: an owner may rely on them, and results would change with them."""
        kwargs.pop("memory_format", None)
        return super().to(*args, **kwargs) if args or kwargs else self

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        return self._outputs(self._run(inputs, self._watched(), _receive))

    def survey(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        """One forward that meets every site, whether watched or not; notes their channels and puts them in its order.

        Returns the outputs by name. Raises InputError for whatever does not fit the declarations.
        """
        widths: dict[AdaptedSite, int] = {}

        def note(place: AdaptedSite, target: str, forward: Forward) -> None:
            width = place.width(target, forward)
            if widths.setdefault(place, width) != width:
                raise place.declared.error(
                    target, f"it has {width} channels, other targets {widths[place]}; declare a site for each"
                )
            if place.site.additive:
                place.split(target, forward)

        outputs = self._outputs(self._run(inputs, self._adapted, note))
        for place, width in widths.items():
            place.settle(width, self.module)
        self.places = nn.ModuleList(widths)
        self.sites = tuple(place.site for place in widths)
        return outputs

    def _watched(self) -> list[AdaptedSite]:
        """The sites that this forward has to meet: all that add while there is an observer, those that are changed."""
        return [p for p in self._adapted if p.site.additive and (p.apart or not p.intervention.cross)]

    def _run(self, inputs: Mapping[str, Tensor], places: Sequence[AdaptedSite], receive: Receive) -> Any:
        # Contiguous, as its owner would give them: a module may take views that channels last does not allow.
        ready = {name: inputs[name].contiguous() for name in self.inputs}
        if not places:
            return self._called(ready)
        height, width = next(iter(ready.values())).shape[-2:]
        watches = [SiteWatch(p, self.module, p.declared.layout((height, width)), receive) for p in places]
        with hooked(self.module, watches):
            result = self._called(ready)
        for watch in watches:
            watch.finish()
        return result

    def _called(self, inputs: dict[str, Tensor]) -> Any:
        return self.module(*inputs.values()) if self._call is None else self._call(self.module, inputs)


def _receive(place: AdaptedSite, target: str, forward: Forward) -> Tensor | None:
    return place.mix(target, place.split(target, forward), forward)


def check_paths(module: nn.Module, sites: Sequence[FusionSite]) -> None:
    """Raise InputError for sites of one name and for paths that lead nowhere in `module`."""
    names = [site.title for site in sites]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"Two sites are called '{twice[0]}'; give each its own name=.")
    known = {path for path, _ in module.named_modules(remove_duplicate=False)}
    for site in sites:
        points = [*(site.place(target) for target in site.targets), *(v.point for v in site.values())]
        for point in points:
            if point is not None and point.path not in known:
                raise site.error("", f"there is no module '{point.path}'{_near(point.path, known)}")


def _near(path: str, known: set[str]) -> str:
    """What the module has below the part of `path` that exists."""
    parent = path
    while parent not in known:
        parent = parent.rpartition(".")[0]
    prefix = f"{parent}." if parent else ""
    children = sorted(k.removeprefix(prefix) for k in known if k.startswith(prefix) and k != parent)
    direct = [child for child in children if child and "." not in child]
    holder = f"'{parent}'" if parent else "the module"
    return f"; {holder} has {', '.join(direct[:12]) or 'no modules in it'}"
