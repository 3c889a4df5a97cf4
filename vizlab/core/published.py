"""What a method says of a file format that its authors publish."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from torch import Tensor

from vizlab.core.config import NetworkConfig

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class PublishedFormat:
    """One family of authors' files.

    `describe` gives the configuration and what of it is assumed (field to value and origin); `sources` names the
    stored tensors that one of our tensors is made of; `unused` tells stored tensors that no forward reads.
    """

    name: str
    recognise: Callable[[Collection[str]], bool]
    describe: Callable[[State], tuple[NetworkConfig, dict[str, str]]]
    sources: Callable[[str, NetworkConfig], str | tuple[str, ...]]
    unused: Callable[[str], bool] = lambda key: False


@dataclass(frozen=True)
class KnownFile:
    """A file of a known code base that holds no network vizlab shows: told by its names, said by its own.

    `name` goes on after "holds", `instead` after "expected"; `recognise` is asked below every prefix of the names.
    """

    name: str
    recognise: Callable[[Collection[str]], bool]
    instead: str
