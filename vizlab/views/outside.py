"""Maps of what a site took from other streams, in the picture: the layerwise fusion heat map, in two layers.

`outside` is where what came differs most from its own mean over the picture, `received` is where most came.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vizlab.core.site import Site
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.rgbd import RGBDImage
from vizlab.views.backdrop import backdrop
from vizlab.views.figures import stream_title
from vizlab.views.palettes import UNKNOWN_GREY, coloured
from vizlab.views.panels import ColourBar, Panel, fitted, number, percent, placed
from vizlab.views.predictions import greyed

THUMBNAIL = 160
"""Longer side of a thumbnail, pixels."""

COLORMAP = "magma"
NOT_ADDITIVE = "Mixes its streams, not as a sum: no share is defined here."
NOBODY_SENDS = "Nothing comes from another stream here: no share is defined."
NOT_WATCHED = "This trace holds no map of this site; trace the picture again."

Layer = Literal["outside", "received"]


@dataclass(frozen=True)
class LayerWords:
    """What a layer is called on a switch, what stands at its colour bar, and what its brightness means."""

    title: str
    label: str
    sentence: str


LAYERS: dict[Layer, LayerWords] = {
    "outside": LayerWords(
        "its variation",
        "what came from other streams, less its mean; 1 is the site's own deviation",
        "Bright is where what came from other streams differs most from its own mean over the picture, either way, "
        "relative to the site's own deviation; that is not where most came.",
    ),
    "received": LayerWords(
        "all of it",
        "what came from other streams, mean included; 1 is the site's own root mean square",
        "Bright is where most came from other streams, mean included, relative to the site's own root mean square; "
        "of several senders the squares are added.",
    ),
}


def outside_scale(trace: FusionTrace, layer: Layer = "outside") -> float:
    """The end of the colour scale of all maps of a trace: the 98th percentile over all of them, at least 0.01.

    Every map counts alike, whatever its resolution; one site with a bright border must not darken all others. Another
    network's maps, and another layer's, have another scale.
    """
    found = (outside_map(s, index, layer) for s in trace.sites.values() for index in range(len(s.site.targets)))
    maps = [m for m in found if m is not None and np.isfinite(m).any()]
    if not maps:
        return 0.01
    pooled = np.concatenate([_levels(m) for m in maps])
    return max(0.01, float(f"{np.percentile(pooled, 98):.2g}"))


def _levels(values: np.ndarray) -> np.ndarray:
    """The percentiles 0, 0.5, ..., 100 of what is known; sorted once, which is faster than as many partitions."""
    known = np.sort(values[~np.isnan(values)])
    return np.interp(np.linspace(0, len(known) - 1, 201), np.arange(len(known)), known)


def outside_strip(trace: FusionTrace, target: str | None = None, layer: Layer = "outside") -> tuple[Panel, ...]:
    """A thumbnail per site and target in network order, all on one colour scale.

    `key` is "LAYER/SITE/TARGET". Sites that do not add are hatched and say so. `target` limits the strip to one;
    `layer` says what is bright (see `LAYERS`).
    """
    high = outside_scale(trace, layer)
    words = trace_words(trace)
    return tuple(
        _thumbnail(trace, site, index, words[name].title, layer, high)
        for name, site in trace.sites.items()
        for index, receiver in enumerate(site.site.targets)
        if target in (None, receiver)
    )


def outside_over_photo(trace: FusionTrace, rgbd: RGBDImage, site: str, target: str, layer: Layer = "outside") -> Panel:
    """One site's map over the greyed photograph (or depth), on the same scale as the strip of that layer.

    Where the map is dark the picture shows through.
    """
    found = _site(trace, site, target)
    index, high = found.site.targets.index(target), outside_scale(trace, layer)
    background = greyed(backdrop(rgbd))
    title = f"{trace_words(trace)[site].title} → {stream_title(trace, target)}"
    key = f"{layer}/{site}/{target}/photo"
    values = outside_map(found, index, layer)
    if values is None or np.isnan(values).all():
        return Panel(background.copy(), title, _caption(found, index, layer), key=key)
    # Smooth, since cells of a coarse site would hide the picture's contours; the caption gives the grid.
    map_ = placed(values, trace.framing, found.grid, max(background.shape[:2]), smooth=True)
    alpha = np.clip(map_ / high, 0, 1)[..., None] ** 0.7 * 0.85
    image = (background * (1 - alpha) + coloured(map_, 0, high, COLORMAP) * alpha).round().astype(np.uint8)
    caption = f"{_caption(found, index, layer)} {_left_out(found, index, layer)}{_numbers(values)}"
    precision = trace.environment.get("precision")
    caption += f"; computed in {precision}." if precision else "."
    return Panel(image, title, caption, _bar(layer, high), key)


def outside_map(site: SiteTrace, index: int, layer: Layer) -> np.ndarray | None:
    """(h, w) of the target at `index`; None where the site does not add, or the trace does not hold it."""
    if not site.site.additive:
        return None
    if layer == "outside":
        return None if site.outside is None else site.outside[index]
    if site.received is None:
        return None
    others = np.delete(site.received[index], _own(site, index), axis=0)
    return np.asarray(np.sqrt(np.square(others, dtype=np.float32).sum(0)))


def without_share(site: Site) -> str:
    """Why no share is defined at a site that does not add."""
    return NOT_ADDITIVE if site.sources else NOBODY_SENDS


def _own(site: SiteTrace, index: int) -> int:
    return site.site.sources.index(site.site.targets[index])


def _thumbnail(trace: FusionTrace, site: SiteTrace, index: int, name: str, layer: Layer, high: float) -> Panel:
    target = site.site.targets[index]
    key, title = f"{layer}/{site.site.name}/{target}", f"{name} → {stream_title(trace, target)}"
    values, caption = outside_map(site, index, layer), _caption(site, index, layer)
    if values is None:
        return Panel(_hatched(trace.framing.picture), title, caption, key=key)
    image = coloured(placed(values, trace.framing, site.grid, THUMBNAIL), 0, high, COLORMAP)
    return Panel(image, title, caption, _bar(layer, high), key)


def _bar(layer: Layer, high: float) -> ColourBar:
    return ColourBar(0, high, "", COLORMAP, LAYERS[layer].label)


def _caption(site: SiteTrace, index: int, layer: Layer) -> str:
    """What the layer says of one target, or why it says nothing."""
    if not site.site.additive:
        return without_share(site.site)
    found = outside_map(site, index, layer)
    if found is None or site.energy is None:
        return NOT_WATCHED
    if not np.delete(site.energy[index], _own(site, index)).any():
        return "Nothing came from other streams here."
    if layer == "outside":
        return _share(site, index)
    if np.isnan(found).all():
        return "The site's sum is 0 everywhere: there is nothing to measure by."
    return "What came from other streams, mean included."


def _share(site: SiteTrace, index: int) -> str:
    """How much of the variance came from others, before the activation and, where that is defined, after it."""
    share = float(site.cross_share[index])
    if np.isnan(share):
        return "The output does not vary: no share is defined."
    came = f"{percent(share)} of the variance came from other streams"
    if site.share_after is None:
        return f"{came}, before any activation that follows."
    return f"{came} before the activation, {percent(float(site.share_after[index]))} after it."


def _left_out(site: SiteTrace, index: int, layer: Layer) -> str:
    """What the centred layer does not show of what came."""
    if layer != "outside" or site.outside_mean is None or np.isnan(site.outside_mean[index]):
        return ""
    part = percent(float(site.outside_mean[index]))
    return f"Not in this map: {part} of the energy that came, which is the same everywhere (its channels' means). "


def _numbers(values: np.ndarray) -> str:
    size = f"{values.shape[1]}×{values.shape[0]} cells"
    return f"Median {number(float(np.median(values)))}, largest {number(float(values.max()))}; {size}"


def _hatched(picture: tuple[int, int]) -> np.ndarray:
    """Grey stripes: there is a site, but no map."""
    height, width = fitted(np.zeros((2, 2), np.uint8), picture, THUMBNAIL).shape
    rows, columns = np.indices((height, width))
    image = np.full((height, width, 3), UNKNOWN_GREY, np.uint8)
    image[(rows + columns) % 16 < 3] = (168, 168, 168)
    return image


def _site(trace: FusionTrace, name: str, target: str) -> SiteTrace:
    if name not in trace.sites:
        raise TraceError(f"There is no site '{name}' in this trace; it has {', '.join(trace.sites)}.")
    site = trace.sites[name]
    if target not in site.site.targets:
        raise TraceError(f"Site '{name}' has no target '{target}'; it has {', '.join(site.site.targets)}.")
    return site
