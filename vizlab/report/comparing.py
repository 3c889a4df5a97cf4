"""Two traces of one question, number by number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vizlab.core.trace import FusionTrace, arrays_of

TOLERANCE = {"float32": 1e-3, "bfloat16": 5e-2}
"""By precision: how large the root mean square of a difference may be beside that of the stored numbers where another
device or another version rounds otherwise; a single number may be off by `LARGEST` times as much.

Seen of the bundled networks with other instruction sets of one processor: 4e-5 and 1e-2.
"""
LARGEST = 40.0
LABELS = {"float32": 2e-3, "bfloat16": 3e-2}
"""Share of the pixels whose class may be another, where two are as likely; seen likewise: 0 and 6e-3."""
Status = Literal["bit-equal", "within tolerance", "differs"]


@dataclass(frozen=True)
class Difference:
    """One array that is not the same: how many of its numbers differ, by how much at most, and relative to its size."""

    array: str
    count: int
    of: int
    largest: float
    relative: float
    within: bool

    @property
    def sentence(self) -> str:
        by = f", by {self.largest:.3g} at most ({self.relative:.2g} of its root mean square)" if self.largest else ""
        return f"{self.array.replace('|', ' ')}: {self.count:,} of {self.of:,} numbers differ{by}"


@dataclass(frozen=True)
class Compared:
    """One network: how many numbers there are, which arrays differ, and `other`, what is not a number and differs."""

    name: str
    numbers: int
    arrays: int
    differences: tuple[Difference, ...] = ()
    other: tuple[str, ...] = ()

    @property
    def status(self) -> Status:
        if not self.differences and not self.other:
            return "bit-equal"
        fits = not self.other and all(one.within for one in self.differences)
        return "within tolerance" if fits else "differs"


def compared(name: str, stored: FusionTrace, now: FusionTrace) -> Compared:
    """Every array of both, bit by bit, and what they are of."""
    before, after = arrays_of(stored), arrays_of(now)
    precision = stored.environment.get("precision", "float32")
    found = [
        difference
        for key in before.keys() & after.keys()
        if (difference := _difference(key, before[key], after[key], precision)) is not None
    ]
    numbers = sum(array.size for array in before.values())
    order = {key: place for place, key in enumerate(before)}
    found.sort(key=lambda one: (one.within, order[one.array]))
    return Compared(name, numbers, len(before), tuple(found), tuple(_other(stored, now, before, after)))


def _difference(key: str, before: np.ndarray, after: np.ndarray, precision: str) -> Difference | None:
    """None where both have the same bits, whatever their NaN."""
    if before.shape != after.shape or before.dtype != after.dtype:
        return Difference(f"{key} ({before.dtype} {before.shape}, now {after.dtype} {after.shape})",
                          before.size, before.size, 0.0, 0.0, False)  # fmt: skip
    a, b = before.astype(np.float64), after.astype(np.float64)
    same = (before == after) | (np.isnan(a) & np.isnan(b))
    if same.all():
        return None
    count = int((~same).sum())
    if before.dtype.kind in "biu":
        return Difference(key, count, before.size, 0.0, 0.0, count / before.size <= LABELS.get(precision, 0.0))
    gap = np.abs(a - b)[~same]
    if not np.isfinite(gap).all():
        return Difference(key, count, before.size, float("inf"), float("inf"), False)
    size = float(np.sqrt(np.nanmean(a * a))) or 1e-30
    relative = float(np.sqrt((gap * gap).sum() / before.size)) / size
    limit = 0.0 if key.startswith("weights|") else TOLERANCE.get(precision, 0.0)
    within = relative <= limit and float(gap.max()) <= LARGEST * limit * size
    return Difference(key, count, before.size, float(gap.max()), relative, within)


def _other(
    stored: FusionTrace, now: FusionTrace, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]
) -> Sequence[str]:
    """What differs beside numbers, as the ends of sentences."""
    found = []
    if missing := sorted(before.keys() ^ after.keys()):
        found.append(f"{len(missing)} arrays are on one side only, such as {missing[0].replace('|', ' ')}")
    pairs = {
        "how the picture lies in the input": (stored.framing, now.framing),
        "the settings": (dict(stored.model.settings), dict(now.model.settings)),
        "the classes": (stored.model.classes, now.model.classes),
        "the sites": ([s.site for s in stored.sites.values()], [s.site for s in now.sites.values()]),
        "the picture": (stored.input_digest, now.input_digest),
        "the network's grids": (dict(stored.grids), dict(now.grids)),
    }
    return found + [f"{what} differ{'s' if what == 'the picture' else ''}" for what, (a, b) in pairs.items() if a != b]
