"""One pixel: which neighbours each task groups with it, at every dilation, drawn over the photograph."""

import math
from collections.abc import Sequence

import cv2
import numpy as np

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.measures.affinity_maps import LabelMaps, compared_maps
from vizlab.measures.pixel_affinity import DEFAULT_PARAMETERS, AffinityParameters
from vizlab.measures.pixel_neighbours import SIMILAR, UNKNOWN, Neighbours, cell_at, pixel_neighbours, place_of
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.views.figures import stream_title
from vizlab.views.palettes import coloured, stream_colour
from vizlab.views.panels import LegendItem, Panel, reduced
from vizlab.views.predictions import depth_range, greyed

SIDE = 480
"""Longer side of a picture, pixels."""
SMALLEST = 9
"""No mark is drawn smaller, pixels."""
_DIFFERENT, _UNKNOWN, _EDGE = (255, 255, 255), (128, 128, 128), (0, 0, 0)


def pixel_groups(
    trace: FusionTrace,
    rgbd: RGBDImage,
    row: float,
    column: float,
    reference: Reference | None = None,
    *,
    origin: str = "final",
    parameters: AffinityParameters = DEFAULT_PARAMETERS,
) -> tuple[Panel, ...]:
    """A picture a task: the neighbours of the picture's pixel (`row`, `column`) that it groups with it, or does not.

    `origin` is "final", "scale K" or "reference". Marks stand on the cells of the maps that are compared. Keys are
    "pixel/TASK/ORIGIN". Raises InputError for an origin or a pixel that is not there.
    """
    maps = maps_of(trace, reference, origin)
    found = neighbours_at(trace, maps, row, column, parameters)
    background = _background(rgbd)
    return tuple(_panel(background, trace, maps, one) for one in found)


def neighbours_at(
    trace: FusionTrace,
    maps: LabelMaps,
    row: float,
    column: float,
    parameters: AffinityParameters = DEFAULT_PARAMETERS,
) -> tuple[Neighbours, ...]:
    """The same as numbers; `row` and `column` in pixels of the picture."""
    height, width = trace.framing.picture
    if not (0 <= row < height and 0 <= column < width):
        raise InputError(
            f"Row {row:g}, column {column:g} is not in the picture, which has {height} rows and {width} columns."
        )
    return pixel_neighbours(maps, *cell_at(maps, trace.framing, (row, column)), parameters)


def origins(trace: FusionTrace, reference: Reference | None) -> tuple[str, ...]:
    """Which maps there are to choose from."""
    return tuple(maps.origin for maps in compared_maps(trace, reference))


def maps_of(trace: FusionTrace, reference: Reference | None, origin: str) -> LabelMaps:
    """The maps of that origin; raises InputError if there are none."""
    known = {maps.origin: maps for maps in compared_maps(trace, reference)}
    if origin not in known:
        raise InputError(f"There are no maps '{origin[:40]}'; this trace has {', '.join(known)}.")
    return known[origin]


def _panel(background: np.ndarray, trace: FusionTrace, maps: LabelMaps, one: Neighbours) -> Panel:
    image = background.copy()
    scale = image.shape[1] / trace.framing.picture[1]
    side = max(SMALLEST, round(maps.stride * trace.framing.picture[1] / trace.framing.content[1] * scale))
    colour = _rgb(stream_colour(one.task))
    # The farthest first, so that the near ones, which lie close, stay in sight.
    for rows, columns, states in reversed(list(zip(one.rows, one.columns, one.state, strict=True))):
        for r, c, state in zip(rows, columns, states, strict=True):
            at = _centre(trace, maps, (r, c), scale)
            if _inside(at, image):
                _mark(image, at, side, colour, int(state))
    cv2.drawMarker(image, _centre(trace, maps, (one.row, one.column), scale), _EDGE, cv2.MARKER_CROSS, side + 8, 4)
    cv2.drawMarker(image, _centre(trace, maps, (one.row, one.column), scale), _DIFFERENT, cv2.MARKER_CROSS, side + 6, 2)
    legend = (
        LegendItem("grouped with it", stream_colour(one.task)),
        LegendItem("not", "#FFFFFF"),
        LegendItem("unknown", "#808080"),
    )
    title = f"{stream_title(trace, one.task)}, {one.origin}"
    return Panel(image, title, summary(one), legend, f"pixel/{one.task}/{one.origin}")


def summary(one: Neighbours) -> str:
    """How many of all neighbours, over all dilations."""
    similar, known = (sum(counts) for counts in zip(*one.counts(), strict=True)) if one.counts() else (0, 0)
    return f"{similar} of {known} known neighbours grouped with it."


def _mark(image: np.ndarray, at: tuple[int, int], side: int, colour: Sequence[int], state: int) -> None:
    """Filled: grouped; hollow: not; a grey dot: unknown."""
    x, y = at
    first, last = (x - side // 2, y - side // 2), (x + side // 2, y + side // 2)
    if state == UNKNOWN:
        cv2.circle(image, at, 2, _UNKNOWN, -1)
    elif state == SIMILAR:
        cv2.rectangle(image, first, last, tuple(colour), -1)
        cv2.rectangle(image, first, last, _DIFFERENT, 1)
    else:
        cv2.rectangle(image, first, last, _EDGE, 2)
        cv2.rectangle(image, first, last, _DIFFERENT, 1)


def _centre(trace: FusionTrace, maps: LabelMaps, cell: tuple[int, int], scale: float) -> tuple[int, int]:
    """x and y of a cell's centre in the drawn picture."""
    row, column = place_of(maps, trace.framing, cell)
    return math.floor(column * scale), math.floor(row * scale)


def _inside(at: tuple[int, int], image: np.ndarray) -> bool:
    return 0 <= at[0] < image.shape[1] and 0 <= at[1] < image.shape[0]


def _background(rgbd: RGBDImage) -> np.ndarray:
    if rgbd.colour is not None:
        photograph = reduced(rgbd.colour, SIDE, smooth=True)
        # Some colour is left: it helps to see what is what, and such a picture weighs a quarter of a grey one.
        return np.asarray(cv2.addWeighted(greyed(photograph), 0.7, photograph, 0.3, 0))
    assert rgbd.depth is not None
    return greyed(coloured(reduced(rgbd.depth, SIDE), *depth_range([rgbd.depth]), "viridis"))


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:], 16)
