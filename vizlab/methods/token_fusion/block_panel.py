"""The blocks as the tab shows them: all of them as thumbnails, one of them large, and the streams over all blocks."""

from collections.abc import Sequence
from html import escape

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.methods.token_fusion import citations
from vizlab.methods.token_fusion.maps import (
    given_up_strip,
    token_scores,
    tokens_given_up,
    tokens_given_up_over_blocks,
)
from vizlab.methods.token_fusion.numbers import BlockTokens, block_sentence, block_tokens, token_site, token_sites
from vizlab.page.kit.grid import grid_table
from vizlab.page.kit.html import badge, chips, heading, tag, words
from vizlab.page.kit.images import THUMBNAIL_SIDE, data_uri
from vizlab.page.kit.strips import stream_mark
from vizlab.page.kit.words import THIS
from vizlab.rgbd import RGBDImage
from vizlab.views import LegendItem, Panel
from vizlab.views.figures import stream_title
from vizlab.views.formatting import percent, whose
from vizlab.views.palettes import stream_colour
from vizlab.views.panels import Grid

PICK_JS = """
element.addEventListener('click', (event) => {
  const thumbnail = event.target.closest('button[data-site]');
  if (!thumbnail) return;
  props.value = {site: thumbnail.dataset.site};
  trigger('select');
});
"""
"""Runs in the browser: a click on a thumbnail tells Python which block it is of."""

OVERVIEW = (
    "Bright is where a stream gave its token up in many blocks: there, all along the network, the other stream's "
    "tokens went on in its place. Where it is dark the photograph shows through."
)
FILM = (
    "From left to right the blocks, from top to bottom the streams. Coloured is where a stream gave its token up, in "
    "the colour of the stream whose token it goes on with; the number is the share of the tokens. Maps grow coarser "
    "with depth, since tokens become fewer. Click one to see its block large below."
)
BLOCK = (
    "A score is read off each token by a small network, one for each stream and stage. What attention gives is "
    "multiplied by it; below the threshold the other stream's, multiplied by its own score, takes the place. The "
    "block's shortcut keeps the stream's own token, so a token given up is not lost."
)


def overview_html(trace: FusionTrace, rgbd: RGBDImage) -> str:
    """What each stream gave up over all blocks, side by side."""
    targets = token_sites(trace)[0].site.targets
    panels = tuple(tokens_given_up_over_blocks(trace, rgbd, target) for target in targets)
    titles = tuple(f"given up by {stream_title(trace, target)}" for target in targets)
    grid = Grid(titles, (("all blocks", panels),))
    return heading("Where each stream gave up", OVERVIEW, citations.EXCHANGE, [badge(THIS)]) + grid_table(grid, {})


def film_html(trace: FusionTrace, rgbd: RGBDImage) -> str:
    """A thumbnail for each block and stream, blocks from left to right."""
    panels = {panel.key: panel for panel in given_up_strip(trace, rgbd)}
    shares = {(row.site, row.target): row.share for row in block_tokens(trace)}
    targets = token_sites(trace)[0].site.targets
    rows = []
    for target in targets:
        label = tag("span", f"{stream_mark(target)}given up by {escape(stream_title(trace, target))}", "vz-strip-label")
        named = [site.site.name for site in token_sites(trace)]
        cells = [_thumbnail(trace, panels[f"given_up/{name}/{target}"], shares[name, target]) for name in named]
        rows.append(tag("div", label + tag("div", "".join(cells), "vz-strip-cells"), "vz-strip-row"))
    items = [LegendItem(f"{whose(stream_title(trace, name))} token instead", stream_colour(name)) for name in targets]
    head = tag("div", chips(items), "vz-strip-head")
    strip = tag("section", head + "".join(rows), "vz-strip")
    return heading("Block by block", FILM, citations.EXCHANGE, [badge(THIS)]) + strip


def _thumbnail(trace: FusionTrace, panel: Panel, share: float) -> str:
    _, site, target = panel.key.split("/")
    image = f'<img src="{data_uri(panel.image, THUMBNAIL_SIDE)}" alt="" decoding="async">'
    return tag(
        "button",
        image + words(percent(share), "vz-thumb-share"),
        "vz-thumb",
        type="button",
        title=f"{panel.title}: {panel.caption}",
        aria_label=f"show {trace_words(trace)[site].title}, given up by {stream_title(trace, target)}",
        data_site=site,
    )


def block_html(trace: FusionTrace, rgbd: RGBDImage, site: str) -> str:
    """One block: streams down; what each gave up, and its scores, across."""
    rows = tuple(
        (target, (tokens_given_up(trace, rgbd, site, target), token_scores(trace, site, target)))
        for target in token_site(trace, site).site.targets
    )
    titles = {target: stream_title(trace, target) for target, _ in rows}
    said = f"{block_sentence(trace, site)} {BLOCK}"
    head = heading(trace_words(trace)[site].title.capitalize(), said, citations.SCORES, [badge(THIS)])
    return head + tag("div", grid_table(Grid(("gave up", "scores"), rows), titles), style="max-width:900px")


def block_choices(trace: FusionTrace) -> list[tuple[str, str]]:
    """Label and name of every block, in network order: "site 1 of 8, stage 1, 32 channels · 12.0 % given up"."""
    called, rows = trace_words(trace), block_tokens(trace)
    return [
        (f"{called[name].title} · {percent(_together(name, rows))} given up", name)
        for name in dict.fromkeys(row.site for row in rows)
    ]


def _together(site: str, rows: Sequence[BlockTokens]) -> float:
    of_site = [row for row in rows if row.site == site]
    return sum(row.given_up for row in of_site) / sum(row.tokens for row in of_site)
