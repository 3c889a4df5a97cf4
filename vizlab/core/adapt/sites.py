"""What a site declaration is, and the fusion site that it becomes: parts out of a forward, compared, shown, cut."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.adapt.layout import Layout, Maps, Tokens, spread
from vizlab.core.adapt.readings import Forward, Reading, Split
from vizlab.core.adapt.values import Point, Side, Value
from vizlab.core.site import FusionModule, Mixing, Part, Site, Way
from vizlab.errors import InputError

TOLERANCE = {torch.float64: 1e-6, torch.float32: 2e-3}
"""By how much of their size parts may miss the output; float32 leaves room for a GPU's TF32 convolutions."""
ROUGH = 2e-2
"""The same in half precisions, whose outputs are rounded to 8 or 11 bits."""


@dataclass(frozen=True)
class FusionSite:
    """One place where streams mix: the module at `path`, and how the parts of each target are read.

    `targets` maps the stream that receives to its reading. A module that serves several returns a tuple or list in
    their order, or a dict by their names; `Reading.item` says otherwise. `at="input"` takes what the module is called
    with in place of what it returns: for a sum that its caller writes out. `tokens` is the grid (h, w) of tensors
    (B, N, C), or the side in pixels of one token's square; `skip` counts leading tokens without a place. `name`,
    `kind` and `stage` (for grouping) follow from path and reading where they are not given.

    A target that is none of the sources has no part of its own: all it gets comes from other streams, and cut off it
    keeps the constant alone.
    """

    path: str
    targets: Mapping[str, Reading]
    name: str = ""
    kind: str = ""
    stage: str = ""
    at: Side = "output"
    tokens: int | tuple[int, int] | None = None
    skip: int = 0

    def __post_init__(self) -> None:
        if not self.targets or not all(isinstance(reading, Reading) for reading in self.targets.values()):
            raise InputError(
                f"Site '{self.title}' has targets {dict(self.targets)}; expected the name of each stream that "
                'receives, and how its parts are read, such as {"rgb": Sum({"rgb": 0, "depth": 1})}.'
            )
        if len({reading.additive for reading in self.targets.values()}) > 1:
            raise InputError(f"Site '{self.title}' is a sum for some targets only; declare a site for each kind.")
        if "|" in self.title or self.at not in ("input", "output"):
            raise InputError(
                f"Site '{self.title}', at='{self.at}': expected a name without '|', and at= input or output."
            )

    @property
    def title(self) -> str:
        """What the site is called."""
        return self.name or self.path or "output"

    @property
    def additive(self) -> bool:
        return all(reading.additive for reading in self.targets.values())

    @property
    def sources(self) -> tuple[str, ...]:
        """Every stream that sends to some target, and the targets."""
        named = [source for reading in self.targets.values() for source in reading.sources]
        return tuple(dict.fromkeys([*named, *self.targets]))

    def described(self, channels: int) -> Site:
        """The site as data."""
        kind = self.kind or next(iter(self.targets.values())).kind
        stage = self.stage or self.path.split(".")[0]
        return Site(self.title, kind, tuple(self.targets), self.sources, channels, stage, self.additive)

    def layout(self, size: tuple[int, int]) -> Layout:
        """How its tensors lie in memory for an input of `size` (H, W)."""
        if self.tokens is None:
            return Maps()
        if isinstance(self.tokens, int):
            return Tokens((size[0] // self.tokens, size[1] // self.tokens), self.skip)
        return Tokens((self.tokens[0], self.tokens[1]), self.skip)

    def place(self, target: str) -> Point:
        """Where the target's output is seen; raises InputError where its reading cannot be had there."""
        try:
            return self.targets[target].place(self.path, self.at)
        except InputError as err:
            raise self.error(target, err) from err

    def values(self) -> tuple[Value, ...]:
        """Every value that its readings need."""
        found = [value for reading in self.targets.values() for value in reading.values(self.path)]
        return tuple(dict.fromkeys(found))

    def error(self, target: str, why: object) -> InputError:
        """`why`, a clause, as a sentence about one target of this site."""
        where = f"Site '{self.title}', target '{target}'" if target else f"Site '{self.title}'"
        return InputError(f"{where}: {str(why).rstrip('.')}.")


class AdaptedSite(FusionModule):
    """A declared site as fusing networks have it. It holds no weights: what mixes stays in the owner's module."""

    def __init__(self, declared: FusionSite) -> None:
        super().__init__()
        self.declared = declared
        self.site = declared.described(channels=0)
        self._weights: dict[str, np.ndarray] = {}

    def settle(self, channels: int, module: nn.Module) -> None:
        """Note what only a forward tells (`channels`), and the static weights found in the owner's `module`."""
        self.site = replace(self.site, channels=channels)
        for target, reading in self.declared.targets.items():
            found = reading.static_weights(module, self.declared.path)
            self._weights |= {f"{target}/{name}": weights for name, weights in found.items()}

    def describe_site(self, name: str) -> Site:
        return self.site

    def static_weights(self) -> dict[str, np.ndarray]:
        return dict(self._weights)

    def width(self, target: str, forward: Forward) -> int:
        """The channels of the target's output; raises InputError where its shape is not what the site declares."""
        try:
            return forward.layout.to_maps(forward.output).shape[1]
        except InputError as err:
            raise self.declared.error(target, err) from err

    def split(self, target: str, forward: Forward) -> Split:
        """The target's parts, which sum to the output; raises InputError, naming site and figure, if they do not."""
        self.width(target, forward)
        try:
            split = self.declared.targets[target].split(target, self.declared.path, forward)
            compare(split, forward)
        except InputError as err:
            raise self.declared.error(target, err) from err
        return split

    def edges(self) -> tuple[Way, ...]:
        if not self.site.additive:
            return ()
        readings = self.declared.targets.items()
        return tuple((target, source) for target, reading in readings for source in reading.sources if source != target)

    def mix(self, target: str, split: Split, forward: Forward) -> Tensor | None:
        """Show the observer what `target` received; its output under the current intervention, None if unchanged."""
        cross, output = self.intervention.cross, forward.output
        edited = any(way[0] == target for way in self.edits)
        if not cross:
            split = alone(target, split, output)
        elif edited:
            split = self._edited(target, split, forward)
        if edited or not cross:
            output = total(split, forward).to(output.dtype)
        if self.observer is not None:
            self.observer(self, self._mixing(target, split, output, forward.layout))
        return output if edited or not cross else None

    def _edited(self, target: str, split: Split, forward: Forward) -> Split:
        """What is left of the parts after their edits, and what comes back of the target's own where they are cut."""
        layout = forward.layout
        parts: dict[str, Tensor] = {}
        back: list[Tensor] = []
        for source, value in split.parts.items():
            if source == target:
                parts[source] = value
                continue
            arrived = self.arriving(target, source, partial(layout.to_maps, value))
            if arrived.part is not None:
                parts[source] = layout.from_maps(arrived.part, value)
            if split.instead is not None and not _is_zero(arrived.own):
                own = split.instead(source)
                back.append(layout.from_maps(layout.to_maps(own) * arrived.own, own))
        if back:
            parts[target] = sum(back, start=parts[target])
        return Split(parts or {target: torch.zeros_like(forward.output)}, split.constant, split.gates)

    def _mixing(self, target: str, split: Split, output: Tensor, layout: Layout) -> Mixing:
        sources = self.site.sources
        own = sources.index(target)
        gates = {sources.index(s): layout.to_maps(g).float().mean(1) for s, g in split.gates.items() if s != target}
        return Mixing(
            target=self.site.targets.index(target),
            output=layout.to_maps(output),
            parts=[Part(sources.index(source), layout.to_maps(part)) for source, part in split.parts.items()],
            constant=None if split.constant is None else split.constant.expand(self.site.channels),
            own=own,
            gates=gates,
        )


def _is_zero(value: float | Tensor) -> bool:
    return not isinstance(value, Tensor) and value == 0


def alone(target: str, split: Split, output: Tensor) -> Split:
    """The target's own part without what others send: zero where it has none."""
    own = split.parts.get(target, torch.zeros_like(output)) if split.alone is None else split.alone
    return Split({target: own}, split.constant)


def total(split: Split, forward: Forward) -> Tensor:
    """The sum of all parts and the constant, in float32 at least."""
    wide = torch.promote_types(forward.output.dtype, torch.float32)
    first, *others = split.parts.values()
    summed = first.to(wide, copy=True)  # it may become the output, which what follows may change in place
    for part in others:
        summed += part
    if split.constant is None:
        return summed
    return summed + spread(split.constant.to(wide), "channel", forward.layout, summed)


@torch.no_grad()
def compare(split: Split, forward: Forward) -> None:
    """Raise InputError, with the figure, unless parts and constant sum to the output.

    The root mean square of the difference is taken relative to the largest of output and parts, since large parts that
    cancel leave their rounding behind.
    """
    output = forward.output
    size = max(_norm(x) for x in (output, *split.parts.values()))
    if size == 0 or not math.isfinite(size):
        return
    missed, allowed = _norm(total(split, forward) - output) / size, TOLERANCE.get(forward.output.dtype, ROUGH)
    if missed > allowed:
        named = ", ".join(split.parts)
        raise InputError(
            f"the parts ({named}) miss the output by {100 * missed:.2f} % of its root mean square, "
            f"{100 * allowed:.2f} % is allowed in {str(forward.output.dtype).removeprefix('torch.')}; name what else "
            "is added (constant=, a gate, a norm), or take the output before its activation"
        )


def _norm(x: Tensor) -> float:
    """The root of the sum of squares; of tensors of one shape it is as good as their root mean square."""
    return float(torch.linalg.vector_norm(x, dtype=torch.promote_types(x.dtype, torch.float32)))
