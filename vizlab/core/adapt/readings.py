"""How the parts of a site are read: as a sum, gated, replaced by a mask, or not as a sum at all.

`c[s->t]` is what source s adds to target t: `y[t] = sum_s c[s->t] + constant`. A reading says which tensors it needs
and makes the parts of them, in the layout that the owner's module uses.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.adapt.layout import Layout, Per, spread
from vizlab.core.adapt.values import Item, Point, Side, Value, ValueLike, as_value
from vizlab.errors import InputError


@dataclass(frozen=True)
class Split:
    """What one target received, in the owner's layout.

    `parts` by source, each in the output's shape; `constant` (C,), of no source; `gates` by source, spread over the
    output's shape; `alone` what is left of the target's own where nothing comes from others, its part if not given;
    `instead` gives what of that comes back where one source's part is cut; None where parts take the place of nothing.
    """

    parts: Mapping[str, Tensor]
    constant: Tensor | None = None
    gates: Mapping[str, Tensor] = field(default_factory=dict)
    alone: Tensor | None = None
    instead: Callable[[str], Tensor] | None = None


@dataclass(frozen=True)
class Forward:
    """What a reading may look at: the owner's `module`, the target's `output`, and the tensor of a value (`take`)."""

    module: nn.Module
    output: Tensor
    layout: Layout
    take: Callable[[Value], Tensor]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Base of all readings. `item` is the target's place in what the module returns, where that is no plain tensor."""

    item: Item | None = None

    kind: ClassVar[str]
    words: ClassVar[str]
    additive: ClassVar[bool] = True

    @property
    def sources(self) -> tuple[str, ...]:
        raise NotImplementedError

    def values(self, path: str) -> tuple[Value, ...]:
        """The values it needs, where the site's module is at `path`."""
        return ()

    def place(self, path: str, side: Side) -> Point:
        """Where the target's output can be seen."""
        return Point(path, side)

    def split(self, target: str, path: str, forward: Forward) -> Split:
        """The parts of `target`; raises InputError, a clause without the site's name, where something does not fit."""
        raise NotImplementedError

    def static_weights(self, module: nn.Module, path: str) -> dict[str, np.ndarray]:
        """What of the mixing is the same for every picture, as small arrays by name."""
        return {}


@dataclass(frozen=True)
class Sum(Reading):
    """The output is the sum of `parts`, by source, and of a `constant` of C numbers, if any.

    For example `Sum({"rgb": 0, "depth": 1})` for a module that is called with the two, or
    `Sum({"rgb": "lateral.rgb", "depth": "lateral.depth"})` for the outputs of two modules.
    """

    parts: Mapping[str, ValueLike]
    constant: Value | None = None

    kind = "sum"
    words = "a sum over streams"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", {source: as_value(given) for source, given in self.parts.items()})

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(self.parts)

    def values(self, path: str) -> tuple[Value, ...]:
        given = [*self.parts.values(), *([] if self.constant is None else [self.constant])]
        return tuple(as_value(value).within(path) for value in given)

    def split(self, target: str, path: str, forward: Forward) -> Split:
        parts = self._parts(path, forward)
        return Split(parts, None if self.constant is None else forward.take(self.constant.within(path)).flatten())

    def _parts(self, path: str, forward: Forward) -> dict[str, Tensor]:
        return {s: fitting(s, forward.take(as_value(v).within(path)), forward) for s, v in self.parts.items()}


@dataclass(frozen=True)
class Gated(Sum):
    """As `Sum`, each source in `gates` times its gate: a module's output, an argument, or stored numbers.

    A gate is spread over the output: (B, C, H, W) as it is, (B, 1, H, W) over channels, (C,) or (B, C) over places.
    """

    gates: Mapping[str, ValueLike] = field(default_factory=dict)

    kind = "gate"
    words = "a sum over streams, in which a gate decides how much of a stream is added"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "gates", {source: as_value(given) for source, given in self.gates.items()})
        if stray := set(self.gates) - set(self.parts):
            raise InputError(f"There is a gate for '{min(stray)}', which is no part; parts are {_listed(self.parts)}.")

    def values(self, path: str) -> tuple[Value, ...]:
        return (*super().values(path), *(as_value(gate).within(path) for gate in self.gates.values()))

    def split(self, target: str, path: str, forward: Forward) -> Split:
        plain = super().split(target, path, forward)
        gates = {
            source: spread(forward.take(as_value(gate).within(path)), "channel", forward.layout, forward.output)
            for source, gate in self.gates.items()
        }
        parts = {s: part * gates[s] if s in gates else part for s, part in plain.parts.items()}
        return Split(parts, plain.constant, gates)


