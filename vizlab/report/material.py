"""What a report is made of: traces of one picture, the picture, and what was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.views.document import Document, document

Traces = FusionTrace | Mapping[str, FusionTrace] | Sequence[FusionTrace]
"""One trace, several, or several by network name."""


@dataclass(frozen=True, eq=False)
class Material:
    """`traces` by network name, of the picture `rgbd` (None where it is not at hand: a trace holds none).

    `own` are the same networks at their checkpoints' own settings, where a control was moved. `shown` is what a network
    was given where that is not `rgbd` itself (depth that was predicted for it). `cards` are the checkpoints' cards by
    network name, `skipped` says of networks that could not run why. `key`, `title` and `scene` as in a document;
    `made` is its document, where somebody has it already.
    """

    traces: Mapping[str, FusionTrace]
    rgbd: RGBDImage | None
    reference: Reference | None = None
    own: Mapping[str, FusionTrace] = field(default_factory=dict)
    shown: Mapping[str, RGBDImage] = field(default_factory=dict)
    cards: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    key: str = ""
    title: str = ""
    scene: str | None = None
    made: Document | None = None

    def __post_init__(self) -> None:
        if not self.traces:
            raise InputError("There is no trace to report on; trace a picture first.")
        digests = {trace.input_digest for name, trace in self.traces.items() if name not in self.shown}
        if len(digests) > 1 and not self.made:
            raise InputError("The traces are of different pictures; give those of one picture.")

    @cached_property
    def document(self) -> Document:
        """All that a viewer shows of it."""
        if self.made is not None:
            return self.made
        return document(
            self.traces, self.rgbd, self.reference, key=self.key, title=self.title, scene=self.scene, own=self.own
        )

    @property
    def every_trace(self) -> dict[str, FusionTrace]:
        """Those at a control's other value and those at their own, by a name each."""
        return {**self.traces, **{f"{name} (own setting)": trace for name, trace in self.own.items()}}


def material(source: "Material | Traces", rgbd: RGBDImage | None = None, **more: object) -> Material:
    """`source` as it is, or traces and their picture as material. Raises InputError where they do not belong together.

    Two traces of networks of one name get a number behind it.
    """
    if isinstance(source, Material):
        return source
    named = dict(source) if isinstance(source, Mapping) else _named(source)
    if rgbd is not None and (other := [name for name, trace in named.items() if trace.input_digest != rgbd.digest]):
        raise InputError(f"The trace of {other[0]} is not of this picture; give the one that was traced.")
    return Material(named, rgbd, **more)  # type: ignore[arg-type]


def document_of(source: "Document | Material | Traces", rgbd: RGBDImage | None = None) -> Document:
    """The document of whatever a figure is asked of."""
    return source if isinstance(source, Document) else material(source, rgbd).document


def _named(source: "FusionTrace | Sequence[FusionTrace]") -> dict[str, FusionTrace]:
    found: dict[str, FusionTrace] = {}
    for trace in [source] if isinstance(source, FusionTrace) else source:
        name, count = trace.model.name, 2
        while name in found:
            name, count = f"{trace.model.name} {count}", count + 1
        found[name] = trace
    return found
