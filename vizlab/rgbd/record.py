"""How a picture was read: plain values that go into a trace, a report or a tooltip as they stand."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class ColourRecord:
    """The colour file: base name, container, stored type and (height, width), EXIF orientation applied (1: none)."""

    name: str
    container: str
    dtype: str
    size: tuple[int, int]
    orientation: int = 1


@dataclass(frozen=True)
class DepthRecord:
    """The depth file and what its numbers were taken to mean.

    `size` is (height, width) as stored; `encoding` a name that `depth_unit` accepts; `confidence` 0..1 and `assumed`
    say whether it is a guess; `range_m` and `median_m` are in metres over the known pixels of the file; `holes` is
    the share of unknown pixels, 0..1, in the file; `alignment` a sentence; `meaning` what the numbers were taken to
    measure, see `vizlab.rgbd.meanings`: where it begins with "relative", metres mean nothing but their ratios do.
    """

    name: str
    container: str
    dtype: str
    size: tuple[int, int]
    encoding: str
    unit: str
    metres_per_count: float
    confidence: float
    assumed: bool
    range_m: tuple[float, float]
    median_m: float
    holes: float
    alignment: str
    orientation: int = 1
    agreement: float | None = None
    meaning: str = "depth"


@dataclass(frozen=True)
class Suggestion:
    """Another way to read the same files, that may be the one meant.

    `label` names it in a few words, as on a button; `options` are the arguments of `read_rgbd` that read so, by name,
    as text; `reason` is what it would give, or why it is likely, as the end of a sentence.
    """

    label: str
    options: tuple[tuple[str, str], ...]
    reason: str = ""


@dataclass(frozen=True)
class ReadRecord:
    """How an RGBDImage came about; a part is None where there was no such file. `warnings` are plain sentences.

    `suggestions` are other readings to choose from, where something is doubtful. `domains` says of each further
    picture, by name, where it comes from.
    """

    colour: ColourRecord | None = None
    depth: DepthRecord | None = None
    warnings: tuple[str, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    domains: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Nested dicts, lists and plain values, ready for JSON."""
        return _listed(asdict(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "ReadRecord":
        """The record that `to_dict` was called on."""
        colour, depth = values["colour"], values["depth"]
        return cls(
            colour=None if colour is None else ColourRecord(**_tupled(colour)),
            depth=None if depth is None else DepthRecord(**_tupled(depth)),
            warnings=tuple(values["warnings"]),
            suggestions=tuple(
                Suggestion(one["label"], tuple((k, v) for k, v in one["options"]), one["reason"])
                for one in values.get("suggestions", ())
            ),
            domains=dict(values.get("domains", {})),
        )


def _tupled(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