@dataclass(frozen=True)
class Replaced(Reading):
    """Where a mask is true, the target's own channel or token is another stream's.

    `parts` by source hold the whole tensors, the target's own among them; `mask` is one for all others or one for each
    by source, true or 1 where it replaces, per "channel" or per "token" (also pixel). Of several others with one mask,
    each part must be what it adds, such as its half. Without others the target keeps its own.
    """

    parts: Mapping[str, ValueLike]
    mask: ValueLike | Mapping[str, ValueLike]
    per: Per = "channel"

    kind = "replacement"
    words = "a replacement of channels or tokens by another stream's"

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", {source: as_value(given) for source, given in self.parts.items()})
        given = self.mask
        masks = {s: as_value(m) for s, m in given.items()} if isinstance(given, Mapping) else as_value(given)
        object.__setattr__(self, "mask", masks)
        if self.per not in ("channel", "token"):
            raise InputError(f"A mask decides per '{self.per}'; expected per='channel' or per='token'.")

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(self.parts)

    def masks(self, target: str) -> dict[str, Value]:
        """The mask of each other stream."""
        others = [source for source in self.parts if source != target]
        if not isinstance(self.mask, Mapping):
            return dict.fromkeys(others, as_value(self.mask))
        if missing := [source for source in others if source not in self.mask]:
            raise InputError(f"no mask says where '{missing[0]}' replaces; give mask= one entry for each other stream")
        return {source: as_value(self.mask[source]) for source in others}

    def values(self, path: str) -> tuple[Value, ...]:
        masks = self.mask.values() if isinstance(self.mask, Mapping) else [self.mask]
        return tuple(as_value(value).within(path) for value in (*self.parts.values(), *masks))

    def split(self, target: str, path: str, forward: Forward) -> Split:
        if target not in self.parts:
            raise InputError(f"the target is none of the parts ({_listed(self.parts)}); name its own stream like it")
        whole = {s: fitting(s, forward.take(as_value(v).within(path)), forward) for s, v in self.parts.items()}
        masks = {
            source: spread(_truth(forward.take(mask.within(path))), self.per, forward.layout, forward.output)
            for source, mask in self.masks(target).items()
        }
        kept = ~torch.stack(list(masks.values())).any(0) if masks else torch.ones_like(forward.output, dtype=torch.bool)
        parts = {s: x.where(masks.get(s, kept), x.new_zeros(())) for s, x in whole.items()}

        def instead(source: str) -> Tensor:
            share = torch.stack([mask.to(whole[target].dtype) for mask in masks.values()]).sum(0)
            return (whole[target] / share).where(masks[source], whole[target].new_zeros(()))

        return Split(parts, alone=whole[target], instead=instead)


@dataclass(frozen=True)
class Mixed(Reading):
    """The module mixes `streams`, but not as a sum: no share is defined, and cutting leaves it as it is."""

    streams: tuple[str, ...]

    kind = "mixing"
    words = "a mixing of streams that is no sum"
    additive = False

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(self.streams)


def fitting(source: str, part: Tensor, forward: Forward) -> Tensor:
    """`part`, if it has the output's shape; else an InputError."""
    if part.shape != forward.output.shape:
        raise InputError(
            f"the part of '{source}' has shape {tuple(part.shape)}, but the output {tuple(forward.output.shape)}; give "
            "the tensor as it is added, for instance with .then(...)"
        )
    return part


def _truth(mask: Tensor) -> Tensor:
    """A mask as bool; numbers count where they are all 0 or 1."""
    if mask.dtype != torch.bool and not bool(((mask == 0) | (mask == 1)).all()):
        raise InputError(
            "a mask holds numbers other than 0 and 1; what is weighted is read with Gated, and a threshold is taken "
            "with .then(lambda score: score < 0.02)"
        )
    return mask.bool()


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(names)
