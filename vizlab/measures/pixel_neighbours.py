"""Which neighbours of one pixel a task groups with it: the pairs of pixel affinity that start there, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.framing import Framing
from vizlab.errors import InputError
from vizlab.measures.affinity_maps import AFFINITY_TASKS, LabelMaps
from vizlab.measures.pixel_affinity import DEFAULT_PARAMETERS, AffinityParameters, grid_steps, similar

SIMILAR, DIFFERENT, UNKNOWN = 1, 0, -1


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The kernel's K = kernel^2 - 1 neighbours of cell (`row`, `column`) of one task's map, at D dilations.

    `dilations` (D,) in pixels of the network's input, whole steps of the map's grid; `rows` and `columns` (D, K) int
    are the neighbours' cells, which may lie outside of the map; `state` (D, K) int8 is SIMILAR, DIFFERENT, or UNKNOWN
    where either is not known or outside.
    """

    task: str
    origin: str
    row: int
    column: int
    dilations: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    state: np.ndarray

    def counts(self) -> tuple[tuple[int, int], ...]:
        """By dilation: how many are similar, of how many known."""
        return tuple((int((of == SIMILAR).sum()), int((of != UNKNOWN).sum())) for of in self.state)


def pixel_neighbours(
    compared: LabelMaps, row: int, column: int, parameters: AffinityParameters = DEFAULT_PARAMETERS
) -> tuple[Neighbours, ...]:
    """Of every task of these maps, around the cell (`row`, `column`) of their grid.

    Raises InputError for a cell that is not on it.
    """
    found = [_neighbours(task, compared, row, column, parameters) for task in AFFINITY_TASKS if task in compared.maps]
    return tuple(found)


def cell_at(compared: LabelMaps, framing: Framing, place: tuple[float, float]) -> tuple[int, int]:
    """Row and column of the cell that shows the picture's pixel `place` (row, column); the nearest one at the edge."""
    size = next(iter(compared.maps.values())).shape
    row, column = (
        min(max(int((at + 0.5) * content / picture / compared.stride), 0), cells - 1)
        for at, picture, content, cells in zip(place, framing.picture, framing.content, size, strict=False)
    )
    return row, column


def place_of(compared: LabelMaps, framing: Framing, cell: tuple[float, float]) -> tuple[float, float]:
    """Row and column, in pixels of the picture, of the centre of a cell."""
    row, column = (
        (at + 0.5) * compared.stride * picture / content
        for at, picture, content in zip(cell, framing.picture, framing.content, strict=True)
    )
    return row, column


def _neighbours(task: str, compared: LabelMaps, row: int, column: int, parameters: AffinityParameters) -> Neighbours:
    values = compared.maps[task]
    height, width = values.shape[:2]
    if not (0 <= row < height and 0 <= column < width):
        raise InputError(f"Cell ({row}, {column}) is not on this map, which has {height}x{width} cells from (0, 0) on.")
    steps = grid_steps(compared, parameters)
    offsets = np.array(_offsets(parameters.kernel)).reshape(-1, 2)
    rows, columns = (at + np.outer(steps, offset) for at, offset in zip((row, column), offsets.T, strict=True))
    return Neighbours(
        task=task,
        origin=compared.origin,
        row=row,
        column=column,
        dilations=np.array(steps) * compared.stride,
        rows=rows.astype(int),
        columns=columns.astype(int),
        state=_states(task, values, (row, column), rows.astype(int), columns.astype(int), parameters),
    )


def _offsets(kernel: int) -> Sequence[tuple[int, int]]:
    reach = range(-(kernel // 2), kernel // 2 + 1)
    return [(dy, dx) for dy in reach for dx in reach if (dy, dx) != (0, 0)]


def _states(
    task: str,
    values: np.ndarray,
    cell: tuple[int, int],
    rows: np.ndarray,
    columns: np.ndarray,
    parameters: AffinityParameters,
) -> np.ndarray:
    height, width = values.shape[:2]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    there = values[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    alike, known = similar(task, np.broadcast_to(values[cell], there.shape), there, parameters)
    return np.where(inside & known, np.where(alike, SIMILAR, DIFFERENT), UNKNOWN).astype(np.int8)
