"""Outside maps: where in the picture a site took something from other streams. The layerwise fusion heat map."""

from collections.abc import Sequence

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.rgbd import RGBDImage
from vizlab.views.figures import short_names, stream_title
from vizlab.views.palettes import UNKNOWN_GREY, coloured
from vizlab.views.panels import MAX_SIDE, ColourBar, Panel, fitted, number, percent, reduced
from vizlab.views.predictions import depth_range, greyed

THUMBNAIL = 160
"""Longer side of a thumbnail, pixels."""

COLORMAP = "magma"
LABEL = "from other streams, relative to the site"
NOT_ADDITIVE = "Mixes all tasks, not as a sum: no share is defined here."


def outside_scale(trace: FusionTrace) -> float:
    """The end of the colour scale of all maps of a trace: the 98th percentile over all of them, at least 0.01.

    Every map counts alike, whatever its resolution; one site with a bright border must not darken all others.
    """
    maps = [m for s in trace.sites.values() for m in _maps(s) if np.isfinite(m).any()]
    if not maps:
        return 0.01
    pooled = np.concatenate([np.nanpercentile(m, np.arange(0, 100.5, 0.5)) for m in maps])
    return max(0.01, float(f"{np.percentile(pooled, 98):.2g}"))


def outside_strip(trace: FusionTrace, target: str | None = None) -> tuple[Panel, ...]:
    """A thumbnail per site and target in network order, all on one colour scale.

    `key` is "outside/SITE/TARGET". Sites that do not add are hatched and say so. `target` limits the strip to one.
    """
    high = outside_scale(trace)
    names = dict(zip(trace.sites, short_names(list(trace.sites)), strict=True)) if trace.sites else {}
    return tuple(
        _thumbnail(trace, site, index, names[name], high)
        for name, site in trace.sites.items()
        for index, receiver in enumerate(site.site.targets)
        if target in (None, receiver)
    )


def outside_over_photo(trace: FusionTrace, rgbd: RGBDImage, site: str, target: str) -> Panel:
    """One site's map over the greyed photograph (or depth), on the same scale as the strip.

    Where nothing came from outside the picture shows through.
    """
    found = _site(trace, site, target)
    index, high = found.site.targets.index(target), outside_scale(trace)
    background = _background(rgbd)
    title = f"{site} → {stream_title(trace, target)}"
    if found.outside is None:
        return Panel(background.copy(), title, NOT_ADDITIVE, key=f"outside/{site}/{target}/photo")
    values = found.outside[index]
    if np.isnan(values).all():
        return Panel(background.copy(), title, _caption(found, index), key=f"outside/{site}/{target}/photo")
    size = (background.shape[0], background.shape[1])
    # Smooth, since cells of a coarse site would hide the picture's contours; the caption gives the grid.
    map_ = fitted(values, size, max(size), smooth=True)[: size[0], : size[1]]
    alpha = np.clip(map_ / high, 0, 1)[..., None] ** 0.7 * 0.85
    image = (background * (1 - alpha) + coloured(map_, 0, high, COLORMAP) * alpha).round().astype(np.uint8)
    caption = f"{_caption(found, index)} {_numbers(values)}; {values.shape[1]}×{values.shape[0]} cells."
    return Panel(image, title, caption, ColourBar(0, high, "", COLORMAP, LABEL), f"outside/{site}/{target}/photo")


def _maps(site: SiteTrace) -> Sequence[np.ndarray]:
    return () if site.outside is None else list(site.outside)


def _thumbnail(trace: FusionTrace, site: SiteTrace, index: int, name: str, high: float) -> Panel:
    target = site.site.targets[index]
    key, title = f"outside/{site.site.name}/{target}", f"{name} → {stream_title(trace, target)}"
    if site.outside is None:
        return Panel(_hatched(trace.framing.picture), title, NOT_ADDITIVE, key=key)
    image = coloured(fitted(site.outside[index], trace.framing.picture, THUMBNAIL), 0, high, COLORMAP)
    return Panel(image, title, _caption(site, index), ColourBar(0, high, "", COLORMAP, LABEL), key)


def _caption(site: SiteTrace, index: int) -> str:
    share = float(site.cross_share[index])
    if np.isnan(share):
        return "The output does not vary: no share is defined."
    assert site.outside is not None
    if not site.outside[index].any():
        return "Nothing came from other streams here."
    return f"{percent(share)} of the variance came from other streams."


def _numbers(values: np.ndarray) -> str:
    return f"Median {number(float(np.median(values)))}, largest {number(float(values.max()))}"


def _hatched(picture: tuple[int, int]) -> np.ndarray:
    """Grey stripes: there is a site, but no map."""
    height, width = fitted(np.zeros((2, 2), np.uint8), picture, THUMBNAIL).shape
    rows, columns = np.indices((height, width))
    image = np.full((height, width, 3), UNKNOWN_GREY, np.uint8)
    image[(rows + columns) % 16 < 3] = (168, 168, 168)
    return image


def _background(rgbd: RGBDImage) -> np.ndarray:
    if rgbd.colour is not None:
        return greyed(reduced(rgbd.colour, MAX_SIDE, smooth=True))
    assert rgbd.depth is not None
    return greyed(coloured(reduced(rgbd.depth), *depth_range([rgbd.depth]), "viridis"))


def _site(trace: FusionTrace, name: str, target: str) -> SiteTrace:
    if name not in trace.sites:
        raise TraceError(f"There is no site '{name}' in this trace; it has {', '.join(trace.sites)}.")
    site = trace.sites[name]
    if target not in site.site.targets:
        raise TraceError(f"Site '{name}' has no target '{target}'; it has {', '.join(site.site.targets)}.")
    return site
