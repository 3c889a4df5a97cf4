"""Where in the picture tokens were given up, and how they were scored, as pictures."""

import numpy as np

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.token_fusion.numbers import given_up_of, scores_of, threshold_of, token_site, token_sites
from vizlab.rgbd import RGBDImage
from vizlab.views.backdrop import backdrop
from vizlab.views.figures import stream_title
from vizlab.views.formatting import number, percent, whose
from vizlab.views.outside import THUMBNAIL
from vizlab.views.palettes import coloured, stream_colour
from vizlab.views.panels import MAX_SIDE, ColourBar, LegendItem, Panel, placed, reduced
from vizlab.views.predictions import greyed

OPAQUE = 0.75
"""How much of the photograph a given-up token hides."""
KEPT = "#8A8A8A"
"""Stands in legends for the grey photograph."""


def tokens_given_up(trace: FusionTrace, rgbd: RGBDImage, site: str, target: str, side: int = MAX_SIDE) -> Panel:
    """The places at which one stream gave its token up at one block, in the other's colour over the grey photograph.

    `key` is "given_up/SITE/TARGET".
    """
    found, index = _place(trace, site, target)
    values = given_up_of(trace, site)[index]
    source, own = stream_title(trace, found.site.targets[1 - index]), stream_title(trace, target)
    share, size = float(values.mean()), f"{values.shape[1]}×{values.shape[0]} tokens"
    image = _tinted(rgbd, trace, found, values, stream_colour(found.site.targets[1 - index]), side)
    legend = (
        LegendItem(f"{whose(source)} token instead", stream_colour(found.site.targets[1 - index]), share),
        LegendItem("its own", KEPT, 1 - share),
    )
    caption = f"{own} gave up {int(values.sum()):,} of {values.size:,} tokens here ({size})."
    title = f"{trace_words(trace)[site].title}: what {own} gave up"
    return Panel(image, title, caption, legend, f"given_up/{site}/{target}")


def token_scores(trace: FusionTrace, site: str, target: str) -> Panel:
    """The scores of one stream's tokens at one block, always on 0..1. `key` is "score/SITE/TARGET"."""
    found, index = _place(trace, site, target)
    values = scores_of(trace, site)[index].astype(np.float32)
    image = coloured(placed(values, trace.framing, found.grid, MAX_SIDE), 0, 1, "viridis")
    caption = (
        f"Median {number(float(np.median(values)))}, smallest {number(float(values.min()))}, largest "
        f"{number(float(values.max()))}; below {threshold_of(trace):g} a token is given up."
    )
    title = f"{trace_words(trace)[site].title}: scores of {stream_title(trace, target)}"
    return Panel(image, title, caption, ColourBar(0, 1, "", "viridis", "score"), f"score/{site}/{target}")


def tokens_given_up_over_blocks(trace: FusionTrace, rgbd: RGBDImage, target: str) -> Panel:
    """In how many blocks one stream gave each place of the picture up, over the grey photograph.

    `key` is "given_up/TARGET". Blocks count alike, whatever their resolution.
    """
    sites = token_sites(trace)
    index = _place(trace, sites[0].site.name, target)[1]
    background = greyed(backdrop(rgbd))
    share = _share_of_blocks(trace, index, max(background.shape[:2]))
    alpha = share[..., None] ** 0.5 * 0.9
    image = background * (1 - alpha) + coloured(share, 0, 1, "magma") * alpha
    never, most, own = float((share == 0).mean()), round(float(share.max()) * len(sites)), stream_title(trace, target)
    caption = f"Given up in {most} of {len(sites)} blocks where most often; nowhere on {percent(never)} of the picture."
    bar = ColourBar(0, 100, "% of blocks", "magma", f"blocks in which {own} gave the place up")
    title = f"what {own} gave up, over all {len(sites)} blocks"
    return Panel(image.round().astype(np.uint8), title, caption, bar, f"given_up/{target}")


def given_up_strip(trace: FusionTrace, rgbd: RGBDImage) -> tuple[Panel, ...]:
    """`tokens_given_up` of every block and stream as thumbnails, in network order, stream by stream within a block."""
    return tuple(
        tokens_given_up(trace, rgbd, site.site.name, target, THUMBNAIL)
        for site in token_sites(trace)
        for target in site.site.targets
    )


def _place(trace: FusionTrace, site: str, target: str) -> tuple[SiteTrace, int]:
    found = token_site(trace, site)
    if target not in found.site.targets:
        raise TraceError(f"Site '{site}' has no target '{target[:60]}'; it has {', '.join(found.site.targets)}.")
    return found, found.site.targets.index(target)


def _share_of_blocks(trace: FusionTrace, index: int, side: int) -> np.ndarray:
    """By pixel, the share of blocks in which the stream gave the place up, 0..1 float32."""
    maps = [
        placed(given_up_of(trace, site.site.name)[index], trace.framing, site.grid, side) for site in token_sites(trace)
    ]
    return np.asarray(np.mean(maps, axis=0, dtype=np.float32))


def _tinted(
    rgbd: RGBDImage, trace: FusionTrace, site: SiteTrace, given_up: np.ndarray, colour: str, side: int
) -> np.ndarray:
    """The grey photograph with a colour where `given_up` (h, w) is."""
    background, tint = reduced(greyed(backdrop(rgbd)), side, smooth=True), bytes.fromhex(colour.removeprefix("#"))
    alpha = placed(given_up, trace.framing, site.grid, max(background.shape[:2]))[..., None] * OPAQUE
    return np.asarray((background * (1 - alpha) + np.frombuffer(tint, np.uint8) * alpha).round(), np.uint8)
