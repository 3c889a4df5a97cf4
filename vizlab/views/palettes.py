"""Colours: one per stream everywhere, palettes for classes, maps for numbers."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np

Palette = Literal["voc", "safe"]
"""`voc` is what papers print; `safe` is meant for eyes that confuse red and green."""

STREAM_COLOURS = {
    "rgb": "#D55E00",
    "depth": "#0072B2",
    "semseg": "#009E73",
    "normals": "#CC79A7",
    "edge": "#E69F00",
    "sal": "#56B4E9",
    "human_parts": "#B8A900",
    "ensemble": "#808080",
    "image": "#808080",
    "input0": "#D55E00",
    "input1": "#0072B2",
    "semseg/rgb": "#99D8C7",
    "semseg/depth": "#008E68",
    "depth/rgb": "#99C7E0",
    "depth/depth": "#00507D",
    "normals/rgb": "#CC79A7",
    "normals/depth": "#663C54",
}
"""Okabe and Ito's set (2008); depth has one colour as a modality and as a task. The yellow is darkened for white.

TASK/INPUT has the task's hue, lighter for rgb and darker for depth, as far apart from one another as the tasks are, to
normal sight and to Machado et al.'s (2009) protanopia and deuteranopia.
"""

SPARE_COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7")
"""For streams nobody has heard of (input2, ...)."""

UNKNOWN_GREY = (128, 128, 128)
"""Pixels without a value, in every map."""

# Okabe-Ito's eight, then greedily the sRGB colour farthest in CIELAB from all before, taking the least distance among
# normal sight and Machado et al.'s (2009) protanopia and deuteranopia. NYU's classes run from frequent to rare, so the
# common ones are easiest to tell apart; 40 colours cannot all be.
_SAFE = (
    "BBBBBB", "E69F00", "56B4E9", "009E73", "F0E442", "0072B2", "D55E00", "CC79A7", "0D0DFF", "0D3939",
    "FFFFBD", "230D91", "4F390D", "7B65FF", "7BBD65", "392365", "FFFFFF", "A7FF7B", "916539", "7B4F7B",
    "23654F", "7B91FF", "4FE9FF", "394FBD", "BDD3A7", "0D39D3", "393923", "FFFF23", "393991", "914F0D",
    "657B7B", "E9D391", "4FA765", "4FBDD3", "0D394F", "BDFFD3", "A7BD4F", "D3D34F", "D39191", "A77B39",
)  # fmt: skip

# ColorBrewer's PuOr, 11 classes, which survives red-green blindness; purple below zero, orange above.
_DIVERGING = (
    "2D004B", "542788", "8073AC", "B2ABD2", "D8DAEB", "F7F7F7", "FEE0B6", "FDB863", "E08214", "B35806", "7F3B08",
)  # fmt: skip

_OPENCV_MAPS = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "cividis": cv2.COLORMAP_CIVIDIS,
    "magma": cv2.COLORMAP_MAGMA,
    "inferno": cv2.COLORMAP_INFERNO,
}


def stream_colour(name: str) -> str:
    """Hex colour of a stream, modality, task or both (TASK/INPUT); the same in every chart."""
    if name in STREAM_COLOURS:
        return STREAM_COLOURS[name]
    return SPARE_COLOURS[sum(name.encode()) % len(SPARE_COLOURS)]


def class_colours(palette: Palette = "voc", classes: Sequence[str] = ()) -> np.ndarray:
    """(256, 3) uint8, RGB by class index; 255 (void) is black.

    In VOC's palette zero is the background, black. It is shifted by one for `classes` that do not begin with one, as
    NYUv2's, and kept for those that do, as PASCAL's and the parts of people.
    """
    return _class_colours(palette, "background" in classes[:1])


@lru_cache(maxsize=4)
def _class_colours(palette: Palette, background: bool) -> np.ndarray:
    if palette == "voc":
        colours = np.array([_voc(index + (not background)) for index in range(255)] + [(0, 0, 0)], np.uint8)
    else:
        safe = np.array([_rgb(text) for text in _SAFE], np.uint8)
        colours = safe[np.arange(256) % len(safe)]
        colours[255] = 0
    colours.setflags(write=False)
    return colours


@lru_cache(maxsize=8)
def colormap(name: str) -> np.ndarray:
    """(256, 3) uint8, RGB from low to high: viridis, cividis, magma, inferno, or `diverging` with white at 127.5."""
    if name == "diverging":
        stops = np.array([_rgb(text) for text in _DIVERGING], float)
        at = np.linspace(0, len(stops) - 1, 256)
        table = np.stack([np.interp(at, np.arange(len(stops)), stops[:, c]) for c in range(3)], axis=1).round()
        table = table.astype(np.uint8)
    else:
        ramp = np.arange(256, dtype=np.uint8)[:, None]
        table = np.asarray(cv2.applyColorMap(ramp, _OPENCV_MAPS[name]))[:, 0, ::-1].copy()
    table.setflags(write=False)
    return table


def colorscale(name: str, stops: int = 16) -> list[tuple[float, str]]:
    """A map as Plotly and CSS take it: positions 0..1 and hex colours."""
    table = colormap(name)
    positions = np.linspace(0, 1, stops)
    return [(float(p), hex_of(table[round(p * 255)])) for p in positions]


def hex_of(colour: np.ndarray | tuple[int, int, int]) -> str:
    """#RRGGBB of three values 0..255."""
    return "#{:02X}{:02X}{:02X}".format(*(int(v) for v in colour))


def coloured(values: np.ndarray, low: float, high: float, name: str) -> np.ndarray:
    """HxW numbers to HxWx3 uint8 by a map; beyond [low, high] the end colours, NaN neutral grey."""
    known = np.isfinite(values)
    span = high - low if high > low else 1.0
    index = np.clip((np.where(known, values, low) - low) / span * 255 + 0.5, 0, 255).astype(np.uint8)
    image = colormap(name)[index]
    image[~known] = UNKNOWN_GREY
    return image


def _voc(index: int) -> tuple[int, int, int]:
    """The colour PASCAL VOC gives to that index: its bits dealt to the three channels, highest first."""
    r = g = b = 0
    for shift in range(7, -1, -1):
        r |= (index & 1) << shift
        g |= (index >> 1 & 1) << shift
        b |= (index >> 2 & 1) << shift
        index >>= 3
    return r, g, b


def _rgb(text: str) -> tuple[int, int, int]:
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)
