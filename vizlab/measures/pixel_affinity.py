"""Pixel affinity in label space: how often two tasks agree on which pixels belong together (MTI-Net's motivation).

Within a kernel of growing dilation every pixel pair is similar or not for each task; two tasks are compared over the
pairs that both know. Kernel, dilations and thresholds are not published, so they are parameters.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from vizlab.core.outputs import Output
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.tasks import VOID

AFFINITY_TASKS = ("semseg", "depth", "normals")
MAX_ROWS, MAX_COLUMNS = 240, 320
"""Larger maps are thinned to at most this grid: pairs are plenty, and the figure must not make anyone wait."""


@dataclass(frozen=True)
class AffinityParameters:
    """`kernel` odd; `dilations` in pixels of the thinned picture; `depth` |a-b| <= depth * max(a, b) is similar;
    `normals` an angle below so many degrees is similar."""

    kernel: int = 3
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    depth: float = 0.05
    normals: float = 15.0


DEFAULT_PARAMETERS = AffinityParameters()


@dataclass(frozen=True, eq=False)
class PairAgreement:
    """Two tasks in one set of maps (`origin`), by dilation; all arrays (D,), shares 0..1, NaN where undefined.

    `pairs` compared; `raw` share of pairs on which both say the same; `given_first` P(second similar | first similar),
    `given_second` the reverse; `kappa` Cohen's chance-corrected agreement; `similar` (2, D) each task's similar share.
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
    reference: Mapping[str, np.ndarray] | None = None,
    parameters: AffinityParameters = DEFAULT_PARAMETERS,
) -> tuple[PairAgreement, ...]:
    """All task pairs in the reference ("reference"), the final ("final") and each scale's initial predictions.

    Initial predictions are compared on their own grid, at the dilations that come nearest to the picture's; no map
    is enlarged, since neighbours within an enlarged cell would agree by construction.
    """
    final = _final_maps(trace)
    origins = {"reference": dict(reference or {}), "final": final, **_initial_maps(trace)}
    found = [
        agreement
        for origin, maps in origins.items()
        for agreement in pair_agreements(maps, origin, trace.framing.picture, parameters)
    ]
    if not found:
        raise TraceError(
            f"'{trace.model.name}' predicts {', '.join(trace.model.tasks)} only; pixel affinity compares at least two "
            "of semseg, depth and normals: use a multi-task model."
        )
    return tuple(found)


def pair_agreements(
    maps: Mapping[str, np.ndarray],
    origin: str,
    picture: tuple[int, int],
    parameters: AffinityParameters = DEFAULT_PARAMETERS,
) -> list[PairAgreement]:
    """Agreement of every two of `maps` (semseg HxW, depth HxW, normals HxWx3, of one size), see PairAgreement."""
    names = [name for name in AFFINITY_TASKS if name in maps]
    if len(names) < 2:
        return []
    grid = {name: thinned(maps[name]) for name in names}
    height = next(iter(grid.values())).shape[0]
    # One step on this grid is so many pixels of the thinned picture.
    ratio = -(-picture[0] // _step(picture)) / height
    steps = sorted({max(1, round(d / ratio)) for d in parameters.dilations if d >= 0.75 * ratio})
    counts = np.array([_count(grid, step, parameters) for step in steps]).reshape(len(steps), -1, 4)
    dilations = np.array(steps) * ratio
    return [_agreement(pair, origin, dilations, counts[:, index]) for index, pair in enumerate(combinations(names, 2))]


def thinned(values: np.ndarray) -> np.ndarray:
    """Every k-th pixel, so that at most about 240x320 remain; nothing is averaged across a contour."""
    step = _step((values.shape[0], values.shape[1]))
    return values[::step, ::step]


def _step(size: tuple[int, int]) -> int:
    long, short = max(size), min(size)
    return max(1, -(-long // MAX_COLUMNS), -(-short // MAX_ROWS))


def _final_maps(trace: FusionTrace) -> dict[str, np.ndarray]:
    named = {name: _map(p) for name, p in trace.predictions.items() if name in AFFINITY_TASKS}
    return {name: value for name, value in named.items() if value is not None}


def _initial_maps(trace: FusionTrace) -> dict[str, dict[str, np.ndarray]]:
    scales: dict[str, dict[str, np.ndarray]] = {}
    for name in sorted(trace.initial):
        value, output = _map(trace.initial[name]), Output.parse(name)
        if value is not None and output.task in AFFINITY_TASKS:
            scales.setdefault(f"scale {output.scale}", {})[output.task] = value
    return scales


def _map(prediction: Prediction) -> np.ndarray | None:
    if isinstance(prediction, SemsegPrediction):
        return prediction.label
    return prediction.value if isinstance(prediction, DepthPrediction | NormalsPrediction) else None


def _offsets(kernel: int, step: int) -> list[tuple[int, int]]:
    """Half of the kernel's neighbours: every pair is counted once."""
    reach = range(-(kernel // 2), kernel // 2 + 1)
    return [(dy * step, dx * step) for dy in reach for dx in reach if (dy, dx) > (0, 0)]


def _count(grid: Mapping[str, np.ndarray], step: int, parameters: AffinityParameters) -> np.ndarray:
    """(pairs of tasks, 4) counts over all offsets: both similar, first similar, second similar, all."""
    total = np.zeros((len(grid) * (len(grid) - 1) // 2, 4), np.int64)
    height, width = next(iter(grid.values())).shape[:2]
    for dy, dx in _offsets(parameters.kernel, step):
        if dy >= height or abs(dx) >= width:
            continue
        known = [_similar(name, *_shifted(values, dy, dx), parameters) for name, values in grid.items()]
        for index, ((a, va), (b, vb)) in enumerate(combinations(known, 2)):
            total[index] += [np.count_nonzero(x & y) for x, y in ((a, b), (a, vb), (va, b), (va, vb))]
    return total


def _shifted(values: np.ndarray, dy: int, dx: int) -> tuple[np.ndarray, np.ndarray]:
    height, width = values.shape[:2]
    left, right = max(0, -dx), max(0, dx)
    return values[: height - dy, left : width - right], values[dy:, right : width - left]


def _similar(task: str, a: np.ndarray, b: np.ndarray, parameters: AffinityParameters) -> tuple[np.ndarray, np.ndarray]:
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
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = (pairs - first - second + 2 * both) / pairs
        p, q = first / pairs, second / pairs
        chance = p * q + (1 - p) * (1 - q)
        kappa = np.where(chance < 1, (raw - chance) / (1 - chance), np.nan)
        return PairAgreement(
            first=pair[0],
            second=pair[1],
            origin=origin,
            dilations=dilations,
            pairs=counts[:, 3],
            raw=raw,
            given_first=both / first,
            given_second=both / second,
            kappa=kappa,
            similar=np.stack([p, q]),
        )
