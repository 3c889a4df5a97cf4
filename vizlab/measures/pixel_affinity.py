"""Pixel affinity in label space: how often two tasks agree on which pixels belong together (MTI-Net's motivation).

Within a kernel of growing dilation every pixel pair is similar or not for each task; two tasks are compared over the
pairs that both know. Kernel, dilations and thresholds are not published, so they are parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.measures.affinity_maps import AFFINITY_TASKS, LabelMaps, compared_maps
from vizlab.measures.reference import Reference
from vizlab.tasks import VOID

MAX_ROWS, MAX_COLUMNS = 240, 320
"""Of a larger map every k-th pixel starts pairs: there are plenty, and the figure must not make anyone wait."""


@dataclass(frozen=True)
class AffinityParameters:
    """`kernel` odd; `dilations` in pixels of the network's input; `depth` |a-b| <= depth * max(a, b) is similar;
    `normals` an angle below so many degrees is similar."""

    kernel: int = 3
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    depth: float = 0.05
    normals: float = 15.0


DEFAULT_PARAMETERS = AffinityParameters()


@dataclass(frozen=True, eq=False)
class PairAgreement:
    """Two tasks in one set of maps (`origin`), by dilation; all arrays (D,), shares 0..1, NaN where undefined.

    `dilations` in pixels of the network's input, whole steps of the maps' own grid; `pairs` compared; `raw` share of
    pairs on which both say the same; `given_first` P(second similar | first similar), `given_second` the reverse;
    `kappa` Cohen's chance-corrected agreement; `similar` (2, D) each task's similar share.
    """

    first: str
    second: str
    origin: str
    dilations: np.ndarray
    pairs: np.ndarray
    raw: np.ndarray
    given_first: np.ndarray
    given_second: np.ndarray
    kappa: np.ndarray
    similar: np.ndarray


def trace_affinity(
    trace: FusionTrace,
    reference: Reference | Mapping[str, np.ndarray] | None = None,
    parameters: AffinityParameters = DEFAULT_PARAMETERS,
) -> tuple[PairAgreement, ...]:
    """All task pairs in the reference ("reference"), the final ("final") and each scale's initial predictions.

    Predictions are compared on the grid they were made on: neighbours within an enlarged cell would be similar by
    construction. The reference (maps of the picture's size) is compared at the network's input pixels, less pairs of
    which one map was computed from the other. Raises TraceError for a network that predicts fewer than two of the
    tasks.
    """
    found = [pair for maps in compared_maps(trace, reference) for pair in pair_agreements(maps, parameters)]
    if all(pair.origin == "reference" for pair in found):
        raise TraceError(
            f"'{trace.model.name}' predicts {', '.join(trace.model.tasks)} only; pixel affinity compares at least two "
            "of semseg, depth and normals: use a multi-task model."
        )
    return tuple(found)


def pair_agreements(
    compared: LabelMaps, parameters: AffinityParameters = DEFAULT_PARAMETERS
) -> tuple[PairAgreement, ...]:
    """Agreement of every two of the maps that do not depend on each other, see PairAgreement."""
    names = [name for name in AFFINITY_TASKS if name in compared.maps]
    pairs = [pair for pair in combinations(names, 2) if pair not in compared.dependent]
    steps = grid_steps(compared, parameters)
    if not pairs or not steps:
        return ()
    counts = np.array([_count(compared.maps, pairs, step, parameters) for step in steps])
    dilations = np.array(steps) * compared.stride
    return tuple(_agreement(pair, compared.origin, dilations, counts[:, i]) for i, pair in enumerate(pairs))


def grid_steps(compared: LabelMaps, parameters: AffinityParameters) -> list[int]:
    """The dilations in steps of the maps' grid, those that come nearest; none within a cell, none before the start."""
    asked = [d for d in parameters.dilations if d >= 0.75 * compared.stride and d >= compared.start]
    return sorted({max(1, round(d / compared.stride)) for d in asked})


def _offsets(kernel: int, step: int) -> list[tuple[int, int]]:
    """Half of the kernel's neighbours: every pair is counted once."""
    reach = range(-(kernel // 2), kernel // 2 + 1)
    return [(dy * step, dx * step) for dy in reach for dx in reach if (dy, dx) > (0, 0)]


def _count(
    maps: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]], step: int, parameters: AffinityParameters
) -> np.ndarray:
    """(pairs of tasks, 4) counts over all offsets: both similar, first similar, second similar, all."""
    total = np.zeros((len(pairs), 4), np.int64)
    used = {name: maps[name] for pair in pairs for name in pair}
    for dy, dx in _offsets(parameters.kernel, step):
        known = {name: similar(name, *_shifted(values, dy, dx), parameters) for name, values in used.items()}
        for index, (first, second) in enumerate(pairs):
            (a, va), (b, vb) = known[first], known[second]
            total[index] += [np.count_nonzero(x & y) for x, y in ((a, b), (a, vb), (va, b), (va, vb))]
    return total


def _shifted(values: np.ndarray, dy: int, dx: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixels and their neighbours `dy` down and `dx` across; of a large map every k-th pixel, whole neighbours."""
    height, width = values.shape[:2]
    rows, columns = max(0, height - dy), max(0, width - abs(dx))
    left, right, every = max(0, -dx), max(0, dx), _every((height, width))
    here = values[:rows, left : left + columns]
    there = values[dy : dy + rows, right : right + columns]
    return here[::every, ::every], there[::every, ::every]


def _every(size: tuple[int, int]) -> int:
    long, short = max(size), min(size)
    return max(-(-long // MAX_COLUMNS), -(-short // MAX_ROWS))


def similar(task: str, a: np.ndarray, b: np.ndarray, parameters: AffinityParameters) -> tuple[np.ndarray, np.ndarray]:
    """Which pairs are similar and which are known, both bool; unknown pairs are not similar."""
    if task == "semseg":
        known = (a != VOID) & (b != VOID)
        return (a == b) & known, known
    if task == "depth":
        difference = np.abs(a - b)
        return difference <= parameters.depth * np.maximum(a, b), ~np.isnan(difference)
    cosine = a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]
    return cosine > np.cos(np.radians(parameters.normals)), ~np.isnan(cosine)


def _agreement(pair: Sequence[str], origin: str, dilations: np.ndarray, counts: np.ndarray) -> PairAgreement:
    """From (D, 4) counts of both, first, second, all."""
    both, first, second, pairs = counts.astype(np.float64).T
    with np.errstate(invalid="ignore"):  # 0/0, where nothing is known or nothing can differ, is undefined
        raw = (pairs - first - second + 2 * both) / pairs
        p, q = first / pairs, second / pairs
        chance = p * q + (1 - p) * (1 - q)
        return PairAgreement(
            first=pair[0],
            second=pair[1],
            origin=origin,
            dilations=dilations,
            pairs=counts[:, 3],
            raw=raw,
            given_first=both / first,
            given_second=both / second,
            kappa=(raw - chance) / (1 - chance),
            similar=np.stack([p, q]),
        )
