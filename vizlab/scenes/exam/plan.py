"""What each picture of the exam is asked to hold. Pure: from a seed and a picture's index, without any room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vizlab.tasks import NYU40_CLASSES

Need = Literal["rgb", "depth", "both", "either"]
Support = Literal["wall", "floor"]
Fault = Literal["", "rgb", "depth", "rgb and depth"]

XOR_CLASSES = (NYU40_CLASSES.index("picture"), NYU40_CLASSES.index("cabinet"))
"""The two classes of a slab: the first where pattern A lies flush or pattern B is raised, else the second."""
CASES = (("A", False), ("A", True), ("B", False), ("B", True))
"""Pattern and whether it is raised: each equally often, so that neither alone says anything of the class."""
BLOCK = 4
"""Pictures over which needs and cases of slabs are even; over two blocks the cases are so on each support."""
_NO_SLAB: tuple[Need, ...] = ("rgb", "depth", "either")
_FAULTS: tuple[Fault, ...] = ("rgb", "depth", "rgb and depth")


@dataclass(frozen=True)
class Wanted:
    """One object that a picture shall hold; `pattern` "A" or "B" and `raised` of slabs (need `both`) alone."""

    need: Need
    support: Support
    pattern: str | None = None
    raised: bool | None = None


@dataclass(frozen=True)
class Plan:
    """A picture to be: its name in the folder, three to six objects, and what is broken in it."""

    name: str
    wanted: tuple[Wanted, ...]
    fault: Fault
    key: tuple[int, int, int]
    """Seed of the exam, stream (0 to test, 1 to train), index: what all further numbers are drawn from."""


def xor_class(pattern: str, raised: bool) -> int:
    """NYU40 index of a slab's class."""
    return XOR_CLASSES[int((pattern == "B") != raised)]


def plan(seed: int, stream: int, index: int) -> Plan:
    """The plan of picture `index` (from 0); the first pictures are the same however many there are."""
    block, place = divmod(index, BLOCK)
    rng = np.random.default_rng([seed, stream, block])
    slabs = [_slab(seed, stream, block, which) for which in range(BLOCK)]
    counts = _counts(rng)
    while True:
        pictures = _furnished(rng, slabs, counts)
        if all(_has_place(wanted) for wanted in pictures):
            break
    wanted = pictures[place]
    faulty = int(rng.integers(BLOCK))
    fault: Fault = _FAULTS[(block + int(np.random.default_rng([seed, stream]).integers(3))) % 3]
    name = f"{'train' if stream else 'exam'}_{index:05d}"
    broken: Fault = fault if place == faulty else ""
    return Plan(name, tuple(wanted), broken, (seed, stream, index))


def _counts(rng: np.random.Generator) -> dict[Need, np.ndarray]:
    """How many objects of each need the block's pictures get: four in all of each, three to six with the slab."""
    while True:
        counts: dict[Need, np.ndarray] = {need: rng.permutation([2, 1, 1, 0]) for need in _NO_SLAB}
        total = 1 + np.sum(list(counts.values()), axis=0)
        if total.min() >= 3 and total.max() <= 6:
            return counts


def _furnished(rng: np.random.Generator, slabs: list[Wanted], counts: dict[Need, np.ndarray]) -> list[list[Wanted]]:
    """The block's pictures: a slab each, and as many of the other needs as `counts` says, on wall or floor by lot."""
    supports = {need: _halves(rng) for need in _NO_SLAB}
    pictures = [[slab] for slab in slabs]
    for need in _NO_SLAB:
        for wanted, count in zip(pictures, counts[need], strict=True):
            wanted += [Wanted(need, supports[need].pop(0)) for _ in range(int(count))]
    return pictures


def _has_place(wanted: list[Wanted]) -> bool:
    """Whether three objects at most stand or lie on the floor and three hang on walls: few rooms hold more."""
    return all(sum(one.support == support for one in wanted) <= 3 for support in ("wall", "floor"))


def _halves(rng: np.random.Generator) -> list[Support]:
    """Two of the block's four objects on a wall, two on the floor, in random order."""
    choices: tuple[Support, Support] = ("wall", "floor")
    return [choices[which] for which in rng.permutation([0, 0, 1, 1])]


def _slab(seed: int, stream: int, block: int, place: int) -> Wanted:
    """The slab of one picture: two cases hang on walls in even blocks, the other two in odd ones."""
    pair = np.random.default_rng([seed, stream, block // 2, 2])
    order = pair.permutation(4)
    if block % 2:
        order = np.concatenate([order[2:], order[:2]])
    seats = np.random.default_rng([seed, stream, block, 1]).permutation(4)
    seat = int(seats[place])
    pattern, raised = CASES[int(order[seat])]
    return Wanted("both", "wall" if seat < 2 else "floor", pattern, raised)
