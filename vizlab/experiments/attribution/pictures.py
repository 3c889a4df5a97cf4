"""Attributions as pictures: signed maps over the photograph, all on one symmetric scale in the target's unit."""

from collections.abc import Sequence

import cv2
import numpy as np

from vizlab.experiments.attribution.result import Attribution
from vizlab.rgbd import RGBDImage
from vizlab.views.backdrop import backdrop
from vizlab.views.palettes import coloured
from vizlab.views.panels import ColourBar, Panel, number
from vizlab.views.predictions import greyed

COLORMAP = "diverging"
CELL = 8
"""Side, in pixels of the network's input, of the squares over which a pixel-wise map is summed to be seen."""
PERCENTILE = 99.0
"""Of the sizes of all cells of all maps, which one the scale ends at: single cells must not darken all others."""
MODALITIES = {"rgb": "colour", "depth": "depth"}


def attribution_panels(found: Attribution, rgbd: RGBDImage, cell: int = CELL) -> tuple[Panel, ...]:
    """A panel for each map, titled by modality (or stream) with its total; `key` is the map's name.

    Orange raises the value, purple lowers it; where the picture shows through there is little. Maps of pixels are
    summed over squares of `cell` input pixels, so that what is shown still adds up.
    """
    shown = {name: shown_cells(found, name, cell) for name in found.maps}
    limit = symmetric_limit(list(shown.values()))
    photo = background(rgbd)
    outline = _outline(found.region, photo.shape[:2])
    label = f"each {_piece(found, cell)}, in {found.unit}: orange raises the value, purple lowers it"
    bar = ColourBar(-limit, limit, found.unit, COLORMAP, label)
    return tuple(_panel(found, name, values, limit, bar, photo, outline, cell) for name, values in shown.items())


def shown_cells(found: Attribution, name: str, cell: int = CELL) -> np.ndarray:
    """(h', w') of what is drawn: sums over squares; whole effects of superpixels; a site's cells as they are."""
    if found.segments is not None or found.site:
        return found.effects(name)
    return summed(found.maps[name], cell)


def summed(values: np.ndarray, cell: int) -> np.ndarray:
    """(ceil(h / cell), ceil(w / cell)): sums over squares of `cell`; those at the lower and right edge may be cut."""
    height, width = values.shape
    padded = np.pad(values, ((0, -height % cell), (0, -width % cell)))
    return padded.reshape(padded.shape[0] // cell, cell, -1, cell).sum((1, 3), dtype=np.float64)


def symmetric_limit(maps: Sequence[np.ndarray]) -> float:
    """The end of the shared scale: a high percentile of all sizes, two digits; what is beyond has the end colours."""
    sizes = np.abs(np.concatenate([values.ravel() for values in maps]))
    known = sizes[np.isfinite(sizes)]
    level = float(np.percentile(known, PERCENTILE)) if known.size else 0.0
    return float(f"{level or (float(known.max()) if known.size else 0.0) or 1.0:.2g}")


def background(rgbd: RGBDImage) -> np.ndarray:
    """The greyed photograph, or depth where there is none, at most MAX_SIDE long, HxWx3 uint8."""
    return greyed(backdrop(rgbd))


def region_picture(rgbd: RGBDImage, region: np.ndarray) -> np.ndarray:
    """The picture in colour (depth as a map where there is none) with the region's outline, HxWx3 uint8."""
    image = backdrop(rgbd)
    return _outlined(image, _outline(region, image.shape[:2]))


def _panel(
    found: Attribution,
    name: str,
    values: np.ndarray,
    limit: float,
    bar: ColourBar,
    photo: np.ndarray,
    outline: Sequence[np.ndarray],
    cell: int,
) -> Panel:
    step = 1 if values.shape == found.framing.content else cell
    over = _over(values, found, photo.shape[:2], step)
    size = np.clip(np.abs(over) / limit, 0, 1)[..., None]
    alpha = np.where(size > 0, 0.15 + 0.75 * size, 0) * np.isfinite(over)[..., None]
    image = photo * (1 - alpha) + coloured(over, -limit, limit, COLORMAP) * alpha
    title = MODALITIES.get(name, name) if not found.site else name
    beyond = int((np.abs(values) > limit).sum())
    low, high = float(values.min()), float(values.max())
    words = (
        f"Sums to {signed(found.totals[name], found.unit)}. One {_piece(found, cell)}: {signed(low)} to {signed(high)}"
        f"{f'; {beyond:,} of {values.size:,} beyond the scale' if beyond and found.segments is None else ''}."
    )
    return Panel(_outlined(image.round().astype(np.uint8), outline), f"from {title}", words, bar, name)


def _over(values: np.ndarray, found: Attribution, size: tuple[int, int], cell: int) -> np.ndarray:
    """Cells at the picture's aspect, nearest: each covers the pixels it was summed over."""
    height, width = (values.shape[0], values.shape[1]) if found.site else found.framing.content
    step = 1 if found.site else cell
    places = [
        np.minimum(((np.arange(n) + 0.5) * own / n / step).astype(int), count - 1)
        for n, own, count in zip(size, (height, width), values.shape, strict=True)
    ]
    return np.asarray(values[np.ix_(places[0], places[1])], float)


def _piece(found: Attribution, cell: int) -> str:
    if found.segments is not None:
        return "superpixel"
    return "cell of the site" if found.site else f"square of {cell}x{cell} input pixels"


def signed(value: float, unit: str = "") -> str:
    """Three digits with a sign, a real minus: "+0.217 m"."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{number(abs(value), unit)}"


def _outline(region: np.ndarray, size: tuple[int, int]) -> Sequence[np.ndarray]:
    """The region's contours at that size; a region too small for a line of its own gets a square around it."""
    mask = cv2.resize(region.astype(np.uint8), (size[1], size[0]), interpolation=cv2.INTER_AREA)
    if mask.sum() < 16:
        rows, columns = np.nonzero(region)
        y, x = (int(rows.mean() * size[0] / region.shape[0]), int(columns.mean() * size[1] / region.shape[1]))
        mask = np.zeros(size, np.uint8)
        mask[max(0, y - 4) : y + 5, max(0, x - 4) : x + 5] = 1
    return cv2.findContours(np.ascontiguousarray(mask), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]


def _outlined(image: np.ndarray, contours: Sequence[np.ndarray]) -> np.ndarray:
    """White within black, so that it is seen on any picture."""
    drawn = np.ascontiguousarray(image)
    for colour, thickness in (((0, 0, 0), 4), ((255, 255, 255), 2)):
        cv2.drawContours(drawn, contours, -1, colour, thickness)
    return drawn
