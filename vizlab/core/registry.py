"""The methods that are installed, ours as well as a stranger's: entry points of the group `vizlab.methods`."""

import functools
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Control, Method
from vizlab.core.network import FusionNetwork
from vizlab.errors import CheckpointError, InputError, one_line

GROUP = "vizlab.methods"
log = logging.getLogger("vizlab")


@dataclass(frozen=True)
class Registry:
    """`methods` by family in the order of the page; `broken` says of entry points that could not be used, why."""

    methods: Mapping[str, Method]
    broken: Mapping[str, str]

    @property
    def titles(self) -> str:
        """The methods whose published files are known, in words, with "or" before the last."""
        named = [m.title for m in self.methods.values() if m.files]
        return " or ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))


def discover(found: Iterable[EntryPoint]) -> Registry:
    """Load each of `found`; one that fails, or repeats what another one has, is logged and left out."""
    methods: dict[str, Method] = {}
    broken: dict[str, str] = {}
    for entry in found:
        try:
            method = entry.load()
            _check(method, methods)
            methods[method.family] = method
        except Exception as err:  # a stranger's package may raise anything
            log.exception("the method '%s' (%s) is left out", entry.name, entry.value)
            broken[entry.name] = f"{type(err).__name__}: {err}"
    return Registry(dict(sorted(methods.items(), key=lambda item: (item[1].rank, item[0]))), broken)


def _check(method: object, known: Mapping[str, Method]) -> None:
    if not isinstance(method, Method):
        raise TypeError(f"expected a vizlab.core.method.Method, found a {type(method).__name__}")
    if method.family in known:
        raise ValueError(f"the family '{method.family}' is there already")
    for other in known.values():
        if shared := set(method.architectures) & set(other.architectures):
            raise ValueError(f"the architecture '{min(shared)}' is {other.title}'s")


@functools.cache
def registry() -> Registry:
    """What is installed, found once a process; vizlab's own come first, so that nobody can take their place."""
    found = entry_points(group=GROUP)
    return discover(sorted(found, key=lambda e: (e.dist is None or e.dist.name != "vizlab", e.name)))


def methods() -> Mapping[str, Method]:
    """The installed methods by family, in the order of the page."""
    return registry().methods


def method_of(config: NetworkConfig) -> Method:
    """The method that builds the configuration's architecture; raises CheckpointError if none does."""
    for method in methods().values():
        if config.architecture in method.architectures:
            return method
    said, known = one_line(config.architecture, 80), (a for m in methods().values() for a in m.architectures)
    nearest = ", ".join(get_close_matches(said, known, cutoff=0))
    raise CheckpointError(f"Architecture '{said}' is unknown; those nearest to it that vizlab builds are {nearest}.")


def build_network(config: NetworkConfig) -> FusionNetwork:
    """The network of that configuration with fresh weights, in evaluation mode."""
    return method_of(config).architectures[config.architecture](config).eval()


def title_of(family: str) -> str:
    """How the method is written; the family's own name where no such method is installed."""
    return methods()[family].title if family in methods() else family


def controls() -> dict[str, Control]:
    """The controls of all methods by name; of one that several methods have, the first."""
    found: dict[str, Control] = {}
    for method in methods().values():
        for control in method.controls:
            found.setdefault(control.name, control)
    return found


def known_control(name: str) -> Control:
    """The control of that name, of whichever method declares it; raises InputError if none does."""
    if name in controls():
        return controls()[name]
    raise InputError(f"'{name[:40]}' is no setting of any method; known: {', '.join(controls()) or 'none'}.")


def checked(settings: Mapping[str, object]) -> dict[str, float]:
    """`settings` with every value within its control's range; raises InputError for others and for unknown names."""
    return {name: known_control(name).check(value) for name, value in settings.items()}
