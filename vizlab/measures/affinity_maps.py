"""Which label maps of a trace are compared with each other, and on which grid: the one they were predicted on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from vizlab.core.framing import Framing
from vizlab.core.outputs import Output
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.measures.reference import Reference

AFFINITY_TASKS = ("semseg", "depth", "normals")
UNKNOWN_STRIDE = 8
"""Input pixels from which final predictions are compared where a trace does not say on which grid they were made: the
coarsest output stride of the networks here. Nearer pixels may be alike because they were enlarged from one cell."""


@dataclass(frozen=True, eq=False)
class LabelMaps:
    """Maps of one `origin` on one grid: semseg (h, w) uint8, depth (h, w) metres, normals (h, w, 3) unit vectors.

    `stride` is the distance of neighbours in the network's input pixels; nothing nearer than `start` is compared;
    `dependent` are pairs of tasks of which one map was computed from the other.
    """

    origin: str
    maps: Mapping[str, np.ndarray]
    stride: float = 1.0
    start: float = 0.0
    dependent: frozenset[tuple[str, str]] = frozenset()


def compared_maps(trace: FusionTrace, reference: Reference | Mapping[str, np.ndarray] | None) -> tuple[LabelMaps, ...]:
    """The reference at the network's input pixels, the final predictions, then each scale's initial predictions."""
    return (*_reference(trace, reference), _final(trace), *_initial(trace))


def final_stride(trace: FusionTrace) -> float | None:
    """Input pixels between neighbouring cells of the final predictions; None where the trace does not say."""
    grid = _final_grid(trace)
    return None if grid is None else _stride(grid, trace.framing)


def at_cells(values: np.ndarray, grid: tuple[int, int], framing: Framing) -> np.ndarray:
    """`values` (H, W, ...) of the picture's size at the centre of every visible cell of a `grid` over the padded input.

    Nearest pixel: nothing is averaged across a contour.
    """
    places = (
        np.minimum(((np.arange(count) + 0.5) * side).astype(int), size - 1)
        for count, side, size in zip(framing.visible(grid), framing.cell(grid), values.shape, strict=False)
    )
    return values[np.ix_(*places)]


def _reference(trace: FusionTrace, reference: Reference | Mapping[str, np.ndarray] | None) -> Iterable[LabelMaps]:
    if reference is None:
        return
    given = reference.maps() if isinstance(reference, Reference) else reference
    dependent = reference.dependent if isinstance(reference, Reference) else frozenset()
    maps = {name: at_cells(value, trace.framing.padded, trace.framing) for name, value in given.items()}
    yield LabelMaps("reference", maps, dependent=dependent)


def _final(trace: FusionTrace) -> LabelMaps:
    """Sampled on the grid of the network's own maps (the coarsest, should they differ)."""
    maps = _known_maps({name: name for name in AFFINITY_TASKS}, trace.predictions)
    own = _final_grid(trace)
    grid = own or trace.framing.padded
    sampled = {name: at_cells(value, grid, trace.framing) for name, value in maps.items()}
    return LabelMaps("final", sampled, _stride(grid, trace.framing), 0 if own else UNKNOWN_STRIDE)


def _final_grid(trace: FusionTrace) -> tuple[int, int] | None:
    own = [trace.grids[name] for name in AFFINITY_TASKS if name in trace.predictions and name in trace.grids]
    return min(own, key=lambda size: size[0] * size[1], default=None)


def _initial(trace: FusionTrace) -> Iterable[LabelMaps]:
    """At their own grids, on which a trace holds them; nothing to sample."""
    parsed = [Output.parse(name) for name in trace.initial]
    for scale in sorted({output.scale for output in parsed if output.scale is not None}):
        names = {task: str(Output(task, scale=scale)) for task in AFFINITY_TASKS}
        maps = _known_maps(names, trace.initial)
        if maps:
            first = next(iter(maps))
            grid = trace.grids.get(names[first]) or _whole_grid(maps[first], trace.framing)
            yield LabelMaps(f"scale {scale}", maps, _stride(grid, trace.framing))


def _known_maps(names: Mapping[str, str], predictions: Mapping[str, Prediction]) -> dict[str, np.ndarray]:
    """By task, the map under the name that `names` has for it, where it is of a kind that can be compared."""
    found = {task: _map(predictions[name]) for task, name in names.items() if name in predictions}
    return {task: value for task, value in found.items() if value is not None}


def _map(prediction: Prediction) -> np.ndarray | None:
    if isinstance(prediction, SemsegPrediction):
        return prediction.label
    return prediction.value if isinstance(prediction, DepthPrediction | NormalsPrediction) else None


def _whole_grid(visible: np.ndarray, framing: Framing) -> tuple[float, float]:
    """About how many rows and columns a map had before its padded margin was cropped."""
    height, width = (n * p / c for n, p, c in zip(visible.shape, framing.padded, framing.content, strict=False))
    return height, width


def _stride(grid: tuple[float, float], framing: Framing) -> float:
    """Input pixels between neighbours of a map spread over the padded input; the same down and across."""
    return framing.padded[0] / grid[0]
