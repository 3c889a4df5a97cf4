"""What is sent to a replica and what comes back: bytes, so that nothing of an answer stays in the cluster's memory.

Pictures, traces and effects are arrays and plain values. Both ends are the operator's own processes, of one version of
vizlab, connected by a cluster that takes Python objects from whoever reaches it: pickle opens nothing further.
"""

import copyreg
import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vizlab import errors
from vizlab.core.changes import Change
from vizlab.core.trace import FusionTrace
from vizlab.errors import VizlabError
from vizlab.measures.reference import Reference
from vizlab.page.scale.networks import Asked
from vizlab.rgbd import RGBDImage


@dataclass(frozen=True)
class Source:
    """A network by what makes it again: its files, what was given to `load_model` with them, and their SHA-256.

    `name` is what the page calls it. Who knows the path alone gets nothing: the page says who may run it.
    """

    name: str
    files: tuple[Path, ...]
    given: tuple[tuple[str, Any], ...]
    hash: str


@dataclass(frozen=True)
class Intervened:
    """What is changed on a picture, beside the trace without it; see `Networks.change`."""

    changes: tuple[Change, ...]
    before: FusionTrace
    truth: Reference | None


@dataclass(frozen=True)
class Question:
    """One network, one picture; with `change`, what that does, else a trace."""

    source: Source
    rgbd: RGBDImage
    asked: Asked
    change: Intervened | None = None


@dataclass(frozen=True)
class Refused:
    """A sentence for the visitor, by the name of its class in `vizlab.errors`."""

    kind: str
    said: str

    @classmethod
    def of(cls, err: VizlabError) -> "Refused":
        return cls(type(err).__name__, str(err))

    def error(self) -> VizlabError:
        """As it was raised there; one that takes more than a sentence is its plain base."""
        kind = getattr(errors, self.kind, VizlabError)
        plain = kind if kind is not errors.UnsaidError else errors.CheckpointError
        return plain(self.said)


@dataclass(frozen=True)
class Unreachable:
    """The replica does not find the network's files: only the page's machine has them."""


def _read_only(values: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(values)


def packed(value: object) -> bytes:
    """`value` as bytes; arrays that nobody may write to stay so."""
    stream = io.BytesIO()
    packer = pickle.Pickler(stream, protocol=5)
    packer.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: lambda proxy: (_read_only, (dict(proxy),))}
    packer.dump(value)
    return stream.getvalue()


def unpacked(data: bytes) -> Any:
    """What `packed` was given."""
    return pickle.loads(data)
