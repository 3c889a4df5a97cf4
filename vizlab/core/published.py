"""What a method says of a file format that its authors publish."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from vizlab.core.config import NetworkConfig

State = Mapping[str, Tensor]
Plain = str | int | float | bool


@dataclass(frozen=True)
class Clues:
    """What is known of a file beside its tensors.

    `folders` are the names of those it lies in, innermost first; `settings` the plain values it holds, by dotted name
    ("cfg.MODEL.SUPERNET"); `given` what the caller gave, by the name of `load_model`'s parameter (None: not given).
    """

    folders: tuple[str, ...] = ()
    settings: Mapping[str, Plain] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)


def as_stored(state: State) -> State:
    """Tensors that need no other names, axes or order than the file's."""
    return state


@dataclass(frozen=True)
class PublishedFormat:
    """One family of authors' files.

    `arrange` gives the tensors the names and axes under which everything else here knows them, where another framework
    wrote them or one is stored twice. `describe` gives the configuration and what of it is assumed (field to value and
    origin); what decides and is nowhere said it asks for by `UnsaidError`. `sources` names the stored tensors that one
    of our tensors is made of; `unused` tells stored tensors that no forward reads.
    """

    name: str
    recognise: Callable[[Collection[str]], bool]
    describe: Callable[[State, Clues], tuple[NetworkConfig, dict[str, str]]]
    sources: Callable[[str, NetworkConfig], str | tuple[str, ...]]
    unused: Callable[[str], bool] = lambda key: False
    arrange: Callable[[State], State] = as_stored


@dataclass(frozen=True)
class KnownFile:
    """A file of a known code base that holds no network vizlab shows: told by its names, said by its own.

    `name` goes on after "holds", `instead` after "expected"; `recognise` is asked below every prefix of the names.
    """

    name: str
    recognise: Callable[[Collection[str]], bool]
    instead: str
